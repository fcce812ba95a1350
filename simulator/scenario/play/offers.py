"""What a step offers the learner: actions, each with the command it runs."""

from __future__ import annotations

import json
import re
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
        return (go_on(_call_label(step, title, story), story.command(step), step.actor),)
    return (go_on(title if isinstance(step, HAPPENING) else "Go on"),)


def task_actions(step: TaskStep, story: Story, done: Collection[str]) -> tuple[Action, ...]:
    """A task's actions, in order."""
    return tuple(_offer(spec, story, spec.id in done) for spec in step.actions)


def go_on(label: str, command: str = "", actor: str = "") -> Action:
    """The one action of a step that needs no decision."""
    return Action(GO_ON, label, command, actor, "continue")


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


def _offer(spec: ActionSpec, story: Story, done: bool) -> Action:
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
        label=spec.label,
        command="\n".join(describe(act, story) for act in spec.does),
        actor=actor,
        kind=kind,
        document=document[1] if document else None,
        done=done,
    )


def _call_label(step: CallAct, title: str, story: Story) -> str:
    """Who calls, said once: most titles name the actor already."""
    name = story.scenario.actors[step.actor].name
    if not getattr(step, "title", None):
        return f"{name}: {step.call.partition('.')[2]}"
    if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title, re.IGNORECASE):
        return title
    return f"{name}: {title}"
