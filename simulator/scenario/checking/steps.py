"""Check that steps name what is there: ids, keys, actions, actors."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.scenario.checking.acts import unknown_actor
from simulator.scenario.checking.findings import Finding, below
from simulator.scenario.nearest import near
from simulator.scenario.schema import (
    CheckStep,
    Scenario,
    TaskStep,
)
from simulator.scenario.schema.acts import (
    ActionAct,
)
from simulator.scenario.values import Location


def check_steps(scenario: Scenario) -> Iterator[Finding]:
    """Ids and keys given twice, names that lead nowhere, tasks and checks with nothing in them."""
    ids: set[str] = set()
    for index, step in enumerate(scenario.steps):
        at: Location = ("steps", index)
        if step.id in ids:
            yield (*at, "id"), f"the id {step.id!r} comes twice"
        if step.id:
            ids.add(step.id)
        if isinstance(step, TaskStep):
            yield from below(at, _task(step, scenario))
        if isinstance(step, CheckStep):
            for number, wanted in enumerate(step.trail):
                here = (*at, "trail", number)
                if wanted.since and wanted.since not in ids:
                    text = f"no step before this one has the id {wanted.since!r}"
                    yield (*here, "since"), text + near(wanted.since, ids)
                if wanted.actor and wanted.actor not in scenario.actors:
                    yield (*here, "as"), unknown_actor(wanted.actor, scenario)
            if not step.trail and not step.calls:
                yield at, "this check checks nothing"
    remedies = [remedy.id for remedy in scenario.remedies]
    for index, name in enumerate(remedies):
        if name in remedies[:index]:
            yield ("remedies", index, "id"), f"the remedy {name!r} comes twice"


def _task(step: TaskStep, scenario: Scenario) -> Iterator[Finding]:
    if not step.solution and not step.defender:
        yield (), f"the task {step.task!r} has no solution"
    actions = [spec.id for spec in step.actions]
    for number, spec in enumerate(step.actions):
        if actions.count(spec.id) > 1:
            yield ("actions", number, "id"), f"the action {spec.id!r} comes twice"
    for number, act in enumerate(step.solution):
        if isinstance(act, ActionAct) and act.do not in actions:
            text = f"the task has no action {act.do!r}"
            yield ("solution", number, "do"), text + near(act.do, actions)
    for number, goal in enumerate(step.goal):
        if goal.actor and goal.actor not in scenario.actors:
            yield ("goal", number, "as"), unknown_actor(goal.actor, scenario)
        if goal.to and goal.to not in scenario.actors:
            yield ("goal", number, "to"), unknown_actor(goal.to, scenario)
        if goal.to and not goal.save:
            yield ("goal", number, "to"), "`to` hands on what `save` keeps: there is no `save`"
