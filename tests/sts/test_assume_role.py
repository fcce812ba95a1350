"""AssumeRole: who may, and for how long, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Keys
from simulator.sts.issuing import root_key
from tests.conftest import ACCOUNT, Town, done
from tests.sts.assuming import ALICE, ASSUME, LIST, PARTNER, ROOT, assume, unchecked, update_trust
from tests.sts.documents import permit, trusting, when


def test_a_session_is_three_values_with_an_end_and_an_arn_of_its_own(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(LIST))
    answer = done(assume(alice, role))
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["SecretAccessKey"]) == 40
    assert credentials["SessionToken"]
    assert credentials["Expiration"] == lab.clock.now() + timedelta(hours=1)
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/work"
    assert user["AssumedRoleId"].startswith("AROA")
    assert user["AssumedRoleId"].endswith(":work")
    session = lab.actor("alice", keys=Keys.from_response(credentials))
    identity = done(session.call("sts", "GetCallerIdentity"))
    assert (identity["Arn"], identity["UserId"]) == (user["Arn"], user["AssumedRoleId"])


def test_a_session_ends_at_its_expiration_by_lab_time(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(LIST))
    session = town.session(alice, role, DurationSeconds=900)
    lab.clock.advance(timedelta(seconds=899))
    done(session.call("s3", "ListBuckets"))
    lab.clock.advance(timedelta(seconds=1))
    expired = session.call("sts", "GetCallerIdentity")
    assert (expired.status, expired.error_code) == (403, "ExpiredToken")


def test_permissions_are_evaluated_anew_at_every_request(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    session = town.session(alice, role)
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
    town.put_role_policy("App", "own", permit(LIST))
    done(session.call("s3", "ListBuckets"))


@pytest.mark.parametrize("seconds", [900, 3600, 7200])
def test_a_session_may_last_up_to_the_roles_maximum(lab: Lab, town: Town, seconds: int) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), MaxSessionDuration=7200)
    expiration = done(assume(alice, role, DurationSeconds=seconds))["Credentials"]["Expiration"]
    assert expiration - lab.clock.now() == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (
            899,
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy "
            "constraint: Member must have value greater than or equal to 900",
        ),
        (
            43201,
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy "
            "constraint: Member must have value less than or equal to 43200",
        ),
        (3601, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ],
)
def test_a_duration_out_of_bounds_is_refused_in_awss_words(
    lab: Lab, town: Town, seconds: int, text: str
) -> None:
    alice = unchecked(town.user("alice"))
    role = town.role("App", trusting(ALICE))
    refused = assume(alice, role, DurationSeconds=seconds)
    assert (refused.status, refused.error_code) == (400, "ValidationError")
    assert refused.error_message == text


def test_a_chained_session_lasts_an_hour_at_most_whatever_the_role_says(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    first = town.role("First", trusting(ALICE), ASSUME, MaxSessionDuration=43200)
    second = town.role("Second", trusting(first), MaxSessionDuration=43200)
    session = town.session(alice, first, DurationSeconds=43200)
    refused = assume(session, second, DurationSeconds=3601)
    assert (refused.status, refused.error_code) == (400, "ValidationError")
    assert refused.error_message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
        "role chaining."
    )
    done(assume(session, second, DurationSeconds=3600))


def test_a_trust_policy_that_names_the_user_is_enough(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    done(assume(alice, role))


def test_a_trust_policy_that_names_the_account_needs_the_identity_policy_too(
    lab: Lab, town: Town
) -> None:
    alice, bob = town.user("alice"), town.user("bob", ASSUME)
    role = town.role("App", trusting(ROOT))
    done(assume(bob, role))
    refused = assume(alice, role)
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert refused.error_message == (
        f"User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_a_role_that_does_not_exist_is_refused_in_the_same_words(lab: Lab, town: Town) -> None:
    alice = town.user("alice", ASSUME)
    role = f"arn:aws:iam::{ACCOUNT}:role/Nobody"
    refused = assume(alice, role)
    assert refused.error_message == (
        f"User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_root_may_not_assume_a_role(lab: Lab, town: Town) -> None:
    role = town.role("App", trusting(ROOT))
    key = root_key(lab.world, ACCOUNT)
    root = lab.actor("root", keys=Keys(key.access_key_id, key.secret_access_key))
    refused = assume(root, role)
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert refused.error_message == "Roles may not be assumed by root accounts."


def test_a_role_is_not_implicitly_trusted_to_assume_itself(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), ASSUME)
    session = town.session(alice, role)
    assert assume(session, role).error_code == "AccessDenied"


@pytest.mark.parametrize("principal", ["the role", "the account"])
def test_a_role_may_assume_itself_where_its_trust_names_it_or_the_account(
    lab: Lab, town: Town, principal: str
) -> None:
    alice = town.user("alice", ASSUME)
    role = town.role("App", trusting(ROOT))
    session = town.session(alice, role)
    named = role if principal == "the role" else ROOT
    update_trust(lab, "App", trusting([named, ALICE]))
    town.put_role_policy("App", "none", permit("s3:GetObject"))
    # Naming the role is enough; naming the account also needs the role's identity policy.
    assert assume(session, role).ok == (principal == "the role")
    town.put_role_policy("App", "own", ASSUME)
    done(assume(session, role))


def test_across_accounts_both_sides_must_allow(lab: Lab, town: Town) -> None:
    partner = lab.administrator(PARTNER)
    document = trusting(f"arn:aws:iam::{PARTNER}:root")
    role = town.role("Shared", document)
    done(partner.call("iam", "CreateUser", {"UserName": "pat"}))
    key = done(partner.call("iam", "CreateAccessKey", {"UserName": "pat"}))["AccessKey"]
    pat = lab.actor("pat", keys=Keys.from_response(key))
    assert assume(pat, role).error_code == "AccessDenied"
    given = {"UserName": "pat", "PolicyName": "own", "PolicyDocument": ASSUME}
    done(partner.call("iam", "PutUserPolicy", given))
    done(assume(pat, role))
    update_trust(lab, "Shared", trusting(ROOT))
    assert assume(pat, role).error_code == "AccessDenied"


def test_an_external_id_must_be_the_one_the_trust_policy_wants(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE, **when("StringEquals", "sts:ExternalId", "42")))
    assert assume(alice, role).error_code == "AccessDenied"
    assert assume(alice, role, ExternalId="43").error_code == "AccessDenied"
    done(assume(alice, role, ExternalId="42"))


def test_a_trust_policy_may_demand_a_session_name(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    named = when("StringEquals", "sts:RoleSessionName", "${aws:username}")
    role = town.role("App", trusting(ALICE, **named))
    assert assume(alice, role, "bob").error_code == "AccessDenied"
    done(assume(alice, role, "alice"))


TAGGED: dict[str, Any] = {"Tags": [{"Key": "team", "Value": "shop"}]}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"RoleSessionName": "a"}, "roleSessionName"),
        ({"RoleSessionName": "white space"}, "roleSessionName"),
        ({"RoleArn": "arn"}, "roleArn"),
        ({"TokenCode": "12345x", "SerialNumber": "123456789"}, "tokenCode"),
        ({"Tags": [{"Key": "k" * 129, "Value": "v"}]}, "tags.1.member.key"),
        ({"Tags": [{"Key": "k", "Value": "!"}]}, "tags.1.member.value"),
    ],
)
def test_what_the_model_forbids_is_a_validation_error_that_names_the_place(
    lab: Lab, town: Town, given: dict[str, Any], place: str
) -> None:
    alice = unchecked(town.user("alice"))
    role = town.role("App", trusting(ALICE))
    parameters = {"RoleArn": role, "RoleSessionName": "work", **given}
    refused = alice.call("sts", "AssumeRole", parameters)
    assert (refused.status, refused.error_code) == (400, "ValidationError")
    assert f"at '{place}'" in str(refused.error_message)
