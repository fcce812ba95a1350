"""What stands on a terminal with too little room; it goes by itself when there is more."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.fresh import Fresh

SMALLEST = (72, 20)
"""Columns and lines below which nothing would be readable."""


class TooSmall(Fresh, ModalScreen[None]):
    """Says how much room there is and how much is needed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static(id="too-small")

    def on_mount(self) -> None:
        """Say it."""
        self._tell()

    def on_resize(self) -> None:
        """Say it with the new numbers."""
        self._tell()

    def _tell(self) -> None:
        width, height = self.app.size
        columns, lines = SMALLEST
        self.query_one(Static).update(
            Content(
                f"This terminal is {width}×{height}. "
                f"The lab needs {columns}×{lines}. "
                "Make it larger, or its type smaller.\n\nq quits."
            )
        )
