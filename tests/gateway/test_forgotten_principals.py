"""A principal that is made again under its old name is not whom resources trust."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import ACCOUNT, Town, done, policy, trust

CAROL = f"arn:aws:iam::{ACCOUNT}:user/carol"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
Use = tuple[str, str, dict[str, Any]]


def _grant(action: str, resource: str, *more: str) -> str:
    principal = {"AWS": [CAROL, *more]}
    return policy(
        {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    )


def _bucket(admin: Actor) -> Use:
    done(admin.call("s3", "CreateBucket", {"Bucket": "shared"}))
    document = _grant("s3:ListBucket", "arn:aws:s3:::shared")
    done(admin.call("s3", "PutBucketPolicy", {"Bucket": "shared", "Policy": document}))
    return "s3", "ListObjectsV2", {"Bucket": "shared"}


def _queue(admin: Actor) -> Use:
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    attributes = {"Policy": _grant("sqs:SendMessage", arn)}
    url = done(admin.call("sqs", "CreateQueue", {"QueueName": "q", "Attributes": attributes}))
    return "sqs", "SendMessage", {"QueueUrl": url["QueueUrl"], "MessageBody": "text"}


def _topic(admin: Actor) -> Use:
    arn = done(admin.call("sns", "CreateTopic", {"Name": "t"}))["TopicArn"]
    given = {"AttributeName": "Policy", "AttributeValue": _grant("sns:Publish", arn)}
    done(admin.call("sns", "SetTopicAttributes", {"TopicArn": arn, **given}))
    return "sns", "Publish", {"TopicArn": arn, "Message": "text"}


def _key(admin: Actor) -> Use:
    given = {"Policy": _grant("kms:*", "*", ROOT)}
    arn = done(admin.call("kms", "CreateKey", given))["KeyMetadata"]["Arn"]
    return "kms", "Encrypt", {"KeyId": arn, "Plaintext": b"text"}


def _secret(admin: Actor) -> Use:
    secret = {"SecretId": "s"}
    done(admin.call("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "text"}))
    document = _grant("secretsmanager:GetSecretValue", "*")
    given = {**secret, "ResourcePolicy": document}
    done(admin.call("secretsmanager", "PutResourcePolicy", given))
    return "secretsmanager", "GetSecretValue", secret


def _function(admin: Actor) -> Use:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("h.py", "def h(event, context): return 1")
    document = trust(ACCOUNT).replace("AWS", "Service").replace(ACCOUNT, "lambda.amazonaws.com")
    given = {"RoleName": "Runs", "AssumeRolePolicyDocument": document}
    role = done(admin.call("iam", "CreateRole", given))["Role"]["Arn"]
    function = {"FunctionName": "f", "Runtime": "python3.12", "Role": role, "Handler": "h.h"}
    done(admin.call("lambda", "CreateFunction", {**function, "Code": {"ZipFile": code.getvalue()}}))
    allowed = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": CAROL}
    done(admin.call("lambda", "AddPermission", {"FunctionName": "f", **allowed}))
    return "lambda", "Invoke", {"FunctionName": "f"}


@pytest.mark.parametrize("share", [_bucket, _queue, _topic, _key, _secret, _function])
def test_a_resource_does_not_trust_a_user_made_again_under_the_same_name(
    lab: Lab, town: Town, share: Any
) -> None:
    carol = town.user("carol")
    use = share(lab.admin)
    assert carol.call(*use).ok
    assert carol.keys is not None
    key = {"UserName": "carol", "AccessKeyId": carol.keys.access_key_id}
    done(lab.admin.call("iam", "DeleteAccessKey", key))
    done(lab.admin.call("iam", "DeleteUser", {"UserName": "carol"}))
    again = town.user("carol").call(*use)
    assert str(again.error_code).startswith("AccessDenied")


def test_a_group_is_no_principal(lab: Lab) -> None:
    document = trust(f"arn:aws:iam::{ACCOUNT}:group/team")
    given = {"RoleName": "App", "AssumeRolePolicyDocument": document}
    refused = lab.admin.call("iam", "CreateRole", given)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocument")
