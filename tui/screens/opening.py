"""What stands while a scenario's world is being built."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.fresh import Fresh
from tui.spinner import TURN_SECONDS, frame

if TYPE_CHECKING:
    from tui.shelf import Item


class Opening(Fresh, ModalScreen[bool]):
    """Says what is happening; Esc gives up waiting."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", key_display="Esc")
    ]

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._item = item
        self._turn = 0
        self.cancelled = False

    def compose(self) -> ComposeResult:
        """Title and spinner."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._item.title), classes="dialog-title")
            yield Static(id="opening")

    def on_mount(self) -> None:
        """Turn the spinner."""
        self._spin()
        self.set_interval(TURN_SECONDS, self._spin)

    def _spin(self) -> None:
        self._turn += 1
        what = (
            "going on where you left it"
            if self._item.standing == "begun"
            else "building its world by real calls"
        )
        shown = Content.assemble(
            (frame(self._turn), "$now"),
            f" {what}   ",
            ("Esc", "bold $now"),
            (" cancel", "$quiet"),
        )
        for line in self.query("#opening").results(Static):  # gone already, in an app that ends
            line.update(shown)

    def action_cancel(self) -> None:
        """Give up waiting; what was opened is closed again."""
        self.cancelled = True
        self.dismiss(False)
