"""Settings: colours, presenter mode, the clock's speed, motion. Each change holds at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.fresh import Fresh
from tui.themes import THEMES
from tui.widgets.keys import Keys

if TYPE_CHECKING:
    from tui.settings import Settings

_THEME_WORDS = {
    "stslab-dark": "dark",
    "stslab-light": "light",
    "stslab-contrast": "high contrast",
    "stslab-colour-safe": "safe for colour-blind eyes",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One setting: its field, name, explanation, and values in order."""

    field: str
    title: str
    about: str
    values: tuple[object, ...]
    spell: Callable[[object], str]


def _on_off(value: object) -> str:
    return "on" if value else "off"


_ROWS = (
    _Row(
        "theme",
        "Theme",
        "The colours. A symbol stands beside each of them.",
        tuple(theme.name for theme in THEMES),
        lambda value: _THEME_WORDS.get(str(value), str(value)),
    ),
    _Row(
        "presenter",
        "Presenter mode",
        "For a projector: large digits, the latest call in full, one pane, no grey. Enlarge the "
        "terminal's type (Ctrl + in most) until the back row can read it.",
        (False, True),
        _on_off,
    ),
    _Row(
        "rate",
        "Speed of time",
        "Lab seconds a real second, when you let time run with space.",
        (1, 60, 600),
        lambda value: f"×{value}",
    ),
    _Row(
        "reduced_motion",
        "Reduced motion",
        "Nothing slides or blinks.",
        (False, True),
        _on_off,
    ),
)


class SettingList(OptionList):
    """The settings; left and right change the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "screen.change(-1)", "Change", key_display="← →"),
        Binding("right", "screen.change(1)", "Next value", show=False),
    ]


class SettingsScreen(Fresh, ModalScreen[None]):
    """A line a setting; left and right change it."""

    HELP = """\
## Settings

| key | does |
| --- | --- |
| ↑ ↓ | another setting |
| ← → Enter | another value; it holds at once and is kept |
| Esc | back |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="Esc"),
    ]

    class Changed(Message):
        """A setting has another value."""

        def __init__(self, field: str, value: object) -> None:
            super().__init__()
            self.field = field
            self.value = value

    def __init__(self, settings: Settings) -> None:
        """Show these settings."""
        super().__init__()
        self._values = settings.model_dump()

    def compose(self) -> ComposeResult:
        """The list, and what the chosen one means."""
        with Vertical(id="settings", classes="pane"):
            yield SettingList(*(Option(self._line(row)) for row in _ROWS))
            yield Static(id="setting-about")
        yield Keys()

    def on_mount(self) -> None:
        """Ready to change."""
        self.query_one("#settings").border_title = "Settings"
        self.query_one(OptionList).focus()

    def _line(self, row: _Row) -> Content:
        value = row.spell(self._values[row.field])
        return Content.assemble((f" {row.title:<18}", ""), (f"‹ {value} ›", "bold $now"))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what it means."""
        about = Content.styled(_ROWS[event.option_index].about, "$quiet")
        self.query_one("#setting-about", Static).update(about)

    def on_option_list_option_selected(self) -> None:
        """Enter: the next value."""
        self.action_change(1)

    def action_change(self, step: int) -> None:
        """Another value of the chosen setting."""
        listing = self.query_one(OptionList)
        at = listing.highlighted or 0
        row = _ROWS[at]
        place = row.values.index(self._values[row.field]) + step
        value = row.values[place % len(row.values)]
        self._values[row.field] = value
        listing.replace_option_prompt_at_index(at, self._line(row))
        self.app.post_message(self.Changed(row.field, value))

    def action_back(self) -> None:
        """Back to where one was."""
        self.dismiss(None)
