"""The keys that move lab time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from tui.screens.lab_feed import LabFeed
from tui.widgets.clock_bar import ClockBar

_SPEEDS = (1, 60, 600)


class TimeKeys(LabFeed):
    """Step, jump to the next expiry, run, pause."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "step_time(1)", "+1 s", show=False),
        Binding("m", "step_time(60)", "+1 min", show=False),
        Binding("f", "step_time(900)", "+15 min", show=False),
        Binding("h", "step_time(3600)", "+1 h", show=False),
        Binding("e", "next_expiry", "To the next expiry", show=False),
        Binding("space", "toggle_time", "Run or pause", show=False),
        Binding("r", "change_speed", "Speed", show=False),
    ]

    def action_step_time(self, seconds: int) -> None:
        """Move lab time forwards."""
        clock = self.play.lab.clock
        self.move_clock(lambda: clock.advance(timedelta(seconds=seconds)))

    def action_next_expiry(self) -> None:
        """Move lab time to the moment the next session ends."""
        at = self.snapshot.next_expiry if self.snapshot else None
        if at is None:
            self.notify("No session is waiting to expire.", timeout=3)
        else:
            self.move_clock(lambda: self.play.lab.clock.move_to(at))

    def action_toggle_time(self) -> None:
        """Let time run, or stand."""
        bar, clock = self.query_one(ClockBar), self.play.lab.clock
        rate = 0 if clock.rate else bar.speed
        self.move_clock(lambda: clock.run(rate))

    def action_change_speed(self) -> None:
        """The next speed; at once, if time is running."""
        bar, clock = self.query_one(ClockBar), self.play.lab.clock
        speed = _SPEEDS[(_SPEEDS.index(bar.speed) + 1) % len(_SPEEDS)]
        bar.speed = speed
        if clock.rate:
            self.move_clock(lambda: clock.run(speed))

    def move_clock(self, move: Callable[[], object]) -> None:
        """Do something to the clock on a worker."""
        self.moves += 1
        self._move(move)

    @work(thread=True, group="clock", exit_on_error=False)
    def _move(self, move: Callable[[], object]) -> None:
        # The clock stands still while a request is served, so this may wait for one.
        problem = ""
        try:
            move()
        except ValueError as error:
            problem = str(error)
        self.app.call_from_thread(self._moved, problem)

    def _moved(self, problem: str) -> None:
        self.moves -= 1
        if problem:
            self.notify(problem, severity="warning")
        self.show_time()
        self.refresh_soon()
