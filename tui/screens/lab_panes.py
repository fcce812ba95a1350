"""The keys that move between panes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from tui.restyling import restyle
from tui.screens.dialogs import Jump
from tui.screens.lab_feed import PANES, LabFeed
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.story import StoryPane
from tui.widgets.timeline import Timeline

_NARROWEST, _WIDEST = 25, 65
"""Of the story, in percent of the width: on either side everything can still be read."""
_LOWEST, _HIGHEST = 5, 16
"""Shares of the height: the lowest pane keeps a line or two inside its border."""
_SHARES = 24
_LEAST_TIMELINE = 7
"""Lines: three rows, so that it seldom has to grow."""


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
        Binding("less_than_sign", "widen(-4)", "Story narrower", show=False),
        Binding("greater_than_sign", "widen(4)", "Story wider", show=False),
        Binding("minus", "heighten(-2)", "Pane lower", show=False),
        Binding("plus", "heighten(2)", "Pane higher", show=False),
    ]

    _share: int | None = None
    """How much of the width the story has, in percent, once a key has changed it."""
    _heights: tuple[int, ...] = ()
    """How the panes on the right share the height, once a key has changed it."""
    _fit: tuple[object, ...] = ()
    """What the height of the timeline came of when it was last set."""

    alone: reactive[bool] = reactive(False)
    """Whether the pane in front is shown alone though there is room for all."""

    @property
    def folded(self) -> bool:
        """Whether the panes are tabs."""
        small = self.has_class("-narrow") or self.has_class("-short")
        return small or self.app.has_class("-presenter")

    @property
    def one_at_a_time(self) -> bool:
        """Folded for want of room, or because the learner wants one alone."""
        return self.folded or self.alone

    def on_resize(self) -> None:
        """Share the height anew; and other keys work where the panes are folded."""
        self.fit_timeline()
        self.call_after_refresh(self.refresh_bindings)

    def fit_timeline(self) -> None:
        """As high as its rows need, up to two fifths; the rest is the terminal's and trail's."""
        if not self.is_mounted:
            return
        timeline = self.query_one(Timeline)
        room = self.size.height - 4
        height = max(min(timeline.lines, room * 2 // 5), _LEAST_TIMELINE)
        # In presenter mode it stands below the pane in front, where there is room for both.
        below = self.app.has_class("-presenter") and self.front != "timeline"
        if (fit := (height, below, self._heights)) == self._fit:
            return
        self._fit = fit
        timeline.styles.height = height if below else None
        if self._heights:
            return
        self.styles.grid_rows = f"1 1 {height} 4fr 3fr 1"

    def watch_front(self, front: str) -> None:
        """Another pane is in front."""
        super().watch_front(front)
        self.fit_timeline()

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
        self.app.push_screen(Jump(self.panes), lambda pane: self.go_to(pane) if pane else None)

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        """A tab was clicked."""
        self.go_to(message.pane)

    def on_descendant_focus(self) -> None:
        """Where the focus is, is in front."""
        self.front = self._here()

    def action_zoom(self) -> None:
        """The focused pane alone, or all again."""
        self.alone = not self.alone and not self.folded

    def watch_alone(self, alone: bool) -> None:
        """The class decides how the screen lays its own children out, and nothing further in."""
        self.set_class(alone, "-alone", update=False)
        restyle(self, *self.query_children("*").results(Widget))

    @property
    def resizable(self) -> bool:
        """Whether panes stand side by side."""
        return not self.one_at_a_time

    def action_widen(self, percent: int) -> None:
        """Give the story more of the width, or less."""
        if not self.resizable:
            return
        share = self._share or round(
            100 * self.query_one("#story").outer_size.width / self.size.width
        )
        self._share = min(max(share + percent, _NARROWEST), _WIDEST)
        self.styles.grid_columns = f"{self._share}% 1fr"

    def action_heighten(self, step: int) -> None:
        """Give the focused pane on the right more of the height, or less; else the first."""
        if not self.resizable:
            return
        right = sorted(
            (pane for _, pane, _ in PANES if pane != "story"),
            key=lambda pane: self.query_one(f"#{pane}").region.y,
        )
        here = self._here()
        place = right.index(here) if here in right else 0
        heights = list(self._heights) or self._shares(right)
        heights[place] = min(max(heights[place] + step, _LOWEST), _HIGHEST)
        self._heights = tuple(heights)
        rows = " ".join(f"{height}fr" for height in heights)
        self.styles.grid_rows = f"1 1 {rows} 1"

    def _shares(self, panes: Sequence[str]) -> list[int]:
        """How the height is shared now."""
        lines = [self.query_one(f"#{pane}").outer_size.height for pane in panes]
        return [round(_SHARES * each / max(sum(lines), 1)) for each in lines]
