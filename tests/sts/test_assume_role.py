"""AssumeRole: who may, for how long, with what in the session. Facts §1, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.sts.issuing import root_key
from tests.conftest import ACCOUNT, Town, done, policy
from tests.sts.documents import permit, statement, trusting, when

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
PARTNER = "444455556666"
LIST = "s3:ListAllMyBuckets"
ASSUME = permit("sts:*")
MARK = permit(["sts:TagSession", "sts:SetSourceIdentity"])
"""What marks a session must be allowed by the caller's own policy too, not by trust alone."""


def assume(actor: Actor, role: str, name: str = "work", **more: Any) -> Any:
    return actor.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": name, **more})


def unchecked(actor: Actor) -> Actor:
    """The same actor, whose STS client sends what it is given without checking it first."""
    client = actor._shared.shared("sts", actor.region, signed=True)
    client._serializer = client._serializer._serializer
    return actor


def update_trust(lab: Lab, role: str, document: str) -> None:
    given = {"RoleName": role, "PolicyDocument": document}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))


# Three values with an end --------------------------------------------------------------------


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


# How long ------------------------------------------------------------------------------------


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


# Who may -------------------------------------------------------------------------------------


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


# Deleted and made again ----------------------------------------------------------------------


def test_a_user_made_again_under_the_same_name_is_not_trusted(lab: Lab, town: Town) -> None:
    town.user("alice")
    role = town.role("App", trusting(ALICE))
    delete_user(lab, "alice")
    again = town.user("alice")
    assert assume(again, role).error_code == "AccessDenied"
    update_trust(lab, "App", trusting(ALICE))
    done(assume(again, role))


def test_a_deleted_principal_stands_in_the_trust_policy_as_its_unique_id(
    lab: Lab, town: Town
) -> None:
    town.user("alice")
    user_id = done(lab.admin.call("iam", "GetUser", {"UserName": "alice"}))["User"]["UserId"]
    assert user_id.startswith("AIDA")
    town.role("App", trusting(ALICE))
    delete_user(lab, "alice")
    role = done(lab.admin.call("iam", "GetRole", {"RoleName": "App"}))["Role"]
    document = role["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Principal"] == {"AWS": user_id}


def delete_user(lab: Lab, name: str) -> None:
    admin = lab.admin
    for key in done(admin.call("iam", "ListAccessKeys", {"UserName": name}))["AccessKeyMetadata"]:
        given = {"UserName": name, "AccessKeyId": key["AccessKeyId"]}
        done(admin.call("iam", "DeleteAccessKey", given))
    for each in done(admin.call("iam", "ListUserPolicies", {"UserName": name}))["PolicyNames"]:
        done(admin.call("iam", "DeleteUserPolicy", {"UserName": name, "PolicyName": each}))
    done(admin.call("iam", "DeleteUser", {"UserName": name}))


def test_a_deleted_roles_sessions_stop_and_a_role_of_the_same_name_does_not_revive_them(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(LIST))
    session = town.session(alice, role)
    admin = lab.admin
    done(admin.call("iam", "DeleteRolePolicy", {"RoleName": "App", "PolicyName": "own"}))
    done(admin.call("iam", "DeleteRole", {"RoleName": "App"}))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
    town.role("App", trusting(ALICE), permit(LIST))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
    done(town.session(alice, role).call("s3", "ListBuckets"))


# Session policies ----------------------------------------------------------------------------


def test_session_policies_narrow_and_never_widen(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(["s3:*", "sqs:*"]))
    document = permit([LIST, "sns:ListTopics"])
    answer = done(assume(alice, role, Policy=document))
    assert 0 < answer["PackedPolicySize"] < 100
    session = lab.actor("alice", keys=Keys.from_response(answer["Credentials"]))
    done(session.call("s3", "ListBuckets"))
    refused = session.call("sqs", "ListQueues")
    assert "because no session policy allows the sqs:ListQueues action" in str(
        refused.error_message
    )
    assert session.call("sns", "ListTopics").error_code in ("AccessDenied", "AuthorizationError")


def test_managed_session_policies_narrow_too(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(["s3:*", "sqs:*"]))
    given = {"PolicyName": "OnlyS3", "PolicyDocument": permit("s3:*")}
    arn = done(lab.admin.call("iam", "CreatePolicy", given))["Policy"]["Arn"]
    session = town.session(alice, role, PolicyArns=[{"arn": arn}])
    done(session.call("s3", "ListBuckets"))
    assert not session.call("sqs", "ListQueues").ok


@pytest.mark.parametrize("document", ["{", "[]", permit("s3:*").replace("Allow", "Perhaps")])
def test_a_session_policy_that_is_none_is_malformed(lab: Lab, town: Town, document: str) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    refused = assume(alice, role, Policy=document)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocument")


def test_policies_and_tags_together_may_be_too_large(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    actions = ["sts:AssumeRole", "sts:TagSession"]
    role = town.role("App", trusting(ALICE, actions))
    long = policy(*(statement("s3:GetObject", f"arn:aws:s3:::bucket-{n}/*") for n in range(20)))
    tags = [{"Key": f"key{n}", "Value": "v" * 200} for n in range(5)]
    done(assume(alice, role, Policy=long))
    refused = assume(alice, role, Policy=long, Tags=tags)
    assert (refused.status, refused.error_code) == (400, "PackedPolicyTooLarge")
    assert str(refused.error_message).startswith("Packed policy consumes 1")
    assert str(refused.error_message).endswith("% of allotted space, please use smaller policy.")
    many = [{"Key": f"key{n}", "Value": "v" * 200} for n in range(12)]
    refused = assume(alice, role, Tags=many)
    assert (refused.status, refused.error_code) == (400, "PackedPolicyTooLarge")
    assert str(refused.error_message).startswith("Packed size of session tags consumes 1")


def test_a_session_policy_of_more_than_2048_characters_is_refused(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    document = permit("s3:*") + " " * 2048
    assert assume(alice, role, Policy=document).error_code == "ValidationError"


def test_eleven_managed_session_policies_are_one_too_many(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    arns = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/P{n}"} for n in range(11)]
    assert assume(alice, role, PolicyArns=arns).error_code == "ValidationError"


# Tags ----------------------------------------------------------------------------------------

TAGGED: dict[str, Any] = {"Tags": [{"Key": "team", "Value": "shop"}]}


def test_session_tags_need_tag_session_on_both_sides_and_become_principal_tags(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("sts:AssumeRole"))
    mine = when("StringEquals", "aws:PrincipalTag/team", "shop")
    role = town.role("App", trusting(ROOT), permit(LIST, **mine))
    refused = assume(alice, role, **TAGGED)
    assert "sts:TagSession" in refused.error_message
    update_trust(lab, "App", trusting(ROOT, ["sts:AssumeRole", "sts:TagSession"]))
    assert assume(alice, role, **TAGGED).error_code == "AccessDenied"
    given = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": ASSUME}
    done(lab.admin.call("iam", "PutUserPolicy", given))
    done(town.session(alice, role, **TAGGED).call("s3", "ListBuckets"))
    assert town.session(alice, role).call("s3", "ListBuckets").error_code == "AccessDenied"


def test_a_session_tag_overrides_the_roles_own(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    mine = when("StringEquals", "aws:PrincipalTag/team", "shop")
    both = ["sts:AssumeRole", "sts:TagSession"]
    own = [{"Key": "team", "Value": "office"}]
    role = town.role("App", trusting(ALICE, both), permit(LIST, **mine), Tags=own)
    assert not town.session(alice, role).call("s3", "ListBuckets").ok
    done(town.session(alice, role, **TAGGED).call("s3", "ListBuckets"))


def test_a_trust_policy_may_demand_tags_and_their_values(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    both = ["sts:AssumeRole", "sts:TagSession"]
    wanted = when("StringEquals", "aws:RequestTag/team", "shop")
    role = town.role("App", trusting(ALICE, both, **wanted))
    assert not assume(alice, role, Tags=[{"Key": "team", "Value": "office"}]).ok
    done(assume(alice, role, **TAGGED))


def test_transitive_tags_travel_along_a_chain_and_others_stay(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    both = ["sts:AssumeRole", "sts:TagSession"]
    first = town.role("First", trusting(ALICE, both), MARK)
    mine = when("StringEquals", "aws:PrincipalTag/team", "shop")
    second = town.role("Second", trusting(first, both), permit(LIST, **mine))
    stays = town.session(town.session(alice, first, **TAGGED), second)
    assert not stays.call("s3", "ListBuckets").ok
    carrier = town.session(alice, first, **TAGGED, TransitiveTagKeys=["team"])
    done(town.session(carrier, second).call("s3", "ListBuckets"))
    refused = assume(carrier, second, Tags=[{"Key": "Team", "Value": "office"}])
    assert (refused.status, refused.error_code) == (400, "InvalidParameterValue")


def test_a_role_must_trust_tag_session_for_the_tags_a_chain_brings(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    first = town.role("First", trusting(ALICE, ["sts:AssumeRole", "sts:TagSession"]), MARK)
    second = town.role("Second", trusting(first))
    carrier = town.session(alice, first, **TAGGED, TransitiveTagKeys=["team"])
    refused = assume(carrier, second)
    assert refused.error_code == "AccessDenied"
    assert "sts:TagSession" in refused.error_message


@pytest.mark.parametrize(
    "given",
    [
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
        {"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]},
        {"Tags": [{"Key": "aws:a", "Value": "1"}]},
    ],
)
def test_tags_that_cannot_be_are_refused(lab: Lab, town: Town, given: dict[str, Any]) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE, ["sts:AssumeRole", "sts:TagSession"]))
    refused = assume(alice, role, **given)
    assert (refused.status, refused.error_code) == (400, "InvalidParameterValue")


def test_a_trust_policy_alone_does_not_let_its_own_caller_tag_the_session(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE, ["sts:AssumeRole", "sts:TagSession"]))
    done(assume(alice, role))
    refused = assume(alice, role, **TAGGED)
    assert refused.error_code == "AccessDenied"
    assert "sts:TagSession" in refused.error_message


# Source identity -----------------------------------------------------------------------------


def test_a_source_identity_needs_permission_on_both_sides_and_cannot_be_changed(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("sts:AssumeRole"))
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = town.role("First", trusting(ROOT), ASSUME)
    named = {"SourceIdentity": "alice"}
    assert assume(alice, first, **named).error_code == "AccessDenied"
    update_trust(lab, "First", trusting(ROOT, both))
    assert assume(alice, first, **named).error_code == "AccessDenied"
    given = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": ASSUME}
    done(lab.admin.call("iam", "PutUserPolicy", given))
    answer = done(assume(alice, first, **named))
    assert answer["SourceIdentity"] == "alice"
    session = lab.actor("alice", keys=Keys.from_response(answer["Credentials"]))
    second = town.role("Second", trusting(first, both))
    assert assume(session, second, SourceIdentity="bob").error_code == "AccessDenied"
    assert done(assume(session, second))["SourceIdentity"] == "alice"


def test_a_chain_stops_at_a_role_that_does_not_trust_source_identities(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", MARK)
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = town.role("First", trusting(ALICE, both), ASSUME)
    second = town.role("Second", trusting(first))
    session = town.session(alice, first, SourceIdentity="alice")
    assert "sts:SetSourceIdentity" in assume(session, second).error_message


def test_a_deny_on_the_source_identity_cuts_one_person_off(lab: Lab, town: Town) -> None:
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    alice, bob = town.user("alice", MARK), town.user("bob", MARK)
    role = town.role("App", trusting([ALICE, ALICE.replace("alice", "bob")], both), permit(LIST))
    sessions = {
        actor.name: town.session(actor, role, SourceIdentity=actor.name) for actor in (alice, bob)
    }
    town.put_role_policy(
        "App",
        "cut",
        policy(
            statement("*", effect="Deny", **when("StringEquals", "aws:SourceIdentity", "alice"))
        ),
    )
    assert not sessions["alice"].call("s3", "ListBuckets").ok
    done(sessions["bob"].call("s3", "ListBuckets"))


# The form of parameters ----------------------------------------------------------------------


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
