"""Black-box probes of AWS's exact words, where a summary of them would have been near enough."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from botocore.exceptions import ClientError

from simulator import Lab
from tests.serving import PATIENCE_SECONDS
from tests.test_probes import ROOT, A, Cloud, Keys, to


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Lab() as lab:
        yield Cloud(lab)


@pytest.fixture(scope="module")
def nobody(cloud: Cloud) -> tuple[str, Keys]:
    return cloud.user()


@pytest.mark.parametrize(
    ("service", "operation", "action", "named"),
    [
        ("s3", "list_buckets", "s3:ListAllMyBuckets", ""),
        ("secretsmanager", "list_secrets", "secretsmanager:ListSecrets", ""),
        ("ec2", "describe_instances", "ec2:DescribeInstances", ""),
        ("kms", "list_keys", "kms:ListKeys", " on resource: *"),
        ("lambda", "list_functions", "lambda:ListFunctions", " on resource: *"),
        (
            "dynamodb",
            "list_tables",
            "dynamodb:ListTables",
            f" on resource: arn:aws:dynamodb:us-east-1:{A}:table/*",
        ),
        ("sns", "list_topics", "sns:ListTopics", f" on resource: arn:aws:sns:us-east-1:{A}:*"),
        ("sqs", "list_queues", "sqs:ListQueues", f" on resource: arn:aws:sqs:us-east-1:{A}:"),
        (
            "ssm",
            "describe_parameters",
            "ssm:DescribeParameters",
            f" on resource: arn:aws:ssm:us-east-1:{A}:*",
        ),
    ],
)
def test_an_action_without_a_resource_is_denied_in_the_services_own_words(
    cloud: Cloud, nobody: tuple[str, Keys], service: str, operation: str, action: str, named: str
) -> None:
    arn, keys = nobody
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service, keys), operation)()
    because = f"because no identity-based policy allows the {action} action"
    text = f"User: {arn} is not authorized to perform: {action}{named} {because}"
    assert text in refused.value.response["Error"]["Message"]


def test_a_bucket_that_is_not_there_is_no_secret_to_the_public(cloud: Cloud) -> None:
    closed = cloud.bucket()
    assert requests.get(f"{cloud.url}/{closed}", timeout=PATIENCE_SECONDS).status_code == 403
    missing = requests.get(f"{cloud.url}/{closed}-none", timeout=PATIENCE_SECONDS)
    assert (missing.status_code, "<Code>NoSuchBucket</Code>" in missing.text) == (404, True)
    trail = requests.get(f"{cloud.url}/_stslab/events", timeout=PATIENCE_SECONDS).json()["events"]
    assert [event["outcome"] for event in trail[-2:]] == ["denied", "denied"]


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        ("OrdersReaderRoleOfTheShop", "OrdersReaderRoleOfTheShop is invalid"),
        (f"arn:aws:iam::{A}:user/alice", "Request ARN is invalid"),
        ("arn:aws:iam::1234:role/Reader", "Request ARN is invalid"),
    ],
)
def test_what_cannot_be_a_roles_arn_is_invalid_before_it_is_forbidden(
    cloud: Cloud, arn: str, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.assume(cloud.admin, arn)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationError", message)


def test_unique_ids_have_21_characters_and_access_keys_20(cloud: Cloud) -> None:
    arn, keys = cloud.user()
    user = cloud.iam.get_user(UserName=arn.rpartition("/")[2])["User"]["UserId"]
    role = cloud.role(to(ROOT))
    unique = cloud.iam.get_role(RoleName=role.rpartition("/")[2])["Role"]["RoleId"]
    session = cloud.assume(cloud.admin, role)
    sizes = {unique_id[:4]: len(unique_id) for unique_id in (user, unique)}
    assert sizes == {"AIDA": 21, "AROA": 21}
    assert {len(each["AccessKeyId"]) for each in (keys, session)} == {20}


@pytest.mark.parametrize(
    ("version", "named"), [("1999-01-01", "1999-01-01"), ("", "NO_VERSION_SPECIFIED")]
)
def test_an_action_of_another_version_of_the_api_is_unknown(
    cloud: Cloud, version: str, named: str
) -> None:
    form = {"Action": "GetCallerIdentity", "Version": version}
    credential = f"{cloud.admin['AccessKeyId']}/20210809/us-east-1/sts/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, Signature=0"}
    answer = requests.post(cloud.url, data=form, headers=signed, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 400
    assert f"Could not find operation GetCallerIdentity for version {named}" in answer.text


@pytest.mark.parametrize(
    ("operation", "parameter", "message"),
    [
        ("get_role", "RoleName", "The role with name ghost cannot be found."),
        ("delete_role", "RoleName", "The role with name ghost cannot be found."),
        ("get_user", "UserName", "The user with name ghost cannot be found."),
        ("list_groups_for_user", "UserName", "The user with name ghost cannot be found."),
        ("get_group", "GroupName", "The group with name ghost cannot be found."),
        ("get_instance_profile", "InstanceProfileName", "Instance Profile ghost cannot be found."),
    ],
)
def test_iam_says_what_cannot_be_found(
    cloud: Cloud, operation: str, parameter: str, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(cloud.iam, operation)(**{parameter: "ghost"})
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("NoSuchEntity", message)


@pytest.mark.parametrize(
    ("operation", "given", "missing"),
    [
        ("create_policy", {"PolicyName": "Reading"}, "policyDocument"),
        ("get_role", {}, "roleName"),
    ],
)
def test_iam_names_the_parameter_that_is_missing(
    cloud: Cloud, operation: str, given: dict[str, str], missing: str
) -> None:
    careless = cloud.client("iam", parameter_validation=False)
    with pytest.raises(ClientError) as refused:
        getattr(careless, operation)(**given)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == (
        f"1 validation error detected: Value null at '{missing}' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_an_answer_of_ec2_has_the_id_of_its_request(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("ec2").describe_instances(InstanceIds=["i-0123456789abcdef0"])
    response = refused.value.response
    sent = response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    assert response["ResponseMetadata"]["RequestId"] == sent
