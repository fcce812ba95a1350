"""Black-box probes: plain boto3 against the endpoint, one claim of AWS's documentation each.

They know nothing of the project but how to start a lab; sessions, keys and endpoint are spelled
out, as in a program that has never heard of it. All share one lab, so names are never reused.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator import Lab
from tests.serving import PATIENCE_SECONDS

A, B = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{A}:root"
Keys = Mapping[str, str]
_numbers = itertools.count(1)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def to(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Cloud:
    """The endpoint, its administrators' keys, and shorthands for the calls all probes make."""

    def __init__(self, lab: Lab) -> None:
        self.url = lab.endpoint_url
        self.session: Any = boto3.Session()  # one, for it reads the services' models
        self.admin = self._keys_of(lab.admin)
        self.boss = self._keys_of(lab.administrator(B))
        self.iam = self.client("iam")
        self.s3 = self.client("s3")

    @staticmethod
    def _keys_of(actor: Any) -> Keys:
        return {
            "AccessKeyId": actor.keys.access_key_id,
            "SecretAccessKey": actor.keys.secret_access_key,
        }

    def client(self, service: str, keys: Keys | None = None, **config: Any) -> Any:
        keys = keys or self.admin
        return self.session.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(
                retries={"total_max_attempts": 1}, read_timeout=PATIENCE_SECONDS, **config
            ),
        )

    def name(self, kind: str) -> str:
        return f"{kind}-{next(_numbers)}"

    def user(self, *statements: dict[str, Any], **more: Any) -> tuple[str, Keys]:
        name = self.name("user")
        arn = self.iam.create_user(UserName=name, **more)["User"]["Arn"]
        if statements:
            self.say(name, *statements)
        return arn, self.iam.create_access_key(UserName=name)["AccessKey"]

    def say(self, user: str, *statements: dict[str, Any]) -> None:
        name = user.rpartition("/")[2]
        self.iam.put_user_policy(
            UserName=name, PolicyName="own", PolicyDocument=document(*statements)
        )

    def role(self, trust: dict[str, Any], *statements: dict[str, Any], **more: Any) -> str:
        name = self.name("Role")
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)
        if statements:
            self.iam.put_role_policy(
                RoleName=name, PolicyName="own", PolicyDocument=document(*statements)
            )
        return str(made["Role"]["Arn"])

    def assume(self, keys: Keys, role: str, **more: Any) -> Keys:
        given = {"RoleArn": role, "RoleSessionName": "session", **more}
        found: Keys = self.client("sts", keys).assume_role(**given)["Credentials"]
        return found

    def bucket(self, **objects: bytes) -> str:
        name = self.name("bucket")
        self.s3.create_bucket(Bucket=name)
        for key, body in objects.items():
            self.s3.put_object(Bucket=name, Key=key, Body=body)
        return name

    def advance(self, seconds: int) -> str:
        answer = requests.post(
            f"{self.url}/_stslab/clock", json={"advance_seconds": seconds}, timeout=PATIENCE_SECONDS
        )
        return str(answer.json()["now"])


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Lab() as lab:
        yield Cloud(lab)


def refusal(call: Callable[[], Any], code: str, status: int = 403) -> str:
    """The text of an error that must come, with this code and status."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    found = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
    assert found == (code, status), response
    return str(response["Error"]["Message"])


# -- sessions ---------------------------------------------------------------------------------


def test_a_revoked_session_is_cut_to_the_second_and_cannot_undo_it(cloud: Cloud) -> None:
    arn, keys = cloud.user(allow("sts:AssumeRole"))
    role = cloud.role(to(arn), allow("*"))
    name = role.rpartition("/")[2]
    stolen = cloud.assume(keys, role)
    cut_off = cloud.advance(0).replace("Z", ".500Z")
    condition = {"DateLessThan": {"aws:TokenIssueTime": cut_off}}
    cloud.iam.put_role_policy(
        RoleName=name,
        PolicyName="AWSRevokeOlderSessions",
        PolicyDocument=document(deny(["*"], ["*"], Condition=condition)),
    )
    same_second = cloud.assume(keys, role)
    for old in (stolen, same_second):
        text = refusal(cloud.client("s3", old).list_buckets, "AccessDenied")
        assert text.startswith(f"User: arn:aws:sts::{A}:assumed-role/{name}/session is not")
        assert text.endswith("with an explicit deny in an identity-based policy")
        undo = partial(
            cloud.client("iam", old).delete_role_policy,
            RoleName=name,
            PolicyName="AWSRevokeOlderSessions",
        )
        refusal(undo, "AccessDenied")
        cloud.client("sts", old).get_caller_identity()
    cloud.advance(1)
    cloud.client("s3", cloud.assume(keys, role)).list_buckets()


def test_a_key_that_is_gone_leaves_its_sessions_and_a_user_that_is_gone_does_not(
    cloud: Cloud,
) -> None:
    arn, keys = cloud.user(allow("*"))
    name = arn.rpartition("/")[2]
    sts = cloud.client("sts", keys)
    sessions = [
        sts.get_session_token()["Credentials"],
        sts.get_federation_token(Name="bob", Policy=document(allow("*")))["Credentials"],
    ]
    cloud.iam.delete_access_key(UserName=name, AccessKeyId=keys["AccessKeyId"])
    refusal(sts.get_caller_identity, "InvalidClientTokenId")
    for session in sessions:
        cloud.client("s3", session).list_buckets()
    cloud.iam.delete_user_policy(UserName=name, PolicyName="own")
    cloud.iam.delete_user(UserName=name)
    cloud.iam.create_user(UserName=name)
    cloud.say(name, allow("*"))
    for session in sessions:
        refusal(cloud.client("s3", session).list_buckets, "InvalidAccessKeyId")


def test_what_a_chain_may_ask_for_and_what_it_hands_on(cloud: Cloud) -> None:
    arn, keys = cloud.user(allow("sts:*"))
    both = ["sts:AssumeRole", "sts:TagSession"]
    role = cloud.role(to(arn, both), allow("sts:*"))
    tagged = allow("s3:ListAllMyBuckets", Condition={"StringEquals": {"aws:PrincipalTag/a": "1"}})
    hop = cloud.role(to(role, both), tagged, MaxSessionDuration=43200)
    tags = [{"Key": "a", "Value": "1"}]
    kept = cloud.assume(keys, role, Tags=tags, TransitiveTagKeys=["a"])
    lost = cloud.assume(keys, role, Tags=tags)
    text = refusal(lambda: cloud.assume(kept, hop, DurationSeconds=3601), "ValidationError", 400)
    assert text.endswith("exceeds the 1 hour session limit for roles assumed by role chaining.")
    cloud.client("s3", cloud.assume(kept, hop)).list_buckets()
    refusal(cloud.client("s3", cloud.assume(lost, hop)).list_buckets, "AccessDenied")


def test_expiry_is_told_in_each_protocols_own_words(cloud: Cloud) -> None:
    _, keys = cloud.user(allow("*"))
    session = cloud.client("sts", keys).get_session_token(DurationSeconds=900)["Credentials"]
    cloud.advance(899)
    cloud.client("s3", session).list_buckets()
    cloud.advance(1)
    for service, operation, code, status in (
        ("sts", "get_caller_identity", "ExpiredToken", 403),
        ("dynamodb", "list_tables", "ExpiredTokenException", 400),
        ("lambda", "list_functions", "ExpiredTokenException", 403),
        ("s3", "list_buckets", "ExpiredToken", 400),
        ("ec2", "describe_instances", "RequestExpired", 400),
    ):
        refusal(getattr(cloud.client(service, session), operation), code, status)


# -- evaluation -------------------------------------------------------------------------------


def test_who_a_bucket_policy_names_decides_what_it_gets_past(cloud: Cloud) -> None:
    bucket = cloud.bucket(k=b"1")
    role = cloud.role(to(f"arn:aws:iam::{A}:user/admin"))
    session = f"arn:aws:sts::{A}:assumed-role/{role.rpartition('/')[2]}/session"
    narrowed = cloud.assume(cloud.admin, role, Policy=document(allow("ec2:*")))
    read = cloud.client("s3", narrowed).get_object
    for principal, allowed in ((ROOT, False), (role, False), (session, True)):
        statement = to(principal, "s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
        cloud.s3.put_bucket_policy(Bucket=bucket, Policy=document(statement))
        if allowed:
            read(Bucket=bucket, Key="k")
        else:
            refusal(lambda: read(Bucket=bucket, Key="k"), "AccessDenied")


def test_not_principal_with_the_account_beside_the_user_denies_the_others(cloud: Cloud) -> None:
    bucket = cloud.bucket(k=b"1")
    (bob, bobs), (_, others) = cloud.user(allow("s3:*")), cloud.user(allow("s3:*"))
    statement = deny("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    statement["NotPrincipal"] = {"AWS": [bob, ROOT]}
    cloud.s3.put_bucket_policy(Bucket=bucket, Policy=document(statement))
    cloud.client("s3", bobs).get_object(Bucket=bucket, Key="k")
    read = cloud.client("s3", others).get_object
    text = refusal(lambda: read(Bucket=bucket, Key="k"), "AccessDenied")
    assert text.endswith("with an explicit deny in a resource-based policy")


def test_across_accounts_both_sides_must_allow(cloud: Cloud) -> None:
    arn, keys = cloud.user()
    bucket = cloud.name("theirs")
    theirs = cloud.client("s3", cloud.boss)
    theirs.create_bucket(Bucket=bucket)
    theirs.put_object(Bucket=bucket, Key="k", Body=b"1")
    mine = cloud.client("s3", keys)

    def read() -> Any:
        return mine.get_object(Bucket=bucket, Key="k")

    cloud.say(arn, allow("s3:GetObject"))
    assert "no resource-based policy allows" in refusal(read, "AccessDenied")
    statement = to(arn, "s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    theirs.put_bucket_policy(Bucket=bucket, Policy=document(statement))
    read()
    cloud.iam.delete_user_policy(UserName=arn.rpartition("/")[2], PolicyName="own")
    assert "no identity-based policy allows" in refusal(read, "AccessDenied")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"AWS:principaltag/TEAM": "Red"}}, True),
        ({"StringLike": {"s3:prefix": "team/${aws:PrincipalTag/none, 'red'}/"}}, True),
        ({"StringLike": {"s3:prefix": "team/${aws:PrincipalTag/none}/"}}, False),
        ({"NumericLessThan": {"s3:max-keys": 8}}, True),
        ({"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:*:user/*"}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, False),
        ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"]}}, False),
    ],
)
def test_a_condition_on_a_listing(cloud: Cloud, condition: Any, holds: bool) -> None:
    bucket = cloud.bucket()
    _, keys = cloud.user(
        allow("s3:ListBucket", Condition=condition), Tags=[{"Key": "team", "Value": "Red"}]
    )
    given = {"Bucket": bucket, "Prefix": "team/red/", "MaxKeys": 7}
    listing = cloud.client("s3", keys).list_objects_v2
    if holds:
        listing(**given)
    else:
        refusal(lambda: listing(**given), "AccessDenied")


# -- requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a b", "ü/é", "a+b", "a%2Fb", "a//b", "日本", "a?b#c&d=e", "*"])
def test_odd_keys_are_authorized_performed_and_named_as_they_are(cloud: Cloud, key: str) -> None:
    bucket = cloud.bucket()
    _, keys = cloud.user(allow("s3:*Object", f"arn:aws:s3:::{bucket}/{key}"))
    client = cloud.client("s3", keys)
    client.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for version in ("s3", "s3v4"):
        signer = cloud.client("s3", keys, signature_version=version)
        url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        assert requests.get(url, timeout=PATIENCE_SECONDS).content == key.encode()
    _, nobody = cloud.user()
    read = cloud.client("s3", nobody).get_object
    text = refusal(lambda: read(Bucket=bucket, Key=key), "AccessDenied")
    assert f'"arn:aws:s3:::{bucket}/{key}"' in text


def test_an_empty_object_is_put_like_any_other(cloud: Cloud) -> None:
    bucket = cloud.bucket(empty=b"")
    assert cloud.s3.head_object(Bucket=bucket, Key="empty")["ContentLength"] == 0


def test_the_services_of_a_request_are_each_asked_for(cloud: Cloud) -> None:
    source, target = cloud.bucket(k=b"1"), cloud.bucket()
    _, keys = cloud.user(allow("s3:PutObject", f"arn:aws:s3:::{target}/*"))
    client = cloud.client("s3", keys)
    copy = {"Bucket": target, "Key": "k", "CopySource": f"{source}/k"}
    text = refusal(lambda: client.copy_object(**copy), "AccessDenied")
    assert f's3:GetObject on resource: "arn:aws:s3:::{source}/k"' in text
    tagged = {"Bucket": target, "Key": "k", "Body": b"1", "Tagging": "a=b"}
    text = refusal(lambda: client.put_object(**tagged), "AccessDenied")
    assert "s3:PutObjectTagging" in text
    upload = client.create_multipart_upload(Bucket=target, Key="m")["UploadId"]
    client.upload_part(Bucket=target, Key="m", UploadId=upload, PartNumber=1, Body=b"1")


def test_an_ec2_denial_decodes_to_its_own_request(cloud: Cloud) -> None:
    arn, keys = cloud.user()
    create = cloud.client("ec2", keys).create_vpc
    text = refusal(lambda: create(CidrBlock="10.0.0.0/16"), "UnauthorizedOperation")
    encoded = text.rpartition("Encoded authorization failure message: ")[2]
    sts = cloud.client("sts")
    decoded = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, False)
    assert decoded["context"]["principal"]["arn"] == arn
    assert decoded["context"]["action"] == "ec2:CreateVpc"
