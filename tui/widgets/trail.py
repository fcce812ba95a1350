"""The trail: one line a call, as the endpoint saw it, newest last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.formatting import fit, fit_end, hms, short_arn
from tui.messages import WhyRequested
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.trail import Record

_TIME, _ACTOR, _OUTCOME = 9, 10, 11
_LEAST_ACTOR = 6
_HEADER_LINES = 1
_LONGEST_ACTION = 40
_ENOUGH_RESOURCE = 24
_ERROR = 22


class TrailTable(ScrollView, can_focus=True):
    """Time, actor, action, resource, outcome; Enter on a call asks why."""

    BORDER_TITLE = "Trail"
    HELP = """\
## Trail

Every call the endpoint answered, in order: when (lab time, UTC), who, which action on
which resource, and the outcome: `✓` allowed, `✗` denied by a policy, `∅` refused before
any policy was looked at, `!` let through, and failed for a reason of its own.

| key | does |
| --- | --- |
| ↑ ↓ PgUp PgDn Home End | move between calls; the last one is followed |
| Enter | why was it answered so? |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
        Binding("enter", "why", "Why?"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "trail--header",
        "trail--quiet",
        "trail--cursor",
        "trail--allowed",
        "trail--denied",
        "trail--refused",
    }

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._records: list[Record] = []
        self._cursor = 0
        self._following = True

    # -- what comes in ------------------------------------------------------------------
    def show(self, records: Sequence[Record]) -> None:
        """Show these records and no others, from the last one."""
        self._records = list(records)
        self._following = True
        self._settle()

    def append(self, record: Record) -> None:
        """One more call; the cursor goes with it while it stands on the last one."""
        self._records.append(record)
        self._settle()

    def reconcile(self, records: Sequence[Record]) -> None:
        """Show these records; the cursor stays on the call it is on."""
        known = [record.sequence for record in self._records]
        if known == [record.sequence for record in records]:
            return
        chosen = self.selected
        self._records = list(records)
        if chosen is not None and not self._following:
            places = [i for i, each in enumerate(records) if each.sequence == chosen.sequence]
            self._cursor = (places or [self._cursor])[0]
        self._settle()

    @property
    def selected(self) -> Record | None:
        """The call under the cursor."""
        return self._records[self._cursor] if self._records else None

    # -- what a key does ----------------------------------------------------------------
    def action_move(self, step: int) -> None:
        """Up or down by lines."""
        self._go(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Up or down by pages."""
        self._go(self._cursor + step * max(self.size.height - 2, 1))

    def action_edge(self, last: int) -> None:
        """To the first or last call."""
        self._go(len(self._records) - 1 if last else 0)

    def action_why(self) -> None:
        """Open Why for the call under the cursor."""
        if (record := self.selected) is not None:
            self.post_message(WhyRequested(record))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the pointer; on the cursor, ask why."""
        at = event.get_content_offset(self)
        if at is None or at.y < _HEADER_LINES:
            return
        line = at.y - _HEADER_LINES + self.scroll_offset.y
        if line == self._cursor:
            self.action_why()
        elif line < len(self._records):
            self._go(line)

    def on_focus(self) -> None:
        """The cursor shows only where it can be moved."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._settle()

    def _go(self, line: int) -> None:
        self._cursor = min(max(line, 0), max(len(self._records) - 1, 0))
        self._following = self._cursor >= len(self._records) - 1
        self._settle()

    def _settle(self) -> None:
        if self._following:
            self._cursor = max(len(self._records) - 1, 0)
        self._cursor = min(self._cursor, max(len(self._records) - 1, 0))
        self.virtual_size = Size(self.size.width, len(self._records) + _HEADER_LINES)
        count = len(self._records)
        self.border_subtitle = f"{count} call{'' if count == 1 else 's'}" if count else ""
        room = max(self.size.height - _HEADER_LINES, 1)
        top = self.scroll_offset.y
        # Forced: the call that fills the pane comes before its scrollbar is there.
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, force=True)
        self.refresh(Region(0, 0, *self.size))

    # -- drawing ------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        """The heading, or one call."""
        width = self.size.width
        style = self.rich_style
        if y < _HEADER_LINES:
            return self._heading(width)
        line = y - _HEADER_LINES + self.scroll_offset.y
        if line < len(self._records):
            return self._line(line, width)
        if not self._records and y == _HEADER_LINES:
            quiet = self.get_component_rich_style("trail--quiet")
            return Strip([Segment(fit("No call yet.", width), quiet)])
        return Strip.blank(width, style)

    def _columns(self, width: int) -> tuple[int, int, int, int]:
        """Widths of actor, action, resource and error code; the code only where there is room."""
        names = max((len(record.actor) for record in self._records), default=0) + 1
        actor = min(max(names, _LEAST_ACTOR), _ACTOR)
        rest = width - _TIME - actor - _OUTCOME
        code = _ERROR if rest >= 72 else 0
        rest -= code
        # As wide as the longest needs, while the resource has enough.
        longest = max((len(record.action) for record in self._records), default=0) + 1
        most = max(rest // 2, rest - _ENOUGH_RESOURCE, 16)
        action = min(max(longest, 16), most, _LONGEST_ACTION)
        return actor, action, max(rest - action, 0), code

    def _heading(self, width: int) -> Strip:
        actor, action, resource, code = self._columns(width)
        text = (
            fit("time UTC", _TIME)
            + fit("actor", actor)
            + fit("action", action)
            + fit("resource", resource)
            + fit("outcome", _OUTCOME)
            + fit("error", code)
        )
        return Strip([Segment(text, self.get_component_rich_style("trail--header"))])

    def _line(self, line: int, width: int) -> Strip:
        record = self._records[line]
        actor, action, resource, code = self._columns(width)
        mark = outcome_mark(record.outcome, record.error_code)
        base = self.rich_style
        quiet = self.get_component_rich_style("trail--quiet")
        name = "refused" if mark.word == "failed" else record.outcome
        outcome = self.get_component_rich_style(f"trail--{name}")
        if self.has_focus and line == self._cursor:
            cursor = self.get_component_rich_style("trail--cursor")
            base, quiet, outcome = cursor, cursor, cursor + Style(bold=True)
        return Strip(
            [
                Segment(fit(hms(record.at), _TIME), quiet),
                Segment(fit(fit(record.actor, actor - 1).rstrip(), actor), base),
                Segment(fit(fit(record.action, action - 1).rstrip(), action), base),
                Segment(
                    fit(fit_end(short_arn(record.resource), resource - 1).rstrip(), resource),
                    quiet,
                ),
                Segment(fit(f"{mark.symbol} {mark.word}", _OUTCOME), outcome),
                Segment(fit(record.error_code or "", code), quiet),
            ]
        )
