"""Stories of the catalogue, each run once, and what to read off their trails."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import ScenarioResult, run_scenario
from simulator.trail import Record

ACCOUNT = "111122223333"


@cache
def ran(scenario: str) -> ScenarioResult:
    """A story run to its end, with nothing gone otherwise than it says."""
    result = run_scenario(load_by_id(scenario))
    assert [step.failure for step in result.steps if step.failure] == []
    assert result.passed
    return result


def by(result: ScenarioResult, actor: str, *operations: str) -> list[Record]:
    """An actor's calls, of some operations or all."""
    return [
        each
        for each in result.calls
        if each.actor == actor and (not operations or each.operation in operations)
    ]


def came_to(records: Iterable[Record]) -> list[str]:
    """What calls came to: error codes, or outcomes."""
    return [each.error_code or each.outcome for each in records]


def decided_by_the_cut_off(record: Record) -> bool:
    """Whether a deny rests on `aws:TokenIssueTime` being before the cut-off."""
    return any(
        condition.key == "aws:TokenIssueTime" and condition.operator == "DateLessThan"
        for stage in record.decisions[-1].trace.stages
        for policy in stage.policies
        for statement in policy.statements
        if statement.deciding and statement.matched
        for condition in statement.conditions
    )
