"""The course of a play: what is done and heard, and which step that leads to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from simulator.actors import EndpointGoneError
from simulator.lab import ADMINISTRATOR
from simulator.scenario.play.announcing import Announcer
from simulator.scenario.play.doing import Doing
from simulator.scenario.play.stepping import Progress, meet_goals, told
from simulator.scenario.play.view import PlayView
from simulator.scenario.schema import (
    HAPPENING,
    CheckStep,
    PredictStep,
    Scenario,
    TaskStep,
)
from simulator.scenario.states import (
    ClockMoved,
    Finished,
    RecordSeen,
    StepChanged,
    TerminalLine,
    TerminalWritten,
)
from simulator.trail import Record


class Course(PlayView):
    """Enters steps, performs what happens at them, and completes them when the trail shows it.

    Work is done under ``_work``, one thing at a time; states are read and changed under
    ``_state``, briefly; callbacks are told under neither.
    """

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self._deepest = 0
        self._work = threading.RLock()
        self._busy = False
        self._heard = 0
        self._clock_moved = threading.Event()
        self._events = Announcer()

    # -- going on -----------------------------------------------------------------------
    @property
    def _doing(self) -> Doing:
        return Doing(self.story, self._events.flush)

    def _tell(self, target: int) -> None:
        """Begin in a fresh world and perform what lies before a step."""
        self.story.begin()
        self._heard = self.lab.trail.next_sequence - 1
        for index, step in enumerate(self.scenario.steps):
            kept = self._progress[index]
            if index >= target:
                self._progress[index] = Progress()
                continue
            kept.began = self.lab.trail.next_sequence
            kept.lines_from = kept.lines_to = len(self.terminal())
            self._deepest = index
            if isinstance(step, TaskStep):
                self._doing.solution(step)
            elif not isinstance(step, CheckStep) or step.closes_case:
                self._doing.step(step, {})
            kept.status = "done"
            kept.revealed = kept.answer is not None
        self._heard = self.lab.trail.next_sequence - 1
        self._enter(min(target, len(self.scenario.steps)))

    def _checkpoint(self) -> int:
        tasks = [i for i, step in enumerate(self.scenario.steps) if isinstance(step, TaskStep)]
        if not self.finished and self._at in tasks:
            progress = self._progress[self._at]
            if self.lab.trail.next_sequence > progress.began or progress.done:
                return self._at
        return max((i for i in tasks if i < self._at), default=0)

    def _enter(self, index: int) -> None:
        with self._state:
            self._at = index
            if self.finished:
                self._events.post(Finished(self.passed, self.score))
                return
            progress = self._progress[index]
            self._deepest = index
            progress.status = "current"
            progress.began = self.lab.trail.next_sequence
            progress.lines_from = progress.lines_to = len(self.terminal())
            progress.text = told(getattr(self.scenario.steps[index], "text", ""), self._story)
            self._changed(index)

    def _complete(self, index: int, failure: str = "") -> None:
        with self._state:
            progress = self._progress[index]
            progress.status = "failed" if failure else "done"
            progress.failure = failure
            self._changed(index)
            before = self._progress[index - 1] if index else progress
            asked = index > 0 and isinstance(self.scenario.steps[index - 1], PredictStep)
            if asked and before.answer is not None and not before.revealed:
                before.revealed = True
                before.status = "current"
                self._at = index - 1
                self._changed(index - 1)
                return
            waiting = (i for i, each in enumerate(self._progress) if each.status == "waiting")
            self._enter(next(waiting, len(self._progress)))

    def _go_on(self) -> None:
        at = self._at
        step, progress = self.scenario.steps[at], self._progress[at]
        if isinstance(step, PredictStep) and not progress.revealed:
            if at + 1 < len(self.scenario.steps):
                with self._state:
                    progress.status = "done"
                    self._changed(at)
                    self._enter(at + 1)
                if isinstance(self.scenario.steps[at + 1], HAPPENING):
                    self._go_on()
                return
            progress.revealed = True
        self._complete(at, self._doing.step(step, self._began()))

    def _began(self) -> dict[str, int]:
        steps = zip(self.scenario.steps, self._progress, strict=True)
        return {step.id: progress.began for step, progress in steps if step.id}

    def _do_action(self, action_id: str, document: str | None) -> None:
        step, at = self.scenario.steps[self._at], self._at
        assert isinstance(step, TaskStep)
        spec = next(each for each in step.actions if each.id == action_id)
        failure = self._doing.action(spec, document)
        with self._state:
            self._progress[at].done.add(action_id)
            # What the author says of it may be wrong of an action that went otherwise.
            self._progress[at].says = "" if failure else told(spec.says, self._story)
            self._progress[at].failure = failure
            self._changed(at)
        self._judge()

    def _judge(self, *, by_action: bool = True) -> None:
        """Complete the current task if the trail shows its goals.

        Args:
            by_action: whether an action brought it about; else what was said of the last
                action, which may have been a wrong one, is not about what completed it.
        """
        with self._state:
            step = self._step
            if not isinstance(step, TaskStep) or self._progress[self._at].status != "current":
                return
            progress = self._progress[self._at]
            before = len(progress.met)
            if meet_goals(step, progress, self.story):
                progress.says = progress.says if by_action else ""
                self._complete(self._at)
            elif len(progress.met) > before:
                self._changed(self._at)

    # -- what is heard ------------------------------------------------------------------
    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._work:
            outer, self._busy = self._busy, True
            try:
                yield
            finally:
                self._busy = outer
                if not outer:
                    self._listen()
        self._events.flush()

    def _recorded(self, record: Record) -> None:
        self._events.post(RecordSeen(record))
        if not self._busy:
            self._listen()
        self._events.flush()

    def _listen(self) -> None:
        """Take in what was recorded and was not ours: calls from outside."""
        outside = False
        with self._state:
            if self._lab is None or self._story is None:
                return
            for record in self._lab.trail.records(self._heard):
                self._heard = record.sequence
                if record.actor == ADMINISTRATOR and record.event.get("readOnly"):
                    self._story.hide(record)
                elif not self._story.made(record):
                    self._story.overheard(record)
                    outside = True
        self._judge(by_action=not outside)

    def _line(self, line: TerminalLine) -> None:
        self._events.post(TerminalWritten(line))
        self._progress[self._deepest].lines_to = len(self.terminal())

    def _moved(self, now: datetime) -> None:
        self._events.post(ClockMoved(now))
        self._events.flush()
        self._clock_moved.set()

    def _let_work(self) -> None:
        """Have workloads work when somebody else moves the clock, or it runs by itself."""
        while self._clock_moved.wait():
            self._clock_moved.clear()
            if self._lab is None:
                return
            # Only after the moment's own doing: an act that moves time has them work itself.
            if self.story.crew.due:
                # Without a server they cannot work; with the next one they go on.
                with self._working(), suppress(EndpointGoneError):
                    if self._lab is not None:
                        self.story.crew.work()

    def _changed(self, index: int) -> None:
        self._events.post(StepChanged(self._step_state(index)))
