"""What the learner can do now: each line says its key and what it will call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.formatting import ELLIPSIS, hang
from tui.messages import ActionChosen

if TYPE_CHECKING:
    from simulator.scenario.states import Action, StepState

KEYS = "123456789ACDEFGHJKLMNPSTUVWXYZ"
"""What chooses the first, second, … of the list: digits, then capitals.

Small letters, `0`, `B` and `R` are keys of the lab and its panes.
"""

_LONGEST_COMMAND = 230
_SHORTEST_COMMAND = 110
_MOST_COMMANDS = 3
_INDENT = 4
_SHARE = 0.6
"""Of the pane's height: the most that the list may take, as the style sheet has it."""
_DOCUMENT = re.compile(r"'\{\".*?\}'(?= |$)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list.

    Attributes:
        choice: what is sent when it is chosen: ``do:<action id>``, ``answer:<index>``,
            ``hint``, ``solve``, ``leave``, ``restart``; ``""`` for what cannot be chosen.
        key: the key that chooses it; ``""`` for none.
        label: what it is.
        command: what it will call.
        mark: a symbol in front, with its colour.
        policy: id of the action whose policy document can be seen and edited first.
    """

    choice: str
    key: str
    label: str
    command: str = ""
    mark: tuple[str, str] = ("", "")
    policy: str = ""


def entries(current: StepState | None, actions: Sequence[Action]) -> tuple[Entry, ...]:
    """The list for a step: its actions or options, then hint and solution."""
    if current is None:
        return (
            Entry("debrief", "n", "Debrief: what happened, how it went, export"),
            Entry("leave", "b", "Back to the catalogue"),
            Entry("restart", "R", "Play it again"),
        )
    found: list[Entry] = []
    for index, option in enumerate(current.options):
        found.append(_option(current, index, option))
    keys = iter(KEYS)
    for action in actions:
        if action.kind == "continue" or action.id == "continue":
            found.append(Entry(f"do:{action.id}", "n", action.label, action.command))
            continue
        found.append(
            Entry(
                f"do:{action.id}",
                next(keys, ""),  # past the last one: by Enter, as all of them
                action.label,
                action.command,
                ("↻", "$quiet") if action.done else ("", ""),  # whatever came of it
                action.id if action.kind == "policy" and action.document else "",
            )
        )
    if current.kind == "task":
        opened, total = len(current.hints), current.hints_total
        if opened < total:
            found.append(Entry("hint", "t", f"A hint ({opened} of {total} open)"))
        found.append(Entry("solve", "x", "Show me: have it done as the solution says"))
    return tuple(found)


def _option(current: StepState, index: int, option: str) -> Entry:
    if current.answer is None:
        return Entry(f"answer:{index}", str(index + 1), option)
    mark = ("", "")
    if index == current.correct:
        mark = ("✓", "$allowed")
    elif index == current.answer and current.correct is not None:  # not before it is shown
        mark = ("✗", "$denied")
    chosen = "  (your answer)" if index == current.answer else ""
    return Entry("", str(index + 1), option + chosen, mark=mark)


class ActionList(OptionList):
    """The actions of now; by key, by Enter, or by a click."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.entries: tuple[Entry, ...] = ()
        self._fitted = 0
        self._above = 0

    def show(self, found: Sequence[Entry]) -> None:
        """Show these entries; the first that can be chosen is highlighted."""
        if tuple(found) == self.entries:
            return
        self.entries = tuple(found)
        self._fill()
        ready = [index for index, entry in enumerate(self.entries) if entry.choice]
        fresh = [index for index in ready if not self.entries[index].mark[0]]
        self.highlighted = next(iter(fresh or ready), None)

    class Resized(Message):
        """The list takes more or less room than before."""

    def on_resize(self) -> None:
        """The lines are wrapped for the width; the rest of the pane gets what is left."""
        self._fill()
        self.post_message(self.Resized())

    def _fill(self) -> None:
        before = self.highlighted
        self._fitted = self._room()
        width = max(self.scrollable_content_region.width - 1, 30)
        shown = [prompt(entry, width) for entry in self.entries]
        if 0 < self._room() < sum(len(each.plain.splitlines()) for each in shown):
            # Better to see what there is to choose from than every command to its end.
            shown = [prompt(entry, width, brief=True) for entry in self.entries]
        self.clear_options()
        self.add_options(
            [
                Option(each, disabled=not entry.choice)
                for each, entry in zip(shown, self.entries, strict=True)
            ]
        )
        if before is not None and before < len(self.entries):
            self.highlighted = before

    def _room(self) -> int:
        """How many lines it may take; 0 where that is not known yet."""
        pane = self.parent
        height = pane.content_size.height if isinstance(pane, Widget) else 0
        room = int(height * _SHARE) - 1  # its upper edge
        return max(min(room, height - self._above - 1), 1) if room > 0 else room

    def refit(self, above: int) -> None:
        """The pane has another height, or other goals.

        Args:
            above: lines of the pane down to the last goal: they are read before any command.
        """
        self._above = above
        if self._room() != self._fitted:
            self._fill()

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        at = self.highlighted
        return self.entries[at] if at is not None and at < len(self.entries) else None

    def choose_key(self, key: str) -> bool:
        """Choose the entry with this key; whether there is one."""
        for entry in self.entries:
            if entry.key == key and entry.choice:
                self.post_message(ActionChosen(entry.choice))
                return True
        return False

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on an entry."""
        event.stop()
        choice = self.entries[event.option_index].choice
        if choice:
            self.post_message(ActionChosen(choice))


def prompt(entry: Entry, width: int, *, brief: bool = False) -> Content:
    """Key and label, and under it the command; both wrapped with a hanging indent.

    Args:
        entry: what can be chosen.
        width: of a line, in cells.
        brief: the command on one line, as much of it as there is room for.
    """
    symbol, colour = entry.mark
    label = hang(entry.label, width - (2 if symbol else 0), _INDENT)
    head = Content.assemble(
        (f" {entry.key or ' '}  ", "bold $now" if entry.choice else "$quiet"),
        (f"{symbol} " if symbol else "", colour),
        (label, "" if entry.choice or symbol else "$quiet"),
    )
    if not entry.command:
        return head
    if brief:
        line = shortened(entry.command, max(width - _INDENT, 10))
        return Content.assemble(head, "\n", (" " * _INDENT + line, "$quiet"))
    each = entry.command.splitlines()
    shown = each if len(each) <= _MOST_COMMANDS else each[: _MOST_COMMANDS - 1]
    longest = max(_LONGEST_COMMAND // len(shown), _SHORTEST_COMMAND)
    commands = [
        " " * _INDENT + hang(shortened(command, longest), width, _INDENT) for command in shown
    ]
    if len(shown) < len(each):
        commands.append(f"{' ' * _INDENT}{ELLIPSIS} and {len(each) - len(shown)} more")
    return Content.assemble(head, "\n", ("\n".join(commands), "$quiet"))


def shortened(command: str, longest: int = _LONGEST_COMMAND) -> str:
    """Commands on one line; a policy document in them only hinted at (`p` shows it)."""
    command = " ".join("; ".join(command.splitlines()).split())
    command = _DOCUMENT.sub("'{…}'", command)
    return command[: longest - 1] + ELLIPSIS if len(command) > longest else command
