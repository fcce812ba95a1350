"""The console's command line: remembers what was typed, and completes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from simulator.awscli.completing import common_start
from tui.console.completing import begun_word, offered
from tui.console.history import History
from tui.console.holders import Holder


class ConsoleInput(Input):
    """Where commands are typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Run"),
        Binding("tab", "complete", "Complete", key_display="Tab", priority=True),
        Binding("up", "history(-1)", "Before", show=False),
        Binding("down", "history(1)", "After", show=False),
    ]

    class Offers(Message):
        """What the word at the cursor may become, to be shown."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(
            id="console-input", compact=True, select_on_focus=False, placeholder="aws …"
        )
        self.known: Sequence[Holder] = ()
        """Who may call, for completion."""
        self._history = History()

    def on_key(self, event: events.Key) -> None:
        """A question mark in an empty line asks for help."""
        if event.key == "question_mark" and not self.value:
            event.stop()
            event.prevent_default()
            self.app.run_worker(self.app.run_action("help"))

    def take(self) -> str:
        """What stands there, to be run: remembered, and gone from the line."""
        line = self.value.strip()
        self._history.add(line)
        self.value = ""
        return line

    def action_history(self, step: int) -> None:
        """The line before or after."""
        self.value = self._history.move(step, self.value)
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Complete the word at the cursor as far as it is clear; show what it may become."""
        before, after = self.value[: self.cursor_position], self.value[self.cursor_position :]
        found = offered(before, self.known)
        if not found:
            self.post_message(self.Offers("Nothing known begins so."))
            return
        whole = common_start(found) + (" " if len(found) == 1 else "")
        kept = before[: len(before) - len(begun_word(before))] + whole
        self.value = kept + after.lstrip()
        self.cursor_position = len(kept)
        if len(found) > 1:
            # After the change of the value, which ends what was offered before.
            self.call_after_refresh(self.post_message, self.Offers("  ".join(found)))
