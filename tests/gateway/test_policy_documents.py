"""Resource policies that services refuse to save, each in its own words, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import CallResult
from tests.conftest import ACCOUNT, Town, done, policy, trust

NOBODY = f"arn:aws:iam::{ACCOUNT}:user/nobody"
VENDOR = "arn:aws:iam::414351767826:role/vendor/Reader"
PAPERS = "arn:aws:s3:::papers"
QUEUE = "Invalid value for the parameter Policy."
TOPIC = "Invalid parameter: Policy Error: PrincipalNotFound"
NEW_TOPIC = "Invalid parameter: Attributes Reason: Policy Error: PrincipalNotFound"
KEY = "Policy contains a statement with one or more invalid principals."
SECRET = "This resource policy contains an unsupported principal."
FUNCTION = "The provided principal was invalid. Please check the principal and try again."
SCOPE = "Policy statement action out of service scope!"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One lab for all: nothing here is saved that another test would see."""
    with Lab() as running:
        town = Town(running)
        town.bucket("papers")
        for service, operation, given in (
            ("sqs", "CreateQueue", {"QueueName": "jobs"}),
            ("sns", "CreateTopic", {"Name": "news"}),
            ("secretsmanager", "CreateSecret", {"Name": "safe", "SecretString": "x"}),
        ):
            done(running.admin.call(service, operation, given))
        yield running


def allowing(action: str | list[str], resource: str | list[str] = "*", principal: Any = "*") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return policy(statement)


def put(lab: Lab, place: str, document: str) -> CallResult:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
    queue = f"{lab.endpoint_url}/{ACCOUNT}/jobs"
    attributes = {"Policy": document}
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "queue": ("sqs", "SetQueueAttributes", {"QueueUrl": queue, "Attributes": attributes}),
        "new queue": ("sqs", "CreateQueue", {"QueueName": "more", "Attributes": attributes}),
        "topic": (
            "sns",
            "SetTopicAttributes",
            {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document},
        ),
        "new topic": ("sns", "CreateTopic", {"Name": "more", "Attributes": attributes}),
        "key": ("kms", "CreateKey", {"Policy": document}),
        "secret": (
            "secretsmanager",
            "PutResourcePolicy",
            {"SecretId": "safe", "ResourcePolicy": document},
        ),
        "bucket": ("s3", "PutBucketPolicy", {"Bucket": "papers", "Policy": document}),
    }
    return lab.admin.call(*calls[place])


@pytest.mark.parametrize(
    ("place", "action", "code", "text"),
    [
        ("queue", "sqs:SendMessage", "InvalidAttributeValue", QUEUE),
        ("new queue", "sqs:SendMessage", "InvalidAttributeValue", QUEUE),
        ("topic", "sns:Publish", "InvalidParameter", TOPIC),
        ("new topic", "sns:Publish", "InvalidParameter", NEW_TOPIC),
        ("key", "kms:*", "MalformedPolicyDocumentException", KEY),
        ("secret", "secretsmanager:*", "MalformedPolicyDocumentException", SECRET),
    ],
)
def test_a_resource_policy_cannot_name_a_user_who_does_not_exist(
    lab: Lab, place: str, action: str, code: str, text: str
) -> None:
    refused = put(lab, place, allowing(action, principal={"AWS": NOBODY}))
    assert (refused.status, refused.error_code, refused.error_message) == (400, code, text)


@pytest.mark.parametrize(
    ("place", "action"),
    [
        ("queue", "sqs:SendMessage"),
        ("topic", "sns:Publish"),
        ("key", "kms:*"),
        ("secret", "secretsmanager:GetSecretValue"),
    ],
)
def test_a_resource_policy_may_name_a_role_of_an_account_that_the_lab_does_not_have(
    lab: Lab, place: str, action: str
) -> None:
    assert put(lab, place, allowing(action, principal={"AWS": [VENDOR, ACCOUNT]})).ok


def test_a_role_may_trust_a_role_of_another_account_unless_the_lab_has_that_account(
    lab: Lab,
) -> None:
    given = {"RoleName": "Trusting", "AssumeRolePolicyDocument": trust(VENDOR)}
    done(lab.admin.call("iam", "CreateRole", given))
    other = VENDOR.replace("414351767826", "414351767827")
    lab.administrator("414351767827")
    given = {"RoleName": "Late", "AssumeRolePolicyDocument": trust(other)}
    refused = lab.admin.call("iam", "CreateRole", given)
    assert refused.error_message == f'Invalid principal in policy: "AWS":"{other}"'


def test_a_function_cannot_be_opened_to_a_user_who_does_not_exist(lab: Lab) -> None:
    done(
        lab.admin.call("iam", "CreateRole", {"RoleName": "F", "AssumeRolePolicyDocument": _LAMBDA})
    )
    function = {
        "FunctionName": "f",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/F",
        "Runtime": "python3.12",
        "Handler": "f.f",
        "Code": {"ZipFile": b"not looked at"},
    }
    done(lab.admin.call("lambda", "CreateFunction", function))
    given = {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction"}
    refused = lab.admin.call("lambda", "AddPermission", {**given, "Principal": NOBODY})
    assert (refused.status, refused.error_code) == (400, "InvalidParameterValueException")
    assert refused.error_message == FUNCTION
    for principal in ("s3.amazonaws.com", "444455556666", f"arn:aws:iam::{ACCOUNT}:role/F"):
        open_to = {**given, "StatementId": principal[-4:].strip("."), "Principal": principal}
        done(lab.admin.call("lambda", "AddPermission", open_to))


_LAMBDA = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


@pytest.mark.parametrize(
    ("place", "code", "text"),
    [
        ("queue", "InvalidAttributeValue", QUEUE),
        ("topic", "InvalidParameter", f"Invalid parameter: {SCOPE}"),
        ("new topic", "InvalidParameter", f"Invalid parameter: Attributes Reason: {SCOPE}"),
    ],
)
def test_the_policy_of_a_queue_or_topic_is_about_its_own_service(
    lab: Lab, place: str, code: str, text: str
) -> None:
    refused = put(lab, place, allowing("s3:GetObject"))
    assert (refused.status, refused.error_code, refused.error_message) == (400, code, text)


@pytest.mark.parametrize("document", ["{", '{"Statement": []}'])
@pytest.mark.parametrize(
    ("place", "code", "text"),
    [
        ("queue", "InvalidAttributeValue", QUEUE),
        ("topic", "InvalidParameter", "Invalid parameter: Policy Error: null"),
        ("new topic", "InvalidParameter", "Invalid parameter: Attributes Reason: Policy Error"),
        ("secret", "MalformedPolicyDocumentException", "This resource policy contains a syntax"),
    ],
)
def test_what_is_no_policy_is_refused_in_the_services_words(
    lab: Lab, place: str, code: str, text: str, document: str
) -> None:
    refused = put(lab, place, document)
    assert (refused.status, refused.error_code) == (400, code)
    assert (refused.error_message or "").startswith(text)


@pytest.mark.parametrize("place", ["topic", "new topic"])
def test_an_empty_topic_policy_is_no_policy(lab: Lab, place: str) -> None:
    refused = put(lab, place, "")
    assert (refused.status, refused.error_code) == (400, "InvalidParameter")
    assert "Policy Error" in (refused.error_message or "")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("not json", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        (allowing("s3:GetNothing", f"{PAPERS}/*"), "Policy has invalid action"),
        (allowing("sqs:SendMessage", f"{PAPERS}/*"), "Policy has invalid action"),
        (allowing("GetObject", f"{PAPERS}/*"), "Policy has invalid action"),
        # No permission is named after these calls.
        (allowing("s3:ListObjectsV2", PAPERS), "Policy has invalid action"),
        (allowing("s3:ListAllMyBuckets", PAPERS), "Policy has invalid action"),
        (allowing("s3:GetObject", "*"), "Policy has invalid resource"),
        (allowing("s3:GetObject", "papers/*"), "Policy has invalid resource"),
        (allowing("s3:GetObject", "arn:aws:s3:::paper?x/*"), "Policy has invalid resource"),
        (allowing("s3:GetObject", "arn:aws:sqs:::papers/*"), "Policy has invalid resource"),
        (
            allowing(["s3:GetObject", "s3:ListBucket"], f"{PAPERS}/*"),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            allowing("s3:GetObject", PAPERS),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}),
            "Missing required field Resource",
        ),
        (
            policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{PAPERS}/*"}),
            "Missing required field Principal",
        ),
        (allowing("s3:*", PAPERS, {"AWS": "nobody"}), "Invalid principal in policy"),
    ],
)
def test_s3_says_what_is_wrong_with_a_bucket_policy(lab: Lab, document: str, text: str) -> None:
    refused = put(lab, "bucket", document)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicy")
    assert (refused.error_message or "").startswith(text)


@pytest.mark.parametrize(
    "document",
    [
        allowing("s3:*", PAPERS),
        allowing("s3:*", f"{PAPERS}/*"),
        allowing("*", PAPERS),
        allowing("S3:getobject", f"{PAPERS}/a/${{aws:username}}/*"),
        allowing("s3:Get*", "arn:aws:s3:::pap*"),
        allowing(["s3:GetObject", "s3:ListBucket"], [PAPERS, f"{PAPERS}/*"]),
        policy(
            {
                "Effect": "Deny",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                "NotAction": "s3:GetObject",
                "Resource": PAPERS,
            }
        ),
        policy(
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "NotResource": f"{PAPERS}/x",
            }
        ),
    ],
)
def test_a_bucket_policy_that_fits_is_saved_without_a_word(lab: Lab, document: str) -> None:
    saved = put(lab, "bucket", document)
    assert (saved.status, saved.error_code) == (204, None)
    kept = done(lab.admin.call("s3", "GetBucketPolicy", {"Bucket": "papers"}))
    assert json.loads(kept["Policy"]) == json.loads(document)
    done(lab.admin.call("s3", "DeleteBucketPolicy", {"Bucket": "papers"}))


def test_a_deleted_users_policy_cannot_be_saved_again(lab: Lab) -> None:
    town = Town(lab)
    town.role("Gone", trust(ACCOUNT))
    named = allowing("sns:Publish", principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/Gone"})
    assert put(lab, "topic", named).ok
    done(lab.admin.call("iam", "DeleteRole", {"RoleName": "Gone"}))
    assert put(lab, "topic", named).error_message == TOPIC


@pytest.mark.parametrize("service", ["ec2", "ec2.amazonaws.con", "*"])
def test_a_trust_policy_cannot_name_what_is_no_service(lab: Lab, service: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    given = {"RoleName": "Served", "AssumeRolePolicyDocument": policy(statement)}
    refused = lab.admin.call("iam", "CreateRole", given)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocument")
    assert refused.error_message == f'Invalid principal in policy: "SERVICE":"{service}"'


def test_of_a_bucket_that_is_not_there_no_policy_is_read(lab: Lab) -> None:
    given = {"Bucket": "nowhere", "Policy": "{"}
    assert lab.admin.call("s3", "PutBucketPolicy", given).error_code == "NoSuchBucket"
