"""The catalogue: finding and opening scenarios, and coming back to them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, OptionList

from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.screens.catalogue import CatalogueScreen
from tui.shelf import Shelf

BROKEN = "id: broken\ntitle: [\n"


def catalogue(driver: Driver) -> CatalogueScreen:
    screen = driver.app.screen
    assert isinstance(screen, CatalogueScreen)
    return screen


def chosen(driver: Driver) -> str:
    item = catalogue(driver).chosen
    assert item is not None
    return item.id


async def search(driver: Driver, text: str) -> None:
    await driver.press("slash", *text)
    await driver.pilot.pause()


async def test_a_search_finds_a_scenario_by_what_it_teaches() -> None:
    async with running(StslabApp(), (80, 24)) as driver:
        await driver.pilot.pause()
        await search(driver, "olderSess")
        assert "leaked-session" in {
            item.id for item in catalogue(driver)._shown if item is not None
        }


@pytest.mark.parametrize("typed", ["one of many", "one-of-many"])
async def test_a_title_typed_in_full_is_chosen_before_what_only_mentions_its_words(
    typed: str,
) -> None:
    async with running(StslabApp(), (80, 24)) as driver:
        await driver.pilot.pause()
        await search(driver, typed)
        assert catalogue(driver).query_one(Input).value == typed
        assert chosen(driver) == "one-of-many"


async def test_a_search_that_finds_nothing_says_so_and_escape_ends_it() -> None:
    async with running(StslabApp(), (80, 24)) as driver:
        await driver.pilot.pause()
        await search(driver, "zzz")
        assert catalogue(driver).chosen is None
        await driver.press("escape")
        await driver.pilot.pause()
        assert catalogue(driver).query_one(Input).value == ""
        assert catalogue(driver).chosen is not None
        assert catalogue(driver).query_one(OptionList).has_focus


async def test_a_broken_scenario_file_is_told_and_hurts_no_other(tmp_path: Path) -> None:
    (tmp_path / "01-broken.yaml").write_text(BROKEN)
    async with running(StslabApp(scenario_dirs=[tmp_path]), (80, 24)) as driver:
        await driver.pilot.pause()
        assert any("01-broken.yaml:" in message for message in driver.notices())
        assert len(catalogue(driver).items) >= 1


async def test_an_unknown_scenario_is_told_with_the_nearest_name() -> None:
    async with running(StslabApp("leaked-sesion"), (80, 24)) as driver:
        await driver.pilot.pause()
        assert any("leaked-session" in message for message in driver.notices())


async def test_leaving_the_lab_and_coming_back_loses_nothing(progress: ProgressStore) -> None:
    async with running(StslabApp("leaked-session", progress=progress), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        calls = driver.lab.play.story.records()
        at = driver.step()
        assert at > 1
        await driver.press("b")
        await driver.until(lambda: isinstance(driver.app.screen, CatalogueScreen), "the catalogue")
        await driver.until(
            lambda: (
                {i.id: i.standing for i in catalogue(driver).items}["leaked-session"] == "begun"
            ),
            "the catalogue to show it as begun",
        )
        await search(driver, "leaked-session")
        await driver.press("enter")
        await driver.open()
        assert driver.step() == at
        assert driver.lab.play.story.records() == calls


async def test_a_lab_left_by_quitting_goes_on_at_its_step(progress: ProgressStore) -> None:
    async with running(StslabApp("leaked-session", progress=progress), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        at = driver.step()
        await driver.until(lambda: progress.of("leaked-session").at_step == at, "the step kept")
        await driver.press("q")
        await driver.pilot.pause()
    async with running(StslabApp("leaked-session", progress=progress), (80, 24)) as driver:
        await driver.open()
        assert driver.step() == at
        assert [call.outcome for call in driver.lab.play.story.records()] == ["denied"]


async def test_quitting_asks_only_when_something_would_be_lost() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.press("q")
        await driver.pilot.pause()
        assert type(driver.app.screen).__name__ == "Confirm"
        await driver.press("escape")
        await driver.pilot.pause()
        assert driver.step() == 1


def test_the_first_screen_loads_neither_moto_nor_boto() -> None:
    code = (
        "import sys, tui.app\n"
        "from tui.shelf import Shelf\n"
        "assert Shelf(None, ()).items()\n"
        "heavy = {'moto', 'boto3', 'botocore', 'flask', 'werkzeug'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("settle", [True, False], ids=["on the screen", "while it is being made"])
async def test_a_search_typed_faster_than_the_screen_loses_no_character(settle: bool) -> None:
    app = StslabApp()
    async with running(app, (80, 24)) as driver:
        if settle:
            await driver.pilot.pause()
        else:
            app.push_screen(CatalogueScreen(app._shelf.items()))
        typed = "/leaked-session/"
        for character in typed:  # as a terminal sends it: nobody waits between two keys
            app.post_message(events.Key("slash" if character == "/" else character, character))
        await driver.until(
            lambda: [box.value for box in app.screen.query(Input)] == [typed[1:]],
            "all that was typed",
        )


async def test_a_second_search_replaces_the_first(progress: ProgressStore) -> None:
    async with running(StslabApp(progress=progress), (80, 24)) as driver:
        await driver.pilot.pause()
        await search(driver, "leaked")
        await driver.press("down")
        await search(driver, "cut-off")
        assert catalogue(driver).query_one(Input).value == "cut-off"


async def test_a_case_that_is_different_each_time_goes_on_as_it_was_left(
    progress: ProgressStore,
) -> None:
    async with running(StslabApp("incident", progress=progress), (80, 24)) as driver:
        await driver.open()
        seed = driver.lab.play.seed
        await driver.do("n")
        await driver.until(lambda: progress.of("incident").at_step == 1, "the step kept")
    assert seed is not None
    assert progress.of("incident").seed == seed
    shelf = Shelf(progress, ())
    assert shelf.find("incident").seed == seed
    async with running(StslabApp("incident", progress=progress), (80, 24)) as driver:
        await driver.open()
        assert (driver.lab.play.seed, driver.step()) == (seed, 1)
    async with running(StslabApp("incident", progress=progress, seed=seed + 1), (80, 24)) as driver:
        await driver.open()
        assert (driver.lab.play.seed, driver.step()) == (seed + 1, 0)


async def test_progress_that_can_no_longer_be_kept_is_told_once_in_mid_story(
    progress: ProgressStore,
) -> None:
    assert progress.path is not None
    folder = progress.path.parent
    async with running(StslabApp("leaked-session", progress=progress), (80, 24)) as driver:
        await driver.open()
        for file in folder.iterdir():
            file.unlink()
        (folder / "progress.sqlite3").mkdir()  # no file can be opened there any more
        await driver.do("n")
        await driver.until(lambda: bool(progress.warning), "the store to notice")
        await driver.until(lambda: progress.warning in driver.notices(), "the warning")
        await driver.do("1")
        await driver.until(lambda: progress.of("leaked-session").at_step == 2, "the next step")
        assert driver.notices().count(progress.warning) == 1
