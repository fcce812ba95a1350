"""Check that tasks can be done at all: else every step after them is unreachable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from simulator.gateway import actions as tables
from simulator.gateway.actions import general
from simulator.gateway.actions.rules import Rule
from simulator.scenario.checking.calls import known_operations, operation_model
from simulator.scenario.checking.findings import Finding
from simulator.scenario.nearest import near
from simulator.scenario.schema import Scenario, TaskStep
from simulator.scenario.schema.acts import ActionAct, AdvanceAct, LeakAct
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.patterns import Goal
from simulator.scenario.story.recognise import like
from simulator.scenario.values import Location

_NEARLY = 0.88
"""How alike two actions are for one to be a misspelling of the other; permission-only actions,
which we know no list of, are less alike."""

_SURE = (CallAct, LeakAct, AdvanceAct)
"""Acts of which we know beforehand which calls they make."""


def check_goals(scenario: Scenario) -> Iterator[Finding]:
    """Goals that name nothing AWS has, and goals that no call of the solution can reach."""
    for index, step in enumerate(scenario.steps):
        if not isinstance(step, TaskStep):
            continue
        after = len(scenario.steps) - index - 1
        for number, goal in enumerate(step.goal):
            at: Location = ("steps", index, "goal", number)
            wrong = list(_names(goal))
            yield from ((at + place, why) for place, why in wrong)
            calls = None if wrong else _sure_calls(step, scenario)
            if calls and not any(_may_reach(goal, call) for call in calls):
                left = f": the {after} steps after it are unreachable" if after > 1 else ""
                yield at, f"no call of the solution can reach this goal{left}"


def _names(goal: Goal) -> Iterator[Finding]:
    for place, action in _each("action", goal.action):
        prefix, colon, name = action.partition(":")
        if not colon:
            yield place, f"{action!r} is no IAM action; it is written like s3:GetObject"
            continue
        action_of = is_operation(prefix, name) if goal.outcome != "refused" else ""
        if action_of:
            yield place, f"{action!r} is an operation; the action is {action_of}"
            continue
        known = known_actions(prefix)
        if known and not _any_like([name], known):
            yield place, f"{prefix} has no action {name!r}" + near(name, sorted(known))
    for place, name in _each("operation", goal.operation):
        services = [action.partition(":")[0] for _, action in _each("action", goal.action)]
        of_services = {each for service in services for each in known_operations(service) or ()}
        if of_services and not _any_like([name], of_services):
            text = f"{services[0]} has no operation {name!r}"
            yield place, text + near(name, sorted(of_services))


def check_actions(documents: Iterable[tuple[Location, Any]]) -> Iterator[Finding]:
    """Actions of policies that are hardly meant; IAM itself takes any.

    Args:
        documents: policy documents and where they stand.
    """
    for at, document in documents:
        for index, statement in _listed(document.get("Statement")):
            for element in ("Action", "NotAction"):
                if not isinstance(statement, Mapping):
                    continue
                for number, action in _listed(statement.get(element)):
                    why = _hardly(str(action))
                    if why:
                        yield (*at, "Statement", index, element, number), why


def _hardly(action: str) -> str:
    prefix, _, name = action.partition(":")
    if "*" in name or "?" in name or "{{" in name:
        return ""
    meant = is_operation(prefix, name)
    if meant:
        return f"{action!r} is an operation; the action is {meant}"
    known = known_actions(prefix)
    if any(name.lower() == each.lower() for each in known):
        return ""
    near_to = get_close_matches(name, known, n=1, cutoff=_NEARLY)
    return f"{prefix} has no action {name!r}; did you mean {near_to[0]!r}?" if near_to else ""


def is_operation(prefix: str, name: str) -> str:
    """The actions that decide an operation, where none is called as the operation is."""
    asked = [rule.action for rule in _rules(prefix).get(name, ())]
    every = {rule.action for rules in _rules(prefix).values() for rule in rules}
    return " and ".join(dict.fromkeys(asked)) if f"{prefix}:{name}" not in every else ""


def _listed(value: Any) -> Iterator[tuple[int, Any]]:
    yield from enumerate(value if isinstance(value, list) else [] if value is None else [value])


def _each(field: str, value: str | list[str] | None) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield (field,), value
    for number, each in enumerate(value if isinstance(value, list) else ()):
        yield (field, number), each


def _sure_calls(step: TaskStep, scenario: Scenario) -> list[CallAct] | None:
    """The calls of a task's solution; ``None``: others may come about as well."""
    if scenario.case or any(actor.workload for actor in scenario.actors.values()):
        return None
    offered = {spec.id: spec.does for spec in step.actions}
    acts: list[Any] = []
    for act in step.solution:
        acts += offered.get(act.do, [None]) if isinstance(act, ActionAct) else [act]
    if not all(isinstance(act, _SURE) for act in acts):
        return None
    return [act for act in acts if isinstance(act, CallAct)]


def _may_reach(goal: Goal, call: CallAct) -> bool:
    if goal.actor and goal.actor != call.actor:
        return False
    service, _, operation = call.call.partition(".")
    if isinstance(operation_model(service, operation), str):
        return True  # which is an error of its own
    wanted = [name for _, name in _each("operation", goal.operation)]
    if wanted and not _any_like(wanted, [operation]):
        return False
    asked = [name for _, name in _each("action", goal.action)]
    return not asked or _any_like(asked, actions_of_call(service, operation))


def _any_like(patterns: Iterable[str], names: Iterable[str]) -> bool:
    return any(like(pattern.lower(), name.lower()) for pattern in patterns for name in names)


def actions_of_call(service: str, operation: str) -> frozenset[str]:
    """Every IAM action that may decide a call."""
    named = f"{general.prefix_of(service)}:{operation}"
    return frozenset({named, *(rule.action for rule in _rules(service).get(operation, ()))})


@lru_cache(maxsize=64)
def known_actions(prefix: str) -> frozenset[str]:
    """The IAM actions of a service without their prefix; empty where nobody knows."""
    operations = known_operations(prefix)
    if operations is None:
        return frozenset()
    named = {rule.action for rules in _rules(prefix).values() for rule in rules}
    return frozenset({*operations, *(each.partition(":")[2] for each in named)})


def _rules(service: str) -> Mapping[str, tuple[Rule, ...]]:
    """The table of a service's operations, where it has one."""
    module = getattr(tables, {"lambda": "awslambda"}.get(service, service), None)
    found: Mapping[str, tuple[Rule, ...]] = getattr(module, "RULES", {})
    return found
