"""The sessions' timeline as an SVG of its own: bars, calls, cut-off; no font, no script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tui.formatting import day, hm, hms, milliseconds
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.trail import Record
    from tui.debrief.model import Debrief
    from tui.timeline_model import Row

_WIDTH, _LEFT, _RIGHT = 1100, 230, 40
_TOP, _LINE, _BOTTOM = 96, 34, 64
_LETTER = 7.3
_COLOURS = {
    "allowed": "#22703a",
    "denied": "#b02a25",
    "refused": "#855300",
    "bar": "#6a4c93",
    "line": "#cbc7bd",
    "quiet": "#626b78",
    "text": "#242a33",
}
_STEPS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_MOST_TICKS = 9
_NEAREST = 15.0
"""Pixels between the marks of calls that would hide each other."""


def as_svg(debrief: Debrief) -> str:
    """The picture: a bar a session, calls as marks along it, the cut-off across."""
    return "\n".join(_picture(debrief)) + "\n"


class _Scale:
    """Lab time across the width.

    Expiry is often far off what happened; then the calls get the width, and the bars run out
    of the picture to the right.
    """

    def __init__(self, debrief: Debrief) -> None:
        self.start = min([debrief.opened, *(row.starts for row in debrief.rows)])
        last = max([debrief.ended, *(call.at for call in debrief.records)])
        shown = max(last - self.start, timedelta(minutes=1)) * 1.12
        ends = [row.ends for row in debrief.rows if row.ends is not None]
        whole = max([last, *ends]) - self.start
        self.span = min(whole * 1.03, shown * 2.5) if ends else shown

    def x(self, at: datetime) -> float:
        """Where a time stands, in pixels, within the picture."""
        part = (at - self.start) / self.span
        return round(_LEFT + min(max(part, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT), 1)

    def ticks(self) -> Iterator[datetime]:
        """Round times across the picture."""
        seconds = self.span.total_seconds()
        step = next((each for each in _STEPS if seconds / each <= _MOST_TICKS), _STEPS[-1])
        first = int(self.start.timestamp()) // step * step + step
        for stamp in range(first, int((self.start + self.span).timestamp()) + 1, step):
            yield datetime.fromtimestamp(stamp, self.start.tzinfo)


def _picture(debrief: Debrief) -> Iterator[str]:
    scale = _Scale(debrief)
    height = _TOP + _LINE * len(debrief.rows) + _BOTTOM
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="ui-monospace, Menlo, Consolas, monospace" '
        'font-size="12">'
    )
    yield f"<title>{escape(debrief.title)}: sessions and calls</title>"
    yield f'<rect width="{_WIDTH}" height="{height}" fill="#faf9f6"/>'
    yield _text(20, 30, debrief.title, size=17, bold=True)
    score = debrief.score
    yield _text(
        20,
        50,
        f"{day(debrief.opened)}, UTC. {score.points} of {score.out_of} points, "
        f"{len(debrief.records)} calls.",
        colour="quiet",
    )
    bottom = _TOP + _LINE * len(debrief.rows)
    for at in scale.ticks():
        x = scale.x(at)
        yield _rule(x, _TOP - 10, bottom, "line", 1)
        label = hm(at) if at.second == 0 else hms(at)
        yield _text(x, _TOP - 16, label, colour="quiet", anchor="middle")
    for number, row in enumerate(debrief.rows):
        yield from _row(row, scale, _TOP + _LINE * number + _LINE // 2)
    yield from _cut_offs(debrief, scale, bottom)
    yield _text(20, height - 16, "✓ allowed   ✗ denied   ∅ refused   ! failed", colour="quiet")
    yield _text(_WIDTH - 20, height - 16, "every key is a fake", colour="quiet", anchor="end")
    yield "</svg>"


def _row(row: Row, scale: _Scale, y: int) -> Iterator[str]:
    room = int((_LEFT - 30 - 14 * row.depth) / _LETTER)
    label = row.label if len(row.label) <= room else row.label[: room - 1] + "…"
    yield _text(
        20 + 14 * row.depth, y + 4, label, colour="denied" if row.kind == "holder" else "text"
    )
    start, end = scale.x(row.starts), scale.x(row.ends or scale.start + scale.span)
    dead = min(scale.x(row.cut.put_at), end) if row.cut is not None else end
    dash = "" if row.kind == "session" else ' stroke-dasharray="3 4"'
    width = 7 if row.kind == "session" else 2
    yield _bar(start, dead, y, "bar", width, dash)
    if dead < end:
        yield _bar(dead, end, y, "denied", 2, ' stroke-dasharray="2 5"')
    taken = -_NEAREST
    for call in row.calls:
        taken = max(scale.x(call.at), taken + _NEAREST)
        yield _mark(call, taken, y)


def _mark(call: Record, x: float, y: int) -> str:
    mark = outcome_mark(call.outcome, call.error_code)
    colour = _COLOURS["refused" if mark.word == "failed" else call.outcome]
    told = escape(f"{hms(call.at)} {call.actor} {call.action} {mark.word} {call.error_code or ''}")
    return (
        f'<g><title>{told}</title><circle cx="{x}" cy="{y}" r="7" fill="#faf9f6" '
        f'stroke="{colour}" stroke-width="1.5"/><text x="{x}" y="{y + 4}" text-anchor="middle" '
        f'font-size="11" fill="{colour}">{mark.symbol}</text></g>'
    )


def _cut_offs(debrief: Debrief, scale: _Scale, bottom: int) -> Iterator[str]:
    cuts = sorted({row.shown_cut.at for row in debrief.rows if row.shown_cut is not None})
    for number, at in enumerate(cuts):
        x = scale.x(at)
        yield _rule(x, _TOP - 8, bottom + 6, "denied", 2)
        label = f"cut-off {milliseconds(at)}"
        anchor = "end" if x > _WIDTH - 220 else "start"
        yield _text(x, bottom + 20 + 13 * (number % 2), label, colour="denied", anchor=anchor)


def _bar(x1: float, x2: float, y: int, colour: str, width: int, more: str = "") -> str:
    return (
        f'<line x1="{x1}" y1="{y}" x2="{x2}" y2="{y}" stroke="{_COLOURS[colour]}" '
        f'stroke-width="{width}"{more}/>'
    )


def _rule(x: float, top: int, bottom: int, colour: str, width: int) -> str:
    return (
        f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{_COLOURS[colour]}" '
        f'stroke-width="{width}"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    colour: str = "text",
    size: int = 12,
    bold: bool = False,
    anchor: str = "start",
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" fill="{_COLOURS[colour]}" font-size="{size}" '
        f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
    )
