"""What was run in the console: a block for each command, the last in sight."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

_MOST_BLOCKS = 100


class ConsoleLog(VerticalScroll, can_focus=False):
    """Blocks, oldest first; only so many are kept."""

    def write(self, content: Content) -> Static:
        """Add a block, and show it; it may be written over until it is complete."""
        for old in list(self.children)[: -(_MOST_BLOCKS - 1)]:
            old.remove()
        block = Static(content, classes="console-block")
        self.mount(block)
        self.show_end()
        return block

    def show_end(self) -> None:
        """Scroll to the end, when all that was written is laid out."""
        self.call_after_refresh(self.scroll_end, animate=False)

    def page(self, step: int) -> None:
        """Scroll by a page: -1 up, 1 down."""
        self.scroll_relative(y=step * max(self.size.height - 2, 1), animate=False)

    def clear(self) -> None:
        """Empty it."""
        self.remove_children()
