"""Help for the pane that has the focus, and for the screen around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from tui.screens.fresh import Fresh
from tui.widgets.help_text import HelpText
from tui.widgets.keys import Keys


class Help(Fresh, ModalScreen[None]):
    """Text of the focused pane first, then of what surrounds it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "close", "Close", key_display="Esc"),
    ]

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._text = "\n\n".join(texts)

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with VerticalScroll(classes="help"):
            yield HelpText(self._text)
        yield Keys()

    def on_mount(self) -> None:
        """Scroll keys work at once."""
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        """Back to work."""
        self.dismiss(None)


def help_for(screen: Screen[object], focused: Widget | None) -> list[str]:
    """The help texts from the focused widget outwards; each widget carries its own.

    What is another one and more has both texts, its own first; an empty one ends that.
    """
    found: list[str] = []
    places = list(focused.ancestors_with_self) if focused is not None else [screen]
    for place in places:
        for kind in type(place).__mro__:
            text = vars(kind).get("HELP")
            if text == "":
                break
            if isinstance(text, str) and text not in found:
                found.append(text)
    return found
