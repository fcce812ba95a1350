"""Messages that travel up from widgets to screens; data travels down by method calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.scenario.states import PlayEvent
    from simulator.trail import Record
    from tui.snapshot import Snapshot


class WhyRequested(Message):
    """Somebody wants to know why a call was answered as it was."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record


class ActionChosen(Message):
    """The learner wants to do one of the things possible now."""

    def __init__(self, choice: str) -> None:
        super().__init__()
        self.choice = choice


class PlayChanged(Message):
    """Something happened in the play, on whatever thread; posted into the screen's queue."""

    def __init__(self, event: PlayEvent) -> None:
        super().__init__()
        self.event = event


class SnapshotTaken(Message):
    """A worker has asked the play for everything."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class DebriefWanted(Message):
    """The learner wants to see how a finished play went."""

    def __init__(self, play: Play, snapshot: Snapshot) -> None:
        super().__init__()
        self.play = play
        self.snapshot = snapshot


class StepReached(Message):
    """The learner is at another step than before, or at the end."""

    def __init__(self, play: Play, snapshot: Snapshot) -> None:
        super().__init__()
        self.play = play
        self.snapshot = snapshot
