"""What IAM and S3 refuse to save, over real HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import CallResult
from tests.conftest import ACCOUNT, Town, allow, done, policy, revoke, trust

NOBODY = f"arn:aws:iam::{ACCOUNT}:user/nobody"


def put(lab: Lab, document: dict[str, Any]) -> CallResult:
    given = {"UserName": "u", "PolicyName": "p", "PolicyDocument": json.dumps(document)}
    return lab.admin.call("iam", "PutUserPolicy", given)


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **more}


def test_an_inline_policy_of_the_old_language_is_kept_and_has_no_variables(
    lab: Lab, town: Town
) -> None:
    user = town.user("u")
    town.bucket("papers", u="1")
    own = statement(Resource="arn:aws:s3:::papers/${aws:username}")
    read = {"Bucket": "papers", "Key": "u"}
    for version, allowed in (("2008-10-17", False), (None, False), ("2012-10-17", True)):
        document = {"Statement": [own]} | ({"Version": version} if version else {})
        done(put(lab, document))
        assert user.call("s3", "GetObject", read).ok is allowed


def test_a_managed_policy_must_have_the_current_version(lab: Lab) -> None:
    for document in ({"Statement": [statement()]}, {"Version": "2008-10-17"}):
        text = json.dumps({"Statement": [statement()]} | document)
        given = {"PolicyName": "p", "PolicyDocument": text}
        refused = lab.admin.call("iam", "CreatePolicy", given)
        assert refused.error_code == "MalformedPolicyDocument"
        assert "must be version 2012-10-17 or greater" in (refused.error_message or "")


def test_a_condition_may_be_a_bare_number_or_truth_value(lab: Lab, town: Town) -> None:
    town.user("u")
    numbers = {"s3:max-keys": [7, 8, 0], "aws:MultiFactorAuthAge": 1}
    condition = {"NumericLessThan": numbers, "Bool": {"aws:SecureTransport": False}}
    done(put(lab, {"Version": "2012-10-17", "Statement": statement(Condition=condition)}))


@pytest.mark.parametrize("seconds", [3599, 43201])
def test_a_role_cannot_have_sessions_longer_than_twelve_hours_or_shorter_than_one(
    lab: Lab, town: Town, seconds: int
) -> None:
    town.role("App", trust(ACCOUNT))
    client = lab.admin.client("iam")
    client.meta.events.register(
        "before-call.iam.UpdateRole",
        lambda params, **_: params["body"].update(MaxSessionDuration=seconds),
    )
    with pytest.raises(client.exceptions.ClientError) as refused:
        client.update_role(RoleName="App", MaxSessionDuration=3600)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert "maxSessionDuration" in refused.value.response["Error"]["Message"]


def test_the_sessions_of_a_service_linked_role_cannot_be_revoked(lab: Lab) -> None:
    given = {"AWSServiceName": "autoscaling.amazonaws.com"}
    role = done(lab.admin.call("iam", "CreateServiceLinkedRole", given))["Role"]["RoleName"]
    refused = lab.admin.call(
        "iam",
        "PutRolePolicy",
        {
            "RoleName": role,
            "PolicyName": "AWSRevokeOlderSessions",
            "PolicyDocument": revoke("2021-08-09T06:00:00Z"),
        },
    )
    assert (refused.status, refused.error_code) == (400, "UnmodifiableEntity")


def test_nobody_makes_a_role_under_the_path_of_service_linked_ones(lab: Lab) -> None:
    given = {
        "RoleName": "AWSServiceRoleForX",
        "Path": "/aws-service-role/x.amazonaws.com/",
        "AssumeRolePolicyDocument": trust(ACCOUNT),
    }
    refused = lab.admin.call("iam", "CreateRole", given)
    assert (refused.status, refused.error_code) == (400, "InvalidInput")
    assert "can only be used for AWS Service linked Roles" in str(refused.error_message)


@pytest.mark.parametrize("principal", [NOBODY, "AIDAAAAAAAAAAAAAAAAAA"])
def test_a_policy_names_only_principals_that_exist(lab: Lab, town: Town, principal: str) -> None:
    given = {"RoleName": "R", "AssumeRolePolicyDocument": trust(principal)}
    refused = lab.admin.call("iam", "CreateRole", given)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocument")
    assert refused.error_message == f'Invalid principal in policy: "AWS":"{principal}"'
    town.bucket("papers")
    document = policy(statement(Principal={"AWS": principal}, Resource="arn:aws:s3:::papers/*"))
    given = {"Bucket": "papers", "Policy": document}
    refused = lab.admin.call("s3", "PutBucketPolicy", given)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicy")


def test_a_bucket_policy_is_about_its_own_bucket(lab: Lab, town: Town) -> None:
    town.bucket("papers")
    for resource, saved in (("arn:aws:s3:::papers/*", True), ("arn:aws:s3:::other/*", False)):
        document = policy(statement(Principal="*", Resource=resource))
        result = lab.admin.call("s3", "PutBucketPolicy", {"Bucket": "papers", "Policy": document})
        assert result.ok is saved
    assert result.error_message == "Policy has invalid resource"


def test_a_user_may_still_be_named_by_the_unique_id_it_has(lab: Lab, town: Town) -> None:
    user = town.user("u", allow("sts:AssumeRole"))
    unique = done(user.call("sts", "GetCallerIdentity", {}))["UserId"]
    role = town.role("R", trust(unique))
    done(user.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "session"}))


def test_iam_tells_times_in_whole_seconds() -> None:
    with Lab(datetime(2021, 8, 9, 6, 0, 0, 123456, UTC)) as lab:
        made = done(lab.admin.call("iam", "CreateUser", {"UserName": "alice"}))["User"]
        key = done(lab.admin.call("iam", "CreateAccessKey", {"UserName": "alice"}))["AccessKey"]
        told = [made["CreateDate"], key["CreateDate"]]
    assert told == [datetime(2021, 8, 9, 6, tzinfo=UTC)] * 2
