"""The trail: one line a call, as the endpoint saw it, newest last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.formatting import fit, fit_end, hms, short_arn
from tui.inked import Inked
from tui.messages import WhyRequested
from tui.symbols import outcome_mark
from tui.trail_calls import Calls
from tui.trail_columns import OUTCOME, TIME, Columns, columns, key_shown

if TYPE_CHECKING:
    from simulator.trail import Record

_HEADER_LINES = 1


class TrailTable(Inked, ScrollView, can_focus=True):
    """Time, actor, action, resource, outcome; Enter on a call asks why."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(0)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
        Binding("enter", "why", "Why?"),
    ]
    STYLES: ClassVar[dict[str, str]] = {
        "quiet": "$quiet",
        "cursor": "$foreground on $panel",
        "allowed": "$allowed",
        "denied": "$denied",
        "refused": "$refused",
    }

    class Counted(Message):
        """There are more calls, or others are shown; how many, in words."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._calls = Calls()
        self._counted = (0, 0)
        self._cursor = 0
        self._following = True
        self._picked = False
        """Whether the cursor was moved to a call among those that a filter let through."""

    # -- what comes in ------------------------------------------------------------------
    def show(self, records: Sequence[Record]) -> None:
        """Show these records and no others, from the last one."""
        self._calls.replace(records)
        self._following = True
        self._settle()

    def append(self, record: Record) -> None:
        """One more call; the cursor goes with it while it stands on the last one."""
        self._calls.append(record)
        self._settle()

    def reconcile(self, records: Sequence[Record]) -> None:
        """Show these records; the cursor stays on the call it is on."""
        if self._calls.same_as(records):
            return
        chosen = self.selected
        self._calls.replace(records)
        self._stay_on(chosen)

    def filter(self, text: str) -> None:
        """Show only calls with all of these words; the cursor stays on its call if it can.

        Args:
            text: words with spaces between; nothing shows all calls.
        """
        chosen = self.selected
        if not self._calls.filter(text):
            return
        if self._picked:
            self._following = False
        self._picked = self._picked and bool(self._calls.words)
        self._stay_on(chosen)
        self._following = self._following or self._cursor >= len(self._records) - 1

    def _stay_on(self, chosen: Record | None) -> None:
        if chosen is not None and not self._following:
            shown = enumerate(self._records)
            places = (place for place, each in shown if each.sequence == chosen.sequence)
            self._cursor = next(places, self._cursor)
        self._settle()

    @property
    def _records(self) -> list[Record]:
        """Those that are shown."""
        return self._calls.shown

    @property
    def selected(self) -> Record | None:
        """The call under the cursor."""
        return self._records[self._cursor] if self._records else None

    # -- what a key does ----------------------------------------------------------------
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Why is asked of a call, and there may be none."""
        return action != "why" or bool(self._records)

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
        self._picked = bool(self._calls.words)
        self._settle()

    def _settle(self) -> None:
        if self._following:
            self._cursor = max(len(self._records) - 1, 0)
        self._cursor = min(self._cursor, max(len(self._records) - 1, 0))
        self.virtual_size = Size(self.size.width, len(self._records) + _HEADER_LINES)
        self._count()
        room = max(self.size.height - _HEADER_LINES, 1)
        top = self.scroll_offset.y
        # Forced: the call that fills the pane comes before its scrollbar is there.
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False, force=True)
        self.refresh(Region(0, 0, *self.size))

    def _count(self) -> None:
        shown, count = len(self._records), len(self._calls.every)
        # With a filter that happens to let all through as well: it is there.
        counted = (shown if self._calls.words else -1, count)
        if counted == self._counted:
            return
        self._counted = counted
        text = f"{count} call{'' if count == 1 else 's'}" if count else ""
        self.post_message(self.Counted(f"{shown} of {text}" if counted[0] >= 0 and count else text))

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
            quiet = self.ink("quiet")
            said = "No call has all of these words." if self._calls.every else "No call yet."
            return Strip([Segment(fit(said, width), quiet)])
        return Strip.blank(width, style)

    def _columns(self, width: int) -> Columns:
        screen = self.screen.size.width
        return columns(self._calls, width, alone=width >= screen * 9 // 10)

    def _heading(self, width: int) -> Strip:
        wide = self._columns(width)
        text = (
            fit("time UTC", TIME)
            + fit("actor", wide.actor)
            + fit("source IP", wide.address)
            + fit("access key" if wide.key > len("access key") else "key", wide.key)
            + fit("action", wide.action)
            + fit("resource", wide.resource)
            + fit("outcome", OUTCOME)
            + fit("error", wide.code)
        )
        return Strip([Segment(text, self.ink("quiet"))])

    def _line(self, line: int, width: int) -> Strip:
        record = self._records[line]
        wide = self._columns(width)
        mark = outcome_mark(record.outcome, record.error_code)
        base = self.rich_style
        quiet = self.ink("quiet")
        name = "refused" if mark.word == "failed" else record.outcome
        outcome = self.ink(name)
        if self.has_focus and line == self._cursor:
            cursor = self.ink("cursor")
            base, quiet, outcome = cursor, cursor, cursor + Style(bold=True)
        cells = (
            Segment(fit(hms(record.at), TIME), quiet),
            Segment(_cell(record.actor, wide.actor), base),
            Segment(_cell(record.source_ip, wide.address), quiet),
            Segment(_cell(key_shown(record.access_key_id, wide.key), wide.key), quiet),
            Segment(_cell(record.action, wide.action), base),
            Segment(
                fit(
                    fit_end(short_arn(record.resource), wide.resource - 1).rstrip(),
                    wide.resource,
                ),
                quiet,
            ),
            Segment(fit(f"{mark.symbol} {mark.word}", OUTCOME), outcome),
            Segment(fit(record.error_code or "", wide.code), quiet),
        )
        return Strip([each for each in cells if each.text])


def _cell(text: str, width: int) -> str:
    """The text in a column, with a space after it however long it is."""
    return fit(fit(text, width - 1).rstrip(), width)
