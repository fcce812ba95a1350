"""As whom? Everybody in the story, with each of the credentials they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.console.holders import Holder
from tui.console.writing import told
from tui.screens.fresh import Fresh
from tui.widgets.keys import Keys


class HolderChoice(Fresh, ModalScreen[Holder | None]):
    """Who calls, and with what."""

    HELP = """\
## As whom

Everybody in the story with each of the credentials they hold. ↑ ↓ and Enter choose; Esc
stays.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Stay", key_display="Esc"),
    ]

    def __init__(self, known: Sequence[Holder]) -> None:
        super().__init__()
        self._known = tuple(known)

    def compose(self) -> ComposeResult:
        """A line each."""
        with Vertical(id="holders", classes="pane"):
            yield OptionList(*(Option(told(holder)) for holder in self._known))
        yield Keys()

    def on_mount(self) -> None:
        """Ready to choose."""
        self.query_one("#holders").border_title = "As whom?"
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(self._known[event.option_index])

    def action_cancel(self) -> None:
        """As before."""
        self.dismiss(None)
