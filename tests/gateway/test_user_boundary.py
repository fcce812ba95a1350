"""A user's permissions boundary, which moto does not keep, is kept and enforced."""

from __future__ import annotations

from simulator import Lab
from tests.conftest import ACCOUNT, Town, allow, done

ONLY_S3 = f"arn:aws:iam::{ACCOUNT}:policy/OnlyS3"


def boundary(lab: Lab) -> str:
    document = {"PolicyName": "OnlyS3", "PolicyDocument": allow("s3:*")}
    return str(done(lab.admin.call("iam", "CreatePolicy", document))["Policy"]["Arn"])


def test_a_boundary_limits_a_user_until_it_is_taken_away(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("*"))
    assert alice.call("dynamodb", "ListTables").ok
    done(
        lab.admin.call(
            "iam",
            "PutUserPermissionsBoundary",
            {"UserName": "alice", "PermissionsBoundary": boundary(lab)},
        )
    )
    shown = done(lab.admin.call("iam", "GetUser", {"UserName": "alice"}))["User"]
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == ONLY_S3
    denied = alice.call("dynamodb", "ListTables")
    assert denied.error_message is not None
    assert denied.error_message.endswith(
        "because no permissions boundary allows the dynamodb:ListTables action"
    )
    assert alice.call("s3", "ListBuckets").ok
    done(lab.admin.call("iam", "DeleteUserPermissionsBoundary", {"UserName": "alice"}))
    assert alice.call("dynamodb", "ListTables").ok


def test_a_user_can_be_created_with_a_boundary(lab: Lab, town: Town) -> None:
    done(
        lab.admin.call(
            "iam", "CreateUser", {"UserName": "bob", "PermissionsBoundary": boundary(lab)}
        )
    )
    shown = done(lab.admin.call("iam", "GetUser", {"UserName": "bob"}))["User"]
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == ONLY_S3


def test_a_boundary_that_does_not_exist_is_refused(lab: Lab) -> None:
    wanted = {"UserName": "bob", "PermissionsBoundary": ONLY_S3}
    refused = lab.admin.call("iam", "CreateUser", wanted)
    assert (refused.error_code, refused.status) == ("NoSuchEntity", 404)
    assert lab.admin.call("iam", "GetUser", {"UserName": "bob"}).error_code == "NoSuchEntity"
    done(lab.admin.call("iam", "CreateUser", {"UserName": "bob"}))
    put = lab.admin.call("iam", "PutUserPermissionsBoundary", wanted)
    assert (put.error_code, put.status) == ("NoSuchEntity", 404)
