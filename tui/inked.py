"""Colours of what a widget draws line by line."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.style import Style as ThemedStyle
from textual.widget import Widget


class Inked(Widget):
    """A widget with colours of its own.

    Textual's component classes are the other way to have them, and each is a widget more to style:
    a timeline of eleven costs as much as eleven widgets whenever the focus moves.
    """

    STYLES: ClassVar[dict[str, str]] = {}
    """Name → style, in the words of Textual's markup: ``bold $denied``."""

    _inks: dict[str, Style] | None = None

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        super().notify_style_update()
        self._inks = None

    def ink(self, name: str) -> Style:
        """The style of this name on the widget's own background."""
        if self._inks is None:
            self._inks = {
                each: (self.visual_style + ThemedStyle.parse(words)).rich_style
                for each, words in self.STYLES.items()
            }
        return self._inks[name]
