"""Chapter I, the life of a temporary credential: each story's key moment, on the trail."""

from __future__ import annotations

from datetime import timedelta

from tests.scenario.moments import ACCOUNT, by, ran


def test_first_session_ends_by_itself_and_another_is_asked_for_with_the_users_own_key() -> None:
    result = ran("first-session")
    first, second = by(result, "alice", "AssumeRole")
    who = by(result, "alice", "GetCallerIdentity")
    assert [each.principal_arn for each in who] == [
        f"arn:aws:iam::{ACCOUNT}:user/alice",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/App/alice",
    ]
    before, after, fresh = by(result, "alice", "ListObjectsV2")[1:]
    assert {before.access_key_id, after.access_key_id} == {first.issued_key}
    expires = first.at.replace(microsecond=0) + timedelta(hours=1)
    assert before.at < expires <= after.at
    assert (before.outcome, before.error_code) == ("allowed", None)
    assert (after.outcome, after.error_code) == ("refused", "ExpiredToken")
    assert after.error_message == "The provided token has expired."
    assert after.decisions == ()
    assert second.access_key_id == first.access_key_id
    assert second.issued_key != first.issued_key
    assert (fresh.access_key_id, fresh.outcome) == (second.issued_key, "allowed")


def test_first_session_two_of_the_three_values_are_no_key_at_all() -> None:
    (call,) = by(ran("first-session"), "bob")
    assert (call.outcome, call.error_code) == ("refused", "InvalidAccessKeyId")
    assert call.error_message == (
        "The AWS Access Key Id you provided does not exist in our records."
    )


def test_less_than_the_role_narrows_and_never_widens() -> None:
    result = ran("less-than-the-role")
    sales, payroll = by(result, "ivo", "GetObject")
    assert (sales.outcome, payroll.outcome) == ("allowed", "denied")
    assert payroll.access_key_id == by(result, "alice", "AssumeRole")[0].issued_key
    assert str(payroll.error_message).endswith(
        "because no session policy allows the s3:GetObject action"
    )
    (secret,) = by(result, "bob", "GetSecretValue")
    assert secret.error_code == "AccessDeniedException"
    assert str(secret.error_message).endswith(
        "because no identity-based policy allows the secretsmanager:GetSecretValue action"
    )
    read, written = [each for each in by(result, "bob") if each.service == "s3"][-2:]
    assert read.access_key_id == written.access_key_id
    assert (read.outcome, written.outcome) == ("allowed", "denied")


def test_outside_identities_the_token_is_judged_by_aws_and_whom_it_is_about_by_the_trust() -> None:
    result = ran("outside-identities")
    told = [
        (each.actor, each.resource.rpartition("/")[2], each.outcome, each.error_code)
        for each in result.calls
        if each.operation == "AssumeRoleWithWebIdentity"
    ]
    assert told == [
        ("job", "Deploy", "allowed", None),
        ("job", "Deploy", "refused", "ExpiredTokenException"),
        ("mallory", "Deploy", "denied", "AccessDenied"),
        ("mallory", "Deploy", "refused", "InvalidIdentityToken"),
        ("mallory", "Preview", "allowed", None),
        ("job", "Preview", "allowed", None),
        ("mallory", "Preview", "denied", "AccessDenied"),
    ]
    stranger = by(result, "mallory", "AssumeRoleWithWebIdentity")[0]
    assert stranger.error_message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    assert stranger.requests[0].context["builds.example.com:sub"] == (
        "repo:mallory/nice-things:ref:refs/heads/main"
    )
    written = by(result, "mallory", "PutObject")
    assert [each.outcome for each in written] == ["allowed", "allowed", "denied"]


def test_outside_identities_the_session_outlives_its_token() -> None:
    result = ran("outside-identities")
    issued = by(result, "job", "AssumeRoleWithWebIdentity")[0]
    later = by(result, "job", "PutObject")[1]
    assert later.access_key_id == issued.issued_key
    assert later.at - issued.at > timedelta(minutes=10)
    assert later.outcome == "allowed"


def test_signed_assertions_a_changed_letter_a_replay_and_five_minutes() -> None:
    result = ran("signed-assertions")
    assert by(result, "erin", "AssumeRoleWithSAML")[1].error_code == "InvalidIdentityToken"
    replayed, stale = by(result, "mallory", "AssumeRoleWithSAML")
    assert (replayed.outcome, replayed.access_key_id) == ("allowed", None)
    assert (stale.outcome, stale.error_code) == ("refused", "ExpiredTokenException")
    assert stale.error_message == "Token must be redeemed within 5 minutes of issuance"
    before, after = by(result, "mallory", "GetObject")
    assert {before.access_key_id, after.access_key_id} == {replayed.issued_key}
    assert before.principal_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Books/erin"
    assert (before.outcome, after.outcome) == ("allowed", "denied")


def test_who_may_assume_needs_the_trust_policy_and_sometimes_the_callers_own() -> None:
    result = ran("who-may-assume")
    tries = [
        (each.actor, each.resource.rpartition("/")[2], each.error_code or each.outcome)
        for each in result.calls
        if each.operation == "AssumeRole"
    ]
    assert tries == [
        ("alice", "Named", "allowed"),
        ("bob", "Named", "AccessDenied"),
        ("alice", "Delegated", "AccessDenied"),
        ("bob", "Delegated", "allowed"),
        ("alice", "Delegated", "allowed"),
        ("bob", "Machine", "AccessDenied"),
        ("bob", "NoSuchRole", "AccessDenied"),
        ("bob", "Nested", "allowed"),
        ("carol", "Wages", "allowed"),
        ("carol", "Wages", "AccessDenied"),
        ("carol", "Wages", "allowed"),
    ]
    closed, missing, nested = by(result, "bob", "AssumeRole")[-3:]
    assert str(closed.error_message).replace("Machine", "NoSuchRole") == missing.error_message
    assert nested.principal_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Delegated/bob"


def test_who_may_assume_does_not_take_a_new_user_for_the_old_one_of_that_name() -> None:
    before, stranger, again = by(ran("who-may-assume"), "carol", "AssumeRole")
    assert {each.principal_arn for each in (before, stranger, again)} == {
        f"arn:aws:iam::{ACCOUNT}:user/carol"
    }
    ids = [each.requests[0].context["aws:userid"] for each in (before, stranger, again)]
    assert ids[0] != ids[1] == ids[2]
    assert stranger.error_message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/carol is not authorized to perform: sts:AssumeRole "
        f"on resource: arn:aws:iam::{ACCOUNT}:role/Wages"
    )


def test_how_long_has_three_answers() -> None:
    tries = by(ran("how-long"), "alice", "AssumeRole")
    assert [(each.parameters.get("DurationSeconds"), each.error_message) for each in tries] == [
        (14400, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
        (14400, None),
        (None, None),
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
    listed, unsaid = by(result, "alice", "ListBuckets")
    assert lowered.parameters["MaxSessionDuration"] == 3600
    assert listed.outcome == "allowed"
    assert listed.at - by(result, "alice", "AssumeRole")[1].at > timedelta(hours=1)
    # And the one that was issued later, without a wish, lasted an hour.
    issued = by(result, "alice", "AssumeRole")[2]
    assert (unsaid.access_key_id, unsaid.error_code) == (issued.issued_key, "ExpiredToken")
    assert issued.at > by(result, "alice", "AssumeRole")[1].at
