"""Parameters come back as they were given, under botocore's member names."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from simulator.gateway.identify import identify
from tests.gateway.actions.capture import sent
from tests.gateway.wires import ENDPOINT, wire

PARAMETERS: list[tuple[str, str, dict[str, Any]]] = [
    ("sts", "GetCallerIdentity", {}),
    (
        "sts",
        "AssumeRole",
        {
            "RoleArn": "arn:aws:iam::123456789012:role/App",
            "RoleSessionName": "alice",
            "DurationSeconds": 900,
            "ExternalId": "a&b=c+d e",
            "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
            "Tags": [{"Key": "team", "Value": "red"}, {"Key": "é", "Value": ""}],
            "TransitiveTagKeys": ["team"],
        },
    ),
    ("iam", "ListUsers", {"PathPrefix": "/staff/", "MaxItems": 7}),
    (
        "iam",
        "SimulateCustomPolicy",
        {
            "PolicyInputList": ["{}"],
            "ActionNames": [f"s3:Action{n}" for n in range(12)],
            "ContextEntries": [
                {
                    "ContextKeyName": "aws:SourceIp",
                    "ContextKeyValues": ["1.2.3.4", "5.6.7.8"],
                    "ContextKeyType": "ipList",
                }
            ],
        },
    ),
    (
        "ec2",
        "RunInstances",
        {
            "ImageId": "ami-12345678",
            "MinCount": 1,
            "MaxCount": 2,
            "SecurityGroupIds": ["sg-1", "sg-2"],
            "IamInstanceProfile": {"Name": "web"},
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}
            ],
            "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True}}],
            "ClientToken": "t",
        },
    ),
    (
        "sns",
        "Publish",
        {
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:t",
            "Message": "m",
            "MessageAttributes": {"k": {"DataType": "String", "StringValue": "v"}},
        },
    ),
    (
        "dynamodb",
        "GetItem",
        {"TableName": "t", "Key": {"id": {"S": "alice"}}, "ConsistentRead": True},
    ),
    ("secretsmanager", "GetSecretValue", {"SecretId": "db", "VersionStage": "AWSCURRENT"}),
    ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live", "InvocationType": "Event"}),
    (
        "lambda",
        "CreateFunction",
        {
            "FunctionName": "f",
            "Role": "arn:aws:iam::123456789012:role/App",
            "Code": {"S3Bucket": "b", "S3Key": "k"},
            "Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"],
        },
    ),
    ("lambda", "ListFunctions", {"MaxItems": 3}),
    (
        "lambda",
        "UntagResource",
        {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TagKeys": ["a", "b"]},
    ),
    ("s3", "ListBuckets", {}),
    (
        "s3",
        "ListObjectsV2",
        {"Bucket": "b", "Prefix": "home/é", "Delimiter": "/", "MaxKeys": 5, "EncodingType": "url"},
    ),
    ("s3", "GetObject", {"Bucket": "b", "Key": "a//b c+d%2F?&=ü/", "VersionId": "v"}),
    ("s3", "GetObject", {"Bucket": "b", "Key": "/leading", "Range": "bytes=0-1"}),
    ("s3", "CreateMultipartUpload", {"Bucket": "b", "Key": "k", "Metadata": {"who": "me"}}),
    (
        "s3",
        "PutBucketVersioning",
        {"Bucket": "b", "VersioningConfiguration": {"Status": "Enabled"}},
    ),
    (
        "s3",
        "DeleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": " a "}, {"Key": "b", "VersionId": "1"}]}},
    ),
    (
        "s3",
        "PutObjectTagging",
        {"Bucket": "b", "Key": "k", "Tagging": {"TagSet": [{"Key": "t", "Value": "v"}]}},
    ),
    ("s3", "PutBucketPolicy", {"Bucket": "b", "Policy": '{"Version": "2012-10-17"}'}),
    (
        "s3",
        "PutBucketAcl",
        {
            "Bucket": "b",
            "AccessControlPolicy": {
                "Grants": [{"Grantee": {"ID": "x", "Type": "CanonicalUser"}, "Permission": "READ"}]
            },
        },
    ),
    ("logs", "CreateLogStream", {"logGroupName": "/app", "logStreamName": "s"}),
]

ADDED_BY_BOTOCORE = {"ChecksumAlgorithm", "ChecksumMode", "EncodingType"}


@pytest.mark.parametrize(("service", "name", "parameters"), PARAMETERS)
def test_parameters_come_back_under_botocores_member_names(
    service: str, name: str, parameters: dict[str, Any]
) -> None:
    found = identify(sent(service, name, **parameters))

    assert found.name == name
    added = ADDED_BY_BOTOCORE - parameters.keys()
    given = {key: value for key, value in found.parameters.items() if key not in added}
    assert given == parameters


@pytest.mark.parametrize("name", ["RoleArn.", "RoleArn..", ".RoleArn", "RoleArn..a", ".", ""])
def test_stray_dots_in_the_name_of_a_parameter_are_passed_over(name: str) -> None:
    form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "x", name: "y"}
    headers = {"authorization": "AWS4-HMAC-SHA256 Credential=A/20210809/us-east-1/sts/aws4_request"}
    found = identify(wire("POST", f"{ENDPOINT}/", headers, urlencode(form).encode()))
    assert (found.name, found.parameters["RoleArn"]) == ("AssumeRole", "x")


def test_blobs_are_left_out() -> None:
    put = identify(sent("s3", "PutObject", Bucket="b", Key="k", Body=b"secret bytes"))
    invoke = identify(sent("lambda", "Invoke", FunctionName="f", Payload=b'{"Action": "x"}'))

    assert "Body" not in put.parameters
    assert invoke.parameters == {"FunctionName": "f"}
