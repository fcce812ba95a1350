"""Small questions and choices over a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.formatting import hang
from tui.screens.fresh import Fresh

_WIDTH = 58
"""Of a dialog's text, as its style has it."""
_KEY = 4
"""Cells before a place's title."""


class Confirm(Fresh, ModalScreen[bool]):
    """A question that a single key answers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, question: str, loss: str, yes: str) -> None:
        """Ask.

        Args:
            question: what is asked, one line.
            loss: what would be lost.
            yes: what yes means, in a word or two.
        """
        super().__init__()
        self._question, self._loss, self._yes = question, loss, yes

    def compose(self) -> ComposeResult:
        """Question, loss, and the two keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-title")
            yield Static(Content(self._loss), classes="dialog-text")
            yield Static(
                Content.from_markup(
                    "[@click=screen.answer(True)][bold $now]y[/] $yes[/]    "
                    "[@click=screen.answer(False)][bold $now]Esc[/] stay[/]",
                    yes=self._yes,
                )
            )

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)


class Jump(Fresh, ModalScreen[str]):
    """Press a letter to be in a pane, or to be somebody."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", key_display="Esc")
    ]

    def __init__(
        self,
        places: Sequence[tuple[str, str, str]],
        question: str = "Go to",
        about: Mapping[str, str] | None = None,
    ) -> None:
        """Offer these places.

        Args:
            places: (key, id, title) of each.
            question: what is chosen.
            about: what there is to say of some of them, by id.
        """
        super().__init__()
        self._places = tuple(places)
        self._question = question
        self._about = about or {}

    def compose(self) -> ComposeResult:
        """A line for each place."""
        # What is said of each stands in a column of its own.
        column = max((len(title) for _, _, title in self._places), default=0) + 2
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="dialog-title")
            for key, place, title in self._places:
                yield Static(
                    Content.from_markup(
                        f"[@click=screen.go('{place}')] [bold $now]$key[/]  $title[/]"
                        "[$quiet]$about[/]",
                        key=key,
                        title=f"{title:<{column}}",
                        about=hang(self._about.get(place, ""), _WIDTH, _KEY + column),
                    )
                )

    def on_key(self, event: Key) -> None:
        """A letter chooses; the letter is the place's own."""
        for key, place, _ in self._places:
            if event.key == key:
                event.stop()
                self.dismiss(place)
                return

    def action_go(self, place: str) -> None:
        """A click chooses."""
        self.dismiss(place)

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss("")
