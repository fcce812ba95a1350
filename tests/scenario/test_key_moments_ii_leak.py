"""Chapter II, the leak: each story's key moment, on the trail."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import ScenarioResult, run_scenario
from simulator.trail import Record


def ran(scenario: str) -> ScenarioResult:
    result = run_scenario(load_by_id(scenario))
    assert [step.failure for step in result.steps if step.failure] == []
    assert result.passed
    return result


def by(result: ScenarioResult, actor: str, operation: str = "") -> list[Record]:
    """An actor's calls, of one operation or all."""
    return [
        each
        for each in result.calls
        if each.actor == actor and (not operation or each.operation == operation)
    ]


def test_waiting_it_out_costs_what_the_session_is_long() -> None:
    result = ran("waiting-it-out")
    sessions = by(result, "bob", "AssumeRole")[:3]
    taken = Counter(each.access_key_id for each in by(result, "mallory") if not each.error_code)
    assert [taken[each.issued_key] for each in sessions] == [1, 3, 47]
    for session, seconds in zip(sessions, (900, 3600, 43200), strict=True):
        ends = session.at.replace(microsecond=0) + timedelta(seconds=seconds)
        for each in by(result, "mallory"):
            if each.access_key_id == session.issued_key:
                expected = (None, "allowed") if each.at < ends else ("ExpiredToken", "refused")
                assert (each.error_code, each.outcome) == expected


def test_waiting_it_out_an_inactive_key_ends_no_session_of_its_role_and_a_revoke_does() -> None:
    result = ran("waiting-it-out")
    inactive = by(result, "frank", "UpdateAccessKey")[0]
    assert inactive.parameters["Status"] == "Inactive"
    after = next(each for each in by(result, "mallory") if each.at > inactive.at)
    assert (after.outcome, after.error_code) == ("allowed", None)
    last = by(result, "mallory")[-1]
    assert (last.outcome, last.error_code) == ("denied", "AccessDenied")
    assert last.access_key_id == by(result, "bob", "AssumeRole")[-1].issued_key


def test_presigned_urls_work_for_anybody_and_die_with_their_session() -> None:
    result = ran("presigned")
    issued = [each.issued_key for each in by(result, "alice", "AssumeRole")]
    sold, stopped = by(result, "trudy")
    assert sold.access_key_id == stopped.access_key_id == issued[0]
    assert (sold.source_ip, sold.outcome) == ("203.0.113.200", "allowed")
    assert sold.principal_arn == "arn:aws:sts::111122223333:assumed-role/App/alice"
    assert (stopped.outcome, stopped.error_code) == ("denied", "AccessDenied")
    assert "with an explicit deny in an identity-based policy" in str(stopped.error_message)
    pia = by(result, "pia")
    assert [(each.access_key_id, each.error_code, each.error_message) for each in pia[2:]] == [
        (issued[1], None, None),
        (issued[1], "ExpiredToken", "The provided token has expired."),
        (issued[2], "AccessDenied", "Request has expired"),
    ]
    assert (pia[1].outcome, pia[1].access_key_id) == ("denied", issued[0])
