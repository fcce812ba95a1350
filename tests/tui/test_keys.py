"""What chooses an action, and what the footer shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Input

from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.screens.dialogs import Confirm
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.screens.opening import Opening
from tui.screens.sandbox import OpenPath, SandboxScreen
from tui.screens.too_small import SMALLEST
from tui.shelf import SANDBOX_ITEM
from tui.widgets.actions import KEYS, ActionList
from tui.widgets.clock_bar import ClockBar
from tui.widgets.keys import Keys
from tui.widgets.story import StoryPane
from tui.widgets.terminal import Terminal
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable

SIZES = [(80, 24), (100, 30), (120, 40), (160, 50)]
WHO_HAS_MOST = "d"


@pytest.mark.parametrize(
    "where",
    [StslabApp, LabScreen, SandboxScreen, StoryPane, ActionList, Terminal, Timeline, TrailTable],
)
def test_a_key_that_chooses_an_action_means_nothing_else(where: type) -> None:
    bound = where._merged_bindings.key_to_bindings  # type: ignore[attr-defined]
    taken = {
        key: [binding.action for binding in bindings]
        for key, bindings in bound.items()
        if key in KEYS
    }
    assert all(actions == [f"choose('{key}')"] for key, actions in taken.items()), taken


def footer(driver: Driver) -> list[tuple[str, bool]]:
    """What the footer says, and whether it is there in full."""
    row = driver.app.screen.query_one(Keys)
    drawn = row.render_line(0).text
    return [(key.text.plain.strip(), key.text.plain in drawn) for key in row.shown]


async def test_every_action_of_a_long_list_has_its_key_and_the_tenth_is_chosen_by_it() -> None:
    async with running(StslabApp("sandbox"), (80, 24)) as driver:
        await driver.open()
        await driver.press("a")
        await driver.pilot.pause()
        await driver.do(WHO_HAS_MOST)
        entries = driver.lab.query_one(ActionList).entries
        assert len(entries) > 10
        assert all(entry.key for entry in entries)
        assert [entry.key for entry in entries][8:10] == ["9", "A"]
        await driver.do("A")
        assert driver.lab.play.terminal()


async def test_the_footer_never_shows_half_a_key_and_always_the_way_to_help_and_out() -> None:
    async with running(StslabApp("sandbox"), (160, 50)) as driver:
        await driver.open()
        await driver.do("2")
        for size in SIZES:
            await driver.pilot.resize_terminal(*size)
            for pane in "otsr":
                await driver.press("g", pane)
                await driver.settled()
                await driver.until(lambda: len(footer(driver)) > 2, "the footer")
                shown = footer(driver)
                assert all(full for _, full in shown), (size, pane, shown)
                assert {"? Help", "q Quit"} <= {text for text, _ in shown}
                words = [text.split(" ", 1)[-1] for text, _ in shown]
                assert len(words) == len(set(words)), (size, pane, words)


async def test_a_click_on_a_key_of_the_footer_presses_it() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        row = driver.app.screen.query_one(Keys)
        before = driver.lab.focused
        await driver.pilot.click(Keys, offset=(row.render_line(0).text.index("Pane") + 1, 0))
        await driver.until(lambda: driver.lab.focused is not before, "the next pane")


@pytest.mark.parametrize(
    "dialog",
    [
        lambda: Opening(SANDBOX_ITEM),
        lambda: Confirm("Quit?", "All of it would be lost.", "quit"),
        lambda: Help(["## Some help"]),
        lambda: OpenPath(Path("world.yaml")),
        CommandPalette,
    ],
    ids=["opening", "question", "help", "path", "palette"],
)
async def test_ctrl_c_leaves_at_once_also_from_a_dialog(
    dialog: Callable[[], Screen[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []
    async with running(StslabApp(), (80, 24)) as driver:
        await driver.pilot.pause()
        driver.app.push_screen(dialog())
        await driver.until(lambda: driver.app.screen.is_modal, "the dialog")
        monkeypatch.setattr(driver.app, "exit", lambda: left.append(True))
        await driver.press("ctrl+c")
    assert left == [True]


async def test_ctrl_c_in_the_text_of_a_dialog_copies() -> None:
    async with running(StslabApp(), (80, 24)) as driver:
        await driver.pilot.pause()
        driver.app.push_screen(OpenPath(Path("world.yaml")))
        await driver.until(lambda: isinstance(driver.app.focused, Input), "the dialog")
        await driver.press("a", "shift+left", "ctrl+c")
        assert driver.app.is_running
        assert driver.app.clipboard == "a"


@pytest.mark.parametrize("width", [72, 78, 100, 102, 120, 132, 140, 160])
async def test_the_clocks_keys_are_never_cut_off(width: int) -> None:
    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            yield ClockBar()

    async with Alone().run_test(size=(width, 3)) as pilot:
        bar = pilot.app.query_one(ClockBar)
        bar.styles.padding = (0, 1)
        bar.now = datetime(2021, 8, 19, 10, 10, 10, tzinfo=UTC)
        bar.next_expiry = bar.now + timedelta(hours=11, minutes=59, seconds=59)
        bar.speed = 600
        await pilot.pause()
        assert bar.render().cell_length <= bar.size.width


async def test_the_footer_offers_why_where_there_is_a_call_the_palette_where_there_is_room() -> (
    None
):
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()

        async def panes() -> list[set[str]]:
            found = []
            for _ in range(4):
                await driver.press("tab")
                await driver.pilot.pause()
                found.append({text for text, _ in footer(driver)})
            return found

        for shown in await panes():
            assert "⏎ Why?" not in shown
            assert {"^p Commands", ", Settings"} <= shown
        await driver.do("n")
        await driver.do("1")
        assert sum("⏎ Why?" in shown for shown in await panes()) == 3
        await driver.pilot.resize_terminal(*SMALLEST)
        await driver.until(lambda: "^p Commands" not in dict(footer(driver)), "fewer keys")
        assert {"? Help", "q Quit"} <= dict(footer(driver)).keys()
