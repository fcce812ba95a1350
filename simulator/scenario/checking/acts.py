"""Every act of a scenario, wherever it stands, and the names it uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.clock import parse_time
from simulator.scenario.checking.findings import Finding
from simulator.scenario.nearest import near
from simulator.scenario.schema import (
    CheckStep,
    Scenario,
    SceneStep,
    TaskStep,
)
from simulator.scenario.schema.acts import (
    ACTS,
    Act,
    ActionAct,
    AdvanceAct,
    LeakAct,
    RestartAct,
    Until,
    saving_part,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    AssertionAct,
    EnvironmentAct,
    FetchAct,
    MetadataAct,
    TokenAct,
)
from simulator.scenario.values import Location

AnyAct = Act | ActionAct
"""An act, or a mention of one of the task's actions."""


def acts_of(scenario: Scenario) -> Iterator[tuple[Location, AnyAct]]:
    """Every act, wherever it stands, with its place in the file."""
    for index, step in enumerate(scenario.steps):
        at: Location = ("steps", index)
        if isinstance(step, ACTS):
            yield at, step
        elif isinstance(step, TaskStep):
            yield from _numbered((*at, "solution"), step.solution)
            for number, spec in enumerate(step.actions):
                yield from _numbered((*at, "actions", number, "does"), spec.does)
        elif isinstance(step, CheckStep):
            yield from _numbered((*at, "calls"), step.calls)
        elif isinstance(step, SceneStep):
            yield from _numbered((*at, "happens"), step.happens)
    for name, actor in scenario.actors.items():
        if actor.workload:
            yield from _numbered(("actors", name, "workload", "does"), actor.workload.does)
    if scenario.incident:
        for part in ("happens", "attacker", "legitimate", "fresh", "long_term"):
            yield from _numbered(("incident", part), getattr(scenario.incident, part))
    for number, remedy in enumerate(scenario.remedies):
        yield from _numbered(("remedies", number, "does"), remedy.does)


def _numbered(at: Location, acts: Any) -> Iterator[tuple[Location, AnyAct]]:
    for number, act in enumerate(acts):
        yield (*at, number), act


def check_act(act: AnyAct, scenario: Scenario) -> Iterator[Finding]:
    """Names in an act that lead nowhere: actors, and what the world does not have."""
    if isinstance(act, CallAct | FetchAct) and act.actor not in (*scenario.actors, "admin"):
        yield ("as",), unknown_actor(act.actor, scenario)
    inner = saving_part(act)
    if inner is not None and inner.actor not in scenario.actors:
        key = "for" if isinstance(act, TokenAct | AssertionAct) else "as"
        yield (key_of(act), key), unknown_actor(inner.actor, scenario)
    if isinstance(act, LeakAct):
        for part, actor in (("from", act.leak.giver), ("to", act.leak.taker)):
            if actor not in scenario.actors:
                yield ("leak", part), unknown_actor(actor, scenario)
    if isinstance(act, RestartAct):
        workloads = {name: actor for name, actor in scenario.actors.items() if actor.workload}
        if act.restart not in workloads:
            text = f"there is no workload {act.restart!r}"
            yield ("restart",), text + near(act.restart, workloads)
    if isinstance(act, AdvanceAct) and isinstance(act.advance, Until) and not _moment(act.advance):
        yield ("advance", "to"), f"{act.advance.to!r} is no moment, like 2021-08-09T06:00:00Z"
    for kind, what, kept in _IN_THE_WORLD:
        if isinstance(act, kind):
            name, known = getattr(inner, what), getattr(scenario.world, kept)
            if name not in known:
                yield (key_of(act), what), f"the world has no {what} {name!r}" + near(name, known)


_IN_THE_WORLD: tuple[tuple[type, str, str], ...] = (
    (TokenAct, "provider", "oidc_providers"),
    (AssertionAct, "role", "roles"),
    (AssertionAct, "provider", "saml_providers"),
    (MetadataAct, "instance", "instances"),
    (EnvironmentAct, "function", "functions"),
)
"""Which acts name something of the world: the act's field, and the world's."""


def _moment(until: Until) -> bool:
    """Whether there is a time to go to, now or once its placeholders are filled in."""
    try:
        parse_time(until.to)
    except (ValueError, OverflowError):
        return "{{" in until.to
    return True


def key_of(act: AnyAct) -> str:
    """The key that says what kind of act it is: ``token``."""
    return next(iter(type(act).model_fields))


def unknown_actor(name: str, scenario: Scenario) -> str:
    """That there is no such actor, with the nearest name."""
    return f"there is no actor {name!r}" + near(name, scenario.actors)
