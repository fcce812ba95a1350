"""Settings: they hold at once, are kept, and a broken file hurts nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.widgets import Digits, Static

from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.screens.settings import SettingsScreen
from tui.settings import Settings, SettingsStore
from tui.themes import THEMES
from tui.widgets.clock_bar import ClockBar
from tui.widgets.keys import Keys

STORIES = Path(__file__).parent / "stories"


def app(path: Path, scenario: str | None = None) -> StslabApp:
    return StslabApp(scenario, scenario_dirs=[STORIES], settings=SettingsStore(path))


async def opened(driver: Driver) -> None:
    await driver.pilot.pause()
    await driver.press("comma")
    await driver.pilot.pause()
    assert isinstance(driver.app.screen, SettingsScreen)


async def test_every_setting_changes_by_keys_holds_at_once_and_is_there_another_day(
    tmp_path: Path,
) -> None:
    path = tmp_path / "deep" / "settings.json"
    async with running(app(path), (80, 24)) as driver:
        await opened(driver)
        await driver.press("right", "down", "right", "down", "right", "down", "enter", "escape")
        await driver.pilot.pause()
        assert driver.app.theme == "stslab-light"
        assert driver.app.has_class("-presenter")
        assert driver.app.animation_level == "none"
    kept = Settings(theme="stslab-light", presenter=True, rate=600, reduced_motion=True)
    assert json.loads(path.read_text()) == kept.model_dump()
    async with running(app(path, "small-leak"), (120, 40)) as driver:
        await driver.open()
        assert driver.app.theme == "stslab-light"
        assert driver.lab.query_one(ClockBar).speed == 600


async def test_in_presenter_mode_a_large_screen_shows_one_pane_and_the_sessions_below(
    tmp_path: Path,
) -> None:
    path = tmp_path / "settings.json"
    async with running(app(path, "small-leak"), (160, 50)) as driver:
        await driver.open()
        assert len([pane for pane in driver.lab.query(".pane") if pane.region.area]) == 4
        await opened(driver)
        await driver.press("down", "right", "escape")
        await driver.pilot.pause()
        shown = [pane.id for pane in driver.lab.query(".pane") if pane.region.area]
        assert shown == ["story", "timeline"]
        await driver.press("g", "s")
        await driver.pilot.pause()
        shown = [pane.id for pane in driver.lab.query(".pane") if pane.region.area]
        assert shown == ["timeline"]
        await opened(driver)
        await driver.press("down", "left", "escape")
        await driver.pilot.pause()
        assert len([pane for pane in driver.lab.query(".pane") if pane.region.area]) == 4


async def test_zoom_leaves_the_footer_with_presenter_mode_and_comes_back(tmp_path: Path) -> None:
    async with running(app(tmp_path / "settings.json", "small-leak"), (160, 50)) as driver:
        await driver.open()
        for here in (False, True):
            await driver.press("ctrl+p", *"presenter")
            await driver.until(
                lambda: driver.app.screen.query_one(CommandList).option_count == 1, "the command"
            )
            await driver.press("enter")
            await driver.until(lambda: driver.lab.is_current, "the lab")
            footer = driver.lab.query_one(Keys)
            await driver.until(
                lambda footer=footer, here=here: ("Zoom" in footer.render().plain) is here,  # type: ignore[misc]
                "the footer",
            )


async def test_a_theme_chosen_by_its_key_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    async with running(app(path), (80, 24)) as driver:
        await driver.pilot.pause()
        await driver.press("d")
        await driver.pilot.pause()
    assert json.loads(path.read_text())["theme"] == THEMES[1].name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("\x00\xff", "not JSON"),
        ("[]", "the defaults are used"),
        ('{"theme": "pink"}', "there is no theme 'pink'"),
        ('{"rate": 7}', "rate"),
        ('{"presenter": "perhaps"}', "presenter"),
    ],
)
async def test_a_broken_file_is_one_line_and_the_defaults(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode("latin-1"))
    store = SettingsStore(path)
    assert store.settings == Settings()
    assert says in store.problem
    assert "\n" not in store.problem
    async with running(StslabApp(settings=store), (80, 24)) as driver:
        await driver.pilot.pause()
        assert any(says in notice for notice in driver.notices())


def test_settings_of_a_later_version_are_read_as_far_as_they_are_known(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"rate": 1, "something": "new"}')
    assert SettingsStore(path).settings == Settings(rate=1)
    assert SettingsStore(path).problem == ""


async def test_where_nothing_can_be_written_it_holds_for_now_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with running(app(tmp_path / "file" / "settings.json"), (80, 24)) as driver:
        await driver.press("d")
        await driver.pilot.pause()
        assert driver.app.theme == THEMES[1].name
        assert any("set for now, but not kept" in notice for notice in driver.notices())


async def test_without_a_file_nothing_is_kept_and_nothing_is_said(tmp_path: Path) -> None:
    async with running(StslabApp(progress=ProgressStore(tmp_path / "p")), (80, 24)) as driver:
        await driver.pilot.pause()
        await driver.press("d")
        await driver.until(lambda: bool(driver.notices()), "the theme's name")
        assert driver.app.theme == THEMES[1].name
        assert driver.notices() == [THEMES[1].name.removeprefix("stslab-")]


@pytest.mark.parametrize(("size", "panes"), [((80, 24), 1), ((120, 40), 2)])
async def test_presenter_mode_shows_time_and_outcome_large_few_panes_and_no_grey(
    tmp_path: Path, size: tuple[int, int], panes: int
) -> None:
    app = StslabApp("leaked-session", settings=SettingsStore(tmp_path / "settings.json"))
    async with running(app, size) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        grey = app.theme_variables["quiet"]
        app.action_presenter()
        await driver.settled()
        now = driver.lab.play.lab.clock.now()
        digits = driver.lab.query_one(Digits)
        assert digits.value == f"{now:%H:%M:%S}"
        assert digits.region.height == 3
        call = str(driver.lab.query_one("#band-call", Static).render())
        assert "✗ DENIED" in call
        assert "AccessDenied" in call
        assert "alice" in call
        shown = [pane.id for pane in driver.lab.query(".pane") if pane.region.area]
        assert shown == ["story", "timeline"][:panes]
        assert app.theme_variables["quiet"] == app.theme_variables["foreground"]
        await driver.press("m")
        await driver.settled()
        assert digits.value == f"{driver.lab.play.lab.clock.now():%H:%M:%S}"
        app.action_presenter()
        await driver.settled()
        assert app.theme_variables["quiet"] == grey
        assert not digits.region.area
