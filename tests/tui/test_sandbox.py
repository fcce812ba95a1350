"""The sandbox on the screen: free play by keys, saved, opened and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import Driver, running
from tests.tui.reading import lines_in
from tui.app import StslabApp
from tui.screens.catalogue import CatalogueScreen
from tui.screens.console import ConsoleScreen
from tui.screens.dialogs import Confirm
from tui.screens.export import ExportScreen
from tui.screens.sandbox import OpenPath, SandboxScreen
from tui.screens.save_as import SaveAs
from tui.widgets.terminal import Terminal
from tui.widgets.trail import TrailTable


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where worlds are saved unless one says otherwise."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@asynccontextmanager
async def playing(size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driver]:
    progress = ProgressStore(Path("progress.sqlite3"))
    async with running(StslabApp(progress=progress), size) as driver:
        await driver.pilot.pause()
        await driver.press("s")
        await driver.open()
        yield driver
        assert progress.all() == ()


def sandbox(driver: Driver) -> SandboxScreen:
    screen = driver.app.screen
    assert isinstance(screen, SandboxScreen), screen
    return screen


async def become(driver: Driver, letter: str) -> None:
    await driver.press("a")
    await driver.pilot.pause()
    await driver.do(letter)


async def choose(driver: Driver, label: str) -> None:
    """Press the key that stands before a label."""
    entries = sandbox(driver).query_one("#actions").entries  # type: ignore[attr-defined]
    keys = [entry.key for entry in entries if label in entry.label]
    assert keys, f"{label!r} is not offered, but {[entry.label for entry in entries]}"
    await driver.do(keys[0])


async def leak_and_revoke(driver: Driver) -> None:
    await choose(driver, "Alice assumes App")
    await choose(driver, "session of App leaks")
    await become(driver, "m")
    await choose(driver, "lists the reports with Alice's session")
    await become(driver, "d")
    await choose(driver, "Dana revokes")
    await become(driver, "m")
    await choose(driver, "lists the reports with Alice's session")


def outcomes(driver: Driver) -> list[str]:
    return [call.outcome for call in sandbox(driver).play.story.records()]


async def save(driver: Driver, path: Path | None = None) -> None:
    await driver.press("ctrl+s")
    await driver.pilot.pause()
    assert isinstance(driver.app.screen, SaveAs)
    if path is not None:
        driver.app.screen.query_one(Input).value = str(path)
    await driver.press("enter")
    await driver.until(lambda: isinstance(driver.app.screen, SandboxScreen), "it to be saved")
    await driver.settled()


async def test_a_call_let_through_that_failed_has_the_trail_s_mark_in_the_terminal_too() -> None:
    async with playing((120, 40)) as driver:
        play = driver.lab.play
        await become(driver, "d")
        await asyncio.to_thread(
            lambda: play.do("dana-revoke-app", document='{"Version": "2012-10-17"}')
        )
        await driver.settled()
        for pane in (Terminal, TrailTable):
            said = "\n".join(lines_in(driver, driver.lab.query_one(pane).region))
            assert "!" in said
            assert "✓" not in said


async def test_a_leak_and_its_remedy_are_played_by_keys_saved_and_opened_again(
    folder: Path,
) -> None:
    async with playing() as driver:
        await leak_and_revoke(driver)
        assert outcomes(driver) == ["allowed", "allowed", "allowed", "denied"]
        await save(driver)
        assert (folder / "stslab-sandbox.yaml").is_file()
        await driver.do("R")
        assert outcomes(driver) == []
        await driver.press("ctrl+o")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, OpenPath)
        await driver.press("enter")
        await driver.until(
            lambda: isinstance(driver.app.screen, SandboxScreen) and len(outcomes(driver)) == 4,
            "it all to be done again",
        )
        await driver.settled()
        assert outcomes(driver) == ["allowed", "allowed", "allowed", "denied"]
        assert any("5 things done again" in notice for notice in driver.notices())


async def test_b_takes_the_last_thing_back() -> None:
    async with playing() as driver:
        await leak_and_revoke(driver)
        await driver.do("B")
        assert outcomes(driver) == ["allowed", "allowed", "allowed"]
        assert len(sandbox(driver).play.cut_offs()) == 1


async def test_what_is_not_saved_is_asked_about_before_it_is_lost() -> None:
    async with playing() as driver:
        await choose(driver, "Alice assumes App")
        await driver.press("R")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, Confirm)
        await driver.press("escape")
        await driver.pilot.pause()
        await driver.press("q")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, Confirm)
        await driver.press("escape")
        await driver.pilot.pause()
        await driver.press("b")
        await driver.until(lambda: isinstance(driver.app.screen, CatalogueScreen), "the catalogue")
        await driver.press("enter")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, Confirm)
        await driver.press("escape")
        await driver.pilot.pause()
        await driver.press("s")
        await driver.until(lambda: isinstance(driver.app.screen, SandboxScreen), "the sandbox")
        await driver.settled()
        assert outcomes(driver) == ["allowed"]


async def test_once_saved_nothing_is_asked() -> None:
    async with playing() as driver:
        await choose(driver, "Alice assumes App")
        assert sandbox(driver).begun
        await save(driver)
        assert not sandbox(driver).begun
        await choose(driver, "lists the reports as App")
        assert sandbox(driver).begun


async def test_a_file_that_is_no_world_is_a_toast_and_the_world_stands(folder: Path) -> None:
    (folder / "stslab-sandbox.yaml").write_text("title: something else\n")
    async with playing() as driver:
        await choose(driver, "Alice assumes App")
        await driver.press("ctrl+o")
        await driver.pilot.pause()
        await driver.press("enter")
        await driver.until(
            lambda: any("no saved sandbox" in notice for notice in driver.notices()), "a toast"
        )
        assert outcomes(driver) == ["allowed"]


async def test_the_way_in_for_outside_tools_is_one_key_away() -> None:
    async with playing() as driver:
        await driver.press("y")
        await driver.until(lambda: isinstance(driver.app.screen, ExportScreen), "the export lines")
        found = driver.app.screen._found  # type: ignore[attr-defined]
        assert {each.who for each in found} == {"Alice", "Bob", "Dana", "Sam"}
        assert all("export AWS_ENDPOINT_URL=http://127.0.0.1:" in each.lines for each in found)
        await driver.press("p")
        await driver.until(
            lambda: any("Only in a terminal" in notice for notice in driver.notices()), "a toast"
        )


async def test_the_console_acts_in_the_sandbox_and_is_saved_with_it(folder: Path) -> None:
    async with playing() as driver:
        await driver.press("c")
        await driver.until(
            lambda: isinstance(driver.app.screen, ConsoleScreen) and driver.app.screen.at_rest,
            "the console",
        )
        console = driver.app.screen
        assert isinstance(console, ConsoleScreen)
        console.console.path = None
        console.query_one(Input).value = "as dana"
        await driver.press("enter")
        console.query_one(Input).value = "aws iam create-user --user-name eve"
        await driver.press("enter")
        await driver.pilot.pause()
        await driver.until(lambda: console.at_rest, "the command")
        await driver.press("escape")
        await driver.settled()
        await save(driver)
        text = (folder / "stslab-sandbox.yaml").read_text()
        assert "call: iam.CreateUser" in text


async def test_every_pane_of_the_sandbox_is_reached_at_80_by_24_and_nobodys_list_is_cut() -> None:
    async with playing() as driver:
        for letter in "abwmds":
            await become(driver, letter)
            actions = sandbox(driver).query_one("#actions")
            assert actions.region.height > 3
            assert driver.app.screen.region.contains_region(actions.region)
