"""What a screen sees of a scenario being played: states and events, all frozen.

:class:`simulator.scenario.play.Play` makes these; a screen only renders them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.scenario.schema import Step
    from simulator.trail import Outcome, Record

StepKind = Literal[
    "tell", "task", "call", "leak", "predict", "quiz", "advance", "check",
    "token", "assertion", "presign", "fetch", "metadata", "environment", "restart", "scene",
]  # fmt: skip
StepStatus = Literal["waiting", "current", "done", "failed"]
ActionKind = Literal["continue", "call", "leak", "advance", "policy"]
"""``policy``: a call that writes a policy document; :attr:`Action.document` may be edited."""


@dataclass(frozen=True, slots=True)
class GoalState:
    """One thing a task wants to see in the trail.

    Attributes:
        text: the goal in words: ``alice: sts:AssumeRole on …:role/App, allowed``.
        met: whether the trail shows it.
        sequence: the number of the record that met it; ``None`` before.
    """

    text: str
    met: bool
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class StepState:
    """One step of the scenario and how far the learner is with it.

    Attributes:
        index: position in the scenario, from 0.
        step: the step as declared; a screen rarely needs more than what is here.
        kind: the step's kind.
        title: one line of plain text.
        text: markdown, with placeholders filled in; may be empty.
        status: ``failed`` only where the *scenario* went wrong: a check, or a call with an
            unexpected outcome (the story goes on). A wrong answer is ``done`` with
            ``answer != correct``.
        hints: the hints opened so far, in order.
        hints_total: how many there are.
        goals: a task's goals; empty for other kinds.
        options: a predict's or quiz's options; empty for other kinds.
        answer: index of the option the learner chose; ``None`` before, and in other kinds.
        correct: index of the right option, once it is revealed; ``None`` before. A quiz
            reveals it at the answer; a predict after the *next* step has shown it (then the
            predict is the current step once more, to read ``because``).
        because: markdown that explains the right answer, with ``correct``; else ``""``.
        says: markdown about the action last done in a task; else ``""``.
        failure: why the step failed, one line; in a task under way, why the action last done
            wasn't what the scenario expects; else ``""``.
        lines_from: index into :meth:`Play.terminal` of the step's first line.
        lines_to: index after its last line.
    """

    index: int
    step: Step
    kind: StepKind
    title: str
    text: str
    status: StepStatus
    hints: tuple[str, ...] = ()
    hints_total: int = 0
    goals: tuple[GoalState, ...] = ()
    options: tuple[str, ...] = ()
    answer: int | None = None
    correct: int | None = None
    because: str = ""
    says: str = ""
    failure: str = ""
    lines_from: int = 0
    lines_to: int = 0

    @property
    def hints_open(self) -> int:
        """How many hints are open."""
        return len(self.hints)


@dataclass(frozen=True, slots=True)
class Action:
    """Something the learner can do now.

    Attributes:
        id: what :meth:`Play.do` takes; unique within the step.
        label: ``Alice assumes App``.
        command: the AWS-CLI-looking line that it runs; ``""`` where there is none.
        actor: id of the actor who acts; ``""`` for ``continue`` and ``advance``.
        kind: what sort of thing it is.
        document: for ``policy``: the policy document as JSON text, indented by 2.
        done: whether the learner did it already in this step, whatever came of it.
    """

    id: str
    label: str
    command: str
    actor: str
    kind: ActionKind
    document: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ActorState:
    """One of the people (or programs) in the story.

    Attributes:
        id: the name the scenario uses, ``alice``; also ``Record.actor``.
        name: the display name, ``Alice``.
        about: one line: who this is.
        side: ``defender``, ``user`` (legitimate), ``attacker`` or ``workload``.
        source_ip: where the calls come from.
        holds: names of the credentials this actor holds: ``own``, ``app``.
    """

    id: str
    name: str
    about: str
    side: Literal["defender", "user", "attacker", "workload"]
    source_ip: str
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TerminalLine:
    """One command in an actor's terminal, and what it printed.

    Attributes:
        at: lab time, UTC.
        actor: the actor's id.
        command: without a prompt: ``aws s3 ls s3://petshop-reports/``. A line that begins
            with ``#`` is a remark (a leak, for one), not a command.
        output: what the AWS CLI would print: JSON, or ``An error occurred (AccessDenied)
            when calling the ListObjectsV2 operation: …``; may have several lines or none.
        outcome: ``None`` for a remark.
        record: the trail's record behind it; ``None`` for a remark. Give it to the Why screen.
    """

    at: datetime
    actor: str
    command: str
    output: str
    outcome: Outcome | None
    record: Record | None


@dataclass(frozen=True, slots=True)
class SessionState:
    """One temporary credential, as a bar of the timeline.

    Attributes:
        access_key_id: ``ASIA…``.
        label: ``App/alice`` for a role session, ``alice (GetSessionToken)`` for a user's.
        principal_arn: the role's or user's ARN: what a cut-off is put on.
        issued_at: UTC, whole seconds: ``aws:TokenIssueTime``.
        expires_at: UTC.
        holders: ids of the actors who hold it, the rightful one first.
    """

    access_key_id: str
    label: str
    principal_arn: str
    issued_at: datetime
    expires_at: datetime
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutOff:
    """A ``DateLessThan aws:TokenIssueTime`` deny in force: the vertical line of the timeline.

    Attributes:
        principal_arn: the role or user it stands on.
        policy_name: ``AWSRevokeOlderSessions``.
        at: the cut-off, UTC.
        put_at: lab time of the call that put it there.
    """

    principal_arn: str
    policy_name: str
    at: datetime
    put_at: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """How it went so far.

    Attributes:
        points: 0 to ``out_of``.
        out_of: the most that can be had: 10 for each task, 5 for each predict and quiz.
        hints_used: hints opened, over all tasks.
        solved_for_you: tasks done by :meth:`Play.solve`.
        wrong_answers: predicts and quizzes answered wrongly.
    """

    points: int
    out_of: int
    hints_used: int
    solved_for_you: int
    wrong_answers: int


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """The server recorded a call."""

    record: Record


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step's state is new: status, hints, goals or answer."""

    state: StepState


@dataclass(frozen=True, slots=True)
class TerminalWritten:
    """A line was added to an actor's terminal."""

    line: TerminalLine


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """Lab time is another."""

    now: datetime


@dataclass(frozen=True, slots=True)
class Restarted:
    """The world is new (restart, or back to a checkpoint): render everything again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last step is behind us."""

    passed: bool
    score: Score


PlayEvent = RecordSeen | StepChanged | TerminalWritten | ClockMoved | Restarted | Finished
