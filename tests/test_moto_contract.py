"""What `simulator.backend` relies on inside moto. A failure here names the moto change.

Each test makes something through a real call and reads it back through `Backend`; the docstring
says which attributes of which moto class are read.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from simulator import Lab
from tests.conftest import ACCOUNT, Town, allow, done, policy, trust

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def test_a_user_is_read_with_inline_managed_and_group_policies_and_tags(
    lab: Lab, town: Town
) -> None:
    """User.id/.arn/.policies/.managed_policies, Group.users, IAMBackend.tagger."""
    admin = lab.admin
    town.user("alice", allow("s3:*"))
    created = {"PolicyName": "Managed", "PolicyDocument": allow("sqs:*")}
    arn = done(admin.call("iam", "CreatePolicy", created))["Policy"]["Arn"]
    done(admin.call("iam", "AttachUserPolicy", {"UserName": "alice", "PolicyArn": arn}))
    done(admin.call("iam", "CreateGroup", {"GroupName": "team"}))
    done(
        admin.call(
            "iam",
            "PutGroupPolicy",
            {"GroupName": "team", "PolicyName": "Shared", "PolicyDocument": allow("sns:*")},
        )
    )
    done(admin.call("iam", "AddUserToGroup", {"GroupName": "team", "UserName": "alice"}))
    tags = [{"Key": "team", "Value": "red"}]
    done(admin.call("iam", "TagUser", {"UserName": "alice", "Tags": tags}))

    user = lab.world.backend.user(ACCOUNT, "alice")
    assert user is not None
    assert user.arn == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert user.unique_id.startswith("AIDA")
    assert [(policy.name, policy.arn) for policy in user.identity][1:] == [
        ("Managed", arn),
        ("Shared", None),
    ]
    assert dict(user.tags) == {"team": "red"}


def test_a_role_is_read_with_trust_boundary_duration_and_tags(lab: Lab, town: Town) -> None:
    """Role.id/.arn/.assume_role_policy_document/.permissions_boundary_arn/.max_session_duration."""
    created = {"PolicyName": "Edge", "PolicyDocument": allow("s3:*")}
    edge = done(lab.admin.call("iam", "CreatePolicy", created))["Policy"]["Arn"]
    done(
        lab.admin.call(
            "iam",
            "CreateRole",
            {
                "RoleName": "App",
                "AssumeRolePolicyDocument": trust(ROOT),
                "MaxSessionDuration": 7200,
                "PermissionsBoundary": edge,
                "Tags": [{"Key": "team", "Value": "red"}],
            },
        )
    )
    role = lab.world.backend.role(ACCOUNT, "App")
    assert role is not None
    assert role.unique_id.startswith("AROA")
    assert role.max_session_duration == 7200
    assert role.boundary is not None
    assert role.boundary.arn == edge
    assert role.trust is not None
    assert dict(role.tags) == {"team": "red"}


def test_a_key_is_found_while_it_is_active(lab: Lab, town: Town) -> None:
    """IAMBackend.access_keys, User.access_keys, AccessKey.status/.secret_access_key."""
    alice = town.user("alice")
    assert alice.keys is not None
    key = alice.keys.access_key_id
    found = lab.world.backend.user_key(key)
    assert found is not None
    assert found.secret_access_key == alice.keys.secret_access_key
    status = {"UserName": "alice", "AccessKeyId": key, "Status": "Inactive"}
    done(lab.admin.call("iam", "UpdateAccessKey", status))
    assert lab.world.backend.user_key(key) is None
    done(lab.admin.call("iam", "UpdateAccessKey", {**status, "Status": "Active"}))
    assert lab.world.backend.user_key(key) is not None
    done(lab.admin.call("iam", "DeleteAccessKey", {"UserName": "alice", "AccessKeyId": key}))
    assert lab.world.backend.user_key(key) is None


def test_aws_managed_policies_are_there_when_they_are_named(lab: Lab, town: Town) -> None:
    """iam.models.aws_managed_policies_data, AWSManagedPolicy.from_data."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    alice = town.user("alice")
    done(lab.admin.call("iam", "AttachUserPolicy", {"UserName": "alice", "PolicyArn": arn}))
    assert alice.call("s3", "ListBuckets").ok
    assert alice.call("s3", "CreateBucket", {"Bucket": "mine"}).error_code == "AccessDenied"


def test_deleting_a_policy_version_leaves_the_default_one_in_force(lab: Lab, town: Town) -> None:
    """ManagedPolicy.versions/.default_version_id, PolicyVersion.document."""
    admin = lab.admin
    alice = town.user("alice")
    created = {"PolicyName": "P", "PolicyDocument": allow("s3:*")}
    arn = done(admin.call("iam", "CreatePolicy", created))["Policy"]["Arn"]
    done(admin.call("iam", "AttachUserPolicy", {"UserName": "alice", "PolicyArn": arn}))
    assert alice.call("s3", "ListBuckets").ok
    narrower = {"PolicyArn": arn, "PolicyDocument": allow("sqs:*"), "SetAsDefault": True}
    done(admin.call("iam", "CreatePolicyVersion", narrower))
    assert alice.call("s3", "ListBuckets").error_code == "AccessDenied"


RESOURCES: dict[str, tuple[str | None, str, dict[str, Any]]] = {
    "s3": ("arn:aws:s3:::bkt-1", "CreateBucket", {"Bucket": "bkt-1"}),
    "sqs": (f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "CreateQueue", {"QueueName": "q"}),
    "sns": (f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "CreateTopic", {"Name": "t"}),
    "secretsmanager": (None, "CreateSecret", {"Name": "s", "SecretString": "x"}),
    "kms": (None, "CreateKey", {}),
    "dynamodb": (
        f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t",
        "CreateTable",
        {
            "TableName": "t",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    ),
}


@pytest.mark.parametrize("service", RESOURCES)
def test_a_resource_policy_is_read_from_its_service(lab: Lab, service: str) -> None:
    """FakeBucket.policy, Queue.policy, Topic.policy, FakeSecret.policy, Key.policy, and
    DynamoDBBackend.resource_policies, ResourcePolicy.policy_doc."""
    arn, operation, parameters = RESOURCES[service]
    made = done(lab.admin.call(service, operation, parameters))
    arn = arn or made.get("ARN") or made["KeyMetadata"]["Arn"]
    document = policy(
        {
            "Sid": "mine",
            "Effect": "Allow",
            "Principal": {"AWS": ROOT},
            "Action": "*",
            "Resource": arn,
        }
    )
    put: dict[str, tuple[str, dict[str, Any]]] = {
        "s3": ("PutBucketPolicy", {"Bucket": "bkt-1", "Policy": document}),
        "sqs": (
            "SetQueueAttributes",
            {"QueueUrl": made.get("QueueUrl"), "Attributes": {"Policy": document}},
        ),
        "sns": (
            "SetTopicAttributes",
            {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": document},
        ),
        "secretsmanager": ("PutResourcePolicy", {"SecretId": arn, "ResourcePolicy": document}),
        "kms": ("PutKeyPolicy", {"KeyId": arn, "PolicyName": "default", "Policy": document}),
        "dynamodb": ("PutResourcePolicy", {"ResourceArn": arn, "Policy": document}),
    }
    done(lab.admin.call(service, *put[service]))
    found = lab.world.backend.resource_policy(arn)
    assert found is not None
    assert json.loads(document)["Statement"][0]["Sid"] in str(found.policy.document)


def test_organization_policies_are_read_level_by_level(lab: Lab) -> None:
    """OrganizationsBackend.org/.accounts/.ou, FakeRoot.policy_types, .attached_policies."""
    admin = lab.admin
    done(admin.call("organizations", "CreateOrganization", {"FeatureSet": "ALL"}))
    root = done(admin.call("organizations", "ListRoots"))["Roots"][0]["Id"]
    enable = {"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"}
    done(admin.call("organizations", "EnablePolicyType", enable))
    account = {"AccountName": "dev", "Email": "dev@example.com"}
    made = done(admin.call("organizations", "CreateAccount", account))
    member = made["CreateAccountStatus"]["AccountId"]
    created = {
        "Name": "NoS3",
        "Description": "",
        "Type": "SERVICE_CONTROL_POLICY",
        "Content": policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
    }
    made = done(admin.call("organizations", "CreatePolicy", created))
    scp = made["Policy"]["PolicySummary"]["Id"]
    done(admin.call("organizations", "AttachPolicy", {"PolicyId": scp, "TargetId": member}))

    levels = lab.world.backend.organization_policies(member, "SERVICE_CONTROL_POLICY")
    assert [[attached.name for attached in level] for level in levels] == [
        ["FullAWSAccess"],
        ["FullAWSAccess", "NoS3"],
    ]
    denied = lab.administrator(member).call("s3", "ListBuckets")
    assert denied.error_message is not None
    assert denied.error_message.partition(" with an ")[2].startswith(
        "explicit deny in a service control policy"
    )
    assert admin.call("s3", "ListBuckets").ok, "the management account is outside SCPs"


def test_a_reset_empties_every_service(lab: Lab, town: Town) -> None:
    """BackendDict.reset, model_instances.reset_model_data."""
    town.user("alice")
    town.bucket("bkt-1")
    lab.reset()
    assert len(lab.trail) == 0
    assert done(lab.admin.call("s3", "ListBuckets"))["Buckets"] == []
    users = done(lab.admin.call("iam", "ListUsers"))["Users"]
    assert [user["UserName"] for user in users] == ["admin"]


def test_a_reset_leaves_ec2_as_new_without_making_its_images_for_nobody(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EC2Backend.reset, Ami: BackendDict.reset throws a backend away after resetting it."""

    def found() -> tuple[int, int, int]:
        kinds = ("Images", "Vpcs", "KeyPairs")
        answers = [done(lab.admin.call("ec2", f"Describe{kind}")) for kind in kinds]
        counted = [len(each[kind]) for each, kind in zip(answers, kinds, strict=True)]
        return counted[0], counted[1], counted[2]

    new = found()
    assert new[0] > 1000
    done(lab.admin.call("ec2", "CreateKeyPair", {"KeyName": "mine"}))
    done(lab.admin.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))
    from moto.ec2.models.amis import Ami

    made: list[str] = []
    construct = Ami.__init__

    def counting(self: Any, *args: Any, **kwargs: Any) -> None:
        made.append("image")
        construct(self, *args, **kwargs)

    monkeypatch.setattr(Ami, "__init__", counting)
    lab.reset()
    assert made == []
    assert found() == new


def test_a_lab_without_an_instance_does_not_load_ec2s_tables() -> None:
    """They are 30 MB, and more where moto is not told first to leave most of them out."""
    script = (
        "import sys\n"
        "from simulator import Lab\n"
        "with Lab() as lab:\n"
        "    assert lab.admin.call('iam', 'ListUsers').ok\n"
        "    assert not [name for name in sys.modules if name.startswith('moto.ec2')]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
