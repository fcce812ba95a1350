"""What chooses an action, and what the footer shows."""

from __future__ import annotations

import pytest
from textual.widgets import Footer

from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.screens.lab import LabScreen
from tui.screens.sandbox import SandboxScreen
from tui.widgets.actions import KEYS, ActionList
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
    row = driver.app.screen.query_one(Footer)
    return [
        (str(key.render()).strip(), row.region.contains_region(key.region))
        for key in row.query("FooterKey")
        if key.display
    ]


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
