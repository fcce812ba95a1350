"""What stops a session and what does not, over real HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.clock import iso
from tests.conftest import ACCOUNT, Town, done, policy, revoke
from tests.serving import PATIENCE_SECONDS
from tests.sts.documents import permit, statement, trusting, when

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
LIST = "s3:ListAllMyBuckets"
REVOKE = "AWSRevokeOlderSessions"


@pytest.fixture
def app(town: Town) -> str:
    """The role App; returns its ARN."""
    return town.role("App", trusting(ROOT), permit(["s3:*", "sts:*", "iam:*"]))


@pytest.fixture
def alice(town: Town) -> Actor:
    return town.user("alice", permit("sts:*"))


def works(actor: Actor) -> bool:
    return actor.call("s3", "ListBuckets").ok


def press_revoke(lab: Lab, town: Town) -> None:
    """The console's button, a second later than whatever was before."""
    lab.clock.advance(timedelta(seconds=1))
    town.put_role_policy("App", REVOKE, revoke(iso(lab.clock.now())))
    lab.clock.advance(timedelta(seconds=1))


def deny(**condition: Any) -> str:
    return policy(statement("*", effect="Deny", **condition))


def test_pressing_again_replaces_the_cut_off(lab: Lab, town: Town, alice: Actor, app: str) -> None:
    first = town.session(alice, app)
    press_revoke(lab, town)
    second = town.session(alice, app)
    assert (works(first), works(second)) == (False, True)
    press_revoke(lab, town)
    assert (works(first), works(second)) == (False, False)
    names = done(lab.admin.call("iam", "ListRolePolicies", {"RoleName": "App"}))["PolicyNames"]
    assert sorted(names) == [REVOKE, "own"]


def test_a_revoked_session_is_denied_everything_but_to_ask_who_it_is(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    session = town.session(alice, app)
    press_revoke(lab, town)
    for service, operation in (("s3", "ListBuckets"), ("iam", "ListUsers"), ("sqs", "ListQueues")):
        assert not session.call(service, operation).ok
    done(session.call("sts", "GetCallerIdentity"))


def test_the_button_needs_put_role_policy(lab: Lab, town: Town, alice: Actor, app: str) -> None:
    given = {"RoleName": "App", "PolicyName": REVOKE, "PolicyDocument": revoke("2021-08-09")}
    assert alice.call("iam", "PutRolePolicy", given).error_code == "AccessDenied"
    helper = town.user("helper", permit("iam:PutRolePolicy", app))
    done(helper.call("iam", "PutRolePolicy", given))


def test_a_key_the_thief_created_meanwhile_is_not_caught(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    thief = town.session(alice, app)
    done(thief.call("iam", "CreateUser", {"UserName": "backup"}))
    given = {"UserName": "backup", "PolicyName": "own", "PolicyDocument": permit("s3:*")}
    done(thief.call("iam", "PutUserPolicy", given))
    key = done(thief.call("iam", "CreateAccessKey", {"UserName": "backup"}))["AccessKey"]
    press_revoke(lab, town)
    foothold = lab.actor("thief", keys=Keys.from_response(key))
    assert (works(thief), works(foothold)) == (False, True)


def test_changing_the_trust_policy_changes_only_who_may_assume_from_now_on(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    session = town.session(alice, app)
    document = trusting(f"arn:aws:iam::{ACCOUNT}:user/alice", **when("Bool", "aws:x", "true"))
    given = {"RoleName": "App", "PolicyDocument": document}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    again = {"RoleArn": app, "RoleSessionName": "again"}
    assert alice.call("sts", "AssumeRole", again).error_code == "AccessDenied"
    assert works(session)


def test_sessions_chained_on_into_another_role_live_on(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    hop = town.role("Hop", trusting(app), permit(LIST))
    session = town.session(alice, app)
    chained = town.session(session, hop)
    press_revoke(lab, town)
    assert (works(session), works(chained)) == (False, True)
    again = {"RoleArn": hop, "RoleSessionName": "again"}
    assert not session.call("sts", "AssumeRole", again).ok


def test_removing_a_permission_policy_hits_every_user_of_the_role(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    sessions = [town.session(alice, app, name) for name in ("one", "two")]
    done(lab.admin.call("iam", "DeleteRolePolicy", {"RoleName": "App", "PolicyName": "own"}))
    assert not any(works(session) for session in sessions)
    assert not works(town.session(alice, app))


def test_a_future_cut_off_locks_out_fresh_sessions_too(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    town.put_role_policy("App", REVOKE, revoke(iso(lab.clock.now() + timedelta(hours=2))))
    assert not works(town.session(alice, app))
    lab.clock.advance(timedelta(hours=2))
    assert works(town.session(alice, app))


@pytest.mark.parametrize("key", ["aws:userid", "aws:SourceIp"])
def test_narrower_cuts_stop_one_session_of_many(
    lab: Lab, town: Town, alice: Actor, app: str, key: str
) -> None:
    kept = town.session(alice, app, "kept")
    leaked = town.session(alice, app, "leaked")
    elsewhere = lab.actor("thief", keys=leaked.keys, source_ip="203.0.113.9")
    user_id = done(leaked.call("sts", "GetCallerIdentity"))["UserId"]
    condition = {
        "aws:userid": when("StringEquals", key, user_id),
        "aws:SourceIp": when("IpAddress", key, "203.0.113.0/24"),
    }[key]
    town.put_role_policy("App", "cut", deny(**condition))
    assert (works(kept), works(elsewhere)) == (True, False)


def test_a_session_name_can_be_shut_out_by_the_trust_policy(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    document = policy(
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sts:AssumeRole",
            **when("StringEquals", "sts:RoleSessionName", "leaked"),
        },
    )
    given = {"RoleName": "App", "PolicyDocument": document}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    named = {"RoleArn": app, "RoleSessionName": "leaked"}
    assert not alice.call("sts", "AssumeRole", named).ok
    assert works(town.session(alice, app, "other"))


def test_a_bucket_policy_and_a_boundary_can_each_stop_a_session(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    town.bucket("data-bucket", key="text")
    session = town.session(alice, app)
    get = ("s3", "GetObject", {"Bucket": "data-bucket", "Key": "key"})
    done(session.call(*get))
    user_id = done(session.call("sts", "GetCallerIdentity"))["UserId"].partition(":")[0]
    document = policy(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::data-bucket/*",
            **when("StringLike", "aws:userid", f"{user_id}:*"),
        }
    )
    given = {"Bucket": "data-bucket", "Policy": document}
    done(lab.admin.call("s3", "PutBucketPolicy", given))
    refused = session.call(*get)
    assert "with an explicit deny in a resource-based policy" in str(refused.error_message)
    assert works(session)
    limit = {"PolicyName": "Nothing", "PolicyDocument": permit("sqs:*")}
    arn = done(lab.admin.call("iam", "CreatePolicy", limit))["Policy"]["Arn"]
    bounded = {"RoleName": "App", "PermissionsBoundary": arn}
    done(lab.admin.call("iam", "PutRolePermissionsBoundary", bounded))
    assert "permissions boundary" in str(session.call("s3", "ListBuckets").error_message)


def fetch(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_presigned_url_dies_with_the_session_that_signed_it(
    lab: Lab, town: Town, alice: Actor, app: str, how: str
) -> None:
    town.bucket("data-bucket", key="text")
    session = town.session(alice, app, DurationSeconds=900)
    parameters = {"Bucket": "data-bucket", "Key": "key"}
    url = session.client("s3").generate_presigned_url("get_object", parameters, ExpiresIn=86400)
    assert fetch(url) == 200
    if how == "revoked":
        press_revoke(lab, town)
        assert fetch(url) == 403
    else:
        lab.clock.advance(timedelta(seconds=900))
        assert fetch(url) == 400


def test_the_statement_does_not_reach_a_role_session_of_another_role(
    lab: Lab, town: Town, alice: Actor, app: str
) -> None:
    other = town.session(alice, town.role("Other", trusting(ROOT), permit(LIST)))
    press_revoke(lab, town)
    assert works(other)


def test_an_scp_on_its_account_stops_a_session(lab: Lab) -> None:
    management = lab.admin
    done(management.call("organizations", "CreateOrganization", {"FeatureSet": "ALL"}))
    (root,) = done(management.call("organizations", "ListRoots"))["Roots"]
    enable = {"RootId": root["Id"], "PolicyType": "SERVICE_CONTROL_POLICY"}
    done(management.call("organizations", "EnablePolicyType", enable))
    new = {"Email": "shop@example.com", "AccountName": "shop"}
    made = done(management.call("organizations", "CreateAccount", new))
    account = made["CreateAccountStatus"]["AccountId"]
    member = lab.administrator(account)
    given = {
        "RoleName": "App",
        "AssumeRolePolicyDocument": trusting(f"arn:aws:iam::{account}:root"),
    }
    role = done(member.call("iam", "CreateRole", given))["Role"]["Arn"]
    own = {"RoleName": "App", "PolicyName": "own", "PolicyDocument": permit("s3:*")}
    done(member.call("iam", "PutRolePolicy", own))
    session = Town(lab).session(member, role)
    assert works(session)
    scp = {
        "Name": "Stop",
        "Description": "",
        "Type": "SERVICE_CONTROL_POLICY",
        "Content": deny(**when("ArnLike", "aws:PrincipalArn", role)),
    }
    policy_id = done(management.call("organizations", "CreatePolicy", scp))["Policy"][
        "PolicySummary"
    ]["Id"]
    attach = {"PolicyId": policy_id, "TargetId": account}
    done(management.call("organizations", "AttachPolicy", attach))
    refused = session.call("s3", "ListBuckets")
    assert "with an explicit deny in a service control policy" in str(refused.error_message)
    assert works(member)
