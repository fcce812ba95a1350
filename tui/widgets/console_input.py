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
from tui.console.pasting import commands_in

_AT_ONCE = {
    "enter": "submit",
    "tab": "complete",
    "up": "history(-1)",
    "down": "history(1)",
    "backspace": "delete_left",
}
"""Keys and their actions that must not be overtaken by the letters typed behind them."""


class ConsoleInput(Input):
    """Where commands are typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Run"),
        Binding("tab", "complete", "Complete", key_display="Tab"),
        Binding("up", "history(-1)", "Before", show=False),
        Binding("down", "history(1)", "After", show=False),
    ]

    class Offers(Message):
        """What the word at the cursor may become, to be shown."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Entered(Message):
        """A command, to be run."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__(
            id="console-input", compact=True, select_on_focus=False, placeholder="aws …"
        )
        self.known: Sequence[Holder] = ()
        """Who may call, for completion."""
        self._history = History()

    async def on_key(self, event: events.Key) -> None:
        """What acts on the line acts on what was typed before it, however fast; `?` helps.

        A binding is looked up only when the key has bubbled up to the app, by which time the
        letters behind it may be in the line.
        """
        if event.key == "question_mark" and not self.value:
            self.app.run_worker(self.app.run_action("help"))
        elif event.key in _AT_ONCE:
            await self.run_action(_AT_ONCE[event.key])
        else:
            return
        event.stop()
        event.prevent_default()

    async def action_submit(self) -> None:
        """What stands there is to be run: remembered, and gone from the line.

        At once, not when it is heard of: what is typed meanwhile is the next line.
        """
        self._enter(self.value.strip())
        self.value = ""

    def _enter(self, line: str) -> None:
        if line:
            self._history.add(line)
            self.post_message(self.Entered(line))

    def on_paste(self, event: events.Paste) -> None:
        """Each whole line that is pasted is run, one after the other, as in a terminal."""
        event.stop()
        event.prevent_default()
        before, after = self.value[: self.cursor_position], self.value[self.cursor_position :]
        commands, left = commands_in(before + event.text)
        for command in commands:
            self._enter(command)
        self.value = left + after
        self.cursor_position = len(left)

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
