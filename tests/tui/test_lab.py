"""The lab's panes, clock, policies and checkpoints, by keys, on real calls."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from textual.geometry import Region

from simulator.clock import DEFAULT_START
from simulator.scenario.play import Play
from tests.tui.conftest import PATIENCE_SECONDS, Driver, running, starting_at
from tests.tui.reading import lines_in
from tui.app import StslabApp
from tui.screens.catalogue import CatalogueScreen
from tui.screens.lab import LabScreen
from tui.screens.opening import Opening
from tui.screens.policy import PolicyScreen
from tui.screens.too_small import TooSmall
from tui.shelf import Item, Shelf
from tui.widgets.clock_bar import ClockBar
from tui.widgets.terminal import Terminal
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable


def shown_panes(driver: Driver) -> list[str | None]:
    return [pane.id for pane in driver.lab.query(".pane") if pane.region.area]


def opened(driver: Driver) -> bool:
    """Whether there is a lab, perhaps under something else."""
    return any(isinstance(screen, LabScreen) for screen in driver.app.screen_stack)


async def test_at_80_by_24_the_panes_are_tabs_and_tab_goes_through_them() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        seen = []
        for _ in range(5):
            await driver.pilot.pause()
            seen += shown_panes(driver)
            await driver.press("tab")
        assert seen == ["story", "terminal", "timeline", "trail", "story"]


@pytest.mark.parametrize("size", [(100, 30), (120, 40), (160, 50)])
async def test_where_there_is_room_all_panes_are_seen_and_none_overlaps(
    size: tuple[int, int],
) -> None:
    async with running(StslabApp("leaked-session"), size) as driver:
        await driver.open()
        regions = [pane.region for pane in driver.lab.query(".pane")]
        assert len([region for region in regions if region.area]) == 4
        for i, one in enumerate(regions):
            assert driver.app.screen.region.contains_region(one)
            assert not any(one.overlaps(other) for other in regions[i + 1 :])


async def test_a_pane_can_be_reached_by_letter_and_shown_alone() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.press("g", "r")
        await driver.pilot.pause()
        assert isinstance(driver.app.focused, TrailTable)
        await driver.press("z")
        await driver.pilot.pause()
        assert shown_panes(driver) == ["trail"]
        await driver.press("escape")
        await driver.pilot.pause()
        assert len(shown_panes(driver)) == 4


@pytest.mark.parametrize("size", [(100, 30), (160, 50)])
async def test_panes_are_resized_by_keys_remembered_and_never_lost(size: tuple[int, int]) -> None:
    async with running(StslabApp("leaked-session"), size) as driver:
        await driver.open()

        def region(pane: str) -> Region:
            return driver.lab.query_one(f"#{pane}").region

        width, terminal = region("story").width, region("terminal").height
        await driver.press("greater_than_sign")
        await driver.pilot.pause()
        assert region("story").width > width
        await driver.press("g", "t")
        await driver.press("plus", "plus")
        await driver.pilot.pause()
        assert region("terminal").height > terminal
        wide = region("story").width
        await driver.press("z", "z")
        await driver.pilot.pause()
        assert region("story").width == wide
        for _ in range(20):
            await driver.press("less_than_sign", "minus")
        await driver.pilot.pause()
        assert region("story").width < width
        assert region("terminal").height < terminal
        assert all(region(pane).height >= 3 for pane in ("terminal", "timeline", "trail"))
        assert driver.app.screen.region.contains_region(region("trail"))


async def test_too_small_a_terminal_says_so_and_growing_it_recovers() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.do("n")
        at = driver.step()
        await driver.pilot.resize_terminal(40, 10)
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, TooSmall)
        await driver.pilot.resize_terminal(80, 24)
        await driver.pilot.pause()
        assert driver.step() == at
        assert shown_panes(driver) == ["story"]


async def test_a_terminal_made_too_small_while_a_scenario_opens_has_the_lab_once_it_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, opens = threading.Event(), Shelf.open

    def waiting(shelf: Shelf, item: Item, *, live: bool, seed: int | None) -> Play:
        assert go_on.wait(PATIENCE_SECONDS)
        return opens(shelf, item, live=live, seed=seed)

    monkeypatch.setattr(Shelf, "open", waiting)
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.until(lambda: isinstance(driver.app.screen, Opening), "it to open")
        await driver.press("ctrl+p")
        assert isinstance(driver.app.screen, Opening)  # no palette that would go by itself
        await driver.pilot.resize_terminal(40, 10)
        assert isinstance(driver.app.screen, TooSmall)
        go_on.set()
        await driver.until(lambda: opened(driver), "the lab")
        assert isinstance(driver.app.screen, TooSmall)
        await driver.pilot.resize_terminal(120, 40)
        await driver.settled()
        assert [type(screen).__name__ for screen in driver.app.screen_stack[1:]] == [
            "CatalogueScreen",
            "LabScreen",
        ]


async def test_too_small_a_terminal_can_be_left_but_not_what_would_be_lost() -> None:
    async with running(StslabApp("sandbox"), (120, 40)) as driver:
        await driver.open()
        await driver.do("1")
        await driver.pilot.resize_terminal(40, 10)
        await driver.press("q")
        assert "not saved" in driver.notices()[-1]
        await driver.pilot.resize_terminal(120, 40)
        assert driver.lab
    async with running(StslabApp("leaked-session"), (40, 10)) as driver:
        await driver.until(lambda: opened(driver), "the lab")
        await driver.press("q")
        assert not driver.app.is_running


async def test_who_leaves_a_lab_opened_by_name_finds_it_under_the_cursor() -> None:
    async with running(StslabApp("blunt-instruments"), (80, 24)) as driver:
        await driver.open()
        await driver.press("b")
        await driver.until(lambda: isinstance(driver.app.screen, CatalogueScreen), "the catalogue")
        await driver.press("enter")
        await driver.open()
        assert driver.lab.play.scenario.id == "blunt-instruments"


async def test_keys_move_lab_time_and_the_screen_follows() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        for key in "smfh":
            await driver.do(key)
        expected = DEFAULT_START + timedelta(hours=1, minutes=16, seconds=1)
        assert driver.lab.play.lab.clock.now() == expected
        assert driver.lab.query_one(ClockBar).now == expected


async def test_e_goes_to_the_next_expiry(tmp_path: Path) -> None:
    async with running(starting_at("Read the reports as App", tmp_path), (120, 40)) as driver:
        await driver.open()
        expiry = driver.lab.play.sessions()[0].expires_at
        await driver.do("e")
        assert driver.lab.play.lab.clock.now() == expiry
        assert driver.lab.query_one(ClockBar).next_expiry is None


async def test_time_runs_on_the_screen_until_it_is_paused() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.press("r", "space")
        bar = driver.lab.query_one(ClockBar)
        await driver.until(
            lambda: bar.now is not None and bar.now > DEFAULT_START + timedelta(seconds=60),
            "time to run",
        )
        assert bar.rate == 600
        await driver.press("space")
        await driver.until(lambda: bar.rate == 0, "time to stand")


async def test_back_to_the_checkpoint_is_the_start_of_the_task_before(tmp_path: Path) -> None:
    async with running(starting_at("Become App", tmp_path), (80, 24)) as driver:
        await driver.open()
        await driver.do("B")
        await driver.until(lambda: driver.step() == 1, "the checkpoint")
        assert driver.lab.query_one(TrailTable).selected is None


async def test_restart_asks_and_makes_the_world_anew(tmp_path: Path) -> None:
    async with running(starting_at("Become App", tmp_path), (80, 24)) as driver:
        await driver.open()
        await driver.press("R")
        await driver.pilot.pause()
        assert type(driver.app.screen).__name__ == "Confirm"
        await driver.press("y")
        await driver.until(lambda: driver.step() == 0, "the first step")
        assert driver.lab.play.story.records() == ()


async def test_a_policy_is_judged_as_one_types_and_put_as_it_was_changed(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (120, 40)) as driver:
        await driver.open()
        await driver.press("p")
        await driver.pilot.pause()
        editor = driver.app.screen
        assert isinstance(editor, PolicyScreen)
        await driver.press("x")
        await driver.pilot.pause()
        assert "MalformedPolicyDocument" in str(editor.query_one("#verdict").render())
        await driver.press("backspace")
        document = editor._original.replace("2021-08-09T02:", "2021-08-09T05:")
        editor.query_one("#document").load_text(document)  # type: ignore[attr-defined]
        await driver.press("ctrl+s")
        await driver.until(lambda: bool(driver.lab.play.cut_offs()), "the policy to be put")
        assert driver.lab.play.cut_offs()[0].at.hour == 5


async def test_what_imds_printed_stands_under_the_command_that_asked_it() -> None:
    async with running(StslabApp("instance-role"), (120, 40)) as driver:
        await driver.open()
        for key in ("n", "n", "2", "n"):
            await driver.do(key)
        terminal = driver.lab.query_one(Terminal)
        said = "\n".join(lines_in(driver, terminal.region))
        asked = driver.lab.play.terminal("mallory")[-1]
        assert "curl" in said.partition('"Code": "Success"')[0]
        assert json.loads(asked.output)["AccessKeyId"] in said
        assert '"Expiration"' in said


async def test_a_key_press_shows_while_a_call_is_under_way() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        held, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            with driver.lab.play.lab.clock.hold():
                held.set()
                go_on.wait(PATIENCE_SECONDS)

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(PATIENCE_SECONDS)
        await driver.do("n")
        await driver.press("1")
        await driver.pilot.pause()
        assert driver.lab.working
        await driver.press("tab", "tab")
        await driver.pilot.pause()
        assert driver.lab.working
        assert isinstance(driver.app.focused, Timeline)
        go_on.set()
        await driver.settled()
        assert len(driver.lab.play.story.records()) == 1


async def test_help_is_about_the_focused_pane_first() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.press("g", "s")
        await driver.pilot.pause()
        await driver.press("question_mark")
        await driver.pilot.pause()
        assert driver.app.screen._text.startswith("## Sessions")  # type: ignore[attr-defined]
        await driver.press("escape")
        await driver.pilot.pause()
        assert driver.lab


async def test_the_trail_follows_the_call_that_fills_it(tmp_path: Path) -> None:
    async with running(starting_at("Get Alice back", tmp_path), (132, 40)) as driver:
        await driver.open()
        await driver.press("g", "r")
        await driver.pilot.pause()
        trail = driver.lab.query_one(TrailTable)
        trail.show([])
        await driver.pilot.pause()
        for record in driver.lab.play.story.records()[: trail.size.height]:
            trail.append(record)
        await driver.pilot.pause()
        assert trail.scroll_offset.y == 1
