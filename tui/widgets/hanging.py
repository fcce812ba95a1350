"""Lines behind marks: what is too long goes on under its own text, not under the mark."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

Marked = tuple[Content, Content]
"""A mark with the space behind it, and the text."""


class Hanging(Widget):
    """A list of marked lines, wrapped for the width it has."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: tuple[Marked, ...] = ()

    def show(self, lines: Sequence[Marked]) -> None:
        """Show these instead."""
        if self._lines != (lines := tuple(lines)):
            self._lines = lines
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the texts take at this width."""
        return len(self._wrapped(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._wrapped(self.content_size.width))

    def _wrapped(self, width: int) -> list[Content]:
        found: list[Content] = []
        for mark, text in self._lines:
            room = mark.cell_length
            for number, line in enumerate(text.wrap(max(width - room, 10)) or [Content()]):
                found.append((Content(" " * room) if number else mark) + line)
        return found
