"""An actor's terminal: AWS-CLI commands as they are run, and what really came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.formatting import ELLIPSIS, hms
from tui.messages import WhyRequested
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.scenario.states import ActorState, TerminalLine

_LONGEST_OUTPUT = 40
_LONGEST_LINE = 240
_PLACES = {"attacker": "elsewhere", "workload": "instance"}


class Terminal(OptionList):
    """The terminals of everybody in the story, one at a time."""

    HELP = """\
## Terminal

The commands of one actor and what the endpoint answered. Every line is a real signed
request, as the AWS CLI would send it. Whoever acted last is shown, until you choose one.

| key | does |
| --- | --- |
| ← → | stay with another actor's terminal |
| 0 | follow whoever acts again |
| ↑ ↓ Home End | move between commands |
| Enter | why was it answered so? |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "other(-1)", "Actor", key_display="← →"),
        Binding("right", "other(1)", "Next actor", show=False),
        Binding("0", "follow", "Follow", show=False),
        Binding("enter", "select", "Why?"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._actors: tuple[ActorState, ...] = ()
        self._written: list[TerminalLine] = []
        self._shown: list[TerminalLine] = []
        self._actor = ""
        self._following = True

    # -- what comes in ------------------------------------------------------------------
    def open_for(self, actors: Sequence[ActorState], lines: Sequence[TerminalLine]) -> None:
        """Begin anew with these actors and everything in their terminals so far."""
        self._actors = tuple(actors)
        self._written = list(lines)
        known = [actor.id for actor in actors]
        last = [line.actor for line in lines if line.actor in known][-1:]
        attackers = [actor.id for actor in actors if actor.side == "attacker"]
        if self._following or self._actor not in known:
            self._actor = (last or attackers or known or [""])[0]
        self._show_actor()

    def write(self, line: TerminalLine) -> None:
        """One more command and its answer."""
        self._written.append(line)
        if self._following and line.actor != self._actor and self._knows(line.actor):
            self._actor = line.actor
            self._show_actor()
        elif line.actor == self._actor:
            if not self._shown:
                self.clear_options()
            self._shown.append(line)
            self.add_option(Option(self._block(line)))
            self._to_last()
        self._tell_title()

    # -- what a key does ----------------------------------------------------------------
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Why is asked of a call, and there may be none."""
        return action != "select" or any(line.record is not None for line in self._shown)

    def action_other(self, step: int) -> None:
        """The next actor's terminal."""
        known = [actor.id for actor in self._actors]
        if known:
            self._following = False
            self._actor = known[(known.index(self._actor) + step) % len(known)]
            self._show_actor()

    def action_follow(self) -> None:
        """Show whoever acted last, from now on."""
        self._following = True
        if self._written and self._knows(self._written[-1].actor):
            self._actor = self._written[-1].actor
        self._show_actor()

    def _knows(self, name: str) -> bool:
        return any(actor.id == name for actor in self._actors)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a command: why was it answered so?"""
        event.stop()
        if event.option_index < len(self._shown):
            record = self._shown[event.option_index].record
            if record is not None:
                self.post_message(WhyRequested(record))

    # -- drawing ------------------------------------------------------------------------
    def _show_actor(self) -> None:
        self.clear_options()
        self._shown = [line for line in self._written if line.actor == self._actor]
        if self._shown:
            self.add_options([Option(self._block(line)) for line in self._shown])
            self._to_last()
        else:
            empty = Content.assemble((self._prompt(), "$quiet"), (" ▏", "$now"))
            self.add_option(Option(empty, disabled=True))
        self._tell_title()

    def _to_last(self) -> None:
        """The last answer, to its end: there stands the reason, if it is longer than the pane."""
        self.highlighted = self.option_count - 1
        self.call_after_refresh(self.scroll_end, animate=False)

    def _tell_title(self) -> None:
        active = next((actor for actor in self._actors if actor.id == self._actor), None)
        self.border_title = f"Terminal: {active.name}" if active else "Terminal"
        others = [actor.name for actor in self._actors if actor.id != self._actor]
        follow = "" if self._following else "   0 follow"
        self.border_subtitle = f"← → {', '.join(others)}{follow}" if others else ""

    def _prompt(self) -> str:
        active = next((actor for actor in self._actors if actor.id == self._actor), None)
        place = _PLACES.get(active.side, "desk") if active else "desk"
        return f"{self._actor}@{place} $"

    def _block(self, line: TerminalLine) -> Content:
        if line.outcome is None:
            # No call to AWS: a remark, or what IMDS, a presigner or the environment printed.
            said = Content.assemble((f"{hms(line.at)} ", "$quiet"), (line.command, "$now"))
            if not line.output:
                return said
            printed = [_brief(each) for each in line.output.rstrip("\n").splitlines()]
            return Content("\n").join([said, Content("\n".join(printed))])
        error = line.record.error_code if line.record is not None else None
        mark = outcome_mark(line.outcome, error)
        head = Content.assemble(
            (f"{mark.symbol} ", mark.colour),
            (f"{self._prompt()} ", "$quiet"),
            (line.command, "bold"),
        )
        output = line.output.rstrip("\n").splitlines()
        if len(output) > _LONGEST_OUTPUT:
            left = len(output) - _LONGEST_OUTPUT
            output = [*output[:_LONGEST_OUTPUT], f"… {left} more lines (Enter shows the call)"]
        if not output:
            return head
        body = Content.styled("\n".join(output), mark.colour if error else "")
        return Content("\n").join([head, body])


def _brief(text: str) -> str:
    """A line that is no call's answer: of a presigned URL its beginning says enough."""
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + ELLIPSIS
