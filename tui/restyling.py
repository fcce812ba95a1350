"""Styling no more than what has changed.

Where a class or the focus changes, Textual styles the widget anew and everything in it, which for
a lab is most of what a key press takes. A class that reaches only so far need not go further.
"""

from __future__ import annotations

from textual.widget import Widget


def restyle(*widgets: Widget) -> None:
    """Style these anew, and not what is in them."""
    for app in {widget.app for widget in widgets}:
        app.stylesheet.update_nodes(widgets, animate=False)


class Framed(Widget):
    """A pane around others: its border says whether the focus is inside (class ``-inside``)."""

    def on_descendant_focus(self) -> None:
        """The focus may have come."""
        self._frame()

    def on_descendant_blur(self) -> None:
        """The focus may have gone, or on to another widget inside."""
        self._frame()

    def _frame(self) -> None:
        focused = self.screen.focused
        inside = focused is not None and self in focused.ancestors
        if inside is not self.has_class("-inside"):
            self.set_class(inside, "-inside", update=False)
            restyle(self)
