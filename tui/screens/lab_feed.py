"""The lab's screen and what feeds it: the play's events, and snapshots of the play."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Static

from simulator.scenario.states import (
    ClockMoved,
    Finished,
    RecordSeen,
    Restarted,
    StepChanged,
    TerminalWritten,
)
from tui.messages import PlayChanged, SnapshotTaken, StepReached
from tui.screens.fresh import Fresh
from tui.snapshot import Snapshot, take
from tui.widgets.band import Band
from tui.widgets.clock_bar import ClockBar
from tui.widgets.keys import Keys
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.status import LastCall
from tui.widgets.story import StoryPane
from tui.widgets.terminal import Terminal
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable
from tui.widgets.trail_pane import TrailPane

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.scenario.states import PlayEvent, StepState
    from simulator.trail import Record

PANES = (
    ("o", "story", "Story"),
    ("t", "terminal", "Terminal"),
    ("s", "timeline", "Sessions"),
    ("r", "trail", "Trail"),
)
"""Key after `g`, widget id and title of each pane."""

_SETTLE_SECONDS = 0.03


class LabFeed(Fresh, Screen[None]):
    """The panes of one play, always showing how it stands.

    Events come on other threads and are posted as messages. What needs asking is asked on a
    worker (see `tui.snapshot`), a moment after the last event of a burst.
    """

    STORY_TITLE: ClassVar[str] = "Story"
    """What the pane with the actions is called."""
    STORY_PANE: ClassVar[type[StoryPane]] = StoryPane
    """What it is."""

    front: var[str] = var("story")
    """The pane in front where the lab is folded into tabs."""
    working: var[bool] = var(False)
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
        self.moves = 0
        """Moves of the clock under way."""
        self._reached = -1
        self._opened_at = play.lab.clock.now()
        self._actors: set[str] = set()
        self.speed = 60
        """Lab seconds a real second, when time is let run."""

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
        yield Band(id="band")
        yield PaneTabs([(pane, title) for _, pane, title in self.panes], id="tabs")
        yield self.STORY_PANE(self.STORY_TITLE, id="story", classes="pane")
        yield Timeline(id="timeline", classes="pane")
        yield Terminal(id="terminal", classes="pane")
        yield TrailPane(id="trail", classes="pane")
        yield LastCall(id="status")
        yield Keys()

    def on_mount(self) -> None:
        """Listen to the play, and show how it stands."""
        self._unsubscribe = self.play.subscribe(self._heard)
        self.query_one(ClockBar).speed = self.speed
        self._show_everything()
        self.set_front(self.front)
        self.query_one(StoryPane).actions.focus()

    def on_unmount(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    @property
    def panes(self) -> tuple[tuple[str, str, str], ...]:
        """Key after `g`, widget id and title of each pane, as they are called here."""
        return tuple(
            (key, pane, self.STORY_TITLE if pane == "story" else title)
            for key, pane, title in PANES
        )

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
        busy = self.working or self.moves or self._stale or self._taking
        return self.snapshot is not None and not busy

    @property
    def one_at_a_time(self) -> bool:
        """Whether only the pane in front is shown."""
        return True

    def set_front(self, front: str) -> None:
        """Bring a pane to the front (it shows only where the lab is folded)."""
        for pane in self.query(".pane"):
            # Side by side it changes nothing; and whatever folds them styles them anew.
            pane.set_class(pane.id == front, "-front", update=self.one_at_a_time)
        for tabs in self.query(PaneTabs):
            tabs.active = front
            tabs.fresh = tabs.fresh - {front}

    def watch_front(self, front: str) -> None:
        """Another pane is in front."""
        self.set_front(front)

    def watch_working(self, working: bool) -> None:
        """The story pane says so after a moment."""
        for story in self.query(StoryPane):
            story.busy(working)

    def mark_fresh(self, *panes: str) -> None:
        """Mark the tabs of panes in which something happened."""
        tabs = self.query_one(PaneTabs)
        tabs.fresh = tabs.fresh | {pane for pane in panes if pane != self.front}

    def fit_timeline(self) -> None:
        """The timeline may have another number of rows."""

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
                    self.show_call(record)
                    self.mark_fresh("trail", "timeline")
            case TerminalWritten(line):
                self.query_one(Terminal).write(line)
                self.mark_fresh("terminal")
            case ClockMoved():
                self.show_time()
                return
            case Restarted():
                self._show_everything()
            case StepChanged(state):
                self._tell_failure(state)
            case Finished():
                pass
        self.refresh_soon()

    def _tell_failure(self, state: StepState) -> None:
        """The story goes on after a step that failed; say that it did."""
        if state.status == "failed" and state.failure:
            self.notify(state.failure, title=state.title, severity="warning", timeout=8)

    def _show_everything(self) -> None:
        play = self.play
        records = play.story.records()
        self._actors = {actor.id for actor in play.actors()}
        self.query_one(TrailTable).show(records)
        self.show_call(records[-1] if records else None)
        self.query_one(Terminal).open_for(play.actors(), play.terminal())
        opened = self._opened_at if play.live else play.scenario.start
        self._opened_at = min([opened, *(record.at for record in records)])
        self.query_one(PaneTabs).fresh = frozenset()
        self.show_time()
        self.refresh_soon()

    def show_call(self, record: Record | None) -> None:
        """Show the latest call, wherever it is shown."""
        self.query_one(LastCall).record = record
        self.query_one(Band).show_call(record)

    def show_time(self) -> None:
        """Show lab time, wherever it is shown."""
        clock = self.play.lab.clock
        bar = self.query_one(ClockBar)
        bar.now, bar.rate = clock.now(), clock.rate
        self.query_one(Band).show_time(bar.now, bar.rate)
        self.query_one(Timeline).move_now(clock.now())
        if bar.next_expiry is not None and bar.next_expiry <= clock.now():
            self.refresh_soon()

    # -- snapshots ----------------------------------------------------------------------
    def refresh_soon(self) -> None:
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
        except Exception:  # closed, or made anew, meanwhile: what follows will tell
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
        self.show_call(snapshot.records[-1] if snapshot.records else None)
        self.query_one(Timeline).show(snapshot.rows, snapshot.now, self._opened_at)
        self.fit_timeline()
        bar = self.query_one(ClockBar)
        bar.now, bar.rate = snapshot.now, snapshot.rate
        self.query_one(Band).show_time(snapshot.now, snapshot.rate)
        bar.next_expiry = snapshot.next_expiry
        self.refresh_bindings()
