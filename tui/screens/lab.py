"""The lab: what the learner can do with one play."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel

from simulator.scenario.play.attaching import attachment, detach
from tui.messages import ActionChosen, DebriefWanted, WhyRequested
from tui.policy_facts import policy_facts
from tui.screens.dialogs import Confirm
from tui.screens.export import ExportScreen, held
from tui.screens.lab_endpoint import EndpointWatch
from tui.screens.lab_panes import PaneKeys
from tui.screens.lab_time import TimeKeys
from tui.screens.policy import Detach, Draft, PolicyScreen
from tui.screens.why import WhyScreen
from tui.widgets.actions import KEYS, shortened
from tui.widgets.status import LastCall
from tui.widgets.story import StoryPane
from tui.widgets.trail_pane import TrailPane

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.scenario.states import Action
    from simulator.trail import Record
    from tui.screens.console import ConsoleScreen

_COMMANDS = (
    ("Why: the last call", "How its answer came about (w)", "why_last"),
    ("Policy", "See and change the policy before it is put (p)", "policy"),
    ("Console", "Run aws … as anybody in the story (c)", "console"),
    ("Credentials", "Everybody's, as export lines for your own tools (y)", "export"),
    ("Time: 1 second on", "Move lab time (s)", "step_time(1)"),
    ("Time: 1 minute on", "Move lab time (m)", "step_time(60)"),
    ("Time: 15 minutes on", "Move lab time (f)", "step_time(900)"),
    ("Time: 1 hour on", "Move lab time (h)", "step_time(3600)"),
    ("Time: to the next expiry", "Move lab time (e)", "next_expiry"),
    ("Time: run or pause", "Let lab time run (space)", "toggle_time"),
    ("Time: another speed", "Times 1, 60, 600 (r)", "change_speed"),
    ("Pane: go to", "Choose a pane by letter (g)", "jump"),
    ("Pane: alone, or all", "The focused pane alone (z)", "zoom"),
    ("Pane: story wider", "More of the width for the story (>)", "widen(4)"),
    ("Pane: story narrower", "Less of the width for the story (<)", "widen(-4)"),
    ("Pane: higher", "More of the height for the focused pane (+)", "heighten(2)"),
    ("Pane: lower", "Less of the height for the focused pane (-)", "heighten(-2)"),
    ("Trail: filter", "Only calls with the words you type (/)", "filter_trail"),
    ("Back to the checkpoint", "The start of this task, or of the one before (B)", "checkpoint"),
    ("Restart", "From the first step, in a new world (R)", "restart"),
    ("Endpoint: start again", "Where the lab's server has died", "serve_again"),
    ("Catalogue", "Leave the lab as it is (b)", "leave"),
)
"""Title, text and action of each command of the palette."""


class LabScreen(PaneKeys, TimeKeys, EndpointWatch):
    """One play on the screen. It asks and shows; the play decides."""

    HELP = """\
## The lab

| key | does |
| --- | --- |
| Tab, Shift+Tab | the next pane, the one before |
| g | go to a pane: o story, t terminal, s sessions, r trail |
| z | the focused pane alone; again for all |
| < > | the story narrower, wider |
| - + | the focused pane on the right lower, higher |
| w | why was the latest call answered so? |
| s m f h | time: forwards by 1 s, 1 min, 15 min, 1 h |
| e | time: on to the next expiry |
| space, r | time: run or pause; ×1, ×60, ×600 |
| / | filter the trail |
| p | see, and change, a policy before it is put |
| c | console: run `aws …` as anybody in the story |
| y | everybody's credentials as `export` lines, for your own AWS CLI |
| B, R | back to the checkpoint; restart |
| b | to the catalogue; the lab stays as it is |
| Esc | all panes again; no filter on the trail |
| Ctrl+P | every command |
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"choose('{key}')", "Choose", show=False) for key in KEYS),
        Binding("n", "choose('n')", "Go on"),
        Binding("n", "not_yet", "Not yet", show=False),  # where there is no going on
        Binding("t", "choose('t')", "Hint"),
        Binding("x", "choose('x')", "Show me", show=False),
        Binding("p", "policy", "Policy"),
        Binding("w", "why_last", "Why?"),
        Binding("c", "console", "Console"),
        Binding("y", "export", "Credentials", show=False),
        Binding("B", "checkpoint", "Checkpoint", show=False),
        Binding("R", "restart", "Restart", show=False),
        Binding("slash", "filter_trail", "Filter", show=False),
        Binding("b", "leave", "Leave"),
        Binding("escape", "escape", "Back", show=False),
    ]

    _shell: ConsoleScreen | None = None
    _drafts: dict[tuple[int, str], str]
    """Policies that were changed and not put: index of the step, id of the action → text."""
    resumes: ClassVar[bool] = True
    """Whether it can be left for another day and gone on with."""

    def __init__(self, play: Play) -> None:
        """Show an open play."""
        super().__init__(play)
        self._drafts = {}

    def action_choose(self, key: str) -> None:
        """The entry of the action list with this key."""
        self.query_one(StoryPane).actions.choose_key(key)

    def action_not_yet(self) -> None:
        """Say what is wanted before the story goes on."""
        current = self.snapshot.current if self.snapshot is not None else None
        if current is None or self.working:
            return
        if current.options:
            wanted = f"Answer first: 1 to {len(current.options)}."
        else:
            wanted = "The task is not done yet. t opens a hint, x has it done for you."
        self.notify(wanted, timeout=3)

    def on_action_chosen(self, message: ActionChosen) -> None:
        """Do it on a worker; one thing at a time."""
        message.stop()
        verb, _, rest = message.choice.partition(":")
        if verb == "leave":
            self.action_leave()
        elif verb == "restart":
            self.action_restart()
        elif verb == "debrief":
            self.action_debrief()
        else:
            jobs: dict[str, Callable[[], object]] = {
                "do": lambda: self.play.do(rest),
                "answer": lambda: self.play.answer(int(rest)),
                "hint": self.play.hint,
                "solve": self.play.solve,
            }
            self._start(jobs[verb])

    def _start(self, job: Callable[[], object], *, calls: bool = True) -> None:
        if calls and not self.serving:
            self.action_serve_again()
            return
        if self.working:
            self.notify("The last thing you asked for is still under way.", timeout=2)
            return
        self.working = True
        self._perform(job)

    @work(thread=True, group="play", exit_on_error=False)
    def _perform(self, job: Callable[[], object]) -> None:
        problem = ""
        try:
            job()
        except KeyError:
            problem = "That is no longer possible here; look at what the story offers now."
        except Exception as error:  # the screen must stand whatever happens behind it
            problem = f"{type(error).__name__}: {error}. B goes back to the checkpoint, R restarts."
        self.app.call_from_thread(self._performed, problem)

    def _performed(self, problem: str) -> None:
        self.working = False
        if problem:
            self.notify(problem, title="That did not work", severity="error", timeout=8)
        self.refresh_soon()

    def action_policy(self) -> None:
        """See, and perhaps change, the policy of the chosen action before it is put."""
        offer = self._policy_offer()
        if offer is None:
            self.notify("There is no policy to put here.", timeout=2)
            return

        place = (self._reached, offer.id)
        draft = self._drafts.pop(place, None)

        def put(answer: str | Detach | Draft | None) -> None:
            if isinstance(answer, Draft):
                self._drafts[place] = answer.text
                self.notify("Not put. Your changes are kept: p shows them again.", timeout=3)
            elif isinstance(answer, Detach):
                self._start(lambda: self._take_away(offer.id))
            elif answer is not None:
                self._start(lambda: self.play.do(offer.id, document=answer))

        there = attachment(self.play, offer.id)
        self.app.push_screen(PolicyScreen(offer, policy_facts(self.play), there, draft), put)

    def _take_away(self, action_id: str) -> None:
        answer = detach(self.play, action_id)
        said = "Detached." if answer.ok else f"{answer.error_code}: {answer.error_message}"
        severity: SeverityLevel = "information" if answer.ok else "error"
        self.app.call_from_thread(self.notify, said, severity=severity)

    def _policy_offer(self) -> Action | None:
        """The highlighted action if it puts a policy, else the first that does."""
        if self.snapshot is None:
            return None
        offers = {
            action.id: action for action in self.snapshot.actions if action.document is not None
        }
        chosen = self.query_one(StoryPane).actions.chosen
        if chosen is not None and chosen.policy in offers:
            return offers[chosen.policy]
        return next(iter(offers.values()), None)

    def action_console(self) -> None:
        """Run aws … as anybody in the story; the console stays as it was left."""
        # Not at the top: botocore takes a while to load.
        from tui.screens.console import ConsoleScreen

        if self._shell is None:
            self._shell = ConsoleScreen(self.play)
            self.app.install_screen(self._shell, f"console-{id(self._shell)}")
        self.app.push_screen(self._shell)

    def action_filter_trail(self) -> None:
        """To the trail, and type."""
        self.front = "trail"
        self.query_one(TrailPane).action_filter()

    def action_export(self) -> None:
        """Everybody's credentials as export lines."""
        self._collect_held()

    @work(thread=True, group="export", exit_on_error=False)
    def _collect_held(self) -> None:
        found = held(self.play)
        self.app.call_from_thread(self.app.push_screen, ExportScreen(found))

    # -- around the play ----------------------------------------------------------------
    def on_why_requested(self, message: WhyRequested) -> None:
        """Open Why."""
        message.stop()
        self._why(message.record)

    def action_why_last(self) -> None:
        """Open Why for the latest call."""
        record = self.query_one(LastCall).record
        if record is None:
            self.notify("There has been no call yet.", timeout=2)
        else:
            self._why(record)

    def _why(self, record: Record) -> None:
        lab = self.play.lab
        self.app.push_screen(WhyScreen(record, self.play.story.records(), lab.ledger.sessions()))

    def action_escape(self) -> None:
        """All panes again, or all calls; where there is no going back, say what leaves."""
        if self.alone:
            self.alone = False
        elif not self.query_one(TrailPane).end_filter():
            self.notify("b leaves for the catalogue; the lab stays as it is.", timeout=3)

    def action_leave(self) -> None:
        """To the catalogue. The lab stays open as it is."""
        if not self.play.live:  # outside tools go on while nobody looks
            self.move_clock(self.play.lab.clock.pause)
        self.dismiss(None)

    def action_restart(self) -> None:
        """From the beginning, after a question if something would be lost."""
        if not self.begun:
            self._start(self.play.restart, calls=False)
            return
        self.app.push_screen(
            Confirm(
                "Restart this lab?",
                "The world is made anew and the story begins at its first step.",
                "restart",
            ),
            lambda yes: self._start(self.play.restart, calls=False) if yes else None,
        )

    def action_debrief(self) -> None:
        """How it went, once it is over."""
        if self.snapshot is not None and self.snapshot.finished:
            self.app.post_message(DebriefWanted(self.play, self.snapshot))

    def action_checkpoint(self) -> None:
        """To the start of this task, or, untouched, of the one before."""
        self._start(self.play.back_to_checkpoint, calls=False)

    def commands(self) -> Iterable[SystemCommand]:
        """What the command palette offers in the lab: everything a key does here."""
        for entry in self.query_one(StoryPane).actions.entries:
            if entry.choice:
                yield SystemCommand(
                    entry.label,
                    shortened(entry.command) or "What can be done now",
                    lambda choice=entry.choice: self.post_message(ActionChosen(choice)),
                )
        for title, text, action in _COMMANDS:
            yield SystemCommand(title, text, lambda action=action: self.run_action(action))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The footer shows only what works now."""
        if action == "choose" and self.snapshot is not None and parameters:
            keys = {entry.key for entry in self.query_one(StoryPane).actions.entries}
            return parameters[0] in keys
        if action == "why_last":
            return self.query_one(LastCall).record is not None if self.is_mounted else False
        if action == "policy":
            return self._policy_offer() is not None if self.is_attached else False
        if action == "zoom":
            return not self.folded
        if action in ("widen", "heighten"):
            return self.resizable
        return True
