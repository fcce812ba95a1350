"""The lab: story, terminals, sessions, trail and clock of one play."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from simulator.scenario.states import (
    ClockMoved,
    Finished,
    RecordSeen,
    Restarted,
    StepChanged,
    TerminalWritten,
)
from tui.messages import ActionChosen, PlayChanged, SnapshotTaken, StepReached, WhyRequested
from tui.screens.dialogs import Confirm, Jump
from tui.screens.export import ExportScreen, held
from tui.screens.policy import PolicyScreen
from tui.snapshot import Snapshot, take
from tui.widgets.actions import shortened
from tui.widgets.clock_bar import ClockBar
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.status import LastCall
from tui.widgets.story import StoryPane
from tui.widgets.terminal import Terminal
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.scenario.states import Action, PlayEvent
    from simulator.trail import Record

PANES = (
    ("o", "story", "Story"),
    ("t", "terminal", "Terminal"),
    ("s", "timeline", "Sessions"),
    ("r", "trail", "Trail"),
)
"""Key after `g`, widget id and title of each pane."""

_COMMANDS = (
    ("Why: the last call", "How its answer came about (w)", "why_last"),
    ("Policy", "See and change the policy before it is put (p)", "policy"),
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
    ("Back to the checkpoint", "The start of this task, or of the one before (B)", "checkpoint"),
    ("Restart", "From the first step, in a new world (R)", "restart"),
    ("Catalogue", "Leave the lab as it is (b)", "leave"),
)
"""Title, text and action of each command of the palette."""

_SPEEDS = (1, 60, 600)
_SETTLE_SECONDS = 0.03


class LabScreen(Screen[None]):
    """One play on the screen. It asks and shows; the play decides."""

    HELP = """\
## The lab

| key | does |
| --- | --- |
| Tab, Shift+Tab | the next pane, the one before |
| g | go to a pane: o story, t terminal, s sessions, r trail |
| z | the focused pane alone; again for all |
| w | why was the latest call answered so? |
| s m f h | time: forwards by 1 s, 1 min, 15 min, 1 h |
| e | time: on to the next expiry |
| space, r | time: run or pause; ×1, ×60, ×600 |
| p | see, and change, a policy before it is put |
| y | everybody's credentials as `export` lines, for your own AWS CLI |
| B, R | back to the checkpoint; restart |
| b, Esc | to the catalogue; the lab stays as it is |
| Ctrl+P | every command |
"""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it on instances
        (0, "-narrow"),
        (100, "-medium"),
        (140, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-short"),
        (30, "-middling"),
        (44, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Pane", key_display="Tab", priority=True),
        Binding("shift+tab", "next_pane(-1)", "Pane before", show=False, priority=True),
        *(
            Binding(str(digit), f"choose('{digit}')", "Choose", show=False)
            for digit in range(1, 10)
        ),
        Binding("n", "choose('n')", "Go on"),
        Binding("t", "choose('t')", "Hint"),
        Binding("x", "choose('x')", "Show me", show=False),
        Binding("p", "policy", "Policy"),
        Binding("w", "why_last", "Last call"),
        Binding("s", "step_time(1)", "+1 s", show=False),
        Binding("m", "step_time(60)", "+1 min", show=False),
        Binding("f", "step_time(900)", "+15 min", show=False),
        Binding("h", "step_time(3600)", "+1 h", show=False),
        Binding("e", "next_expiry", "To the next expiry", show=False),
        Binding("space", "toggle_time", "Run or pause", show=False),
        Binding("r", "change_speed", "Speed", show=False),
        Binding("g", "jump", "Go to"),
        Binding("z", "zoom", "Zoom"),
        Binding("y", "export", "Credentials", show=False),
        Binding("B", "checkpoint", "Checkpoint", show=False),
        Binding("R", "restart", "Restart", show=False),
        Binding("b", "leave", "Catalogue"),
        Binding("escape", "escape", "Back", show=False),
    ]

    front: reactive[str] = reactive("story")
    """The pane in front where the lab is folded into tabs."""
    working: reactive[bool] = reactive(False)
    """Whether calls that the learner asked for are under way."""

    def __init__(self, play: Play) -> None:
        """Show an open play.

        Args:
            play: already open.
        """
        super().__init__()
        self.play = play
        self.snapshot: Snapshot | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._stale = False
        self._taking = False
        self._moves = 0
        self._reached = -1
        self._opened_at = play.lab.clock.now()
        self._actors: set[str] = set()

    def compose(self) -> ComposeResult:
        """Two lines of heading, the panes, one line about the latest call, the footer."""
        scenario = self.play.scenario
        yield Static(
            Content.assemble(
                (" stslab ", "bold $background on $now"), "  ", (scenario.title, "bold")
            ),
            id="heading",
        )
        yield ClockBar(id="clock")
        yield PaneTabs([(pane, title) for _, pane, title in PANES], id="tabs")
        yield StoryPane(id="story", classes="pane")
        yield Timeline(id="timeline", classes="pane")
        yield Terminal(id="terminal", classes="pane")
        yield TrailTable(id="trail", classes="pane")
        yield LastCall(id="status")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Listen to the play, and show how it stands."""
        self._unsubscribe = self.play.subscribe(self._heard)
        self._show_everything()
        self.watch_front(self.front)
        self.query_one(StoryPane).actions.focus()

    def on_unmount(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    @property
    def begun(self) -> bool:
        """Whether there is something to lose: under way, and not finished."""
        snapshot = self.snapshot
        if snapshot is None or snapshot.current is None:
            return False
        return snapshot.current.index > 0

    @property
    def at_rest(self) -> bool:
        """Whether everything that was asked for is done and shown."""
        busy = self.working or self._moves or self._stale or self._taking
        return self.snapshot is not None and not busy

    # -- what the play says -------------------------------------------------------------
    def _heard(self, event: PlayEvent) -> None:
        # Called on whatever thread; messages are the way into the event loop.
        self.post_message(PlayChanged(event))

    def on_play_changed(self, message: PlayChanged) -> None:
        """Each kind of event has its own small answer."""
        message.stop()
        match message.event:
            case RecordSeen(record):
                if record.actor in self._actors:
                    self.query_one(TrailTable).append(record)
                    self.query_one(LastCall).record = record
                    self._mark_fresh("trail", "timeline")
            case TerminalWritten(line):
                self.query_one(Terminal).write(line)
                self._mark_fresh("terminal")
            case ClockMoved(now):
                self._show_time(now)
                return
            case Restarted():
                self._show_everything()
            case StepChanged() | Finished():
                pass
        self._take_soon()

    def _show_everything(self) -> None:
        play = self.play
        records = play.story.records()
        self._actors = {actor.id for actor in play.actors()}
        self.query_one(TrailTable).show(records)
        self.query_one(LastCall).record = records[-1] if records else None
        self.query_one(Terminal).open_for(play.actors(), play.terminal())
        self._opened_at = min([play.scenario.start, *(record.at for record in records)])
        self.query_one(PaneTabs).fresh = frozenset()
        self._show_time(play.lab.clock.now())
        self._take_soon()

    def _show_time(self, now: object) -> None:
        clock = self.play.lab.clock
        bar = self.query_one(ClockBar)
        bar.now, bar.rate = clock.now(), clock.rate
        self.query_one(Timeline).move_now(clock.now())
        if bar.next_expiry is not None and bar.next_expiry <= clock.now():
            self._take_soon()

    # -- snapshots ----------------------------------------------------------------------
    def _take_soon(self) -> None:
        """Ask the play for everything once the present burst of events is over."""
        if not self._stale:
            self._stale = True
            self.set_timer(_SETTLE_SECONDS, self._take_now)

    def _take_now(self) -> None:
        if self._taking:
            self.set_timer(_SETTLE_SECONDS, self._take_now)
            return
        self._stale, self._taking = False, True
        self._take()

    @work(thread=True, group="snapshot", exit_on_error=False)
    def _take(self) -> None:
        try:
            snapshot = take(self.play)
        except RuntimeError:  # the play was closed meanwhile
            self._taking = False
            return
        self.post_message(SnapshotTaken(snapshot))

    async def on_snapshot_taken(self, message: SnapshotTaken) -> None:
        """Render it."""
        message.stop()
        self._taking = False
        snapshot = message.snapshot
        reached = snapshot.current.index if snapshot.current is not None else len(snapshot.steps)
        if reached != self._reached:
            self._reached = reached
            self.app.post_message(StepReached(self.play, snapshot))
        self.snapshot = snapshot
        await self.query_one(StoryPane).show(snapshot)
        self.query_one(TrailTable).reconcile(snapshot.records)
        self.query_one(LastCall).record = snapshot.records[-1] if snapshot.records else None
        self.query_one(Timeline).show(snapshot.rows, snapshot.now, self._opened_at)
        bar = self.query_one(ClockBar)
        bar.now, bar.rate = snapshot.now, snapshot.rate
        bar.next_expiry = snapshot.next_expiry
        self.refresh_bindings()

    # -- what the learner does ----------------------------------------------------------
    def action_choose(self, key: str) -> None:
        """The entry of the action list with this key."""
        self.query_one(StoryPane).actions.choose_key(key)

    def on_action_chosen(self, message: ActionChosen) -> None:
        """Do it on a worker; one thing at a time."""
        message.stop()
        verb, _, rest = message.choice.partition(":")
        if verb == "leave":
            self.action_leave()
        elif verb == "restart":
            self.action_restart()
        elif self.working:
            self.notify("The last thing you asked for is still under way.", timeout=2)
        else:
            jobs: dict[str, Callable[[], object]] = {
                "do": lambda: self.play.do(rest),
                "answer": lambda: self.play.answer(int(rest)),
                "hint": self.play.hint,
                "solve": self.play.solve,
            }
            self._start(jobs[verb])

    def _start(self, job: Callable[[], object]) -> None:
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
        self._take_soon()

    def watch_working(self, working: bool) -> None:
        """The story pane says so after a moment."""
        for story in self.query(StoryPane):
            story.busy(working)

    def action_policy(self) -> None:
        """See, and perhaps change, the policy of the chosen action before it is put."""
        offer = self._policy_offer()
        if offer is None:
            self.notify("There is no policy to put here.", timeout=2)
            return

        def put(document: str | None) -> None:
            if document is not None:
                self._start(lambda: self.play.do(offer.id, document=document))

        self.app.push_screen(PolicyScreen(offer), put)

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

    def action_export(self) -> None:
        """Everybody's credentials as export lines."""
        self._collect_held()

    @work(thread=True, group="export", exit_on_error=False)
    def _collect_held(self) -> None:
        found = held(self.play)
        self.app.call_from_thread(self.app.push_screen, ExportScreen(found))

    # -- time ---------------------------------------------------------------------------
    def action_step_time(self, seconds: int) -> None:
        """Move lab time forwards."""
        clock = self.play.lab.clock
        self._move(lambda: clock.advance(timedelta(seconds=seconds)))

    def action_next_expiry(self) -> None:
        """Move lab time to the moment the next session ends."""
        at = self.snapshot.next_expiry if self.snapshot else None
        if at is None:
            self.notify("No session is waiting to expire.", timeout=3)
        else:
            self._move(lambda: self.play.lab.clock.move_to(at))

    def action_toggle_time(self) -> None:
        """Let time run, or stand."""
        bar, clock = self.query_one(ClockBar), self.play.lab.clock
        rate = 0 if clock.rate else bar.speed
        self._move(lambda: clock.run(rate))

    def action_change_speed(self) -> None:
        """The next speed; at once, if time is running."""
        bar, clock = self.query_one(ClockBar), self.play.lab.clock
        speed = _SPEEDS[(_SPEEDS.index(bar.speed) + 1) % len(_SPEEDS)]
        bar.speed = speed
        if clock.rate:
            self._move(lambda: clock.run(speed))

    def _move(self, move: Callable[[], object]) -> None:
        self._moves += 1
        self._move_clock(move)

    @work(thread=True, group="clock", exit_on_error=False)
    def _move_clock(self, move: Callable[[], object]) -> None:
        # The clock stands still while a request is served, so this may wait for one.
        problem = ""
        try:
            move()
        except ValueError as error:
            problem = str(error)
        self.app.call_from_thread(self._moved, problem)

    def _moved(self, problem: str) -> None:
        self._moves -= 1
        if problem:
            self.notify(problem, severity="warning")
        self._show_time(None)
        self._take_soon()

    # -- panes --------------------------------------------------------------------------
    @property
    def folded(self) -> bool:
        """Whether the panes are tabs."""
        return self.has_class("-narrow") or self.has_class("-short")

    def watch_front(self, front: str) -> None:
        """Bring a pane to the front (it shows only where the lab is folded)."""
        for pane in self.query(".pane"):
            pane.set_class(pane.id == front, "-front")
        for tabs in self.query(PaneTabs):
            tabs.active = front
            tabs.fresh = tabs.fresh - {front}

    def _mark_fresh(self, *panes: str) -> None:
        tabs = self.query_one(PaneTabs)
        tabs.fresh = tabs.fresh | {pane for pane in panes if pane != self.front}

    def go_to(self, pane: str) -> None:
        """Focus a pane, bringing it to the front where the lab is folded."""
        if self.maximized is not None:
            self.minimize()
        self.front = pane
        target = self.query_one(f"#{pane}")
        focusable: Widget = target.actions if isinstance(target, StoryPane) else target
        focusable.focus()

    def _here(self) -> str:
        order = [pane for _, pane, _ in PANES]
        focused = self.focused
        if focused is not None:
            for place in focused.ancestors_with_self:
                if place.id in order:
                    return place.id
        return self.front

    def action_next_pane(self, step: int) -> None:
        """The next pane in the order of the tabs."""
        order = [pane for _, pane, _ in PANES]
        self.go_to(order[(order.index(self._here()) + step) % len(order)])

    def action_jump(self) -> None:
        """Choose a pane by letter."""
        self.app.push_screen(Jump(PANES), lambda pane: self.go_to(pane) if pane else None)

    def on_pane_tabs_chosen(self, message: PaneTabs.Chosen) -> None:
        """A tab was clicked."""
        self.go_to(message.pane)

    def on_descendant_focus(self) -> None:
        """Where the focus is, is in front."""
        self.front = self._here()

    def action_zoom(self) -> None:
        """The focused pane alone, or all again."""
        if self.maximized is not None:
            self.minimize()
        elif not self.folded:
            self.maximize(self.query_one(f"#{self._here()}"))

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
        from tui.screens.why import WhyScreen

        lab = self.play.lab
        self.app.push_screen(WhyScreen(record, self.play.story.records(), lab.ledger.sessions()))

    def action_escape(self) -> None:
        """All panes again, else to the catalogue."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """To the catalogue. The lab stays open as it is."""
        if not self.play.live:  # outside tools go on while nobody looks
            self._move(self.play.lab.clock.pause)
        self.dismiss(None)

    def action_restart(self) -> None:
        """From the beginning, after a question if something would be lost."""
        if not self.begun:
            self._start(self.play.restart)
            return
        self.app.push_screen(
            Confirm(
                "Restart this lab?",
                "The world is made anew and the story begins at its first step.",
                "restart",
            ),
            lambda yes: self._start(self.play.restart) if yes else None,
        )

    def action_checkpoint(self) -> None:
        """To the start of this task, or, untouched, of the one before."""
        self._start(self.play.back_to_checkpoint)

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
        return True
