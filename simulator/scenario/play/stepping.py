"""How far the learner is with each step: goals, checks, and the state a screen sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from simulator.scenario.schema import (
    CheckStep,
    PredictStep,
    Question,
    QuizStep,
    Scenario,
    Step,
    TaskStep,
    kind_of,
    title_of,
)
from simulator.scenario.schema.patterns import Pattern
from simulator.scenario.states import GoalState, Score, StepKind, StepState, StepStatus
from simulator.scenario.story.deeds import StoryError
from simulator.scenario.story.recognise import in_words, matching
from simulator.scenario.story.story import Story
from simulator.trail import Record

TASK_POINTS = 10
HINT_COST = 2
QUESTION_POINTS = 5


@dataclass
class Progress:
    """What is known of one step; only :class:`Play` changes it.

    Attributes:
        status: see :class:`StepState`.
        began: sequence number of the first record that can count for it.
        hints_open: how many hints are open.
        met: index of a goal → sequence number of the record that met it.
        done: ids of the actions done.
        answer: index of the chosen option.
        revealed: whether the right option is shown.
        solved: whether the solution was performed for the learner.
        text: the step's text, filled in when it became current.
        says: markdown about the last action.
        failure: why it failed.
        lines_from: index of its first terminal line.
        lines_to: index after its last.
    """

    status: StepStatus = "waiting"
    began: int = 0
    hints_open: int = 0
    met: dict[int, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    answer: int | None = None
    revealed: bool = False
    solved: bool = False
    text: str | None = None
    says: str = ""
    failure: str = ""
    lines_from: int = 0
    lines_to: int = 0


def state_of(index: int, step: Step, progress: Progress, story: Story | None) -> StepState:
    """One step as a screen sees it."""
    question = step if isinstance(step, Question) else None
    task = step if isinstance(step, TaskStep) else None
    hints = task.hints if task else []
    shown = bool(question and progress.revealed)
    return StepState(
        index=index,
        step=step,
        kind=cast(StepKind, kind_of(step)),
        title=told(title_of(step), story),
        text=progress.text if progress.text is not None else getattr(step, "text", ""),
        status=progress.status,
        hints=tuple(told(hint, story) for hint in hints[: progress.hints_open]),
        hints_total=len(hints),
        goals=_goals(task, progress, story) if task else (),
        options=tuple(told(option, story) for option in question.options) if question else (),
        answer=progress.answer,
        correct=question.right if question and shown else None,
        because=told(question.because, story) if question and shown else "",
        says=progress.says,
        failure=progress.failure,
        lines_from=progress.lines_from,
        lines_to=progress.lines_to,
    )


def told(text: str, story: Story | None) -> str:
    """Text with its placeholders filled in; where one cannot be yet, as it stands."""
    if story is None or "{{" not in text:
        return text
    try:
        return str(story.filled(text))
    except StoryError:
        return text


def meet_goals(step: TaskStep, progress: Progress, story: Story) -> bool:
    """Look through the trail for goals not met yet; whether all of them are now.

    A goal with ``save`` adopts what the latest call that fits has issued: who assumes a role
    twice goes on with the second session.
    """
    records = [record for record in story.records() if record.sequence >= progress.began]
    for number, goal in enumerate(step.goal):
        if number in progress.met and not goal.save:
            continue
        found = _fitting(goal, records, story)
        if found:
            progress.met.setdefault(number, found[0].sequence)
            if goal.save:
                story.adopt(goal.save, found[-1], goal.actor, goal.to)
    return len(progress.met) == len(step.goal)


def run_check(step: CheckStep, story: Story, began: Mapping[str, int]) -> str:
    """Perform a check; why it fails, one line, or ``""``.

    Args:
        step: the check.
        story: the story so far.
        began: step id → sequence number of its first record, for ``since``.
    """
    if step.closes_case and story.crew.case and (left := story.crew.case.close()):
        return left
    for wanted in step.trail:
        since = began.get(wanted.since, 0) if wanted.since else 0
        records = [record for record in story.records() if record.sequence >= since]
        count = len(matching(_filled(wanted, story), records, story.holdings()))
        if wanted.count is not None and count != wanted.count:
            return f"{in_words(wanted)}: {count} calls in the trail, not {wanted.count}"
        if wanted.count is None and count < wanted.at_least:
            return f"{in_words(wanted)}: {count} calls in the trail, not {wanted.at_least}"
    for act in step.calls:
        try:
            failure = story.check(act).failure
        except StoryError as error:
            failure = str(error)
        if failure:
            return failure
    return ""


def score_of(scenario: Scenario, progress: Sequence[Progress]) -> Score:
    """Points: 10 a task (2 less a hint, none if solved for you), 5 a right answer."""
    points = out_of = wrong = 0
    for step, each in zip(scenario.steps, progress, strict=True):
        if isinstance(step, TaskStep):
            out_of += TASK_POINTS
            if each.status == "done" and not each.solved:
                points += max(0, TASK_POINTS - HINT_COST * each.hints_open)
        elif isinstance(step, PredictStep | QuizStep):
            out_of += QUESTION_POINTS
            right = each.answer == step.right
            points += QUESTION_POINTS if right else 0
            wrong += each.answer is not None and not right
    return Score(
        points=points,
        out_of=out_of,
        hints_used=sum(each.hints_open for each in progress),
        solved_for_you=sum(each.solved for each in progress),
        wrong_answers=wrong,
    )


def _goals(step: TaskStep, progress: Progress, story: Story | None) -> tuple[GoalState, ...]:
    return tuple(
        GoalState(told(in_words(goal), story), number in progress.met, progress.met.get(number))
        for number, goal in enumerate(step.goal)
    )


def _fitting(goal: Pattern, records: Sequence[Record], story: Story) -> tuple[Record, ...]:
    try:
        wanted = _filled(goal, story)
    except StoryError:
        return ()
    return matching(wanted, records, story.holdings())


def _filled(pattern: Pattern, story: Story) -> Pattern:
    values: dict[str, Any] = {
        name: story.filled(getattr(pattern, name))
        for name in ("principal", "action", "operation", "resource", "parameters", "source_ip")
    }
    return pattern.model_copy(update=values)
