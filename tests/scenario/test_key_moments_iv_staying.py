"""Chapter IV, attackers who stay: each story's key moment, on the trail."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.matrix import Count, run_matrix
from simulator.scenario.running import ScenarioResult
from tests.scenario.moments import ACCOUNT, by, came_to, decided_by_the_cut_off, ran


def issue_of(result: ScenarioResult, key: str | None) -> datetime:
    """When the session of an access key was issued: whole seconds."""
    (issued,) = [each for each in result.calls if key and each.issued_key == key]
    return issued.at.replace(microsecond=0)


def test_role_chaining_the_revoked_hop_is_bought_again_until_app_is_revoked() -> None:
    result = ran("role-chaining")
    hops = by(result, "mallory", "AssumeRole")
    assert came_to(hops) == ["allowed", "allowed", "AccessDenied"]
    assert {each.principal_arn for each in hops} == {
        f"arn:aws:sts::{ACCOUNT}:assumed-role/App/alice"
    }
    on_hop, on_app, on_hop_again = by(result, "dana", "PutRolePolicy")
    assert on_hop.at < hops[1].at < on_app.at < hops[2].at
    assert decided_by_the_cut_off(hops[2])
    reads = by(result, "mallory", "GetObject", "ListObjectsV2")
    assert came_to(reads) == ["allowed", "AccessDenied", "allowed", "allowed", "AccessDenied"]
    orphan = reads[3]
    assert on_app.at < orphan.at < on_hop_again.at, "App's cut-off doesn't reach Hop's session"
    assert orphan.access_key_id == reads[4].access_key_id == hops[1].issued_key
    assert decided_by_the_cut_off(reads[4])


def test_role_chaining_gives_an_hour_whatever_the_role_allows() -> None:
    asked = next(
        each for each in ran("role-chaining").calls if each.parameters.get("DurationSeconds")
    )
    assert asked.error_message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
        "role chaining."
    )


def test_role_juggling_jumps_over_each_cut_off_until_the_trust_is_gone() -> None:
    result = ran("role-juggling")
    leaked = by(result, "sam", "AssumeRole")[0]
    hops = by(result, "mallory", "AssumeRole")
    trust = by(result, "dana", "UpdateAssumeRolePolicy")
    cut_offs = by(result, "dana", "PutRolePolicy")
    before = [each for each in hops if each.at < trust[0].at]
    assert came_to(before) == ["AccessDenied", *["allowed"] * 7], "a role trusts itself no more"
    for cut_off in cut_offs[:3]:
        assert any(each.resource == cut_off.resource and each.at > cut_off.at for each in before), (
            "a session issued after the cut-off"
        )
    late = [each for each in before if each.at > leaked.at + timedelta(hours=1)]
    assert len(late) >= 4, "long after the leaked session ended"
    after = [each for each in by(result, "mallory") if each.at > trust[1].at]
    assert len(after) >= 4
    assert set(came_to(after)) == {"AccessDenied"}


def test_assume_yourself_slips_past_a_cut_off_that_has_not_taken_hold() -> None:
    result = ran("assume-yourself")
    first, second = by(result, "dana", "PutRolePolicy")
    (trust,) = by(result, "dana", "UpdateAssumeRolePolicy")
    renewals = by(result, "mallory", "AssumeRole")
    slipped = next(each for each in renewals if each.at > first.at)
    assert slipped.at - first.at == timedelta(seconds=3), "within the eight of propagation"
    assert slipped.outcome == "allowed"
    old, new = [each for each in by(result, "mallory") if first.at < each.at < trust.at][1:]
    assert (old.access_key_id, old.error_code) == (slipped.access_key_id, "AccessDenied")
    assert (new.access_key_id, new.error_code) == (slipped.issued_key, None)
    assert issue_of(result, slipped.issued_key) > first.at
    assert trust.at + timedelta(seconds=8) < second.at
    last = [each for each in by(result, "mallory") if each.at > second.at]
    assert set(came_to(last)) == {"AccessDenied"}
    assert decided_by_the_cut_off(last[-1])
    assert came_to(by(result, "alice")[-2:]) == ["allowed", "allowed"]


@pytest.mark.parametrize("story", ["role-chaining", "session-token-survives", "one-of-many"])
def test_each_remedy_is_measured_as_its_author_says(story: str) -> None:
    scenario = load_by_id(story)
    rows = run_matrix(scenario).rows
    assert [row.verdict for row in rows] == [remedy.verdict for remedy in scenario.remedies]
    assert {"works", "fails"} <= {row.verdict for row in rows}


def test_the_matrix_counts_that_the_narrow_cut_costs_nobody_anything() -> None:
    rows = {row.remedy: row for row in run_matrix(load_by_id("one-of-many")).rows}
    assert rows["button-and-key"].attacker.calls == 0
    assert rows["button-and-key"].broken == Count(2, 2)
    assert rows["identity-and-key"].attacker.calls == 0
    assert rows["identity-and-key"].broken == Count(0, 2)


def test_session_token_survives_the_deactivated_and_the_deleted_key() -> None:
    result = ran("session-token-survives")
    (session,) = [each for each in by(result, "mallory", "GetSessionToken") if each.issued_key]
    (off,) = by(result, "dana", "UpdateAccessKey")
    (gone,) = by(result, "dana", "DeleteAccessKey")
    cut_off = by(result, "dana", "PutUserPolicy")[0]
    used = [each for each in by(result, "mallory") if each.access_key_id == session.issued_key]
    assert any(off.at < each.at < gone.at and each.outcome == "allowed" for each in used)
    assert any(gone.at < each.at < cut_off.at and each.outcome == "allowed" for each in used)
    assert used[-1].at > cut_off.at
    assert used[-1].error_code == "AccessDenied"
    assert decided_by_the_cut_off(used[-1])
    iam = next(each for each in used if each.service == "iam")
    assert (iam.outcome, iam.error_code) == ("refused", "InvalidClientTokenId")
    renewed = by(result, "sam")
    assert came_to(renewed) == ["allowed", "allowed"], "a long-term key has no issue time"
    assert renewed[-1].operation == "GetSessionToken", "and no policy is asked about this call"


def test_federation_token_survives_the_deleted_key_and_dies_by_a_deny_on_the_user() -> None:
    result = ran("federation-token-survives")
    (gone,) = by(result, "dana", "DeleteAccessKey")
    guest = f"arn:aws:sts::{ACCOUNT}:federated-user/backup-agent"
    used = [
        each for each in by(result, "mallory") if each.principal_arn == guest and each.at > gone.at
    ]
    assert [(each.operation, each.error_code) for each in used] == [
        ("GetSecretValue", None),
        ("CreateUser", "InvalidClientTokenId"),
        ("AssumeRole", "AccessDenied"),
        ("GetCallerIdentity", None),
        ("GetSecretValue", "AccessDeniedException"),
        ("GetObject", "AccessDenied"),
    ]
    assert decided_by_the_cut_off(used[-1])
    assert str(used[-1].error_message).startswith(f"User: {guest} is not authorized")
    bare = next(each for each in by(result, "mallory") if each.operation == "ListObjectsV2")
    assert str(bare.error_message).endswith(
        "because no session policy allows the s3:ListBucket action"
    )


def test_second_foothold_is_not_caught_by_the_cut_off_that_ended_the_first() -> None:
    result = ran("second-foothold")
    (planted,) = by(result, "mallory", "CreateAccessKey")
    cut_off = next(each for each in result.calls if each.operation == "PutRolePolicy")
    used = [each for each in by(result, "mallory") if each.access_key_id == planted.issued_key]
    on_user = next(each for each in by(result, "dana") if each.operation == "PutUserPolicy")
    switched_off = next(each for each in by(result, "dana") if each.operation == "UpdateAccessKey")
    assert cut_off.at < used[0].at
    assert on_user.at < used[1].at < switched_off.at < used[2].at
    assert came_to(used) == ["allowed", "allowed", "InvalidAccessKeyId"]
    assert "aws:TokenIssueTime" not in used[1].requests[0].context
    doors = by(result, "mallory", "AssumeRole")
    assert came_to(doors) == ["AccessDenied", "allowed", "AccessDenied"]
    assert {each.principal_arn for each in doors} == {"arn:aws:iam::999988887777:user/mallory"}


def test_undoing_the_revoke_works_until_it_bites_and_not_against_an_scp() -> None:
    result = ran("undoing-the-revoke")
    tries = by(result, "mallory", "DeleteRolePolicy")
    assert came_to(tries) == ["AccessDenied", "allowed", "allowed", "AccessDenied"]
    puts = [each for each in by(result, "dana", "PutRolePolicy") if each.outcome == "allowed"]
    assert tries[0].at - puts[0].at > timedelta(seconds=6)
    assert decided_by_the_cut_off(tries[0]), "the cut-off guards itself"
    assert tries[1].at - puts[1].at < timedelta(seconds=6), "before it bites"
    assert tries[3].at - puts[3].at < timedelta(seconds=6), "before it bites, and yet denied"
    assert "with an explicit deny in a service control policy" in str(tries[3].error_message)
    assert came_to(by(result, "mallory", "DeleteRolePermissionsBoundary")) == ["allowed"]
    last = by(result, "mallory")[-1]
    assert decided_by_the_cut_off(last)
