"""GetSessionToken and GetFederationToken, over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.clock import iso
from simulator.sts import mfa
from simulator.sts.issuing import root_key
from tests.conftest import ACCOUNT, Town, done, policy, revoke
from tests.sts.documents import permit, statement, trusting, when
from tests.sts.test_mfa import enable

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
LIST = "s3:ListAllMyBuckets"
OPERATIONS = ["GetSessionToken", "GetFederationToken"]


def issue(actor: Actor, operation: str, **more: Any) -> Any:
    """Call one of the two; a federated user is called pat."""
    name = {"Name": "pat"} if operation == "GetFederationToken" else {}
    return actor.call("sts", operation, {**name, **more})


def session(lab: Lab, actor: Actor, operation: str, **more: Any) -> Actor:
    credentials = done(issue(actor, operation, **more))["Credentials"]
    return lab.actor(actor.name, keys=Keys.from_response(credentials))


def federated(lab: Lab, actor: Actor, document: str | None = None) -> Actor:
    more = {"Policy": document} if document else {}
    return session(lab, actor, "GetFederationToken", **more)


def root_of(lab: Lab) -> Actor:
    key = root_key(lab.world, ACCOUNT)
    return lab.actor("root", keys=Keys(key.access_key_id, key.secret_access_key))


# How long, and who -----------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("asked", "seconds"), [(None, 43200), (900, 900), (129600, 129600)])
def test_a_users_session_lasts_twelve_hours_unless_it_says_otherwise(
    lab: Lab, town: Town, operation: str, asked: int | None, seconds: int
) -> None:
    alice = town.user("alice", permit("sts:*"))
    more = {"DurationSeconds": asked} if asked else {}
    expiration = done(issue(alice, operation, **more))["Credentials"]["Expiration"]
    assert expiration - lab.clock.now() == timedelta(seconds=seconds)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_more_than_36_hours_are_refused(lab: Lab, town: Town, operation: str) -> None:
    alice = town.user("alice", permit("sts:*"))
    refused = issue(alice, operation, DurationSeconds=129601)
    assert (refused.status, refused.error_code) == (400, "ValidationError")
    assert "less than or equal to 129600" in refused.error_message


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("asked", [None, 43200])
def test_a_root_users_session_lasts_an_hour(lab: Lab, operation: str, asked: int | None) -> None:
    more = {"DurationSeconds": asked} if asked else {}
    expiration = done(issue(root_of(lab), operation, **more))["Credentials"]["Expiration"]
    assert expiration - lab.clock.now() == timedelta(hours=1)


def test_a_root_users_session_is_root(lab: Lab) -> None:
    acting = session(lab, root_of(lab), "GetSessionToken")
    assert done(acting.call("sts", "GetCallerIdentity"))["Arn"] == ROOT
    done(acting.call("s3", "ListBuckets"))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", ["role", "GetSessionToken", "GetFederationToken"])
def test_no_temporary_session_may_ask_for_another(
    lab: Lab, town: Town, operation: str, kind: str
) -> None:
    alice = town.user("alice", permit("sts:*"))
    if kind == "role":
        acting = town.session(alice, town.role("App", trusting(ROOT), permit("sts:*")))
    else:
        acting = session(lab, alice, kind)
    refused = issue(acting, operation)
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert refused.error_message == f"Cannot call {operation} with session credentials"


# GetSessionToken -------------------------------------------------------------------------------


def test_get_session_token_needs_no_permission_and_no_policy_stops_it(lab: Lab, town: Town) -> None:
    alice = town.user("alice", policy(statement("*", effect="Deny")))
    done(issue(alice, "GetSessionToken"))


def test_a_session_token_is_the_user_with_the_same_permissions(lab: Lab, town: Town) -> None:
    alice = town.user("alice", permit(LIST, **when("StringEquals", "aws:username", "alice")))
    acting = session(lab, alice, "GetSessionToken")
    identity = done(acting.call("sts", "GetCallerIdentity"))
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert identity["UserId"].startswith("AIDA")
    done(acting.call("s3", "ListBuckets"))
    assert not acting.call("sqs", "ListQueues").ok


def test_a_session_token_cannot_call_iam_without_mfa(lab: Lab, town: Town) -> None:
    alice = town.user("alice", permit("*"))
    serial = enable(lab, "alice")
    without = session(lab, alice, "GetSessionToken").call("iam", "ListUsers")
    assert (without.status, without.error_code) == (403, "InvalidClientTokenId")
    code = mfa.code(lab.world, serial)
    acting = session(lab, alice, "GetSessionToken", SerialNumber=serial, TokenCode=code)
    done(acting.call("iam", "ListUsers"))


def test_a_session_token_may_assume_roles_and_ask_who_it_is_and_nothing_else_of_sts(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("*"))
    acting = session(lab, alice, "GetSessionToken")
    town.session(acting, town.role("App", trusting(ROOT)))
    given = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    assert acting.call("sts", "GetAccessKeyInfo", given).error_code == "AccessDenied"


# GetFederationToken ----------------------------------------------------------------------------


def test_get_federation_token_needs_permission_on_the_federated_user(lab: Lab, town: Town) -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/pat"
    alice = town.user("alice", permit("sts:GetFederationToken", arn))
    answer = done(issue(alice, "GetFederationToken"))
    assert answer["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:pat", "Arn": arn}
    refused = alice.call("sts", "GetFederationToken", {"Name": "sam"})
    assert (refused.status, refused.error_code) == (403, "AccessDenied")


def test_a_federated_user_has_what_both_the_user_and_the_passed_policy_allow(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit(["sts:*", "s3:*"]))
    acting = federated(lab, alice, permit([LIST, "sqs:*"]))
    identity = done(acting.call("sts", "GetCallerIdentity"))
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/pat"
    assert identity["UserId"] == f"{ACCOUNT}:pat"
    done(acting.call("s3", "ListBuckets"))
    assert not acting.call("sqs", "ListQueues").ok
    assert not acting.call("s3", "CreateBucket", {"Bucket": "new-bucket"}).ok


def test_without_a_policy_a_federated_user_may_do_nothing_but_what_a_resource_gives_it(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("*"))
    town.bucket("open-bucket", key="text")
    acting = federated(lab, alice)
    get = ("s3", "GetObject", {"Bucket": "open-bucket", "Key": "key"})
    assert not acting.call("s3", "ListBuckets").ok
    assert not acting.call(*get).ok
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/pat"
    document = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": arn},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::open-bucket/*",
        }
    )
    given = {"Bucket": "open-bucket", "Policy": document}
    done(lab.admin.call("s3", "PutBucketPolicy", given))
    done(acting.call(*get))


def test_a_federated_user_is_let_in_by_the_full_arn_of_the_user_behind_it(
    lab: Lab, town: Town
) -> None:
    made = done(lab.admin.call("iam", "CreateUser", {"UserName": "alice", "Path": "/staff/"}))
    document = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": permit("sts:*")}
    done(lab.admin.call("iam", "PutUserPolicy", document))
    key = done(lab.admin.call("iam", "CreateAccessKey", {"UserName": "alice"}))["AccessKey"]
    alice = lab.actor("alice", keys=Keys.from_response(key))
    town.bucket("staff-bucket", key="text")
    acting = federated(lab, alice, permit("s3:*"))
    get = ("s3", "GetObject", {"Bucket": "staff-bucket", "Key": "key"})
    assert not acting.call(*get).ok
    lets_in = {
        "Effect": "Allow",
        "Principal": {"AWS": made["User"]["Arn"]},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::staff-bucket/*",
    }
    given = {"Bucket": "staff-bucket", "Policy": policy(lets_in)}
    done(lab.admin.call("s3", "PutBucketPolicy", given))
    let_in = acting.call(*get)
    done(let_in)
    context = let_in.record.event["userIdentity"]["sessionContext"]
    assert context["sessionIssuer"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/alice"


def test_a_federated_user_cannot_call_iam_nor_sts_but_to_ask_who_it_is(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("*"))
    role = town.role("App", trusting(ROOT))
    acting = federated(lab, alice, permit("*"))
    assert acting.call("iam", "ListUsers").error_code == "InvalidClientTokenId"
    given = {"RoleArn": role, "RoleSessionName": "work"}
    assert acting.call("sts", "AssumeRole", given).error_code == "AccessDenied"
    done(acting.call("sts", "GetCallerIdentity"))


def test_tags_of_a_federated_user_are_principal_tags_and_need_tag_session(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit(["sts:GetFederationToken", "s3:*"]))
    tags = {"Tags": [{"Key": "team", "Value": "shop"}]}
    document = permit(LIST, **when("StringEquals", "aws:PrincipalTag/team", "shop"))
    refused = issue(alice, "GetFederationToken", Policy=document, **tags)
    assert "sts:TagSession" in refused.error_message
    given = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": permit(["sts:*", "s3:*"])}
    done(lab.admin.call("iam", "PutUserPolicy", given))
    acting = session(lab, alice, "GetFederationToken", Policy=document, **tags)
    done(acting.call("s3", "ListBuckets"))


def test_the_policies_and_tags_of_a_federated_user_are_packed_and_bounded(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("sts:*"))
    answer = done(issue(alice, "GetFederationToken", Policy=permit("s3:*")))
    assert 0 < answer["PackedPolicySize"] <= 100
    long = policy(*(statement("s3:GetObject", f"arn:aws:s3:::bucket-{n}/*") for n in range(20)))
    tags = [{"Key": f"key{n}", "Value": "v" * 200} for n in range(5)]
    refused = issue(alice, "GetFederationToken", Policy=long, Tags=tags)
    assert (refused.status, refused.error_code) == (400, "PackedPolicyTooLarge")
    refused = issue(alice, "GetFederationToken", Policy=permit("s3:*") + " " * 2048)
    assert (refused.status, refused.error_code) == (400, "ValidationError")


@pytest.mark.parametrize("name", ["p", "p" * 33, "pat smith"])
def test_a_federated_users_name_is_two_to_32_plain_characters(
    lab: Lab, town: Town, name: str
) -> None:
    alice = town.user("alice", permit("sts:*"))
    client = alice._shared.shared("sts", alice.region, signed=True)
    client._serializer = client._serializer._serializer
    refused = alice.call("sts", "GetFederationToken", {"Name": name})
    assert (refused.status, refused.error_code) == (400, "ValidationError")


# What stops them -------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_a_session_outlives_the_key_it_was_made_with(
    lab: Lab, town: Town, operation: str, how: str
) -> None:
    alice = town.user("alice", permit("*"))
    more = {"Policy": permit("s3:*")} if operation == "GetFederationToken" else {}
    acting = session(lab, alice, operation, **more)
    assert alice.keys is not None
    key = {"UserName": "alice", "AccessKeyId": alice.keys.access_key_id}
    if how == "deleted":
        done(lab.admin.call("iam", "DeleteAccessKey", key))
    else:
        done(lab.admin.call("iam", "UpdateAccessKey", {**key, "Status": "Inactive"}))
    refused = alice.call("sts", "GetCallerIdentity")
    assert (refused.status, refused.error_code) == (403, "InvalidClientTokenId")
    done(acting.call("s3", "ListBuckets"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_deleting_the_user_stops_the_session(lab: Lab, town: Town, operation: str) -> None:
    alice = town.user("alice", permit("*"))
    more = {"Policy": permit("s3:*")} if operation == "GetFederationToken" else {}
    acting = session(lab, alice, operation, **more)
    assert alice.keys is not None
    admin, name = lab.admin, {"UserName": "alice"}
    key = {**name, "AccessKeyId": alice.keys.access_key_id}
    done(admin.call("iam", "DeleteAccessKey", key))
    done(admin.call("iam", "DeleteUserPolicy", {**name, "PolicyName": "own"}))
    done(admin.call("iam", "DeleteUser", name))
    assert not acting.call("s3", "ListBuckets").ok
    town.user("alice", permit("*"))
    assert not acting.call("s3", "ListBuckets").ok


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_revoke_statement_on_the_user_stops_sessions_and_not_the_key(
    lab: Lab, town: Town, operation: str
) -> None:
    alice = town.user("alice", permit("*"))
    more = {"Policy": permit("s3:*")} if operation == "GetFederationToken" else {}
    acting = session(lab, alice, operation, **more)
    lab.clock.advance(timedelta(seconds=1))
    document = revoke(iso(lab.clock.now()))
    given = {"UserName": "alice", "PolicyName": "Revoke", "PolicyDocument": document}
    done(lab.admin.call("iam", "PutUserPolicy", given))
    refused = acting.call("s3", "ListBuckets")
    assert "with an explicit deny in an identity-based policy" in str(refused.error_message)
    done(acting.call("sts", "GetCallerIdentity"))
    done(alice.call("s3", "ListBuckets"))
    done(session(lab, alice, operation, **more).call("s3", "ListBuckets"))
