"""What is allowed and hardly meant: warnings, which keep nothing from being played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.scenario.checking.acts import acts_of
from simulator.scenario.checking.calls import operation_model
from simulator.scenario.checking.conditions import check_keys
from simulator.scenario.checking.findings import Finding, plain, texts
from simulator.scenario.checking.goals import check_actions
from simulator.scenario.checking.saved import never_used
from simulator.scenario.checking.world import world_documents
from simulator.scenario.schema import (
    PredictStep,
    Scenario,
    TaskStep,
    kind_of,
)
from simulator.scenario.schema.acts import (
    Act,
    ActionAct,
    LeakAct,
    actor_of,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.story.commands import document_parameter
from simulator.scenario.values import Location

_SHOW_NOTHING = ("tell", "predict", "quiz", "check", "nothing")


def advice(scenario: Scenario) -> Iterator[Finding]:
    """Every warning about a scenario."""
    steps = scenario.steps
    if not any(isinstance(step, PredictStep) for step in steps):
        yield ("steps",), "there is no predict: let the learner commit before a surprising call"
    for index, step in enumerate(steps):
        at: Location = ("steps", index)
        if isinstance(step, TaskStep) and not step.hints:
            yield at, f"the task {step.task!r} has no hints"
        if isinstance(step, TaskStep) and not step.actions:
            yield at, f"the task {step.task!r} offers no actions: it can only be done from outside"
        if isinstance(step, TaskStep):
            for number, act in enumerate(step.solution):
                if not isinstance(act, ActionAct) and act not in _offered(step):
                    why = "no action of the task offers this: it cannot be done by keyboard"
                    yield (*at, "solution", number), why
        following = kind_of(steps[index + 1]) if index + 1 < len(steps) else "nothing"
        if isinstance(step, PredictStep) and following in _SHOW_NOTHING:
            yield at, f"what follows this predict ({following}) doesn't show the answer"
    for at, name in never_used(scenario):
        yield at, f"{name!r} is saved here and never used"
    for name in _idle(scenario):
        yield ("actors", name), f"{name!r} is an actor and does nothing"
    for documents in (world_documents, _sent_documents):
        yield from check_actions(documents(scenario))
        yield from check_keys(documents(scenario))
    for number, url in enumerate(scenario.sources):
        if not url.startswith("https://"):
            yield ("sources", number), f"{url!r} is no https URL"
    if scenario.remedies and scenario.incident is None:
        yield ("remedies",), "there are remedies but no incident to try them on"
    if scenario.incident and not scenario.remedies:
        yield ("incident",), "there is an incident but no remedies"


def _offered(step: TaskStep) -> list[Act]:
    return [act for spec in step.actions for act in spec.does]


def _sent_documents(scenario: Scenario) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    """The policy documents that calls carry."""
    for at, act in acts_of(scenario):
        if not isinstance(act, CallAct):
            continue
        service, _, operation = act.call.partition(".")
        if isinstance(operation_model(service, operation), str):
            continue  # an error already
        name = document_parameter(service, operation)
        if name and isinstance(act.parameters.get(name), Mapping):
            yield (*at, "parameters", name), act.parameters[name]


def _idle(scenario: Scenario) -> Iterator[str]:
    """Actors in whose name nothing ever happens."""
    told = " ".join(text for _, text in texts([plain(step) for step in scenario.steps], ()))
    busy = {name for name, actor in scenario.actors.items() if actor.workload or actor.name in told}
    for _, act in acts_of(scenario):
        busy.add(actor_of(act) or "")
        if isinstance(act, LeakAct):
            busy.add(act.leak.taker)
    for step in scenario.steps:
        if isinstance(step, TaskStep):
            busy.update(goal.actor or "" for goal in step.goal)
    if not scenario.case:
        yield from (name for name in scenario.actors if name not in busy)
