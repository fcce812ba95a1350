"""The console: `aws …` as anybody in the story, on the lab's endpoint."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from simulator.awscli import Console, Ran
from tui.console import writing
from tui.console.holders import Holder, UnknownHolderError, chosen
from tui.console.issued import Issued
from tui.messages import WhyRequested
from tui.screens.fresh import Fresh
from tui.screens.holder_choice import HolderChoice
from tui.spinner import Spinner
from tui.widgets.console_input import ConsoleInput
from tui.widgets.console_log import ConsoleLog
from tui.widgets.keys import Keys

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.trail import Record


class ConsoleScreen(Fresh, Screen[None]):
    """One console for one lab; it remembers what was typed while the lab is open."""

    HELP = """\
## Console

Run `aws …` on the lab's endpoint as anybody in the story. With the AWS CLI installed it is
the real one, with the lab's credentials and nothing of yours; else a built-in that knows
every service, operation and parameter. Calls count for tasks, like any other. What you type
or paste while a command runs is run after it.

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
| Ctrl+C | end the command that runs, and forget those that wait; else empty the line |
| PgUp PgDn | scroll |
| Ctrl+Y | copy the last output |
| Esc | back to the lab |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "choose_holder", "As whom", key_display="^o", priority=True),
        Binding("ctrl+c", "interrupt", "End it", key_display="^c", priority=True),
        Binding("ctrl+c", "empty_line", "Clear line", key_display="^c", priority=True),
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
        self._ahead: deque[str] = deque()
        """Commands that wait for the one that runs."""
        self._issued = Issued(play)
        self._output = ""
        self._spinner = Spinner(self, self._spin)
        self._last_call: Record | None = None

    def compose(self) -> ComposeResult:
        """Heading, what was run, completions, the command line, footer."""
        yield Static(id="heading")
        yield Static(id="console-hint")
        yield ConsoleLog(id="console-log")
        yield Static(id="console-note")
        with Horizontal(id="console-line"):
            yield Static(id="console-prompt")
            yield ConsoleInput()
        yield Keys()

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

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Somebody may hold something new."""
        if self.is_mounted:
            self._look_around()
            self.query_one(Input).focus()

    @property
    def at_rest(self) -> bool:
        """Whether no command runs or waits, and it is known who calls."""
        return not self.working and not self._ahead and self.holder is not None

    # -- who calls ----------------------------------------------------------------------
    @work(thread=True, group="holders", exclusive=True, exit_on_error=False)
    def _look_around(self) -> None:
        self._issued.forget_gone()
        known = self._issued.holders()
        self.app.call_from_thread(self._looked, known)

    def _looked(self, known: tuple[Holder, ...]) -> None:
        self._know(known)
        self._go_on()

    def _know(self, known: tuple[Holder, ...]) -> None:
        self._known = known
        self.query_one(ConsoleInput).known = known
        wanted = self.holder.same if self.holder is not None else None
        again = [holder for holder in known if holder.same == wanted]
        self.holder = next(iter(again or known), None)
        self._show_prompt()

    def _show_prompt(self) -> None:
        if self.holder is None:
            return
        sides = {actor.id: actor.side for actor in self.play.actors()}
        attacker = sides.get(self.holder.actor) == "attacker"
        self.query_one("#console-prompt", Static).update(
            writing.prompt(self.holder, attacker=attacker)
        )
        self.query_one("#console-hint", Static).update(writing.hint(self.holder))

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

    def on_console_input_entered(self, message: ConsoleInput.Entered) -> None:
        """Run it, once those before it are done."""
        message.stop()
        self._ahead.append(message.line)
        self._go_on()

    def _go_on(self) -> None:
        """What waits, while nothing runs and it is known who calls."""
        while self._ahead and self.holder is not None and not self.working:
            self._obey(self._ahead.popleft(), self.holder)

    def _obey(self, line: str, holder: Holder) -> None:
        word, _, rest = line.partition(" ")
        own: dict[str, Callable[[str], object]] = {
            "as": self._become,
            "who": lambda _: self._write(Content("\n").join(map(writing.told, self._known))),
            "why": lambda _: self.action_why_last(),
            "clear": lambda _: self.action_clear(),
            "exit": lambda _: self.action_back(),
        }
        if word in own:
            own[word](rest)
        else:
            self._begin(line, holder)

    def _become(self, rest: str) -> None:
        try:
            self.holder = chosen(rest.split(), self._known)
        except UnknownHolderError as error:
            self._write(Content.styled(str(error), "$refused"))
            return
        self._show_prompt()

    def on_console_input_offers(self, message: ConsoleInput.Offers) -> None:
        """Show what a word may become."""
        message.stop()
        self._note(message.text)

    def _note(self, text: str) -> None:
        self.query_one("#console-note", Static).update(Content.styled(text, "$quiet"))

    # -- running ------------------------------------------------------------------------
    def _begin(self, line: str, holder: Holder) -> None:
        self._set_working(True)
        head = writing.begun(self.play.lab.clock.now(), holder, line)
        block = self._write(head)
        self._run(line, holder, block, head)

    def _set_working(self, working: bool) -> None:
        self.working = working
        if self._spinner.stop():
            self._note("")
        if working:
            self._spinner.start()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows only what works now."""
        if action == "interrupt":
            return self.working
        if action == "empty_line":
            return not self.working and bool(self.query_one(Input).value)
        return True

    def _spin(self, frame: str) -> None:
        waiting = f"; {len(self._ahead)} more after it" if self._ahead else ""
        self._note(f"{frame} under way{waiting}; Ctrl+C ends it")

    @work(thread=True, group="console", exit_on_error=False)
    def _run(self, line: str, holder: Holder, block: Static, head: Content) -> None:
        trail = self.play.lab.trail
        before = trail.next_sequence - 1
        try:
            ran = self.console.run(line, holder.caller)
        except Exception as error:  # the console must stand whatever a command does
            ran = Ran(255, "", f"{type(error).__name__}: {error}\n")
        records = [each for each in trail.records(before) if each.actor == holder.actor]
        self._issued.keep(holder.actor, records)
        known = self._issued.holders()
        self.app.call_from_thread(self._ran, ran, block, head, records, known)

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
        self._know(known)
        self._output = ran.out or ran.err
        self._last_call = records[-1] if records else self._last_call
        block.update(writing.ended(head, ran, new))
        self.query_one(ConsoleLog).show_end()
        self._go_on()

    def _write(self, content: Content) -> Static:
        self.query_one("#console-hint").display = False
        return self.query_one(ConsoleLog).write(content)

    # -- what a key does ----------------------------------------------------------------
    def action_interrupt(self) -> None:
        """End the command that runs; what waits for it is not run."""
        self._ahead.clear()
        self.console.kill()

    def action_empty_line(self) -> None:
        """Begin the line anew."""
        self.query_one(Input).value = ""

    def action_clear(self) -> None:
        """Empty the screen."""
        self.query_one(ConsoleLog).clear()
        self.query_one("#console-hint").display = True

    def action_copy_output(self) -> None:
        """Copy the last output."""
        self.app.copy_to_clipboard(self._output)
        self.notify("The last output.", title="Copied", timeout=2)

    def action_scroll(self, step: int) -> None:
        """Scroll what was run."""
        self.query_one(ConsoleLog).page(step)

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
