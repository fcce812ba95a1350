from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth

from simulator.gateway.authenticate import authenticate
from simulator.gateway.stages import AwsError, Protocol, WireRequest
from tests.gateway.wires import (
    ENDPOINT,
    LAB,
    SESSION,
    USER,
    Keys,
    credentials,
    operation,
    sent_by_boto3,
    signed,
    with_header,
)

BOTO3_CALLS: list[tuple[str, str, str, Protocol, dict[str, Any]]] = [
    ("sts", "sts", "get_caller_identity", "query", {}),
    ("iam", "iam", "list_users", "query", {"PathPrefix": "/a b/"}),
    ("ec2", "ec2", "describe_instances", "ec2", {}),
    ("dynamodb", "dynamodb", "list_tables", "json", {}),
    ("secretsmanager", "secretsmanager", "list_secrets", "json", {}),
    ("cloudwatch", "monitoring", "list_metrics", "json", {}),
    ("lambda", "lambda", "get_function", "rest-json", {"FunctionName": "a:b:c d"}),
    ("route53", "route53", "list_hosted_zones", "rest-xml", {}),
    ("sqs", "sqs", "send_message", "json", {"QueueUrl": "http://q/1/x", "MessageBody": "é"}),
    ("s3", "s3", "list_objects_v2", "s3", {"Bucket": "logs", "Prefix": "a b+c/é", "Delimiter": ""}),
    ("s3", "s3", "get_object", "s3", {"Bucket": "logs", "Key": "a b+c/é/%2F//x?y=1&z"}),
    ("s3", "s3", "get_bucket_acl", "s3", {"Bucket": "logs"}),
    ("s3", "s3", "put_object", "s3", {"Bucket": "logs", "Key": "../~k", "Body": b"x" * 5}),
    (
        "s3",
        "s3",
        "put_object",
        "s3",
        {"Bucket": "logs", "Key": "k", "Body": b"", "Metadata": {"note": " a   b,  c "}},
    ),
]


@pytest.mark.parametrize("credential", [USER, SESSION], ids=["user", "session"])
@pytest.mark.parametrize(
    ("client", "service", "call", "protocol", "parameters"),
    BOTO3_CALLS,
    ids=[f"{c[0]}-{c[2]}-{n}" for n, c in enumerate(BOTO3_CALLS)],
)
def test_what_boto3_signs_is_accepted(
    credential: Any, client: str, service: str, call: str, protocol: Protocol, parameters: Any
) -> None:
    request = sent_by_boto3(client, call, credential, **parameters)
    caller = authenticate(request, operation(service, call, protocol), Keys())
    assert caller.credential is credential


def sts_request(credential: Any = SESSION) -> WireRequest:
    return signed(
        SigV4Auth(credentials(credential), "sts", "us-east-1"),
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=b"Action=GetCallerIdentity&Version=2011-06-15",
    )


def s3_request(credential: Any = SESSION, body: bytes = b"content") -> WireRequest:
    return signed(
        S3SigV4Auth(credentials(credential), "s3", "us-east-1"),
        "PUT",
        ENDPOINT + "/bucket/key?tagging=&a=1&a=0",
        body=body,
    )


def refused(request: WireRequest, service: str = "sts", protocol: Protocol = "query") -> AwsError:
    with pytest.raises(AwsError) as caught:
        authenticate(request, operation(service, "Anything", protocol), Keys())
    return caught.value


def other_digit(signature: str) -> str:
    return ("0" if signature[-1] != "0" else "1").join((signature[:-1], ""))


TAMPERINGS: dict[str, Callable[[WireRequest], WireRequest]] = {
    "method": lambda r: replace(r, method="GET"),
    "path": lambda r: replace(r, target="/other" + r.target),
    "query added": lambda r: replace(r, target=r.target + ("&" if "?" in r.target else "?") + "x"),
    "body": lambda r: replace(r, body=r.body + b"x"),
    "body dropped": lambda r: replace(r, body=b""),
    "host": lambda r: with_header(r, "host", "127.0.0.1:5001"),
    "date": lambda r: with_header(r, "x-amz-date", "20210809T060001Z"),
    "signature": lambda r: with_header(r, "authorization", other_digit(r.headers["authorization"])),
    "signature cut": lambda r: with_header(r, "authorization", r.headers["authorization"][:-1]),
    "signature upper case": lambda r: with_header(
        r,
        "authorization",
        r.headers["authorization"].replace(
            r.headers["authorization"][-64:], r.headers["authorization"][-64:].upper()
        ),
    ),
    "signature not ASCII": lambda r: with_header(
        r, "authorization", r.headers["authorization"][:-1] + "é"
    ),
    "region": lambda r: with_header(
        r, "authorization", r.headers["authorization"].replace("us-east-1", "us-east-2")
    ),
    "key of another": lambda r: with_header(
        with_header(r, "x-amz-security-token", None),
        "authorization",
        r.headers["authorization"].replace(SESSION.access_key_id, USER.access_key_id),
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
@pytest.mark.parametrize("kind", ["sts", "s3"])
def test_a_request_changed_in_any_signed_part_is_refused(kind: str, tampering: str) -> None:
    request = sts_request() if kind == "sts" else s3_request()
    protocol: Protocol = "s3" if kind == "s3" else "query"
    error = refused(TAMPERINGS[tampering](request), kind, protocol)
    expected = {
        ("s3", "body"): "XAmzContentSHA256Mismatch",
        ("s3", "body dropped"): "XAmzContentSHA256Mismatch",
    }
    assert error.code == expected.get((kind, tampering), "SignatureDoesNotMatch")


def test_the_wrong_secret_is_refused() -> None:
    forged = replace(USER, secret_access_key="x" * 40)
    error = refused(sts_request(forged))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.startswith("The request signature we calculated does not match")


def test_an_unknown_key_is_refused() -> None:
    error = refused(sts_request(replace(USER, access_key_id="AKIANOBODY")))
    assert (error.code, error.status) == ("InvalidClientTokenId", 403)


@pytest.mark.parametrize("token", ["wrong", "lab/token+with=sign", "lab/token+with=signs2", "é"])
def test_a_session_with_another_token_is_refused_though_its_signature_is_right(token: str) -> None:
    error = refused(sts_request(replace(SESSION, session_token=token)))
    assert (error.code, error.message) == (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_a_session_without_its_token_is_refused_though_its_signature_is_right() -> None:
    assert refused(sts_request(replace(SESSION, session_token=None))).code == (
        "InvalidClientTokenId"
    )


def test_a_token_sent_with_a_long_term_key_is_refused() -> None:
    error = refused(sts_request(replace(USER, session_token=SESSION.session_token)))
    assert error.code == "InvalidClientTokenId"


def test_a_session_ends_at_the_second_of_its_expiration_in_lab_time() -> None:
    assert SESSION.expires_at is not None
    request = sts_request()
    last = replace(request, at=SESSION.expires_at - timedelta(seconds=1))
    assert authenticate(last, operation("sts"), Keys()).credential is SESSION
    error = refused(replace(request, at=SESSION.expires_at))
    assert (error.code, error.status, error.message) == (
        "ExpiredToken",
        403,
        "The security token included in the request is expired",
    )


def test_a_signature_made_with_wall_time_is_good_whatever_the_lab_clock_says() -> None:
    request = signed(
        SigV4Auth(credentials(USER), "sts", "us-east-1"), at=LAB + timedelta(days=1700)
    )
    caller = authenticate(replace(request, at=LAB), operation("sts"), Keys())
    assert caller.credential is USER


def test_an_unsigned_request_is_refused_but_for_s3_where_it_is_anonymous() -> None:
    bare = with_header(sts_request(), "authorization", None)
    error = refused(bare)
    assert (error.code, error.status, error.message) == (
        "MissingAuthenticationToken",
        403,
        "Request is missing Authentication Token",
    )
    assert authenticate(bare, operation("s3", protocol="s3"), Keys()).credential is None


@pytest.mark.parametrize("name", ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"])
def test_the_calls_that_are_not_signed_have_no_caller_even_if_signed_wrongly(name: str) -> None:
    request = with_header(sts_request(), "authorization", "nonsense")
    assert authenticate(request, operation("sts", name), Keys()).credential is None
