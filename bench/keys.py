"""How long a key press takes to show while a call is under way, against an empty app.

From the press to the end of the first refresh of the screen that shows its effect. The screen is
headless: everything but writing to a terminal is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

import tui
from bench.measuring import RealTime, Result
from tui.app import StslabApp
from tui.screens.dialogs import Jump
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.widgets.trail import TrailTable

PROMISED_MS = 50.0
ROUNDS = 8
_TUI = Path(tui.__file__).parent
SIZE = (132, 40)
_PATIENCE_SECONDS = 30
_CALLS_BEFORE = 5
_BUCKET = "kibble-reports"


@dataclass
class Stopwatch:
    """Waits for one effect; told of every refresh."""

    shown: Callable[[], bool] | None = None
    at: float | None = None

    def refreshed(self) -> None:
        """The screen has been refreshed."""
        if self.at is None and self.shown is not None and self.shown():
            self.at = RealTime.now()


class _Lab(StslabApp):
    """The real app, which tells a stopwatch of its refreshes."""

    # Textual looks for a relative path beside the class that names it.
    CSS_PATH = [_TUI / name for name in StslabApp.CSS_PATH]  # noqa: RUF012 - Textual's way
    stopwatch: Stopwatch | None = None

    def post_display_hook(self) -> None:
        """Called by Textual when a refresh is over."""
        if self.stopwatch is not None:
            self.stopwatch.refreshed()


class _Dialog(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        yield Label("A line")


class _Empty(App[None]):
    """The same keys with next to nothing behind them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,g", "open", "Open"),
    ]
    stopwatch: Stopwatch | None = None

    def compose(self) -> ComposeResult:
        for number in range(2):
            yield OptionList("one", "two", "three", id=f"list-{number}")

    def action_open(self) -> None:
        """A dialog with one line."""
        self.push_screen(_Dialog())

    def post_display_hook(self) -> None:
        """Called by Textual when a refresh is over."""
        if self.stopwatch is not None:
            self.stopwatch.refreshed()


async def _press(
    pilot: Pilot[Any], app: _Lab | _Empty, key: str, shown: Callable[[], bool]
) -> float:
    """Milliseconds from the press to the refresh that shows it."""
    app.stopwatch = watch = Stopwatch(shown)
    began = RealTime.now()
    await pilot.press(key)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while watch.at is None:
            await asyncio.sleep(0.001)
    return (watch.at - began) * 1000


async def _round(
    pilot: Pilot[Any], app: _Lab | _Empty, dialogs: tuple[type, type], row: Callable[[], object]
) -> list[float]:
    """Five presses: the next pane, a dialog, another dialog, a row up, and one down."""
    base, focused = app.screen, app.focused

    async def opens(key: str, dialog: type) -> float:
        took = await _press(pilot, app, key, lambda: isinstance(app.screen, dialog))
        await _press(pilot, app, "escape", lambda: app.screen is base)
        return took

    async def moves(key: str) -> float:
        before = row()
        return await _press(pilot, app, key, lambda: row() != before)

    return [
        await opens("question_mark", dialogs[0]),
        await opens("g", dialogs[1]),
        await moves("up"),
        await moves("down"),
        await _press(pilot, app, "tab", lambda: app.focused is not focused),
    ]


@contextlib.contextmanager
def _held(lab: LabScreen) -> Iterator[None]:
    """While inside, no call is answered: whatever is asked for stays under way."""
    holding, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with lab.play.lab.clock.hold():
            holding.set()
            go_on.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    try:
        yield
    finally:
        go_on.set()
        holder.join()


async def _rest(pilot: Pilot[Any], app: _Lab) -> LabScreen:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not (isinstance(app.screen, LabScreen) and app.screen.at_rest):
            await pilot.pause(0.02)
    lab = app.screen
    assert isinstance(lab, LabScreen)
    return lab


async def _in_the_lab() -> list[float]:
    app = _Lab("leaked-session")
    times: list[float] = []
    async with app.run_test(size=SIZE) as pilot:
        lab = await _rest(pilot, app)
        alice = lab.play.lab.actor("alice", keys=lab.play.credentials("alice")["own"])
        for _ in range(_CALLS_BEFORE):
            await asyncio.to_thread(alice.call, "s3", "ListObjectsV2", {"Bucket": _BUCKET})
        await pilot.press("n")
        await pilot.pause()
        await _rest(pilot, app)
        trail = lab.query_one(TrailTable)
        with _held(lab):
            await pilot.press("1")
            for number in range(ROUNDS + 1):
                lab.go_to("trail")
                await pilot.pause()
                assert lab.working, "no call is under way"
                found = await _round(pilot, app, (Help, Jump), lambda: trail.selected)
                times += found if number else []
            assert lab.working, "the call came to an end"
        await _rest(pilot, app)
    return times


async def _in_the_empty_app() -> list[float]:
    app = _Empty()
    times: list[float] = []
    async with app.run_test(size=SIZE) as pilot:
        first = app.query_one("#list-0", OptionList)
        for number in range(ROUNDS + 1):
            first.focus()
            first.highlighted = 1
            await pilot.pause()
            found = await _round(pilot, app, (_Dialog, _Dialog), lambda: first.highlighted)
            times += found if number else []
    return times


def measure() -> Iterator[Result]:
    """Two rows: the median and the slowest of 40 presses; the goal is 50 ms, as a ratio."""
    theirs = asyncio.run(_in_the_empty_app())
    ours = asyncio.run(_in_the_lab())
    for name, of in (("median", statistics.median), ("slowest", max)):
        peer = of(theirs)
        yield Result(
            f"a key press shows while a call runs, {name} of {len(ours)} (50 ms is the goal)",
            "an empty Textual app, no calls",
            of(ours),
            peer,
            "ms",
            round(PROMISED_MS / peer, 2),
        )
