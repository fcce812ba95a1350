"""What a step offers the learner: actions, each with a key and the command it runs."""

from __future__ import annotations

import json
import string
from collections.abc import Collection
from typing import Any

from simulator.scenario.play.stepping import Progress, told
from simulator.scenario.schema import HAPPENING, ActionSpec, Question, Step, TaskStep, title_of
from simulator.scenario.schema.acts import Act, AdvanceAct, LeakAct, actor_of
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.states import Action, ActionKind
from simulator.scenario.story.commands import document_parameter, prepared
from simulator.scenario.story.deeds import StoryError
from simulator.scenario.story.describing import describe
from simulator.scenario.story.story import Story

GO_ON = "continue"
"""Id of the action that goes on with the story."""


def actions_at(step: Step, progress: Progress, story: Story) -> tuple[Action, ...]:
    """What the learner can do at a step: a task's actions; else to go on, or nothing yet."""
    if isinstance(step, TaskStep):
        return task_actions(step, story, progress.done)
    if isinstance(step, Question):
        if progress.answer is None:
            return ()
        return (go_on("Go on" if progress.revealed else "See what happens"),)
    title = told(title_of(step), story)
    if isinstance(step, CallAct):
        name = story.scenario.actors[step.actor].name
        return (go_on(f"{name}: {title}", story.command(step), step.actor),)
    return (go_on(title if isinstance(step, HAPPENING) else "Go on"),)


def task_actions(step: TaskStep, story: Story, done: Collection[str]) -> tuple[Action, ...]:
    """A task's actions, in order, each with a key of its own."""
    taken: set[str] = {spec.key for spec in step.actions if spec.key}
    offers = []
    for spec in step.actions:
        key = spec.key or _free_key(spec.label, taken)
        taken.add(key)
        offers.append(_offer(spec, key, story, spec.id in done))
    return tuple(offers)


def go_on(label: str, command: str = "", actor: str = "") -> Action:
    """The one action of a step that needs no decision."""
    return Action(GO_ON, "enter", label, command, actor, "continue")


def document_of(act: Act, story: Story) -> tuple[str, str] | None:
    """Name and JSON text of the policy document a call carries; ``None``: it has none."""
    if not isinstance(act, CallAct):
        return None
    service, _, operation = act.call.partition(".")
    name = document_parameter(service, operation)
    if name is None or name not in act.parameters:
        return None
    try:
        value: Any = prepared(service, operation, story.filled(act.parameters))[name]
        return name, json.dumps(json.loads(value), indent=2)
    except (StoryError, ValueError):
        return None


def _offer(spec: ActionSpec, key: str, story: Story, done: bool) -> Action:
    document = next((found for act in spec.does if (found := document_of(act, story))), None)
    first = spec.does[0]
    actor = ""
    kind: ActionKind = "advance"
    if isinstance(first, CallAct):
        actor, kind = first.actor, "policy" if document else "call"
    elif isinstance(first, LeakAct):
        actor, kind = first.leak.giver, "leak"
    elif not isinstance(first, AdvanceAct):
        actor, kind = actor_of(first) or "", "call"
    return Action(
        id=spec.id,
        key=key,
        label=spec.label,
        command="\n".join(describe(act, story) for act in spec.does),
        actor=actor,
        kind=kind,
        document=document[1] if document else None,
        done=done,
    )


def _free_key(label: str, taken: Collection[str]) -> str:
    letters = [letter for letter in label.lower() if letter in string.ascii_lowercase]
    candidates = [*letters, *string.digits[1:], *string.ascii_lowercase]
    return next((key for key in candidates if key not in taken), "0")
