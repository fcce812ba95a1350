"""Check a scenario file as `stslab validate` does: everything wrong, each at its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from simulator.scenario.checking.actors import check_actors
from simulator.scenario.checking.acts import acts_of, check_act
from simulator.scenario.checking.advice import advice
from simulator.scenario.checking.calls import check_call
from simulator.scenario.checking.case import check_case
from simulator.scenario.checking.findings import Finding, as_written, below, plain, texts
from simulator.scenario.checking.goals import check_goals
from simulator.scenario.checking.placeholders import check_placeholders
from simulator.scenario.checking.saved import check_saved
from simulator.scenario.checking.steps import check_steps
from simulator.scenario.checking.world import check_world
from simulator.scenario.loading import Problem, ScenarioError, Source, load_source
from simulator.scenario.schema import (
    Scenario,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    PresignAct,
)
from simulator.scenario.varying import variants


def check_file(path: Path | str) -> tuple[Problem, ...]:
    """Every problem of a scenario file, in the order of its lines; empty: it is fine.

    A file that isn't YAML or doesn't fit the schema is reported for that alone. Problems of
    severity ``warning`` don't keep it from being played.
    """
    try:
        scenario, source = load_source(path)
    except ScenarioError as error:
        return error.problems
    return check(scenario, source)


def check(scenario: Scenario, source: Source) -> tuple[Problem, ...]:
    """The same for a scenario that is loaded already."""
    found = []
    for each in variants(scenario):
        found += [source.problem(as_written(at, source), why) for at, why in _errors(each)]
        found += [
            source.problem(as_written(at, source), why, "warning") for at, why in advice(each)
        ]
    named = _NUMBERED.fullmatch(source.path.name)
    if named and named[1] != scenario.id:
        why = f"the file's name says {named[1]!r}: the id should be the same"
        found.append(source.problem(("id",), why, "warning"))
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda each: (each.line, each.column)))


_NUMBERED = re.compile(r"\d+-(.+)\.ya?ml")


def _errors(scenario: Scenario) -> Iterator[Finding]:
    yield from check_world(scenario)
    yield from check_actors(scenario)
    yield from check_steps(scenario)
    if scenario.case:
        yield from below(("case",), check_case(scenario, scenario.case))
    for at, act in acts_of(scenario):
        yield from below(at, check_act(act, scenario))
        if isinstance(act, CallAct):
            yield from below(at, check_call(act))
        elif isinstance(act, PresignAct):
            signed = CallAct.model_validate(
                {"as": "x", "call": act.presign.call, "parameters": act.presign.parameters}
            )
            yield from below((*at, "presign"), check_call(signed))
    yield from check_saved(scenario)
    yield from check_goals(scenario)
    yield from check_placeholders(scenario, texts(plain(scenario), ()))
