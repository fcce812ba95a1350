"""The console: `aws …` as anybody in the story, on the lab's endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from simulator.actors import Keys
from simulator.awscli import Console, Ran
from simulator.awscli.completing import common_start, completions
from tui.console.history import History
from tui.console.holders import Holder, UnknownHolderError, chosen, holders, name_for
from tui.formatting import hms
from tui.messages import WhyRequested

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.trail import Record

_LONGEST_OUTPUT = 300
_MOST_BLOCKS = 100
_PATIENCE_SECONDS = 0.2
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_WORDS = ("as", "who", "why", "clear", "exit")


class ConsoleInput(Input):
    """The command line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Run"),
        Binding("tab", "screen.complete", "Complete", key_display="Tab", priority=True),
        Binding("up", "screen.history(-1)", "Before", show=False),
        Binding("down", "screen.history(1)", "After", show=False),
    ]

    def on_key(self, event: events.Key) -> None:
        """A question mark in an empty line asks for help."""
        if event.key == "question_mark" and not self.value:
            event.stop()
            event.prevent_default()
            self.app.run_worker(self.app.run_action("help"))


class ConsoleScreen(Screen[None]):
    """One console for one lab; it remembers what was typed while the lab is open."""

    HELP = """\
## Console

Run `aws …` on the lab's endpoint as anybody in the story. With the AWS CLI installed it is
the real one, with the lab's credentials and nothing of yours; else a built-in that knows
every service, operation and parameter. Calls count for tasks, like any other.

| type | does |
| --- | --- |
| `aws s3 ls` | a command; no shell reads it |
| `as mallory app` | who calls, and with which credentials (Ctrl+O: choose) |
| `who` | everybody, and what they hold |
| `why` | why was the last call answered so? |
| `clear`, `exit` | empty the screen; back to the lab |

| key | does |
| --- | --- |
| Tab | complete a service, an operation, a parameter |
| ↑ ↓ | what was typed before |
| Ctrl+C | end the command that runs |
| PgUp PgDn | scroll |
| Ctrl+Y | copy the last output |
| Esc | back to the lab |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "choose_holder", "As whom", key_display="^o", priority=True),
        Binding("ctrl+c", "interrupt", "End it", key_display="^c", priority=True),
        Binding("ctrl+l", "clear", "Clear", show=False, priority=True),
        Binding("ctrl+y", "copy_output", "Copy", show=False, priority=True),
        Binding("pageup", "scroll(-1)", "Scroll up", show=False, priority=True),
        Binding("pagedown", "scroll(1)", "Scroll down", show=False, priority=True),
        Binding("escape", "back", "Back", key_display="Esc"),
    ]

    def __init__(self, play: Play, *, path: str | None = "") -> None:
        """Make the console of a lab.

        Args:
            play: open.
            path: the AWS CLI; ``None``: the built-in; ``""``: the CLI if it is installed.
        """
        super().__init__()
        self.play = play
        self.console = Console(play.lab, path)
        self.working = False
        self.holder: Holder | None = None
        """Who calls."""
        self._known: tuple[Holder, ...] = ()
        self._found: dict[str, dict[str, Keys]] = {}
        self._history = History()
        self._output = ""
        self._turn = 0
        self._last_call: Record | None = None

    def compose(self) -> ComposeResult:
        """Heading, what was run, completions, the command line, footer."""
        yield Static(id="heading")
        yield VerticalScroll(id="console-log", can_focus=False)
        yield Static(id="console-note")
        with Horizontal(id="console-line"):
            yield Static(id="console-prompt")
            yield ConsoleInput(
                id="console-input", compact=True, select_on_focus=False, placeholder="aws …"
            )
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ready to type."""
        what = "the AWS CLI that is installed" if self.console.path else "built-in AWS CLI"
        self.query_one("#heading", Static).update(
            Content.assemble(
                (" console ", "bold $background on $now"),
                (f"  {what}", "bold"),
                (f"   {self.play.lab.endpoint_url}", "$quiet"),
            )
        )
        self.query_one(Input).focus()
        self._look_around()

    def on_screen_resume(self) -> None:
        """Somebody may hold something new."""
        if self.is_mounted:
            self._look_around()
            self.query_one(Input).focus()

    @property
    def at_rest(self) -> bool:
        """Whether no command runs and it is known who calls."""
        return not self.working and self.holder is not None

    # -- who calls ----------------------------------------------------------------------
    @work(thread=True, group="holders", exclusive=True, exit_on_error=False)
    def _look_around(self) -> None:
        ledger = self.play.lab.ledger
        for held in self._found.values():  # after a restart, what was issued is gone
            for name in [
                name for name, keys in held.items() if not ledger.find(keys.access_key_id)
            ]:
                del held[name]
        known = holders(self.play, self._found)
        self.app.call_from_thread(self._looked, known)

    def _looked(self, known: tuple[Holder, ...]) -> None:
        self._known = known
        wanted = self.holder.same if self.holder is not None else None
        again = [holder for holder in known if holder.same == wanted]
        self.holder = next(iter(again or known), None)
        self._show_prompt()

    def _show_prompt(self) -> None:
        if self.holder is None:
            return
        colour = "$denied" if self._side() == "attacker" else "$allowed"
        self.query_one("#console-prompt", Static).update(
            Content.assemble(
                (self.holder.actor, f"bold {colour}"),
                (f" {self.holder.credentials}", "$quiet"),
                (" $ ", "$now"),
            )
        )

    def _side(self) -> str:
        sides = {actor.id: actor.side for actor in self.play.actors()}
        return sides.get(self.holder.actor, "") if self.holder is not None else ""

    def action_choose_holder(self) -> None:
        """Choose from everybody."""

        def choose(holder: Holder | None) -> None:
            if holder is not None:
                self.holder = holder
                self._show_prompt()

        self.app.push_screen(HolderChoice(self._known), choose)

    # -- the command line ---------------------------------------------------------------
    def on_input_changed(self) -> None:
        """What was offered is over."""
        self._note("")
        self.refresh_bindings()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run what stands there."""
        event.stop()
        line = event.value.strip()
        if not line:
            return
        if self.working:
            self._note("The last command still runs; Ctrl+C ends it.")
            return
        self._history.add(line)
        self.query_one(Input).value = ""
        word, _, rest = line.partition(" ")
        own: dict[str, Callable[[str], None]] = {
            "as": self._become,
            "who": lambda _: self._write(Content("\n").join(map(_told, self._known))),
            "why": lambda _: self.action_why_last(),
            "clear": lambda _: self.action_clear(),
            "exit": lambda _: self.action_back(),
        }
        if word in own:
            own[word](rest)
        elif self.holder is not None:
            self._begin(line, self.holder)

    def _become(self, rest: str) -> None:
        try:
            self.holder = chosen(rest.split(), self._known)
        except UnknownHolderError as error:
            self._write(Content.styled(str(error), "$refused"))
            return
        self._show_prompt()

    def action_history(self, step: int) -> None:
        """The line before or after."""
        line = self.query_one(Input)
        line.value = self._history.move(step, line.value)
        line.cursor_position = len(line.value)

    def action_complete(self) -> None:
        """Complete the word at the cursor as far as it is clear; show what it may become."""
        line = self.query_one(Input)
        before, after = line.value[: line.cursor_position], line.value[line.cursor_position :]
        found = self._completions(before)
        if not found:
            self._note("Nothing known begins so.")
            return
        begun = "" if not before or before[-1].isspace() else before.split()[-1]
        whole = common_start(found)
        if len(found) == 1:
            whole += " "
        line.value = before[: len(before) - len(begun)] + whole + after.lstrip()
        line.cursor_position = len(before) - len(begun) + len(whole)
        if len(found) > 1:
            self.call_after_refresh(self._note, "  ".join(found))

    def _completions(self, before: str) -> Sequence[str]:
        words = before.split()
        if words and words[0] == "as":
            place = len(words) - (not before.endswith(" "))
            names = [holder.actor for holder in self._known]
            if place >= 2:
                names = [each.credentials for each in self._known if each.actor == words[1]]
            begun = "" if before.endswith(" ") else words[-1]
            return [name for name in dict.fromkeys(names) if name.startswith(begun)]
        own = [word for word in _WORDS if words and len(words) == 1 and word.startswith(words[0])]
        return (*completions(before), *own)

    def _note(self, text: str) -> None:
        self.query_one("#console-note", Static).update(Content.styled(text, "$quiet"))

    # -- running ------------------------------------------------------------------------
    def _begin(self, line: str, holder: Holder) -> None:
        self._set_working(True)
        block = Static(classes="console-block")
        log = self.query_one("#console-log", VerticalScroll)
        for old in list(log.children)[: -(_MOST_BLOCKS - 1)]:
            old.remove()
        log.mount(block)
        at = hms(self.play.lab.clock.now())
        head = Content.assemble(
            (f"{at} ", "$quiet"),
            (f"{holder.actor} {holder.credentials} $ ", "$quiet"),
            (line, "bold"),
        )
        block.update(head)
        self.call_after_refresh(log.scroll_end, animate=False)
        self.set_timer(_PATIENCE_SECONDS, self._spin)
        self._run(line, holder, block, head)

    def _set_working(self, working: bool) -> None:
        self.working = working
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows only what works now."""
        if action == "interrupt":
            return self.working or bool(self.query_one(Input).value)
        return True

    def _spin(self) -> None:
        if not self.working:
            self._note("")
            return
        self._turn += 1
        self._note(f"{_SPINNER[self._turn % len(_SPINNER)]} under way; Ctrl+C ends it")
        self.set_timer(0.1, self._spin)

    @work(thread=True, group="console", exit_on_error=False)
    def _run(self, line: str, holder: Holder, block: Static, head: Content) -> None:
        trail = self.play.lab.trail
        before = trail.next_sequence - 1
        try:
            ran = self.console.run(line, holder.caller)
        except Exception as error:  # the console must stand whatever a command does
            ran = Ran(255, "", f"{type(error).__name__}: {error}\n")
        records = [each for each in trail.records(before) if each.actor == holder.actor]
        self._keep_issued(holder, records)
        known = holders(self.play, self._found)
        self.app.call_from_thread(self._ran, ran, block, head, records, known)

    def _keep_issued(self, holder: Holder, records: Sequence[Record]) -> None:
        """What a command has issued can be called with from now on."""
        ledger = self.play.lab.ledger
        mine = self._found.setdefault(holder.actor, {})
        held = {keys.access_key_id for keys in self.play.credentials(holder.actor).values()}
        for record in records:
            issued = ledger.find(record.issued_key) if record.issued_key else None
            if issued is not None and issued.access_key_id not in held:
                taken = [*mine, *self.play.credentials(holder.actor)]
                mine[name_for(record, taken)] = Keys(
                    issued.access_key_id,
                    issued.secret_access_key,
                    issued.session_token,
                    issued.expires_at,
                )

    def _ran(
        self,
        ran: Ran,
        block: Static,
        head: Content,
        records: Sequence[Record],
        known: tuple[Holder, ...],
    ) -> None:
        self._set_working(False)
        new = [each for each in known if each.same not in {old.same for old in self._known}]
        self._looked(known)
        self._output = ran.out or ran.err
        self._last_call = records[-1] if records else self._last_call
        parts = [head]
        if out := _shown(ran.out):
            parts.append(Content(out))
        if err := _shown(ran.err):
            parts.append(Content.styled(err, "$denied"))
        if ran.cut:
            parts.append(Content.styled("… there was more; it is cut here", "$refused"))
        if ran.exit_code:
            parts.append(Content.styled(f"exit code {ran.exit_code}", "$quiet"))
        parts += [
            Content.assemble(
                ("→ call with it: ", "$quiet"),
                (f"as {holder.actor} {holder.credentials}", "bold $now"),
            )
            for holder in new
        ]
        block.update(Content("\n").join(parts))
        log = self.query_one("#console-log", VerticalScroll)
        self.call_after_refresh(log.scroll_end, animate=False)

    def _write(self, content: Content) -> None:
        log = self.query_one("#console-log", VerticalScroll)
        log.mount(Static(content, classes="console-block"))
        self.call_after_refresh(log.scroll_end, animate=False)

    # -- what a key does ----------------------------------------------------------------
    def action_interrupt(self) -> None:
        """End the command that runs; else empty the line."""
        if self.working:
            self.console.kill()
        self.query_one(Input).value = ""

    def action_clear(self) -> None:
        """Empty the screen."""
        self.query_one("#console-log", VerticalScroll).remove_children()

    def action_copy_output(self) -> None:
        """Copy the last output."""
        self.app.copy_to_clipboard(self._output)
        self.notify("The last output.", title="Copied", timeout=2)

    def action_scroll(self, step: int) -> None:
        """Scroll what was run."""
        log = self.query_one("#console-log", VerticalScroll)
        log.scroll_relative(y=step * max(log.size.height - 2, 1), animate=False)

    def action_why_last(self) -> None:
        """Why was the last call answered so?"""
        if self._last_call is None:
            self._write(Content.styled("No call was made here yet.", "$refused"))
        else:
            self.app.push_screen(self._why(self._last_call))

    def _why(self, record: Record) -> Screen[None]:
        from tui.screens.why import WhyScreen

        play = self.play
        return WhyScreen(record, play.story.records(), play.lab.ledger.sessions())

    def on_why_requested(self, message: WhyRequested) -> None:
        """Open Why."""
        message.stop()
        self.app.push_screen(self._why(message.record))

    def action_back(self) -> None:
        """Back to the lab; a command that runs goes on."""
        self.dismiss(None)

    def commands(self) -> Iterable[SystemCommand]:
        """What the command palette offers here."""
        for holder in self._known:
            yield SystemCommand(
                f"As {holder.name}, with {holder.credentials}",
                "Who calls in the console",
                lambda holder=holder: self._become(f"{holder.actor} {holder.credentials}"),
            )
        yield SystemCommand("Why: the last call", "How it came about", self.action_why_last)
        yield SystemCommand("Copy the last output", "Ctrl+Y", self.action_copy_output)
        yield SystemCommand("Clear", "Ctrl+L", self.action_clear)
        yield SystemCommand("Back to the lab", "Esc", self.action_back)


class HolderChoice(ModalScreen[Holder | None]):
    """Who calls, and with what."""

    HELP = """\
## As whom

Everybody in the story with each of the credentials they hold. ↑ ↓ and Enter choose; Esc
stays.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Stay", key_display="Esc"),
    ]

    def __init__(self, known: Sequence[Holder]) -> None:
        super().__init__()
        self._known = tuple(known)

    def compose(self) -> ComposeResult:
        """A line each."""
        with Vertical(id="holders", classes="pane"):
            yield OptionList(*(Option(_told(holder)) for holder in self._known))
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ready to choose."""
        self.query_one("#holders").border_title = "As whom?"
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(self._known[event.option_index])

    def action_cancel(self) -> None:
        """As before."""
        self.dismiss(None)


def _told(holder: Holder) -> Content:
    key = holder.keys.access_key_id if holder.keys else "calls unsigned"
    return Content.assemble(
        (holder.actor, "bold"), (f" {holder.credentials}", ""), (f"  {key}", "$quiet")
    )


def _shown(text: str) -> str:
    """Output as a terminal leaves it: carriage returns obeyed, not too long."""
    lines = [line.rpartition("\r")[2].rstrip() for line in text.strip("\n").splitlines()]
    if len(lines) > _LONGEST_OUTPUT:
        left = len(lines) - _LONGEST_OUTPUT
        lines = [*lines[:_LONGEST_OUTPUT], f"… {left} more lines (Ctrl+Y copies everything)"]
    return "\n".join(lines)
