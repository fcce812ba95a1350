"""The moment each scenario is there for, on the trail; not by the file's own expectations."""

from __future__ import annotations

from datetime import timedelta

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import ScenarioResult, run_scenario
from simulator.trail import Record


def ran(scenario_id: str) -> ScenarioResult:
    result = run_scenario(load_by_id(scenario_id))
    assert [step.failure for step in result.steps if step.failure] == []
    assert result.passed
    return result


def by(result: ScenarioResult, actor: str, operation: str) -> list[Record]:
    return [each for each in result.calls if (each.actor, each.operation) == (actor, operation)]


def came_to(records: list[Record]) -> list[str]:
    return [each.error_code or each.outcome for each in records]


def test_how_long_has_three_answers() -> None:
    tries = by(ran("how-long"), "alice", "AssumeRole")
    assert [(each.parameters["DurationSeconds"], each.error_message) for each in tries] == [
        (14400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        (14400, None),
        (
            7200,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
            "by role chaining.",
        ),
        (43200, None),
    ]


def test_how_long_lowering_the_maximum_shortens_no_session_that_exists() -> None:
    result = ran("how-long")
    lowered = by(result, "dana", "UpdateRole")[1]
    listed = by(result, "alice", "ListBuckets")[0]
    assert lowered.parameters["MaxSessionDuration"] == 3600
    assert listed.outcome == "allowed"
    assert listed.at - by(result, "alice", "AssumeRole")[1].at > timedelta(hours=1)
