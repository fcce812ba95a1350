"""The matrix of remedies: what each did to the attacker, and what to everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tui.debrief.writing import VERDICTS, fresh_sessions
from tui.formatting import fit, hang
from tui.spinner import TURN_SECONDS, frame

if TYPE_CHECKING:
    from simulator.scenario.matrix import Row

_COLOURS = {"works": "$allowed", "fails": "$denied", "harms": "$refused"}
_HEADS = (("attacker", 10), ("broken", 8), ("new", 9))
_WIDE_HEADS = (("attacker still in", 19), ("honest calls broken", 21), ("new sessions", 13))
_WIDE = 90
_LEAST_TITLE = 24


class RemedyTable(VerticalScroll):
    """A line a remedy; every number counted from calls that were made."""

    BORDER_TITLE = "Remedies"
    HELP = """\
## Remedies

The same incident once for each remedy, in a world of its own, and counted. *attacker*: how
many of the attacker's calls after it still succeeded. *broken*: how many calls of honest
users, with the sessions they had, broke. *new*: whether new sessions work.
`✓` works, `✗` the attacker carries on, `~` stops everybody, the honest too.
"""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Row, ...] = ()
        self._problem = ""
        self._turn = 0
        self._spinner: Timer | None = None

    def compose(self) -> ComposeResult:
        """The table."""
        yield Static(id="remedy-lines")

    def on_mount(self) -> None:
        """Until the numbers are there."""
        if not self._rows and not self._problem:
            self._spinner = self.set_interval(TURN_SECONDS, self._spin)
        self._draw()

    def show(self, rows: Sequence[Row], problem: str = "") -> None:
        """The numbers are there, or a reason why not."""
        self._rows, self._problem = tuple(rows), problem
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None
        if self.is_mounted:
            self._draw()

    def on_resize(self) -> None:
        """The columns are as wide as there is room."""
        self._draw()

    def _spin(self) -> None:
        self._turn += 1
        self._draw()

    def _draw(self) -> None:
        for lines in self.query("#remedy-lines").results(Static):
            lines.update(self._text())
        self.border_subtitle = "  ".join(f"{symbol} {word}" for symbol, word in VERDICTS.values())

    def _text(self) -> Content:
        if self._problem:
            return Content.assemble(("! Not measured: ", "$refused"), self._problem)
        if not self._rows:
            turn = frame(self._turn)
            return Content.assemble(
                (turn, "$now"), " the same incident once for each remedy, by real calls"
            )
        width = max(self.scrollable_content_region.width - 1, 40)
        heads = _WIDE_HEADS if width >= _WIDE else _HEADS
        title = max(width - 2 - sum(room for _, room in heads), _LEAST_TITLE)
        head = Content.styled(
            fit("  remedy", title + 2) + "".join(fit(name, room) for name, room in heads), "$quiet"
        )
        rooms = [room for _, room in heads]
        return Content("\n").join([head, *(_line(row, title, rooms) for row in self._rows)])


def _line(row: Row, title: int, rooms: Sequence[int]) -> Content:
    symbol, _ = VERDICTS[row.verdict]
    colour = _COLOURS[row.verdict]
    cells = (str(row.attacker), str(row.broken), fresh_sessions(row))
    # A long title goes on below its first line, which has the numbers.
    first, *more = wrap(row.title, title - 1)
    line = Content.assemble(
        (f"{symbol} ", f"bold {colour}"),
        fit(first, title),
        *(
            (fit(cell, room), colour if place == 0 else "")
            for place, (cell, room) in enumerate(zip(cells, rooms, strict=True))
        ),
    )
    lines = [line, *(Content(f"  {rest}") for rest in more)]
    if row.undo:
        undo = f"    {hang(f'undo: {row.undo}', title + sum(rooms) - 4, 4)}"
        lines.append(Content.styled(undo, "$quiet"))
    return Content("\n").join(lines)
