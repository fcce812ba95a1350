"""Whatever the bytes, identify answers with an operation or an AWS error, and never hangs."""

from __future__ import annotations

import contextlib
import datetime
import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.backend import MotoLookup
from simulator.gateway.actions import checks_for
from simulator.gateway.identify import identify
from simulator.gateway.stages import AwsError, WireRequest

NOW = datetime.datetime(2021, 8, 9, 6, tzinfo=datetime.UTC)
SERVICES = [
    "s3", "sts", "iam", "ec2", "dynamodb", "lambda", "sqs", "sns", "kms", "ssm", "logs",
    "secretsmanager", "organizations", "monitoring", "route53", "", "no-such-service", "../x",
]  # fmt: skip
FREE = {"GetCallerIdentity", "GetSessionToken", "OptionsObject"}
TARGETS = [
    "DynamoDB_20120810.TransactWriteItems", "DynamoDB_20120810.BatchGetItem",
    "DynamoDB_20120810.ExecuteStatement", "DynamoDB_20120810.Query", "AmazonSQS.SendMessage",
    "TrentService.Decrypt", "AmazonSSM.SendCommand", "Logs_20140328.StartQuery",
    "secretsmanager.BatchGetSecretValue", "AWSOrganizationsV20161128.MoveAccount", "", ".", "a.b",
]  # fmt: skip
PATHS = [
    "/", "//", "/b", "/b/", "/b/k", "/b//k", "/%ff/%00", "/2015-03-31/functions/%/invocations",
    "/service/GraniteServiceVersion20100801/operation/ListMetrics", "/v20180820/jobs", "",
    "/2017-03-31/tags/x", "http://host/b/k", "*",
]  # fmt: skip
QUERIES = [
    "", "?", "?acl", "?delete", "?list-type=2&prefix=%ff", "?uploadId=1&partNumber=x",
    "?Action=AssumeRole&Version=2011-06-15", "?versionId=null&tagging", "?" + "a.b." * 50 + "=1",
    "?X-Amz-Credential=a%2Fb%2Fc%2Fd%2Fe", "?tagging&acl", "?max-keys=-1",
]  # fmt: skip
names = st.sampled_from(
    ["TableName", "Key", "Items", "TransactItems", "RequestItems", "Statement", "KeyId",
     "CiphertextBlob", "SecretId", "QueueUrl", "Name", "Names", "InstanceIds", "Targets", "Tags",
     "logGroupName", "RoleArn", "EncryptionContext", "ResourceType", "ResourceId", "Put"]
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
forms = st.lists(
    st.tuples(
        st.sampled_from(
            ["Action", "Version", "RoleArn", "Tags.member.1.Key", "Tags.member.x.Key", "Tags.1",
             "Tags", "Resource.1", "InstanceId.999999999999", "UserName", "PolicyArns.member.1.arn",
             "TagSpecification.1.Tag.1.Key", "IamInstanceProfile.Arn", "Attribute.1.Name", "."]
        ),
        st.sampled_from(
            ["AssumeRole", "RunInstances", "CreateUser", "SetQueueAttributes", "CreateTags", "",
             "arn:aws:iam::1:role/x", "i-0123456789abcdef0", "\x00", "é"]
        ),
    ),
    max_size=8,
)  # fmt: skip


def _urlencoded(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(pairs).encode()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


bodies = st.one_of(
    st.binary(max_size=60),
    forms.map(_urlencoded),
    json_values.map(_json),
    st.sampled_from(
        [b"<Delete><Object><Key>a</Key></Object></Delete>", b"<Delete/>", b"<a",
         b"<!DOCTYPE a><a/>",
         b"[" * 5000, b'{"a":' * 3000, b"\x9f" * 3000, b"\xbf\xff", b"\x5b\xff\xff\xff\xff"]
    ),
)  # fmt: skip


@st.composite
def wires(draw: st.DrawFn) -> WireRequest:
    headers = {"host": draw(st.sampled_from(["127.0.0.1:5000", "", "b.localhost", ":", "[::1]:1"]))}
    service = draw(st.sampled_from(SERVICES))
    if draw(st.booleans()):
        scope = f"AKIA/20210809/us-east-1/{service}/aws4_request"
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"
    else:
        headers["authorization"] = draw(
            st.sampled_from(["", "AWS4-", "Bearer x", "AWS4-Credential="])
        )
    if draw(st.booleans()):
        headers["x-amz-target"] = draw(st.sampled_from(TARGETS))
    more = {
        "content-type": "application/x-www-form-urlencoded",
        "x-amz-copy-source": "%ff/?versionId=",
        "x-amz-tagging": "a=b&&=c",
        "x-amz-account-id": "1",
    }
    headers |= {name: more[name] for name in draw(st.sets(st.sampled_from(sorted(more))))}
    return WireRequest(
        draw(st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "X"])),
        draw(st.sampled_from(PATHS)) + draw(st.sampled_from(QUERIES)),
        headers,
        draw(bodies),
        "127.0.0.1",
        NOW,
        NOW,
    )


@settings(max_examples=1500, deadline=None)
@given(wires())
def test_garbage_is_refused_with_an_aws_error_or_understood(wire: WireRequest) -> None:
    with contextlib.suppress(AwsError):
        operation = identify(wire)
        assert operation.name
        checks = checks_for(operation, wire, MotoLookup(), "123456789012", None)
        assert checks or operation.name in FREE
        for check in checks:
            assert check.action.partition(":")[2]
            assert check.resource


@settings(max_examples=300, deadline=None)
@given(
    method=st.text(max_size=6),
    target=st.text(max_size=40),
    headers=st.dictionaries(st.sampled_from(["host", "authorization", "x-amz-target"]), st.text()),
    body=st.binary(max_size=40),
)
def test_random_text_is_refused_with_an_aws_error_or_understood(
    method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    wire = WireRequest(method, target, headers, body, "127.0.0.1", NOW, NOW)
    with contextlib.suppress(AwsError):
        operation = identify(wire)
        checks_for(operation, wire, MotoLookup(), "123456789012", "alice")
