"""Messages that travel up from widgets to screens; data travels down by method calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from simulator.scenario.states import PlayEvent
    from simulator.trail import Record


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


class TimeStep(Message):
    """The clock is to move on by so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds
