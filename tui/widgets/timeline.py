"""The sessions' timeline: a bar a session from issue to expiry, `now`, and the cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.formatting import fit, hm, hms, milliseconds
from tui.messages import WhyRequested
from tui.symbols import CUT_OFF, NOW, outcome_mark
from tui.timeline_scale import Scale, fitted, zoomed

if TYPE_CHECKING:
    from simulator.trail import Record
    from tui.timeline_model import Row

_AXIS_LINES = 2
_DEEPEST_ZOOM = 12


class Timeline(ScrollView, can_focus=True):
    """One bar a session; calls are marks on it; Enter on a mark asks why."""

    BORDER_TITLE = "Sessions"
    HELP = """\
## Sessions

One bar a session, from issue `┣` to expiry `┫`. What is still to come is thin.
Sessions hang from the key or the session that asked for them. A name under a bar is
somebody else who holds the same three values: a **leak**.

Left of now stands what was, right of it what is to come, each on a scale of its own.
`│` is now, `┃` the cut-off: what was issued before it is denied. Marks are calls:
`✓` allowed, `✗` denied by a policy, `∅` refused before any policy was looked at,
`!` let through, and failed for a reason of its own.

| key | does |
| --- | --- |
| ← → | the call before, the call after |
| ↑ ↓ | the row above, the row below |
| Enter | why was it answered so? |
| + - 0 | zoom in, out, fit |
| [ ] | earlier, later |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "mark(-1)", "Call before", show=False),
        Binding("right", "mark(1)", "Call after", show=False),
        Binding("up", "row(-1)", "Row above", show=False),
        Binding("down", "row(1)", "Row below", show=False),
        Binding("enter", "why", "Why?"),
        Binding("plus,equals_sign", "zoom(1)", "Zoom in", key_display="+"),
        Binding("minus", "zoom(-1)", "Zoom out", show=False),
        Binding("0", "fit", "Fit", show=False),
        Binding("left_square_bracket", "pan(-1)", "Earlier", show=False),
        Binding("right_square_bracket", "pan(1)", "Later", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--axis",
        "timeline--label",
        "timeline--bar",
        "timeline--ahead",
        "timeline--dead",
        "timeline--now",
        "timeline--cutoff",
        "timeline--allowed",
        "timeline--denied",
        "timeline--refused",
    }

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Row, ...] = ()
        self._now: datetime | None = None
        self._opened: datetime | None = None
        self._zoom = 0
        self._pan = 0.0
        self._selected: int | None = None
        self._strips: list[Strip] = []
        self._spots: dict[tuple[int, int], int] = {}

    # -- what comes in ------------------------------------------------------------------
    def show(self, rows: Sequence[Row], now: datetime, opened: datetime) -> None:
        """Draw these rows.

        Args:
            rows: top to bottom, from `tui.timeline_model.rows`.
            now: lab time.
            opened: when the story began: the picture's left edge.
        """
        self._rows, self._now, self._opened = tuple(rows), now, opened
        if self._selected is not None and not any(
            record.sequence == self._selected for row in rows for record in row.calls
        ):
            self._selected = None
        self._draw()

    def move_now(self, now: datetime) -> None:
        """Time went on; nothing else changed."""
        if now != self._now:
            self._now = now
            self._draw()

    @property
    def selected(self) -> Record | None:
        """The call under the cursor, else the latest one."""
        calls = [record for row in self._rows for record in row.calls]
        chosen = [record for record in calls if record.sequence == self._selected]
        if chosen:
            return chosen[0]
        return max(calls, key=lambda record: record.sequence, default=None)

    # -- what a key does ----------------------------------------------------------------
    def action_mark(self, step: int) -> None:
        """The call before or after, within the row and on into its neighbours."""
        calls = [record for row in self._rows for record in row.calls]
        self._choose(calls, step)

    def action_row(self, step: int) -> None:
        """The nearest call of the row above or below."""
        record = self.selected
        if record is None:
            return
        peopled = [row for row in self._rows if row.calls]
        here = next(i for i, row in enumerate(peopled) if record in row.calls)
        there = here + step
        if 0 <= there < len(peopled):
            nearest = min(peopled[there].calls, key=lambda other: abs(other.at - record.at))
            self._select(nearest)

    def action_why(self) -> None:
        """Open Why for the selected call."""
        if (record := self.selected) is not None:
            self.post_message(WhyRequested(record))

    def action_zoom(self, step: int) -> None:
        """Half or twice the time on the same width."""
        self._zoom = min(max(self._zoom + step, 0), _DEEPEST_ZOOM)
        self._draw()

    def action_fit(self) -> None:
        """Everything on one width."""
        self._zoom, self._pan = 0, 0.0
        self._draw()

    def action_pan(self, step: int) -> None:
        """A quarter of the width earlier or later."""
        if self._zoom:
            self._pan += step / 4
            self._draw()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self._draw()

    def on_focus(self) -> None:
        """The cursor shows only where it can be moved."""
        self._draw()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Select the mark under the pointer; a second click asks why."""
        at = event.get_content_offset(self)
        if at is None:
            return
        sequence = self._spots.get((at.y + self.scroll_offset.y, at.x))
        if sequence is None:
            return
        again = sequence == self._selected
        self._selected = sequence
        self._draw()
        if again:
            self.action_why()

    def _choose(self, calls: Sequence[Record], step: int) -> None:
        record = self.selected
        if record is None:
            return
        place = calls.index(record) + step
        if 0 <= place < len(calls):
            self._select(calls[place])

    def _select(self, record: Record) -> None:
        self._selected = record.sequence
        line = next(i for i, row in enumerate(self._rows) if record in row.calls) + _AXIS_LINES
        self._draw()
        top, height = self.scroll_offset.y, self.size.height
        if not top <= line < top + height:
            self.scroll_to(y=line - height // 2, animate=False)

    # -- drawing ------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        line = y + self.scroll_offset.y
        width = self.size.width
        if line < len(self._strips):
            return self._strips[line].crop_extend(0, width, self.rich_style)
        return Strip.blank(width, self.rich_style)

    def _draw(self) -> None:
        self._strips, self._spots = [], {}
        width = self.size.width
        if self._now is not None and self._opened is not None and width > 30:
            if self._rows:
                self._draw_rows(width)
            else:
                quiet = self.get_component_rich_style("timeline--axis")
                text = "No session yet: nobody has assumed a role."
                self._strips = [Strip([Segment(text, quiet)])]
        self.virtual_size = Size(width, len(self._strips))
        self._tell_selection()
        self.refresh()

    def _tell_selection(self) -> None:
        record = self.selected if self.has_focus else None
        if record is None:
            self.border_subtitle = "✓ allowed  ✗ denied  ∅ refused  │ now  ┃ cut-off"
        else:
            mark = outcome_mark(record.outcome, record.error_code)
            self.border_subtitle = (
                f"{hms(record.at)} {record.actor} {record.action} {mark.symbol} {mark.word}"
            )

    def _scale(self, cells: int) -> Scale:
        """How the rows' time falls on so many cells."""
        assert self._now is not None
        assert self._opened is not None
        start = min([self._opened, *(row.starts for row in self._rows)])
        ends = [row.ends for row in self._rows if row.ends is not None]
        end = max([*ends, self._now + timedelta(minutes=1)])
        if self._zoom:
            return zoomed(start, self._now, end, cells, self._zoom, self._pan)
        return fitted(start, self._now, end, cells)

    def _draw_rows(self, width: int) -> None:
        assert self._now is not None
        labels = [self._label(row) for row in self._rows]
        room = min(max(map(len, labels)) + 1, max(width // 3, 14))
        scale = self._scale(width - room)
        now = scale.column(self._now)
        cuts = sorted({row.shown_cut.at for row in self._rows if row.shown_cut is not None})
        self._strips.append(self._axis(room, scale))
        self._strips.append(self._flags(room, scale, now, cuts))
        for line, (row, label) in enumerate(zip(self._rows, labels, strict=True), _AXIS_LINES):
            cells = self._bar(row, scale, now)
            self._put_calls(row, scale, cells, line, room)
            style = "timeline--label" if row.kind != "holder" else "timeline--denied"
            head = Segment(fit(label, room), self.get_component_rich_style(style))
            self._strips.append(Strip([head, *(Segment(text, how) for text, how in cells)]))

    @staticmethod
    def _label(row: Row) -> str:
        if row.depth == 0:
            return row.label
        return "  " * (row.depth - 1) + ("└ " if row.last else "├ ") + row.label

    def _axis(self, room: int, scale: Scale) -> Strip:
        style = self.get_component_rich_style("timeline--axis")
        text = [" "] * scale.cells
        free = 0
        for at, step in scale.ticks():
            label = hms(at) if step < timedelta(minutes=1) else hm(at)
            column = scale.column(at) - len(label) // 2
            if free <= column <= scale.cells - len(label):
                text[column : column + len(label)] = label
                free = column + len(label) + 2
        return Strip([Segment(fit("UTC", room) + "".join(text), style)])

    def _flags(self, room: int, scale: Scale, now: int, cuts: Sequence[datetime]) -> Strip:
        plain = self.rich_style
        cells: list[tuple[str, Style]] = [(" ", plain)] * scale.cells

        def put(text: str, column: int, style: Style, *, before: bool) -> None:
            start = column - len(text) + 1 if before else column
            start = min(max(start, 0), scale.cells - len(text))
            for offset, letter in enumerate(text):
                cells[start + offset] = (letter, style)

        if 0 <= now < scale.cells:
            style = self.get_component_rich_style("timeline--now")
            text = "╷ now" if now + 5 <= scale.cells else "now ╷"
            put(text, now, style, before=text.startswith("n"))
        for cut in cuts:
            column = scale.column(cut)
            if 0 <= column < scale.cells:
                text = f"cut-off {milliseconds(cut)} ╻"
                put(text, column, self.get_component_rich_style("timeline--cutoff"), before=True)
        return Strip([Segment(" " * room, plain), *(Segment(text, how) for text, how in cells)])

    def _bar(self, row: Row, scale: Scale, now: int) -> list[tuple[str, Style]]:
        style = self.get_component_rich_style
        cells: list[tuple[str, Style]] = [(" ", self.rich_style)] * scale.cells
        start = scale.column(row.starts)
        end = scale.column(row.ends) if row.ends is not None else scale.cells
        dead_from = scale.column(row.cut.put_at) if row.cut is not None else end + 1
        solid, thin = ("━", "─") if row.kind == "session" else ("╌", "╌")
        for column in range(max(start, 0), min(end + 1, scale.cells)):
            if column >= dead_from:
                cells[column] = ("┈", style("timeline--dead"))
            elif column <= now:
                cells[column] = (solid, style("timeline--bar"))
            else:
                cells[column] = (thin, style("timeline--ahead"))
        if row.kind == "session":
            if 0 <= start < scale.cells:
                cells[start] = ("┣", style("timeline--bar"))
            if 0 <= end < scale.cells:
                dead = end >= dead_from
                over = end <= now
                name = "dead" if dead else "bar" if over else "ahead"
                cells[end] = ("┫" if over else "┤", style(f"timeline--{name}"))
        if 0 <= now < scale.cells:
            cells[now] = (NOW, style("timeline--now"))
        if row.shown_cut is not None:
            column = scale.column(row.shown_cut.at)
            if 0 <= column < scale.cells:
                cells[column] = (CUT_OFF, style("timeline--cutoff"))
        return cells

    def _put_calls(
        self, row: Row, scale: Scale, cells: list[tuple[str, Style]], line: int, room: int
    ) -> None:
        """Marks in order of time; calls of one moment stand side by side, ending at it."""
        taken_to = -1
        places: list[tuple[int, Record]] = []
        groups: dict[int, list[Record]] = {}
        for record in row.calls:
            groups.setdefault(scale.column(record.at), []).append(record)
        for column, group in sorted(groups.items()):
            first = max(column - len(group) + 1, taken_to + 1, 0)
            places += [(first + offset, record) for offset, record in enumerate(group)]
            taken_to = first + len(group) - 1
        chosen = self.selected if self.has_focus else None
        for column, record in places:
            if not 0 <= column < scale.cells:
                continue
            mark = outcome_mark(record.outcome, record.error_code)
            name = record.outcome if record.outcome != "allowed" or not record.error_code else ""
            how = self.get_component_rich_style(f"timeline--{name or 'refused'}")
            if chosen is not None and record.sequence == chosen.sequence:
                how += Style(reverse=True, bold=True)
            cells[column] = (mark.symbol, how)
            self._spots[line, column + room] = record.sequence
