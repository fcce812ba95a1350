"""The condition keys and owners that come with the checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from simulator.backend import MotoLookup
from simulator.gateway.actions import checks_for
from simulator.gateway.identify import identify
from simulator.gateway.stages import AwsError, Check
from tests.gateway.actions.capture import ACCOUNT, sent
from tests.gateway.actions.conftest import Ask

ROLE = f"arn:aws:iam::{ACCOUNT}:role/apps/App"
OTHER = "999999999999"


def context_of(checks: tuple[Check, ...], prefix: str = "") -> dict[str, Any]:
    """The first check's keys, of one service where a prefix is given."""
    return {key: value for key, value in checks[0].context.items() if key.startswith(prefix)}


def test_assume_role_carries_what_a_trust_policy_asks_for(ask: Ask) -> None:
    found = ask(
        "sts", "AssumeRole", RoleArn=ROLE, RoleSessionName="work", ExternalId="x1",
        SourceIdentity="alice", Tags=[{"Key": "team", "Value": "blue"}],
        TransitiveTagKeys=["team"],
    )  # fmt: skip

    for check in found:
        assert check.context == {
            "sts:RoleSessionName": "work",
            "sts:ExternalId": "x1",
            "sts:SourceIdentity": "alice",
            "aws:RequestTag/team": "blue",
            "aws:TagKeys": ("team",),
            "sts:TransitiveTagKeys": ("team",),
            "aws:ResourceTag/team": "red",
            "iam:ResourceTag/team": "red",
        }


def test_a_source_identity_is_handed_on_along_a_chain(ask: Ask) -> None:
    found = ask("sts", "AssumeRole", RoleArn=ROLE, RoleSessionName="work", source_identity="alice")

    assert [check.action for check in found] == ["sts:AssumeRole", "sts:SetSourceIdentity"]
    assert found[1].context["sts:SourceIdentity"] == "alice"


def test_the_owner_is_told_where_it_is_another_account(ask: Ask) -> None:
    foreign = f"arn:aws:iam::{OTHER}:role/App"
    assumed = ask("sts", "AssumeRole", RoleArn=foreign, RoleSessionName="work")
    own = ask("sts", "AssumeRole", RoleArn=ROLE, RoleSessionName="work")
    theirs = ask("s3", "GetObject", Bucket="data", Key="k", account=OTHER)
    queue = ask("sqs", "SendMessage", QueueUrl=f"http://h/{OTHER}/q", MessageBody="m")

    assert assumed[0].resource_account == OTHER
    assert own[0].resource_account is None
    assert (theirs[0].resource_account, theirs[0].context["s3:ResourceAccount"]) == (
        ACCOUNT, ACCOUNT,
    )  # fmt: skip
    assert queue[0].resource_account == OTHER


def test_iam_tells_policy_boundary_tags_and_passed_service(ask: Ask) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/Boundary"
    attach = ask("iam", "AttachRolePolicy", RoleName="App", PolicyArn="arn:aws:iam::aws:policy/X")
    create = ask(
        "iam", "CreateUser", UserName="new", PermissionsBoundary="arn:aws:iam::aws:policy/B",
        Tags=[{"Key": "a", "Value": "b"}],
    )  # fmt: skip
    passed = ask("iam", "AddRoleToInstanceProfile", InstanceProfileName="web", RoleName="App")

    assert attach[0].context == {
        "iam:PolicyARN": "arn:aws:iam::aws:policy/X",
        "iam:PermissionsBoundary": boundary,
        "aws:ResourceTag/team": "red",
        "iam:ResourceTag/team": "red",
    }
    assert create[0].context == {
        "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/B",
        "aws:RequestTag/a": "b",
        "aws:TagKeys": ("a",),
    }
    assert passed[1].context == {"iam:PassedToService": "ec2.amazonaws.com"}


def test_a_listing_tells_prefix_delimiter_and_size(ask: Ask) -> None:
    given = ask("s3", "ListObjectsV2", Bucket="data", Prefix="home/", Delimiter="/", MaxKeys=5)
    empty = ask("s3", "ListObjectsV2", Bucket="data", Prefix="")
    absent = ask("s3", "ListObjectsV2", Bucket="data")

    assert given[0].context["s3:prefix"] == "home/"
    assert given[0].context["s3:delimiter"] == "/"
    assert given[0].context["s3:max-keys"] == "5"
    assert empty[0].context["s3:prefix"] == ""
    assert "s3:prefix" not in absent[0].context


def test_an_object_tells_its_tags_its_version_and_what_the_headers_ask(ask: Ask) -> None:
    tagged = ask("s3", "GetObject", Bucket="data", Key="tagged")
    version = ask("s3", "GetObject", Bucket="data", Key="k", VersionId="v1")
    put = ask(
        "s3", "PutObject", Bucket="data", Key="k", ACL="public-read", Tagging="team=red&x=",
        ServerSideEncryption="aws:kms",
    )  # fmt: skip

    assert tagged[0].context["s3:ExistingObjectTag/team"] == "red"
    assert version[0].context["s3:VersionId"] == "v1"
    assert put[0].context["s3:x-amz-acl"] == "public-read"
    assert put[0].context["s3:x-amz-server-side-encryption"] == "aws:kms"
    assert put[0].context["s3:RequestObjectTag/team"] == "red"
    assert put[0].context["s3:RequestObjectTagKeys"] == ("team", "x")


def test_dynamodb_tells_leading_keys_attributes_and_select(ask: Ask) -> None:
    get = ask(
        "dynamodb", "GetItem", TableName="t", Key={"id": {"S": "alice"}},
        ProjectionExpression="#n, age", ExpressionAttributeNames={"#n": "name"},
    )  # fmt: skip
    query = ask(
        "dynamodb", "Query", TableName="t", KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": "id"}, ExpressionAttributeValues={":v": {"S": "bob"}},
    )  # fmt: skip
    batch = ask(
        "dynamodb", "BatchWriteItem",
        RequestItems={"t": [{"PutRequest": {"Item": {"id": {"S": "a"}, "n": {"N": "1"}}}},
                            {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]},
    )  # fmt: skip
    scan = ask("dynamodb", "ExecuteStatement", Statement="SELECT * FROM t")

    assert context_of(get) == {
        "dynamodb:LeadingKeys": ("alice",),
        "dynamodb:Attributes": ("id", "name", "age"),
    }
    assert context_of(query) == {
        "dynamodb:LeadingKeys": ("bob",),
        "dynamodb:Attributes": ("id",),
        "dynamodb:Select": "ALL_ATTRIBUTES",
    }
    assert context_of(batch) == {
        "dynamodb:LeadingKeys": ("a", "b"),
        "dynamodb:Attributes": ("id", "n"),
    }
    assert scan[0].context["dynamodb:FullTableScan"] == "true"


def test_a_secret_is_checked_under_its_full_arn_at_its_current_stage(ask: Ask) -> None:
    found = ask("secretsmanager", "GetSecretValue", SecretId="db")

    assert found[0].resource.startswith(f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-")
    assert found[0].context == {
        "secretsmanager:SecretId": "db",
        "secretsmanager:VersionStage": "AWSCURRENT",
        "aws:ResourceTag/team": "red",
        "secretsmanager:ResourceTag/team": "red",
    }


def test_a_key_alias_is_checked_as_its_key_with_the_encryption_context(
    ask: Ask, moto: Callable[[str], Any]
) -> None:
    key = moto("kms").describe_key(KeyId="alias/app")["KeyMetadata"]["Arn"]
    found = ask("kms", "Encrypt", KeyId="alias/app", Plaintext=b"x", EncryptionContext={"a": "b"})
    ciphertext = moto("kms").encrypt(KeyId="alias/app", Plaintext=b"x")["CiphertextBlob"]
    opened = ask("kms", "Decrypt", CiphertextBlob=ciphertext)

    assert found[0].resource == opened[0].resource == key
    assert context_of(found, "kms:") == {
        "kms:CallerAccount": ACCOUNT,
        "kms:RequestAlias": "alias/app",
        "kms:EncryptionContext:a": "b",
        "kms:EncryptionContextKeys": ("a",),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }


def test_an_instance_tells_type_profile_and_metadata_options(ask: Ask) -> None:
    found = ask(
        "ec2", "RunInstances", ImageId="ami-12c6146b", MinCount=1, MaxCount=1,
        InstanceType="t3.micro", IamInstanceProfile={"Name": "web"},
        MetadataOptions={"HttpTokens": "required"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    )  # fmt: skip
    tags = next(check for check in found if check.action == "ec2:CreateTags")
    passed = next(check for check in found if check.action == "iam:PassRole")

    assert found[0].context == {
        "ec2:Region": "us-east-1",
        "ec2:InstanceType": "t3.micro",
        "ec2:InstanceProfile": f"arn:aws:iam::{ACCOUNT}:instance-profile/p/web",
        "ec2:MetadataHttpTokens": "required",
        "aws:RequestTag/a": "b",
        "aws:TagKeys": ("a",),
    }
    assert tags.context["ec2:CreateAction"] == "RunInstances"
    assert passed.context == {"iam:PassedToService": "ec2.amazonaws.com"}


def test_a_function_tells_its_layers_and_where_its_role_goes(ask: Ask) -> None:
    layer = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:l:1"
    found = ask(
        "lambda", "CreateFunction", FunctionName="f", Role=ROLE, Code={}, Layers=[layer],
        VpcConfig={"SubnetIds": ["subnet-1"]},
    )  # fmt: skip

    assert found[0].context == {"lambda:Layer": (layer,), "lambda:SubnetIds": ("subnet-1",)}
    assert found[1].context == {
        "iam:PassedToService": "lambda.amazonaws.com",
        "iam:AssociatedResourceArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f",
    }
    assert (found[2].action, found[2].resource) == ("lambda:GetLayerVersion", layer)


@pytest.mark.parametrize("body", [b"", b"<Delete/>", b"<Delete><Object/></Delete>", b"garbage"])
def test_a_delete_of_nothing_readable_is_refused_rather_than_free(
    moto: Callable[[str], Any], body: bytes
) -> None:
    wire = dataclasses.replace(
        sent("s3", "DeleteObjects", Bucket="data", Delete={"Objects": [{"Key": "k"}]}), body=body
    )
    with pytest.raises(AwsError, match="MalformedXML"):
        checks_for(identify(wire), wire, MotoLookup(), ACCOUNT)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sts", "GetAccessKeyInfo", {}),
        ("s3", "ListBuckets", {}),
        ("dynamodb", "BatchGetItem", {"RequestItems": {}}),
        ("dynamodb", "TransactGetItems", {"TransactItems": []}),
        ("dynamodb", "ExecuteStatement", {}),
        ("secretsmanager", "BatchGetSecretValue", {}),
        ("ssm", "GetParameters", {}),
        ("ec2", "CreateTags", {}),
        ("ec2", "TerminateInstances", {}),
        ("logs", "StartQuery", {}),
        ("sqs", "SendMessage", {}),
        ("kms", "Decrypt", {}),
        ("lambda", "ListTags", {"Resource": "x"}),
    ],
)
def test_a_request_that_names_nothing_is_not_free_for_that(
    ask: Ask, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    found = ask(service, operation, **parameters)

    assert found
    assert all(check.resource for check in found)


@pytest.mark.parametrize("body", [b"[]", b"{", b"garbage", b"\xff", b"[" * 5000])
def test_a_json_body_that_is_no_object_is_refused(moto: Callable[[str], Any], body: bytes) -> None:
    wire = dataclasses.replace(sent("dynamodb", "ListTables"), body=body)
    with pytest.raises(AwsError, match="SerializationException"):
        checks_for(identify(wire), wire, MotoLookup(), ACCOUNT)
