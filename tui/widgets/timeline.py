"""The sessions' timeline: a bar a session from issue to expiry, `now`, and the cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.formatting import hms
from tui.inked import Inked
from tui.messages import WhyRequested
from tui.symbols import outcome_mark
from tui.timeline_scale import Scale, fitted, zoomed
from tui.widgets.timeline_picture import AXIS_LINES, STYLES, Picture, draw, label_width

if TYPE_CHECKING:
    from simulator.trail import Record
    from tui.timeline_model import Row

_NARROWEST = 30
_DEEPEST_ZOOM = 12


class Timeline(Inked, ScrollView, can_focus=True):
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
        Binding("plus,equals_sign", "zoom(1)", "Closer", key_display="+"),
        Binding("minus", "zoom(-1)", "Zoom out", show=False),
        Binding("0", "fit", "Fit", show=False),
        Binding("left_square_bracket", "pan(-1)", "Earlier", show=False),
        Binding("right_square_bracket", "pan(1)", "Later", show=False),
    ]
    STYLES: ClassVar[dict[str, str]] = STYLES

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Row, ...] = ()
        self._now: datetime | None = None
        self._opened: datetime | None = None
        self._zoom = 0
        self._pan = 0.0
        self._selected: int | None = None
        self._picture = Picture()
        self._faded = False

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
        grown = len(rows) + AXIS_LINES > self.virtual_size.height
        self._draw()
        if grown and self._selected is None:
            self.call_after_refresh(self.scroll_end, animate=False)

    def move_now(self, now: datetime) -> None:
        """Time went on; nothing else changed."""
        if now != self._now:
            self._now = now
            self._draw()

    @property
    def lines(self) -> int:
        """How high it would be to show every row, its border included."""
        return len(self._rows) + AXIS_LINES + 2

    @property
    def selected(self) -> Record | None:
        """The call under the cursor, else the latest one."""
        calls = [record for row in self._rows for record in row.calls]
        chosen = [record for record in calls if record.sequence == self._selected]
        if chosen:
            return chosen[0]
        return max(calls, key=lambda record: record.sequence, default=None)

    # -- what a key does ----------------------------------------------------------------
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to look at closer, and no call to ask about, where there is none."""
        if action == "why":
            return any(row.calls for row in self._rows)
        return bool(self._rows) if action == "zoom" else True

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

    def on_show(self) -> None:
        """What went on while it was hidden, when it had no width to be drawn for."""
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor shows only where it can be moved."""
        # Not when Textual tells of the focus: it has it only when that has been told.
        super().watch_has_focus(has_focus)
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Select the mark under the pointer; a second click asks why."""
        at = event.get_content_offset(self)
        if at is None:
            return
        line = at.y if at.y < AXIS_LINES else at.y + self.scroll_offset.y
        sequence = self._picture.spots.get((line, at.x))
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
        line = next(i for i, row in enumerate(self._rows) if record in row.calls) + AXIS_LINES
        self._draw()
        top, height = self.scroll_offset.y, self.size.height
        if not top + AXIS_LINES <= line < top + height:
            self.scroll_to(y=max(line - height // 2, 0), animate=False)

    # -- drawing ------------------------------------------------------------------------
    def notify_style_update(self) -> None:
        """The colours may be others; the picture has them in it."""
        super().notify_style_update()
        self._faded = True

    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        if self._faded:
            self._paint()
        # The axis stays while the rows scroll.
        line = y if y < AXIS_LINES else y + self.scroll_offset.y
        width = self.size.width
        if line < len(self._picture.strips):
            return self._picture.strips[line].crop_extend(0, width, self.rich_style)
        return Strip.blank(width, self.rich_style)

    def _draw(self) -> None:
        self._paint()
        self.virtual_size = Size(self.size.width, len(self._picture.strips))
        self._tell_selection()
        self.refresh()

    def _paint(self) -> None:
        self._faded = False
        self._picture = Picture()
        width = self.size.width
        if self._now is not None and width > _NARROWEST:
            if self._rows:
                room = label_width(self._rows, width)
                chosen = self.selected if self.has_focus else None
                self._picture = draw(
                    self._rows,
                    self._now,
                    self._scale(width - room),
                    room,
                    self.ink,
                    chosen.sequence if chosen is not None else None,
                )
            else:
                text = "No session yet: nobody has assumed a role."
                self._picture.strips = [Strip([Segment(text, self.ink("axis"))])]

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
