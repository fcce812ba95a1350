"""Credentials of the story as `export` lines, for a second terminal or a second person."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from select import select
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.fresh import Fresh
from tui.widgets.keys import Keys

if TYPE_CHECKING:
    from simulator.scenario.play import Play

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Held:
    """Credentials somebody in the story holds.

    Attributes:
        who: the actor's name.
        name: what the story calls the credentials: ``own``, ``app``.
        access_key_id: the first of the three values.
        lines: shell lines that set them, with the lab's endpoint.
    """

    who: str
    name: str
    access_key_id: str
    lines: str


def held(play: Play) -> tuple[Held, ...]:
    """Everything anybody in the story holds (may wait for a call under way)."""
    lab = play.lab
    return tuple(
        Held(
            actor.name,
            name,
            keys.access_key_id,
            keys.export_lines(lab.endpoint_url, lab.region),
        )
        for actor in play.actors()
        for name, keys in play.credentials(actor.id).items()
    )


class ExportScreen(Fresh, ModalScreen[None]):
    """Choose whose credentials; Enter copies the lines."""

    HELP = """\
## Credentials

What each of them holds, as `export` lines. They work with your own AWS CLI against this
lab and nowhere else. Whoever pastes them *is* that session: hand Mallory's to a neighbour.

| key | does |
| --- | --- |
| ↑ ↓ | whose |
| Enter | copy the lines |
| p | print them: where your terminal takes no copy from a program, select them there |
| Esc | back |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "print", "Print"),
        Binding("escape", "back", "Back", key_display="Esc"),
    ]

    def __init__(self, found: Sequence[Held]) -> None:
        super().__init__()
        self._found = tuple(found)

    def compose(self) -> ComposeResult:
        """The list above, the lines below."""
        who = max((len(each.who) for each in self._found), default=0)
        name = max((len(each.name) for each in self._found), default=0)
        with Vertical(id="export", classes="pane"):
            yield HolderList(
                *(
                    Option(
                        Content.assemble(
                            (f"{each.who:<{who}}", "bold"),
                            f"  {each.name:<{name}}  ",
                            (each.access_key_id, "$quiet"),
                        )
                    )
                    for each in self._found
                )
            )
            yield Static(id="lines")
        yield Keys()

    def on_mount(self) -> None:
        """Say what it is."""
        self.query_one("#export").border_title = "Credentials for your own tools"
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the lines."""
        self.query_one("#lines", Static).update(Content(self._found[event.option_index].lines))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Copy the lines."""
        chosen = self._found[event.option_index]
        self.app.copy_to_clipboard(chosen.lines)
        self.notify(
            f"{chosen.who}'s {chosen.name}: paste it into a second terminal.", title="Copied"
        )

    def action_print(self) -> None:
        """Leave the screen for a moment, with the lines in the terminal in full, unwrapped."""
        lines = self._found[self.query_one(OptionList).highlighted or 0].lines
        try:
            with self.app.suspend():
                _show(lines)
        except SuspendNotSupported:
            self.notify("Only in a terminal, not in a browser.", severity="warning")

    def action_back(self) -> None:
        """Back to the lab."""
        self.dismiss(None)


def _show(lines: str) -> None:
    """Print lines to the terminal itself, and wait for Enter; Ctrl-C goes back as well."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio's ends the app
    try:
        with suppress(KeyboardInterrupt):
            sys.stdout.write(f"\n{lines}\n\nEnter goes back to the lab. ")
            sys.stdout.flush()
            # An interrupt that comes just before a read waits for its end: look up now and then.
            while not select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
                pass
            sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)


class HolderList(OptionList):
    """Holders; Enter copies."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Copy")]
