"""What a request asks for is told from its bytes, for every protocol and every SDK's habits."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from simulator.gateway.identify import Unrecognised, identify
from simulator.gateway.stages import Operation, WireRequest
from tests.gateway.actions.capture import call, client, minimal, sent

SERVICES = [
    "sts", "iam", "s3", "dynamodb", "dynamodbstreams", "secretsmanager", "ssm", "ec2", "lambda",
    "kms", "sqs", "sns", "logs", "organizations",
    # A sample of the others: query, JSON, REST and CBOR ones, and some that share a name.
    "cloudwatch", "cloudformation", "elb", "elbv2", "events", "kinesis", "stepfunctions", "ecs",
    "ecr", "apigateway", "cognito-idp", "route53", "ses", "sesv2", "rds", "glue", "mq",
    "workspaces-web", "resourcegroupstaggingapi", "cloudtrail",
]  # fmt: skip

SAME_ON_THE_WIRE = {
    ("apigateway", "TestInvokeAuthorizer"): "TestInvokeAuthorizer",
    ("s3", "GetBucketLifecycle"): "GetBucketLifecycleConfiguration",
    ("s3", "GetBucketNotification"): "GetBucketNotificationConfiguration",
    ("s3", "PutBucketLifecycle"): "PutBucketLifecycleConfiguration",
    ("s3", "PutBucketNotification"): "PutBucketNotificationConfiguration",
}
"""Deprecated operations that look exactly like what replaced them."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_recognised_as_itself(service: str) -> None:
    made = client(service)
    model = made.meta.service_model
    mistaken = {}
    for name in model.operation_names:
        wire = call(made, name, minimal(model.operation_model(name)))
        found = identify(wire).name
        if found != SAME_ON_THE_WIRE.get((service, name), name):
            mistaken[name] = found

    assert mistaken == {}


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


def test_blobs_are_left_out() -> None:
    put = identify(sent("s3", "PutObject", Bucket="b", Key="k", Body=b"secret bytes"))
    invoke = identify(sent("lambda", "Invoke", FunctionName="f", Payload=b'{"Action": "x"}'))

    assert "Body" not in put.parameters
    assert invoke.parameters == {"FunctionName": "f"}


@pytest.mark.parametrize(
    ("service", "name", "parameters", "signing_name", "protocol"),
    [
        ("sts", "GetCallerIdentity", {}, "sts", "query"),
        ("iam", "ListUsers", {}, "iam", "query"),
        ("ec2", "DescribeInstances", {}, "ec2", "ec2"),
        ("dynamodb", "ListTables", {}, "dynamodb", "json"),
        ("sqs", "ListQueues", {}, "sqs", "json"),
        ("cloudwatch", "ListMetrics", {}, "monitoring", "json"),
        ("stepfunctions", "ListStateMachines", {}, "states", "json"),
        ("lambda", "ListFunctions", {}, "lambda", "rest-json"),
        ("route53", "ListHostedZones", {}, "route53", "rest-xml"),
        ("s3", "ListBuckets", {}, "s3", "s3"),
        ("s3control", "ListJobs", {"AccountId": "123456789012"}, "s3", "rest-xml"),
        ("elb", "DescribeLoadBalancers", {}, "elasticloadbalancing", "query"),
    ],
)
def test_service_and_protocol_follow_the_credential_scope(
    service: str, name: str, parameters: dict[str, Any], signing_name: str, protocol: str
) -> None:
    found = identify(sent(service, name, **parameters))

    assert (found.service, found.protocol, found.region) == (signing_name, protocol, "us-east-1")


def http(
    method: str = "POST",
    target: str = "/",
    body: bytes = b"",
    host: str = "127.0.0.1:5000",
    **headers: str,
) -> WireRequest:
    now = datetime.datetime(2021, 8, 9, 6, tzinfo=datetime.UTC)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WireRequest(method, target, {"host": host, **named}, body, "127.0.0.1", now, now)


def signed_for(service: str, region: str = "us-east-1") -> str:
    scope = f"AKIAIOSFODNN7EXAMPLE/20210809/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("host", "target", "bucket", "key"),
    [
        ("127.0.0.1:5000", "/b/k", "b", "k"),
        ("localhost:5000", "/b/k", "b", "k"),
        ("s3.localhost:5000", "/b/k", "b", "k"),
        ("b.localhost:5000", "/k", "b", "k"),
        ("b.s3.localhost:5000", "/k", "b", "k"),
        ("my.dotted.bucket.localhost:5000", "/k", "my.dotted.bucket", "k"),
        ("s3.amazonaws.com", "/b/k", "b", "k"),
        ("s3.eu-west-1.amazonaws.com", "/b/k", "b", "k"),
        ("b.s3.amazonaws.com", "/k", "b", "k"),
        ("b.s3.eu-west-1.amazonaws.com", "/k", "b", "k"),
        ("b.s3-us-west-2.amazonaws.com", "/k", "b", "k"),
        ("b.s3.dualstack.us-east-1.amazonaws.com", "/k", "b", "k"),
        ("my.dotted.bucket.s3.us-east-1.amazonaws.com", "/a/b", "my.dotted.bucket", "a/b"),
    ],
)
@pytest.mark.parametrize("authorization", ["", signed_for("s3")])
def test_s3_is_addressed_by_path_and_by_host(
    host: str, target: str, bucket: str, key: str, authorization: str
) -> None:
    found = identify(http("GET", target, host=host, authorization=authorization))

    assert (found.service, found.name) == ("s3", "GetObject")
    assert found.parameters == {"Bucket": bucket, "Key": key}


def test_botocores_own_virtual_host_style_is_understood() -> None:
    made = client("s3", "http://s3.localhost:5000", style="virtual")
    found = identify(call(made, "PutObject", {"Bucket": "b.c", "Key": "a b", "Body": b""}))

    assert (found.name, found.parameters["Bucket"], found.parameters["Key"]) == (
        "PutObject", "b.c", "a b",
    )  # fmt: skip


def test_unsigned_calls_are_told_by_what_they_look_like() -> None:
    web = call(
        client("sts", signed=False),
        "AssumeRoleWithWebIdentity",
        {"RoleArn": "arn:aws:iam::123456789012:role/R", "RoleSessionName": "s",
         "WebIdentityToken": "jwt"},
    )  # fmt: skip
    anonymous = call(client("s3", signed=False), "ListObjectsV2", {"Bucket": "b"})
    unsigned_json = call(client("dynamodb", signed=False), "ListTables", {})

    assert (identify(web).service, identify(web).name) == ("sts", "AssumeRoleWithWebIdentity")
    assert (identify(anonymous).service, identify(anonymous).name) == ("s3", "ListObjectsV2")
    assert (identify(unsigned_json).service, identify(unsigned_json).name) == (
        "dynamodb", "ListTables",
    )  # fmt: skip


def test_a_presigned_url_says_its_service_and_region_in_the_query_string() -> None:
    scope = "AKIAIOSFODNN7EXAMPLE%2F20210809%2Feu-west-1%2Fs3%2Faws4_request"
    found = identify(http("GET", f"/b/k?X-Amz-Credential={scope}&X-Amz-Signature=0"))
    sts = scope.replace("s3", "sts")
    query = f"Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential={sts}"

    assert (found.name, found.region) == ("GetObject", "eu-west-1")
    assert identify(http("GET", f"/?{query}")).name == "GetCallerIdentity"


def test_a_sigv4a_scope_has_no_region() -> None:
    credential = "AKIAIOSFODNN7EXAMPLE/20210809/s3/aws4_request"
    authorization = f"AWS4-ECDSA-P256-SHA256 Credential={credential}, Signature=0"
    found = identify(http("GET", "/b/k", authorization=authorization))

    assert (found.service, found.region) == ("s3", "us-east-1")


def test_the_javascript_sdks_extra_query_key_changes_nothing() -> None:
    found = identify(http("GET", "/b/k?x-id=GetObject", authorization=signed_for("s3")))

    assert (found.name, found.parameters) == ("GetObject", {"Bucket": "b", "Key": "k"})


def test_cbor_requests_are_read() -> None:
    found = identify(
        http(
            target="/service/GraniteServiceVersion20100801/operation/ListMetrics",
            body=b"\xa1\x69Namespace\x67AWS/EC2",
            authorization=signed_for("monitoring"),
            smithy_protocol="rpc-v2-cbor",
        )
    )

    assert (found.name, found.parameters) == ("ListMetrics", {"Namespace": "AWS/EC2"})


def test_the_old_query_form_of_sqs_takes_the_queue_from_the_path() -> None:
    found = identify(
        http(
            target="/123456789012/q",
            body=b"Action=SendMessage&Version=2012-11-05&MessageBody=hi",
            content_type=FORM,
            authorization=signed_for("sqs"),
        )
    )

    assert (found.name, found.protocol) == ("SendMessage", "query")
    assert found.parameters["QueueUrl"] == "http://127.0.0.1:5000/123456789012/q"


def test_a_delete_with_a_subresource_is_never_the_delete_of_the_bucket() -> None:
    found = identify(http("DELETE", "/b?analytics", authorization=signed_for("s3")))

    assert found.name == "DeleteBucketAnalyticsConfiguration"


def query_error(body: bytes, service: str = "sts") -> Unrecognised:
    with pytest.raises(Unrecognised) as refused:
        identify(http(body=body, content_type=FORM, authorization=signed_for(service)))
    return refused.value


def test_an_unknown_query_operation_is_refused_in_awss_words() -> None:
    unknown = query_error(b"Action=Nope&Version=2011-06-15")
    unversioned = query_error(b"Action=Nope")

    assert (unknown.code, unknown.status, unknown.protocol) == ("InvalidAction", 400, "query")
    assert unknown.message == "Could not find operation Nope for version 2011-06-15"
    assert unversioned.message.endswith("for version NO_VERSION_SPECIFIED")
    assert query_error(b"Version=2011-06-15").code == "MissingAction"
    assert query_error(b"Action=Nope", "ec2").message == (
        "The action Nope is not valid for this web service."
    )


@pytest.mark.parametrize(
    ("wire", "code", "status", "protocol"),
    [
        (
            http(x_amz_target="DynamoDB_20120810.Nope", authorization=signed_for("dynamodb")),
            "UnknownOperationException", 400, "json",
        ),
        (
            http(x_amz_target="TrentService.Encrypt", authorization=signed_for("dynamodb")),
            "UnknownOperationException", 400, "json",
        ),
        (
            http("GET", "/nowhere", authorization=signed_for("lambda")),
            "UnknownOperationException", 404, "rest-json",
        ),
        (
            http("PATCH", "/b/k", authorization=signed_for("s3")),
            "MethodNotAllowed", 405, "s3",
        ),
        (
            http("GET", "/b?acl&policy", authorization=signed_for("s3")),
            "InvalidArgument", 400, "s3",
        ),
        (
            http(x_amz_target="x.y", authorization=signed_for("../../etc")),
            "UnknownOperationException", 400, "json",
        ),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused(
    wire: WireRequest, code: str, status: int, protocol: str
) -> None:
    with pytest.raises(Unrecognised) as refused:
        identify(wire)

    assert (refused.value.code, refused.value.status) == (code, status)
    assert refused.value.protocol == protocol


@pytest.mark.parametrize(
    ("service", "name", "reads"),
    [
        ("s3", "ListObjectsV2", True),
        ("s3", "HeadObject", True),
        ("s3", "SelectObjectContent", True),
        ("s3", "PutObject", False),
        ("dynamodb", "BatchGetItem", True),
        ("dynamodb", "BatchWriteItem", False),
        ("dynamodb", "Query", True),
        ("dynamodb", "ExecuteStatement", False),
        ("iam", "GetUser", True),
        ("iam", "GenerateCredentialReport", False),
        ("iam", "SimulatePrincipalPolicy", True),
        ("sts", "GetCallerIdentity", True),
        ("sts", "GetSessionToken", False),
        ("sts", "AssumeRole", False),
        ("sqs", "ReceiveMessage", False),
        ("ec2", "GetPasswordData", True),
    ],
)
def test_only_what_surely_changes_nothing_counts_as_read_only(
    service: str, name: str, reads: bool
) -> None:
    made = client(service)
    model = made.meta.service_model.operation_model(name)
    found: Operation = identify(call(made, name, minimal(model)))

    assert found.read_only is reads


def test_identify_leaves_the_checks_for_later() -> None:
    fields = {field.name for field in dataclasses.fields(Operation)}

    assert "checks" in fields
    assert identify(sent("s3", "ListBuckets")).checks == ()
