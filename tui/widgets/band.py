"""What the back row must be able to read: the time, and how the latest call was answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Digits, Static

from tui.formatting import day, hms, short_arn
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.trail import Record


class Band(Horizontal):
    """Lab time in large digits, and beside it the latest call; for presenter mode."""

    def compose(self) -> ComposeResult:
        """Time on the left, call on the right."""
        yield Digits(id="band-time")
        yield Static(id="band-when")
        yield Static(id="band-call")

    def show_time(self, now: datetime, rate: int) -> None:
        """It is this time, and time runs so fast (0: it stands)."""
        self.query_one(Digits).update(hms(now))
        running = Content.styled(f"» ×{rate}", "bold $refused") if rate else Content("‖ frozen")
        self.query_one("#band-when", Static).update(
            Content("\n").join([Content.styled("UTC", "bold $now"), Content(day(now)), running])
        )

    def show_call(self, record: Record | None) -> None:
        """This was the latest call."""
        self.query_one("#band-call", Static).update(_lines(record))


def _lines(record: Record | None) -> Content:
    if record is None:
        return Content("No call yet.")
    mark = outcome_mark(record.outcome, record.error_code)
    return Content("\n").join(
        [
            Content.assemble(
                (f" {mark.symbol} {mark.word.upper()} ", f"bold $background on {mark.colour}"),
                (f" {record.error_code or ''}", f"bold {mark.colour}"),
            ),
            Content.assemble((record.actor, "bold"), f"  {record.action}"),
            Content(short_arn(record.resource)),
        ]
    )
