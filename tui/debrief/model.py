"""Everything a debrief tells, gathered from a play at its end; frozen, no screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.clock import wall
from simulator.scenario.schema import TaskStep
from tui.timeline_model import Row

if TYPE_CHECKING:
    from simulator.scenario.matrix import Row as RemedyRow
    from simulator.scenario.play import Play
    from simulator.scenario.states import Score, StepState
    from simulator.trail import Record
    from tui.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the story, and what the learner said.

    Attributes:
        question: one line.
        chosen: the option the learner committed to.
        right: the right one.
        because: markdown: why.
        predicted: whether it was asked before it was seen.
    """

    question: str
    chosen: str
    right: str
    because: str
    predicted: bool

    @property
    def correct(self) -> bool:
        """Whether the learner was right."""
        return self.chosen == self.right


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task, and the help that was taken.

    Attributes:
        title: what was to be done.
        hints: hints opened.
        hints_total: hints there were.
        failed: why it went wrong; ``""`` when it did not.
    """

    title: str
    hints: int
    hints_total: int
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of what happened: a command, or a remark such as a leak.

    Attributes:
        at: lab time.
        actor: display name.
        command: as in the terminal; a remark begins with ``#``.
        output: what it printed.
        sequence: number of the call in the trail; ``None`` for a remark.
    """

    at: datetime
    actor: str
    command: str
    output: str
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Debrief:
    """A scenario played to its end.

    Attributes:
        scenario: its id.
        title: its title.
        ended_on: real time of the end, UTC.
        opened: lab time at the beginning.
        ended: lab time at the end.
        score: how it went.
        answers: every question answered, in order.
        tasks: every task, in order.
        rows: the sessions' timeline.
        moments: what happened, oldest first.
        records: the calls; those of a kept debrief carry no evaluation.
        remember: markdown: what is worth remembering.
        sources: URLs.
        compares: whether the scenario has remedies to compare.
        remedies: the matrix, where it was measured.
    """

    scenario: str
    title: str
    ended_on: datetime
    opened: datetime
    ended: datetime
    score: Score
    answers: tuple[Answered, ...]
    tasks: tuple[TaskDone, ...]
    rows: tuple[Row, ...]
    moments: tuple[Moment, ...]
    records: tuple[Record, ...]
    remember: str
    sources: tuple[str, ...]
    compares: bool
    remedies: tuple[RemedyRow, ...] = ()

    def record(self, sequence: int | None) -> Record | None:
        """The call with this number."""
        return next((each for each in self.records if each.sequence == sequence), None)


def debrief_of(play: Play, snapshot: Snapshot) -> Debrief:
    """Gather the debrief of a play that is at its end (may wait for a call under way)."""
    scenario = play.scenario
    names = {actor.id: actor.name for actor in play.actors()}
    return Debrief(
        scenario=scenario.id,
        title=scenario.title,
        ended_on=wall(),
        opened=min([scenario.start, *(record.at for record in snapshot.records)])
        if not play.live
        else min((record.at for record in snapshot.records), default=snapshot.now),
        ended=snapshot.now,
        score=snapshot.score,
        answers=tuple(_answered(step) for step in snapshot.steps if _was_answered(step)),
        tasks=tuple(
            TaskDone(step.title, step.hints_open, step.hints_total, step.failure)
            for step in snapshot.steps
            if isinstance(step.step, TaskStep)
        ),
        rows=snapshot.rows,
        moments=tuple(
            Moment(
                line.at,
                names.get(line.actor, line.actor),
                line.command,
                line.output,
                line.record.sequence if line.record is not None else None,
            )
            for line in play.terminal()
        ),
        records=snapshot.records,
        remember=snapshot.debrief,
        sources=tuple(scenario.sources),
        compares=scenario.incident is not None and bool(scenario.remedies),
    )


def with_remedies_of(debrief: Debrief, other: Debrief | None) -> Debrief:
    """The debrief with the remedies another one of the same scenario has measured."""
    if other is None or other.scenario != debrief.scenario or debrief.remedies:
        return debrief
    return replace(debrief, remedies=other.remedies)


def _was_answered(step: StepState) -> bool:
    return step.answer is not None and step.correct is not None


def _answered(step: StepState) -> Answered:
    assert step.answer is not None
    assert step.correct is not None
    return Answered(
        step.title,
        step.options[step.answer],
        step.options[step.correct],
        step.because,
        step.kind == "predict",
    )
