"""What `simulator.backend.lookup` relies on inside moto. A failure here names the moto change.

Each test makes a resource through moto's own API and reads it back through `MotoLookup`; the
docstring says which attribute of which moto class is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict

from simulator.backend import MotoLookup
from simulator.gateway.actions.lookup import Lookup

ACCOUNT = "123456789012"  # moto's default
REGION = "us-east-1"
TAGS = [{"Key": "team", "Value": "red"}]


@pytest.fixture
def lookup() -> Iterator[Lookup]:
    with mock_aws():
        yield MotoLookup()


def client(service: str) -> Any:
    make: Any = boto3.client  # boto3-stubs types each service apart
    return make(
        service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def test_iam_paths_are_read_from_users_roles_groups_policies_and_profiles(lookup: Lookup) -> None:
    """IAMBackend.users/.groups by name; .roles/.managed_policies/.instance_profiles values."""
    iam = client("iam")
    document = '{"Version":"2012-10-17","Statement":[]}'
    iam.create_user(UserName="alice", Path="/staff/")
    iam.create_group(GroupName="admins", Path="/g/")
    iam.create_role(RoleName="App", Path="/apps/", AssumeRolePolicyDocument=document)
    iam.create_instance_profile(InstanceProfileName="web", Path="/p/")

    assert lookup.iam_path("user", "alice", ACCOUNT) == "/staff/"
    assert lookup.iam_path("group", "admins", ACCOUNT) == "/g/"
    assert lookup.iam_path("role", "App", ACCOUNT) == "/apps/"
    assert lookup.iam_path("instance-profile", "web", ACCOUNT) == "/p/"
    assert lookup.iam_path("user", "nobody", ACCOUNT) == "/"


def test_a_roles_permissions_boundary_is_read(lookup: Lookup) -> None:
    """Role.permissions_boundary_arn."""
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/Boundary"
    client("iam").create_role(
        RoleName="App", AssumeRolePolicyDocument="{}", PermissionsBoundary=boundary
    )

    assert lookup.permissions_boundary("role", "App", ACCOUNT) == boundary
    assert lookup.permissions_boundary("user", "nobody", ACCOUNT) == ""


def test_an_access_key_is_traced_to_its_user(lookup: Lookup) -> None:
    """IAMBackend.access_keys by id; AccessKey.user_name."""
    iam = client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]

    assert lookup.access_key_owner(key) == (ACCOUNT, "alice")
    assert lookup.access_key_owner("AKIAIOSFODNN7EXAMPLE") is None


def test_the_roles_of_an_instance_profile_are_read(lookup: Lookup) -> None:
    """InstanceProfile.roles; Role.arn."""
    iam = client("iam")
    iam.create_role(RoleName="App", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="App")

    assert lookup.instance_profile_roles("web", ACCOUNT) == (f"arn:aws:iam::{ACCOUNT}:role/App",)


def test_a_bucket_has_an_owner_and_its_objects_have_tags(lookup: Lookup) -> None:
    """S3BackendDict.bucket_accounts; FakeBucket.keys.getlist; FakeKey.arn; S3Backend.tagger."""
    s3 = client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="data", Key="k", Body=b"", Tagging="team=red")["VersionId"]
    s3.put_object(Bucket="data", Key="k", Body=b"", Tagging="team=blue")

    assert lookup.bucket_account("data") == ACCOUNT
    assert lookup.bucket_account("other") is None
    assert lookup.object_tags("data", "k", None) == {"team": "blue"}
    assert lookup.object_tags("data", "k", first) == {"team": "red"}
    assert lookup.object_tags("data", "absent", None) == {}
    s3.delete_object(Bucket="data", Key="k")
    assert lookup.object_tags("data", "k", None) == {}


def test_a_secret_is_found_by_name_and_by_partial_and_full_arn(lookup: Lookup) -> None:
    """SecretsManagerBackend.secrets.get; FakeSecret.arn/.tags."""
    arn = client("secretsmanager").create_secret(Name="db", SecretString="x", Tags=TAGS)["ARN"]

    assert lookup.secret_arn("db", ACCOUNT, REGION) == arn
    assert lookup.secret_arn(arn, "999999999999", "eu-west-1") == arn
    assert lookup.secret_arn("none", ACCOUNT, REGION) is None
    assert lookup.resource_tags(arn, ACCOUNT, REGION) == {"team": "red"}


def test_a_key_is_found_by_id_alias_and_arn(lookup: Lookup) -> None:
    """KmsBackend.keys by id; Key.aliases/.arn; KmsBackend.tagger by key id."""
    kms = client("kms")
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "red"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key["KeyId"])

    for name in (key["KeyId"], key["Arn"], "alias/app"):
        assert lookup.kms_key_arn(name, ACCOUNT, REGION) == key["Arn"]
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/app"
    assert lookup.kms_key_arn(alias_arn, ACCOUNT, REGION) == key["Arn"]
    assert lookup.kms_key_arn("alias/none", ACCOUNT, REGION) is None
    assert lookup.resource_tags(key["Arn"], ACCOUNT, REGION) == {"team": "red"}


def test_a_ciphertext_names_its_key(lookup: Lookup) -> None:
    """moto.kms.utils writes the key id, 36 characters, at the start of a ciphertext."""
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]
    ciphertext = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]

    assert lookup.kms_key_of_ciphertext(ciphertext, ACCOUNT, REGION) == key["Arn"]
    assert lookup.kms_key_of_ciphertext(b"\xff", ACCOUNT, REGION) is None


def test_the_partition_key_of_a_table_and_its_index_is_read(lookup: Lookup) -> None:
    """Table.hash_key_attr; Table.all_indexes(); SecondaryIndex.name/.schema."""
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "team", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-team",
                "KeySchema": [{"AttributeName": "team", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"

    assert lookup.partition_key("t", None, ACCOUNT, REGION) == "id"
    assert lookup.partition_key(arn, "by-team", "999999999999", REGION) == "team"
    assert lookup.partition_key("none", None, ACCOUNT, REGION) is None


def test_members_of_an_organization_are_found_by_id(lookup: Lookup) -> None:
    """OrganizationsBackend.accounts/.ou/.policies, each with .id, .arn and .tags."""
    organizations = client("organizations")
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = organizations.list_roots()["Roots"][0]
    unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="prod", Tags=TAGS)[
        "OrganizationalUnit"
    ]

    assert lookup.organization_arn(root["Id"], ACCOUNT) == root["Arn"]
    assert lookup.organization_arn(unit["Id"], ACCOUNT) == unit["Arn"]
    account = lookup.organization_arn(ACCOUNT, ACCOUNT)
    assert account == f"arn:aws:organizations::{ACCOUNT}:account/{organization}/{ACCOUNT}"
    assert lookup.organization_arn(root["Id"], "999999999999") is None
    assert lookup.resource_tags(unit["Arn"], ACCOUNT, REGION) == {"team": "red"}


def _user() -> str:
    return str(client("iam").create_user(UserName="alice", Tags=TAGS)["User"]["Arn"])


def _role() -> str:
    role = client("iam").create_role(RoleName="App", AssumeRolePolicyDocument="{}", Tags=TAGS)
    return str(role["Role"]["Arn"])


def _policy() -> str:
    document = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    )
    policy = client("iam").create_policy(PolicyName="P", PolicyDocument=document, Tags=TAGS)
    return str(policy["Policy"]["Arn"])


def _profile() -> str:
    profile = client("iam").create_instance_profile(InstanceProfileName="web", Tags=TAGS)
    return str(profile["InstanceProfile"]["Arn"])


def _table() -> str:
    table = client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=TAGS,
    )
    return str(table["TableDescription"]["TableArn"])


def _parameter() -> str:
    client("ssm").put_parameter(Name="/app/key", Value="v", Type="String", Tags=TAGS)
    return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/key"


def _queue() -> str:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q", tags={"team": "red"})["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(attributes["Attributes"]["QueueArn"])


def _topic() -> str:
    return str(client("sns").create_topic(Name="t", Tags=TAGS)["TopicArn"])


def _log_group() -> str:
    client("logs").create_log_group(logGroupName="/app", tags={"team": "red"})
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app:*"


def _instance() -> str:
    reservation = client("ec2").run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": TAGS}],
    )
    instance = reservation["Instances"][0]["InstanceId"]
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance}"


def _bucket() -> str:
    s3 = client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": TAGS})
    return "arn:aws:s3:::data"


def _state_machine() -> str:
    machine = client("stepfunctions").create_state_machine(
        name="m",
        definition="{}",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/App",
        tags=[{"key": "team", "value": "red"}],
    )
    return str(machine["stateMachineArn"])


@pytest.mark.parametrize(
    "make",
    [
        _user,
        _role,
        _policy,
        _profile,
        _table,
        _parameter,
        _queue,
        _topic,
        _log_group,
        _instance,
        _bucket,
        _state_machine,
    ],
)
def test_the_tags_of_a_resource_are_read_by_its_arn(lookup: Lookup, make: Any) -> None:
    """Where moto keeps tags: a tagger, ``.tags`` or ``._tags`` of the model, EC2's ``.tags``."""
    assert lookup.resource_tags(make(), ACCOUNT, REGION) == {"team": "red"}


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::999999999999:role/App",
        "arn:aws:dynamodb:eu-west-1:999999999999:table/t",
        "arn:aws:dynamodb:::",
        "arn:aws:ec2:us-east-1:999999999999:instance/",
        "arn:aws:kms:us-east-1:999999999999:key/x",
        "arn:aws:lambda:us-east-1:999999999999:function:f",
        "arn:aws:logs:us-east-1:999999999999:log-group",
        "arn:aws:organizations::999999999999:account/o-1/999999999999",
        "arn:aws:s3:::none",
        "arn:aws:secretsmanager:us-east-1:999999999999:secret:x",
        "arn:aws:sqs:us-east-1:999999999999:q",
        "arn:aws:sns:us-east-1:999999999999:t",
        "arn:aws:ssm:us-east-1:999999999999:parameter/x",
        "arn:aws:states:us-east-1:999999999999:stateMachine:m",
        "arn:::::",
        "not an arn",
    ],
)
def test_asking_about_what_nobody_made_answers_nothing_and_makes_nothing(
    lookup: Lookup, arn: str
) -> None:
    """BackendDict and AccountSpecificBackend are dicts whose ``get`` creates nothing."""
    assert lookup.resource_tags(arn, ACCOUNT, REGION) == {}
    assert not any("999999999999" in backend for backend in BackendDict._instances)
