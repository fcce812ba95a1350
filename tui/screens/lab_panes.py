"""The keys that move between panes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from tui.screens.dialogs import Jump
from tui.screens.lab_feed import PANES, LabFeed
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.story import StoryPane


class PaneKeys(LabFeed):
    """Tab through the panes, jump to one, show one alone.

    Where there is little room the panes are folded into tabs, and the focused one is in front.
    """

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it on instances
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-short"),
        (30, "-middling"),
        (44, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Pane", key_display="Tab", priority=True),
        Binding("shift+tab", "next_pane(-1)", "Pane before", show=False, priority=True),
        Binding("g", "jump", "Go to", show=False),
        Binding("z", "zoom", "Zoom"),
    ]

    alone: reactive[bool] = reactive(False, toggle_class="-alone")
    """Whether the pane in front is shown alone though there is room for all."""

    @property
    def folded(self) -> bool:
        """Whether the panes are tabs."""
        small = self.has_class("-narrow") or self.has_class("-short")
        return small or self.app.has_class("-presenter")

    def go_to(self, pane: str) -> None:
        """Focus a pane, bringing it to the front where the lab is folded."""
        self.front = pane
        target = self.query_one(f"#{pane}")
        focusable: Widget = target.actions if isinstance(target, StoryPane) else target
        focusable.focus()

    def _here(self) -> str:
        order = [pane for _, pane, _ in PANES]
        focused = self.focused
        if focused is not None:
            for place in focused.ancestors_with_self:
                if place.id in order:
                    return place.id
        return self.front

    def action_next_pane(self, step: int) -> None:
        """The next pane in the order of the tabs."""
        order = [pane for _, pane, _ in PANES]
        self.go_to(order[(order.index(self._here()) + step) % len(order)])

    def action_jump(self) -> None:
        """Choose a pane by letter."""
        self.app.push_screen(Jump(PANES), lambda pane: self.go_to(pane) if pane else None)

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        """A tab was clicked."""
        self.go_to(message.pane)

    def on_descendant_focus(self) -> None:
        """Where the focus is, is in front."""
        self.front = self._here()

    def action_zoom(self) -> None:
        """The focused pane alone, or all again."""
        self.alone = not self.alone and not self.folded
