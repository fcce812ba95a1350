"""The tabs a lab folds into where there is no room for all panes at once."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class PaneTabs(Widget):
    """One line of pane names; a dot says that something happened in a pane not in front."""

    active: reactive[str] = reactive("")
    fresh: reactive[frozenset[str]] = reactive(frozenset())

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, panes: Sequence[tuple[str, str]], *, id: str | None = None) -> None:  # noqa: A002
        """Make the tabs.

        Args:
            panes: (pane id, title) in order.
            id: the widget's own id.
        """
        super().__init__(id=id)
        self._panes = tuple(panes)

    def render(self) -> Content:
        """The line."""
        parts = []
        for pane, title in self._panes:
            style = "bold $foreground on $panel" if pane == self.active else "$quiet"
            dot = "•" if pane in self.fresh and pane != self.active else " "
            template = f"[@click=choose('{pane}')][{style}] $title [/][$refused]$dot[/][/]"
            parts.append(Content.from_markup(template, title=title, dot=dot))
        return Content("").join(parts)

    def action_choose(self, pane: str) -> None:
        """A click on a tab."""
        self.post_message(self.Chosen(pane))
