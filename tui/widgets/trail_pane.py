"""The trail's pane: the calls, and a filter above them while there is one."""

from __future__ import annotations

from typing import ClassVar, Self

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from tui.restyling import Framed
from tui.widgets.trail import TrailTable


class TrailPane(Framed, Vertical):
    """The calls; `/` filters them as one types."""

    BORDER_TITLE = "Trail"
    HELP = """\
## Trail

Every call the endpoint answered, in order: when (lab time, UTC), who, which action on
which resource, and the outcome: `✓` allowed, `✗` denied by a policy, `∅` refused before
any policy was looked at, `!` let through, and failed for a reason of its own. Where there is
room (`z` shows the pane alone), from which address and with which access key, too.

| key | does |
| --- | --- |
| ↑ ↓ PgUp PgDn Home End | move between calls; the last one is followed |
| Enter | why was it answered so? |
| / | filter: only calls with all of the words you type |
| Enter, ↓ in the filter | to the calls that are left |
| Esc | no filter: all calls again |

A word may be part of an actor, an action, a resource, an outcome, an error code, a source
address, an access key id or a principal: `denied s3`, `203.0.113. createaccesskey`.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "end_filter", "All calls", key_display="Esc"),
    ]

    def compose(self) -> ComposeResult:
        """The filter, hidden until it is asked for, and the calls."""
        yield Input(placeholder="words, all of them in the call", id="trail-filter", compact=True)
        yield TrailTable(id="trail-calls")

    def on_mount(self) -> None:
        """No filter yet."""
        self._filter.display = False

    @property
    def _filter(self) -> Input:
        return self.query_one("#trail-filter", Input)

    @property
    def calls(self) -> TrailTable:
        """The table of calls."""
        return self.query_one(TrailTable)

    def focus(self, scroll_visible: bool = True) -> Self:
        """The calls get the focus."""
        self.calls.focus(scroll_visible)
        return self

    # -- what a key does ----------------------------------------------------------------
    def action_filter(self) -> None:
        """Type to filter; what was there before is replaced."""
        self._filter.display = True
        # Not `focus()`, which waits its turn: the next key would still go to the calls.
        self.screen.set_focus(self._filter)
        self._filter.action_select_all()

    def action_end_filter(self) -> None:
        """All calls again."""
        self._filter.value = ""
        self._to_the_calls()

    def end_filter(self) -> bool:
        """All calls again, wherever the focus is; whether there was a filter."""
        filtered = bool(self._filter.value)
        self._filter.value = ""
        self._filter.display = self._filter.has_focus
        return filtered

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc is the screen's where there is no filter to end."""
        if action == "end_filter":
            return self.is_mounted and self._filter.display
        return True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as one types."""
        event.stop()
        self.calls.filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """To the calls that are left."""
        event.stop()
        self._to_the_calls()

    def on_key(self, event: events.Key) -> None:
        """Down goes from the filter to the calls."""
        if event.key == "down" and self._filter.has_focus:
            event.stop()
            self._to_the_calls()

    def on_descendant_blur(self) -> None:
        """An empty filter takes no line, unless the focus has just come to it from the calls."""
        wanted = self.screen.focused is self._filter or bool(self._filter.value)
        self._filter.display = wanted

    def _to_the_calls(self) -> None:
        self.screen.set_focus(self.calls)
        self._filter.display = bool(self._filter.value)
        self.refresh_bindings()

    def on_trail_table_counted(self, message: TrailTable.Counted) -> None:
        """Say how many there are, and how many of them are shown."""
        message.stop()
        self.border_subtitle = message.text
