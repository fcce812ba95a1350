"""DynamoDB's resource-based policies: they decide like any other resource's."""

from __future__ import annotations

import json

import pytest

from simulator import Lab
from tests.conftest import ACCOUNT, Town, allow, done, policy

TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/visits"
ELSEWHERE = "444455556666"
MADE = {
    "TableName": "visits",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
READ = {"TableName": "visits", "Key": {"id": {"S": "1"}}}


def put_policy(lab: Lab, effect: str, principal: str, resource: str = TABLE) -> None:
    statement = {
        "Effect": effect,
        "Principal": {"AWS": principal},
        "Action": "dynamodb:*",
        "Resource": resource,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    given = {"ResourceArn": TABLE, "Policy": document}
    done(lab.admin.call("dynamodb", "PutResourcePolicy", given))


@pytest.fixture(autouse=True)
def table(lab: Lab) -> None:
    done(lab.admin.call("dynamodb", "CreateTable", MADE))


def test_a_tables_policy_alone_lets_a_user_in_whom_it_names(lab: Lab, town: Town) -> None:
    alice, bob = town.user("alice"), town.user("bob")
    put_policy(lab, "Allow", f"arn:aws:iam::{ACCOUNT}:user/alice")
    assert alice.call("dynamodb", "GetItem", READ).ok
    refused = bob.call("dynamodb", "GetItem", READ)
    assert refused.error_code == "AccessDeniedException"


def test_a_deny_in_a_tables_policy_binds_the_administrator(lab: Lab) -> None:
    assert lab.admin.call("dynamodb", "GetItem", READ).ok
    put_policy(lab, "Deny", "*")
    refused = lab.admin.call("dynamodb", "GetItem", READ)
    assert str(refused.error_message).endswith("with an explicit deny in a resource-based policy")


def test_a_table_is_made_with_its_policy_by_whoever_may_put_one(lab: Lab, town: Town) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}
    new = {**MADE, "TableName": "more", "ResourcePolicy": policy(deny)}
    refused = town.user("maker", allow("dynamodb:CreateTable")).call("dynamodb", "CreateTable", new)
    assert "perform: dynamodb:PutResourcePolicy" in str(refused.error_message)
    done(lab.admin.call("dynamodb", "CreateTable", new))
    read = lab.admin.call("dynamodb", "GetItem", {**READ, "TableName": "more"})
    assert str(read.error_message).endswith("with an explicit deny in a resource-based policy")


def test_a_tables_policy_is_its_indexes_too(lab: Lab) -> None:
    put_policy(lab, "Deny", "*", f"{TABLE}/index/*")
    asked = {
        "TableName": "visits",
        "IndexName": "by-day",
        "KeyConditionExpression": "id = :id",
        "ExpressionAttributeValues": {":id": {"S": "1"}},
    }
    assert lab.admin.call("dynamodb", "Query", asked).record.outcome == "denied"
    assert lab.admin.call("dynamodb", "GetItem", READ).ok


def test_a_table_made_again_has_not_the_old_ones_policy(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    put_policy(lab, "Allow", f"arn:aws:iam::{ACCOUNT}:user/alice")
    done(lab.admin.call("dynamodb", "DeleteTable", {"TableName": "visits"}))
    done(lab.admin.call("dynamodb", "CreateTable", MADE))
    assert alice.call("dynamodb", "GetItem", READ).error_code == "AccessDeniedException"


def test_a_user_made_again_has_not_the_old_ones_place_in_a_tables_policy(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    key = alice.keys
    assert key is not None
    put_policy(lab, "Allow", f"arn:aws:iam::{ACCOUNT}:user/alice")
    gone = {"UserName": "alice", "AccessKeyId": key.access_key_id}
    done(lab.admin.call("iam", "DeleteAccessKey", gone))
    done(lab.admin.call("iam", "DeleteUser", {"UserName": "alice"}))
    again = town.user("alice")
    assert again.call("dynamodb", "GetItem", READ).error_code == "AccessDeniedException"


def test_the_calls_of_another_account_need_both_sides(lab: Lab) -> None:
    there = lab.administrator(ELSEWHERE)
    asked = {**READ, "TableName": TABLE}
    assert there.call("dynamodb", "GetItem", asked).error_code == "AccessDeniedException"
    put_policy(lab, "Allow", f"arn:aws:iam::{ELSEWHERE}:root")
    assert there.call("dynamodb", "GetItem", asked).ok


NOBODY = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"},
    "Action": "dynamodb:*",
    "Resource": TABLE,
}


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([], "Invalid policy document (Statement)"),
        ([NOBODY], "Invalid principal in policy document."),
    ],
)
def test_a_document_that_aws_would_not_take_is_not_saved(
    lab: Lab, statements: list[object], said: str
) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    given = {"ResourceArn": TABLE, "Policy": document}
    new = {**MADE, "TableName": "more", "ResourcePolicy": document}
    for operation, asked in (("PutResourcePolicy", given), ("CreateTable", new)):
        refused = lab.admin.call("dynamodb", operation, asked)
        assert (refused.status, refused.error_code) == (400, "ValidationException")
        assert refused.error_message == f"One or more parameter values were invalid: {said}"
