"""The main story, asserted on the trail by this test, not by the file's own expectations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import ScenarioResult, run_scenario
from simulator.trail import Record

ROLE = "arn:aws:iam::111122223333:role/App"


@pytest.fixture(scope="module")
def result() -> ScenarioResult:
    return run_scenario(load_by_id("leaked-session"))


def told(records: Sequence[Record]) -> list[tuple[str, str, str, str | None]]:
    return [(each.actor, each.action, each.outcome, each.error_code) for each in records]


def test_the_story_in_calls(result: ScenarioResult) -> None:
    assert result.passed
    assert told(result.calls) == [
        ("alice", "s3:ListBucket", "denied", "AccessDenied"),
        ("alice", "sts:AssumeRole", "allowed", None),
        ("alice", "s3:ListBucket", "allowed", None),
        ("alice", "s3:GetObject", "allowed", None),
        # the leak
        ("mallory", "s3:ListBucket", "allowed", None),
        ("mallory", "s3:GetObject", "allowed", None),
        # the trust policy is changed: the honest are stopped, the thief isn't
        ("dana", "iam:UpdateAssumeRolePolicy", "allowed", None),
        ("alice", "sts:AssumeRole", "denied", "AccessDenied"),
        ("mallory", "s3:GetObject", "allowed", None),
        # trust restored, sessions revoked
        ("dana", "iam:UpdateAssumeRolePolicy", "allowed", None),
        ("dana", "iam:PutRolePolicy", "allowed", None),
        ("mallory", "s3:ListBucket", "denied", "AccessDenied"),
        ("alice", "s3:ListBucket", "denied", "AccessDenied"),
        ("alice", "sts:AssumeRole", "allowed", None),
        ("alice", "s3:ListBucket", "allowed", None),
        ("mallory", "s3:GetObject", "denied", "AccessDenied"),
        # and much later
        ("mallory", "s3:ListBucket", "refused", "ExpiredToken"),
    ]


def test_the_thief_signs_with_alices_session_from_elsewhere(result: ScenarioResult) -> None:
    issued = result.calls[1].issued_key
    thief = [each for each in result.calls if each.actor == "mallory"]
    assert {each.access_key_id for each in thief} == {issued}
    assert {each.source_ip for each in thief} == {"203.0.113.66"}
    assert {each.principal_arn for each in thief[:-1]} == {
        "arn:aws:sts::111122223333:assumed-role/App/alice"
    }


def test_the_revoked_are_told_in_awss_words(result: ScenarioResult) -> None:
    assert result.calls[11].error_message == (
        "User: arn:aws:sts::111122223333:assumed-role/App/alice is not authorized to perform: "
        's3:ListBucket on resource: "arn:aws:s3:::kibble-reports" '
        "with an explicit deny in an identity-based policy"
    )
    assert result.calls[11].error_message == result.calls[12].error_message
    assert result.calls[16].error_message == "The provided token has expired."


def test_the_cut_off_is_the_moment_of_the_call_with_milliseconds(result: ScenarioResult) -> None:
    put = result.calls[10]
    assert put.resource == ROLE
    assert put.parameters["PolicyName"] == "AWSRevokeOlderSessions"
    stamp = f"{put.at:%Y-%m-%dT%H:%M:%S}.{put.at.microsecond // 1000:03d}Z"
    assert put.at.microsecond
    assert stamp in str(put.parameters["PolicyDocument"])


def test_the_new_session_is_another_and_came_after_the_cut_off(result: ScenarioResult) -> None:
    old, new = result.calls[1], result.calls[13]
    assert new.issued_key != old.issued_key
    assert new.at > result.calls[10].at
    assert result.calls[14].access_key_id == new.issued_key


def test_the_last_refusal_comes_after_the_expiry(result: ScenarioResult) -> None:
    assert result.calls[1].at < datetime(2021, 8, 9, 6, 5, tzinfo=UTC)
    assert (result.calls[16].at - result.calls[1].at).total_seconds() > 3600


def test_the_json_has_exactly_the_fields_that_are_promised(result: ScenarioResult) -> None:
    found = result.as_json()
    assert set(found) == {"scenario", "passed", "started", "ended", "steps", "calls"}
    assert found["scenario"] == "leaked-session"
    assert found["started"] == "2021-08-09T06:00:00.000Z"
    assert {frozenset(each) for each in found["steps"]} == {frozenset({"kind", "title", "passed"})}
    assert {frozenset(each) for each in found["calls"]} == {
        frozenset({"at", "actor", "action", "resource", "outcome", "error_code", "why"})
    }
    assert all(each["passed"] for each in found["steps"])
