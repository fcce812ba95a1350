"""How long a key press takes to show while a call is under way, against an empty app.

From the press to the end of the first refresh of the screen that shows its effect, in CPU time of
the thread that draws: what else the machine does is not counted, nor are the few milliseconds until
the next frame. The screen is headless: everything but writing to a terminal is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import threading
import time
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
from bench.measuring import Result
from tui.app import StslabApp
from tui.screens.dialogs import Jump
from tui.screens.help import Help
from tui.screens.lab import LabScreen
from tui.screens.why import WhyScreen
from tui.widgets.trail import TrailTable

PROMISED_MS = 50.0
ROUNDS = 6
_TUI = Path(tui.__file__).parent
SIZE = (132, 40)
_PATIENCE_SECONDS = 60
_CALLS_BEFORE = 5
_BUCKET = "kibble-reports"


Kinds = dict[str, list[float]]
"""Milliseconds of each press, by what the key does."""
_now = time.thread_time


@dataclass
class Stopwatch:
    """Waits for one effect; told of every refresh."""

    shown: Callable[[], bool] | None = None
    at: float | None = None

    def refreshed(self) -> None:
        """The screen has been refreshed."""
        if self.at is None and self.shown is not None and self.shown():
            self.at = _now()


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
        Binding("g", "open", "Open"),
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
    began = _now()
    await pilot.press(key)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while watch.at is None:
            await asyncio.sleep(0.001)
    return (watch.at - began) * 1000


@dataclass
class _Presser:
    """Presses keys in an app, and keeps how long each took."""

    pilot: Pilot[Any]
    app: _Lab | _Empty
    times: Kinds

    async def opens(self, kind: str, key: str, dialog: type) -> None:
        """A key that opens a screen; it is closed again."""
        base = self.app.screen
        await self.does(kind, key, lambda: isinstance(self.app.screen, dialog))
        await self.pilot.pause()
        await _press(self.pilot, self.app, "escape", lambda: self.app.screen is base)
        await self.pilot.pause()

    async def changes(self, kind: str, key: str, what: Callable[[], object]) -> None:
        """A key after which something is no longer what it was."""
        before = what()
        await self.does(kind, key, lambda: what() != before)
        await self.pilot.pause()

    async def does(self, kind: str, key: str, shown: Callable[[], bool]) -> None:
        """A key after which something is so."""
        took = await _press(self.pilot, self.app, key, shown)
        self.times.setdefault(kind, []).append(took)

    async def focus_and_rows(self, row: Callable[[], object]) -> None:
        """A row up, one down, and the next pane."""
        await self.changes("row", "up", row)
        await self.changes("row", "down", row)
        await self.changes("Tab", "tab", lambda: self.app.focused)


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


async def _in_the_lab() -> tuple[Kinds, Kinds]:
    """Of keys that act on the open screen, and of those that open another."""
    app = _Lab("leaked-session")
    acts: Kinds = {}
    opens: Kinds = {}
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
            for _ in range(ROUNDS + 1):
                lab.go_to("trail")
                await pilot.pause()
                assert lab.working, "no call is under way"
                acting = _Presser(pilot, app, acts)
                await acting.focus_and_rows(lambda: trail.selected)
                await acting.changes("zoom", "z", lambda: lab.alone)
                await acting.changes("zoom", "z", lambda: lab.alone)
                opening = _Presser(pilot, app, opens)
                await opening.opens("help", "question_mark", Help)
                await opening.opens("go to", "g", Jump)
                await opening.opens("Why", "w", WhyScreen)
            assert lab.working, "the call came to an end"
        await _rest(pilot, app)
    return acts, opens


async def _in_the_empty_app() -> tuple[Kinds, Kinds]:
    app = _Empty()
    acts: Kinds = {}
    opens: Kinds = {}
    async with app.run_test(size=SIZE) as pilot:
        first = app.query_one("#list-0", OptionList)
        for _ in range(ROUNDS + 1):
            first.focus()
            first.highlighted = 1
            await pilot.pause()
            await _Presser(pilot, app, acts).focus_and_rows(lambda: first.highlighted)
            await _Presser(pilot, app, opens).opens("dialog", "g", _Dialog)
    return acts, opens


def measure() -> Iterator[Result]:
    """Two rows: the slowest kind of key in the median; the goal is 50 ms, as a ratio."""
    theirs = asyncio.run(_in_the_empty_app())
    ours = asyncio.run(_in_the_lab())
    for what, mine, peers in zip(("acts", "opens a screen"), ours, theirs, strict=True):
        kind, took = _slowest(mine)
        _, peer = _slowest(peers)
        yield Result(
            f"a key that {what} while a call runs: the slowest, {kind} (50 ms is the goal)",
            "an empty Textual app, no calls",
            took,
            peer,
            "ms of CPU",
            round(PROMISED_MS / peer, 2),
        )


def _slowest(times: Kinds) -> tuple[str, float]:
    """The kind with the greatest median; the first press of each warms up."""
    medians = {kind: statistics.median(each[1:]) for kind, each in times.items()}
    kind = max(medians, key=lambda each: medians[each])
    return kind, medians[kind]
