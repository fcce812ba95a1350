"""How time falls on the cells of the timeline; pure.

A session lives for hours and a story for minutes.  So that both can be seen at once, what
was (left of now) and what is to come (right of it) have a scale each, until enough time has
gone by for one scale to do.  Zoomed in, there is one scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_PAST_SHARE = 0.55
"""The least that the past gets of the width."""
_TICKS = (
    *(timedelta(seconds=s) for s in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=h) for h in (1, 2, 3, 6, 12, 24, 48, 168)),
)
_TICK_CELLS = 12
_SHORTEST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Scale:
    """Two stretches of time side by side, each linear.

    Attributes:
        start: the moment of the first cell.
        bend: where the scale changes; never before `start`.
        end: the moment of the last cell.
        cells: the width.
        bend_cell: the cell of `bend`.
    """

    start: datetime
    bend: datetime
    end: datetime
    cells: int
    bend_cell: int

    def column(self, at: datetime) -> int:
        """The cell of a moment; outside ``0 … cells - 1`` for one that is not shown."""
        if at <= self.bend:
            return round(self._share(at, self.start, self.bend) * self.bend_cell)
        rest = self.cells - 1 - self.bend_cell
        # The moment after the bend is not the bend: now is not the future.
        return self.bend_cell + max(round(self._share(at, self.bend, self.end) * rest), 1)

    def ticks(self) -> Iterator[tuple[datetime, timedelta]]:
        """Round moments to label, and how far apart they are, in order."""
        yield from _ticks(self.start, self.bend, self.bend_cell)
        yield from _ticks(self.bend, self.end, self.cells - self.bend_cell)

    @staticmethod
    def _share(at: datetime, start: datetime, end: datetime) -> float:
        length = end - start
        return (at - start) / length if length else 1.0


def fitted(start: datetime, now: datetime, end: datetime, cells: int) -> Scale:
    """Everything from `start` to `end` on so many cells; `now` is the bend."""
    past = max(now - start, _SHORTEST) if now > start else timedelta(0)
    start = now - past
    if not past:
        return Scale(start, now, end + (end - now) * 0.02, cells, 0)
    end += (end - start) * 0.02
    share = max(past / (end - start), _PAST_SHARE)
    return Scale(start, now, end, cells, min(round(share * (cells - 1)), cells - 2))


def zoomed(
    start: datetime, now: datetime, end: datetime, cells: int, level: int, pan: float
) -> Scale:
    """One scale, half as long for each level, with now towards its right edge.

    Args:
        start: of everything.
        now: lab time.
        end: of everything.
        cells: the width.
        level: from 1.
        pan: how far to look away from now, in widths; negative is earlier.
    """
    length = max((end - start) / 2**level, _SHORTEST)
    middle = now + length * pan
    first, last = middle - length * 0.7, middle + length * 0.3
    return Scale(first, last, last + length * 0.001, cells, cells - 2)


def _ticks(start: datetime, end: datetime, cells: int) -> Iterator[tuple[datetime, timedelta]]:
    length = end - start
    if cells < 2 or not length:
        return
    step = next((tick for tick in _TICKS if length / tick * _TICK_CELLS <= cells), _TICKS[-1])
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = day + step * -(-(start - day) // step)
    while at <= end:
        yield at, step
        at += step
