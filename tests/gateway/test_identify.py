"""What a request asks for is told from its bytes, for every protocol and every SDK's habits."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from simulator.gateway.identify import identify
from simulator.gateway.stages import Operation
from tests.gateway.actions.capture import call, client, minimal, sent
from tests.gateway.written import FORM, http, signed_for

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
