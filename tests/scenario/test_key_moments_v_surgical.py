"""Chapter V, surgical containment: each story's key moment, on the trail."""

from __future__ import annotations

from datetime import timedelta

from simulator.trail import Record
from tests.scenario.moments import ACCOUNT, by, came_to, decided_by_the_cut_off, ran


def deciding_keys(record: Record) -> set[str]:
    """The condition keys of the statement that denied."""
    return {
        condition.key
        for stage in record.decisions[-1].trace.stages
        for policy in stage.policies
        for statement in policy.statements
        if statement.deciding
        for condition in statement.conditions
    }


def test_one_of_many_is_stopped_by_the_one_name_that_nobody_can_make_up() -> None:
    result = ran("one-of-many")
    attacks = [
        each
        for actor in ("mallory", "mallory-tram")
        for each in by(result, actor, "GetObject")
        if each.outcome == "denied"
    ]
    assert [(each.principal_arn or "").rpartition("/")[2] for each in attacks] == [
        "tom",
        "helpdesk-7",
        "dana-testing",
        "helpdesk-7",
    ]
    assert [deciding_keys(each) for each in attacks] == [
        {"aws:userid"},
        {"aws:SourceIp"},
        {"aws:SourceIdentity"},
        {"aws:SourceIdentity"},
    ]
    honest = [*by(result, "priya"), *by(result, "omar")]
    assert set(came_to(honest)) == {"allowed"}, "collateral zero"


def test_confused_deputy_is_told_by_the_external_id_and_the_open_session_by_a_cut_off() -> None:
    result = ran("confused-deputy")
    asked = [
        (each.parameters["ExternalId"], each.outcome)
        for each in by(result, "pawsight", "AssumeRole")
    ]
    assert asked == [
        ("kibble-7f3a", "allowed"),
        ("mallory-c0de", "allowed"),
        ("mallory-c0de", "allowed"),
        ("kibble-7f3a", "allowed"),
        ("mallory-c0de", "denied"),
        ("kibble-7f3a", "allowed"),
        ("kibble-7f3a", "allowed"),
    ]
    tightened = by(result, "dana", "UpdateAssumeRolePolicy")[-1]
    hers = [
        each
        for each in by(result, "pawsight")
        if str(each.principal_arn).endswith("PawsightAccess/mallory") and each.at > tightened.at
    ]
    assert came_to(hers) == ["allowed", "AccessDenied"]
    assert decided_by_the_cut_off(hers[1])
    callers = {each.principal_arn for each in by(result, "pawsight", "AssumeRole")}
    assert callers == {"arn:aws:iam::444455556666:user/collector"}


def test_mfa_sessions_pass_for_mfa_in_any_hands_until_the_age_is_asked() -> None:
    result = ran("mfa-sessions")
    theft, late, last = by(result, "mallory", "AssumeRole")
    assert theft.outcome == "allowed"
    assert theft.requests[0].context["aws:MultiFactorAuthPresent"] == "true"
    assert (late.outcome, late.error_code) == ("denied", "AccessDenied")
    age = str(late.requests[0].context["aws:MultiFactorAuthAge"])
    assert timedelta(seconds=int(age)) > timedelta(minutes=50)
    assert decided_by_the_cut_off(last)
    bare = by(result, "nadia", "AssumeRole")[0]
    assert bare.outcome == "denied"
    assert "aws:MultiFactorAuthPresent" not in bare.requests[0].context, "absent, not false"
    wrong = by(result, "nadia", "AssumeRole")[1]
    assert wrong.error_message == (
        "MultiFactorAuthentication failed with invalid MFA one time pass code."
    )
    reads = by(result, "mallory", "GetObject")
    assert came_to(reads) == ["allowed", "allowed", "AccessDenied"]
    assert reads[1].at > late.at, "the session of Payroll reads on"


def test_who_did_it_is_in_the_record_that_handed_the_key_out() -> None:
    result = ran("who-did-it")
    (deed,) = [each for each in result.calls if each.operation == "DeleteObject"]
    assert deed.principal_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Support/tom"
    (issued,) = [each for each in result.calls if each.issued_key == deed.access_key_id]
    assert issued.principal_arn == f"arn:aws:iam::{ACCOUNT}:user/omar"
    assert issued.event["userIdentity"]["userName"] == "omar"


def test_who_did_it_source_identity_comes_along_and_cannot_be_changed() -> None:
    result = ran("who-did-it")
    changed, _ = by(result, "tom", "AssumeRole")[-2:]
    assert changed.error_message == (
        "The source identity of a session cannot be changed by role chaining."
    )
    (read,) = by(result, "tom", "GetObject")
    assert str(read.principal_arn).endswith("assumed-role/Refunds/somebody")
    assert read.event["userIdentity"]["sessionContext"]["sourceIdentity"] == "tom"
    assert read.requests[0].context["aws:SourceIdentity"] == "tom"


def test_the_resource_says_no_for_itself_alone() -> None:
    result = ran("the-resource-says-no")
    calls = by(result, "mallory")
    told = [(each.service, each.error_code, each.decisions[-1].policy_type) for each in calls]
    assert [(service, code) for service, code, _ in told] == [
        ("s3", None),
        ("s3", None),
        ("s3", "AccessDenied"),
        ("secretsmanager", None),
        ("secretsmanager", None),
        ("secretsmanager", "AccessDeniedException"),
        ("secretsmanager", "AccessDeniedException"),
        ("s3", "AccessDenied"),
    ]
    assert [kind for _, code, kind in told if code] == [
        "resource-based policy",
        "permissions boundary",
        "service control policy",
        "service control policy",
    ]
    assert deciding_keys(calls[2]) == {"aws:userid"}
    assert decided_by_the_cut_off(calls[6])
    forgotten, sharpened = by(result, "alice", "ListObjectsV2")
    assert "explicit deny in a resource-based policy" in str(forgotten.error_message)
    assert forgotten.access_key_id == sharpened.access_key_id
    assert sharpened.outcome == "allowed"
