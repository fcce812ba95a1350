"""Drawing the timeline: rows and a scale become lines of styled cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.formatting import fit, hm, hms, milliseconds
from tui.symbols import CUT_OFF, NOW, outcome_mark

if TYPE_CHECKING:
    from simulator.trail import Record
    from tui.timeline_model import Row
    from tui.timeline_scale import Scale

AXIS_LINES = 2
"""Lines above the rows: the times, and the flags of now and the cut-offs."""

STYLES = {
    "plain": "",
    "axis": "$quiet",
    "label": "$foreground",
    "holder": "bold $denied",
    "bar": "$secondary",
    "ahead": "$quiet",
    "dead": "$denied",
    "now": "bold $now",
    "cutoff": "bold $denied",
    "allowed": "bold $allowed",
    "denied": "bold $denied",
    "refused": "bold $refused",
}
"""The styles a picture needs: name → the theme's words for it."""

_Cells = list[tuple[str, Style]]


@dataclass
class Picture:
    """The lines of the timeline.

    Attributes:
        strips: top to bottom, `AXIS_LINES` of axis first.
        spots: (line, column) → sequence of the call marked there.
    """

    strips: list[Strip] = field(default_factory=list)
    spots: dict[tuple[int, int], int] = field(default_factory=dict)


def label_width(rows: Sequence[Row], width: int) -> int:
    """Cells for the rows' names: as many as they need, at most a third."""
    return min(max(len(_label(row)) for row in rows) + 1, max(width // 3, 14))


def draw(
    rows: Sequence[Row],
    now: datetime,
    scale: Scale,
    room: int,
    style: Callable[[str], Style],
    chosen: int | None = None,
) -> Picture:
    """Draw the rows.

    Args:
        rows: top to bottom.
        now: lab time.
        scale: how time falls on the cells right of the labels.
        room: cells for the labels.
        style: the style of each of `STYLES`.
        chosen: sequence of the call under the cursor.
    """
    picture = Picture()
    at = scale.column(now)
    picture.strips.append(_axis(scale, room, style))
    picture.strips.append(_flags(rows, scale, room, at, style))
    for line, row in enumerate(rows, AXIS_LINES):
        cells = _bar(row, scale, at, style)
        for column, call in _places(row, scale):
            mark = outcome_mark(call.outcome, call.error_code)
            how = style(mark.colour.removeprefix("$"))
            if call.sequence == chosen:
                how += Style(reverse=True, bold=True)
            cells[column] = (mark.symbol, how)
            picture.spots[line, column + room] = call.sequence
        label = fit(_label(row), room - 1) + " "
        name = Segment(label, style("holder" if row.kind == "holder" else "label"))
        picture.strips.append(Strip([name, *_segments(cells)]))
    return picture


def _label(row: Row) -> str:
    if row.depth == 0:
        return row.label
    return "  " * (row.depth - 1) + ("└ " if row.last else "├ ") + row.label


def _axis(scale: Scale, room: int, style: Callable[[str], Style]) -> Strip:
    text = [" "] * scale.cells
    free = 0
    for at, step in scale.ticks():
        label = _tick(at, step)
        column = scale.column(at) - len(label) // 2
        if free <= column <= scale.cells - len(label):
            text[column : column + len(label)] = label
            free = column + len(label) + 2
    return Strip([Segment(fit("UTC", room) + "".join(text), style("axis"))])


def _tick(at: datetime, step: timedelta) -> str:
    """A time as short as its neighbours allow; the date at midnight."""
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at.day} {at:%b}"
    return hms(at) if step < timedelta(minutes=1) else hm(at)


def _flags(
    rows: Sequence[Row], scale: Scale, room: int, now: int, style: Callable[[str], Style]
) -> Strip:
    # The room of the labels is free in this line: a long text may begin there.
    cells: _Cells = [(" ", style("plain"))] * (room + scale.cells)
    if 0 <= now < scale.cells:
        _flag(cells, room + now, style("now"), "╷", "now", left=False)
    cuts = sorted({row.shown_cut.at for row in rows if row.shown_cut is not None})
    for cut in reversed(cuts):
        text = f"cut-off {milliseconds(cut)}"
        if 0 <= scale.column(cut) < scale.cells:
            _flag(cells, room + scale.column(cut), style("cutoff"), "╻", text, left=True)
    return Strip(_segments(cells))


def _flag(cells: _Cells, column: int, style: Style, pole: str, text: str, *, left: bool) -> None:
    """A pole at the column, with a text where there is room for it: on its side, or the other."""
    sides = ((f"{text} {pole}", column - len(text) - 1), (f"{pole} {text}", column))
    for text, start in (*(sides if left else sides[::-1]), (pole, column)):
        place = range(start, start + len(text))
        fits = start >= 0 and place.stop <= len(cells)
        if fits and all(cells[cell][0] == " " for cell in place):
            for cell, letter in zip(place, text, strict=True):
                cells[cell] = (letter, style)
            return


def _bar(row: Row, scale: Scale, now: int, style: Callable[[str], Style]) -> _Cells:
    """From issue to expiry: what was, what is to come, and what a cut-off has ended."""
    cells: _Cells = [(" ", style("plain"))] * scale.cells
    start = scale.column(row.starts)
    end = scale.column(row.ends) if row.ends is not None else scale.cells
    dead_from = scale.column(row.cut.put_at) if row.cut is not None else end + 1
    past, ahead = ("━", "─") if row.kind == "session" else ("╌", "╌")
    for column in range(max(start, 0), min(end + 1, scale.cells)):
        if column >= dead_from:
            cells[column] = ("┈", style("dead"))
        elif column <= now:
            cells[column] = (past, style("bar"))
        else:
            cells[column] = (ahead, style("ahead"))
    if row.kind == "session":
        if 0 <= start < scale.cells:
            cells[start] = ("┣", style("bar"))
        if 0 <= end < scale.cells:
            over = end <= now
            name = "dead" if end >= dead_from else "bar" if over else "ahead"
            cells[end] = ("┫" if over else "┤", style(name))
    if 0 <= now < scale.cells:
        cells[now] = (NOW, style("now"))
    if row.shown_cut is not None and 0 <= (column := scale.column(row.shown_cut.at)) < scale.cells:
        cells[column] = (CUT_OFF, style("cutoff"))
    return cells


def _places(row: Row, scale: Scale) -> list[tuple[int, Record]]:
    """Where the calls' marks go; calls of one moment stand side by side, ending at it."""
    groups: dict[int, list[Record]] = {}
    for call in row.calls:
        groups.setdefault(scale.column(call.at), []).append(call)
    begins = max(scale.column(row.starts), 0)
    free = begins
    places: list[tuple[int, Record]] = []
    for column, group in sorted(groups.items()):
        first = max(column - len(group) + 1, free)
        places += [(first + offset, call) for offset, call in enumerate(group)]
        free = first + len(group)
    return [(column, call) for column, call in places if 0 <= column < scale.cells]


def _segments(cells: _Cells) -> list[Segment]:
    """Cells as segments, neighbours of one style together."""
    segments: list[Segment] = []
    for text, style in cells:
        if segments and segments[-1].style == style:
            segments[-1] = Segment(segments[-1].text + text, style)
        else:
            segments.append(Segment(text, style))
    return segments
