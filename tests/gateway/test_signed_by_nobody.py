"""Unsigned, unknown, expired and wrongly signed calls, as each protocol's services refuse them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator import Lab
from simulator.actors import Keys
from tests.conftest import ACCOUNT, Town, allow, trust
from tests.serving import PATIENCE_SECONDS

UNKNOWN = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
MISSING = "Request is missing Authentication Token"
MISMATCH = "The request signature we calculated does not match the signature you provided. Check "
EC2 = "AWS was not able to validate the provided access credentials"
NO_KEY = "The AWS Access Key Id you provided does not exist in our records."

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "query": ("iam", "list_users", {}),
    "ec2": ("ec2", "describe_vpcs", {}),
    "json": ("dynamodb", "list_tables", {}),
    "json, query-compatible": ("cloudwatch", "list_metrics", {}),
    "rest-json": ("lambda", "list_functions", {}),
    "rest-xml": ("route53", "list_hosted_zones", {}),
    "rest-xml, CloudFront": ("cloudfront", "list_distributions", {}),
    "s3": ("s3", "list_buckets", {}),
}
Refusal = tuple[int, str, str]
LIKE_QUERY: dict[str, Refusal] = {
    "unsigned": (403, "MissingAuthenticationToken", MISSING),
    "unknown key": (403, "InvalidClientTokenId", UNKNOWN),
    "wrong token": (403, "InvalidClientTokenId", UNKNOWN),
    "expired": (403, "ExpiredToken", EXPIRED),
    "wrong secret": (403, "SignatureDoesNotMatch", MISMATCH),
}
LIKE_JSON: dict[str, Refusal] = {
    "unsigned": (400, "MissingAuthenticationTokenException", MISSING),
    "unknown key": (400, "UnrecognizedClientException", UNKNOWN),
    "wrong token": (400, "UnrecognizedClientException", UNKNOWN),
    "expired": (400, "ExpiredTokenException", EXPIRED),
    "wrong secret": (400, "InvalidSignatureException", MISMATCH),
}
REFUSALS: dict[str, dict[str, Refusal]] = {
    "query": LIKE_QUERY,
    "rest-xml": LIKE_QUERY,
    "rest-xml, CloudFront": LIKE_QUERY,
    "json": LIKE_JSON,
    # Query-compatible: botocore shows the query code.
    "json, query-compatible": {
        cause: (400, LIKE_QUERY[cause][1], of[2]) for cause, of in LIKE_JSON.items()
    },
    "rest-json": {cause: (403, *of[1:]) for cause, of in LIKE_JSON.items()},
    "ec2": {
        **dict.fromkeys(LIKE_QUERY, (401, "AuthFailure", EC2)),
        "expired": (400, "RequestExpired", "Request has expired."),
    },
    "s3": {
        "unsigned": (403, "AccessDenied", "Access Denied"),
        "unknown key": (403, "InvalidAccessKeyId", NO_KEY),
        "wrong token": (400, "InvalidToken", "The provided token is malformed or otherwise in"),
        "expired": (400, "ExpiredToken", "The provided token has expired."),
        "wrong secret": (403, "SignatureDoesNotMatch", MISMATCH),
    },
}


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Lab, dict[str, Keys | None]]]:
    with Lab() as lab:
        town = Town(lab)
        alice = town.user("alice", allow("*"))
        role = town.role("App", trust(f"arn:aws:iam::{ACCOUNT}:root"), allow("*"))
        session = town.session(alice, role, DurationSeconds=900)
        lab.clock.advance(timedelta(seconds=901))
        live = town.session(alice, role).keys
        assert alice.keys
        assert session.keys
        assert live
        yield (
            lab,
            {
                "unsigned": None,
                "unknown key": replace(alice.keys, access_key_id="AKIANOBODYNOBODYNOBO"),
                "wrong token": replace(live, session_token="another"),
                "expired": session.keys,
                "wrong secret": replace(alice.keys, secret_access_key="x" * 40),
            },
        )


def client(lab: Lab, service: str, keys: Keys | None) -> Any:
    make: Any = boto3.client
    options: dict[str, Any] = {"retries": {"total_max_attempts": 1}}
    if keys is None:
        options["signature_version"] = botocore.UNSIGNED
    return make(
        service,
        region_name="us-east-1",
        endpoint_url=lab.endpoint_url,
        aws_access_key_id=keys.access_key_id if keys else "unused",
        aws_secret_access_key=keys.secret_access_key if keys else "unused",
        aws_session_token=keys.session_token if keys else None,
        config=Config(**options),
    )


@pytest.mark.parametrize("cause", LIKE_QUERY)
@pytest.mark.parametrize("protocol", CALLS)
def test_who_is_nobody_is_refused_as_the_protocol_spells_it(
    world: tuple[Lab, dict[str, Keys | None]], protocol: str, cause: str
) -> None:
    lab, keys = world
    service, name, parameters = CALLS[protocol]
    with pytest.raises(ClientError) as caught:
        getattr(client(lab, service, keys[cause]), name)(**parameters)
    response: Any = caught.value.response
    status, code, text = REFUSALS[protocol][cause]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"].startswith(text)
    assert lab.trail.records()[-1].outcome == ("denied" if code == "AccessDenied" else "refused")


def ask(lab: Lab, method: str, path: str, **headers: str) -> tuple[int, str, bytes]:
    """An unsigned request; status, error type header and body."""
    connection = http.client.HTTPConnection(
        lab.endpoint_url.removeprefix("http://"), timeout=PATIENCE_SECONDS
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, b"{}" if method == "POST" else b"", named)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.getheader("x-amzn-ErrorType") or "", body


JSON = {"Content_Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/2015-03-31/functions/f/invocations", {}),
        ("GET", "/2017-03-31/tags/arn", {}),
        ("GET", "/2015-02-01/file-systems", {}),
        ("GET", "/clusters/x", {"Host": "eks.us-east-1.amazonaws.com"}),
        ("GET", "/v2/email/account", {"Host": "email.us-east-1.amazonaws.com"}),
        ("POST", "/nowhere", {"Host": "no-such-service.us-east-1.amazonaws.com"}),
        ("POST", "/restapis", JSON),  # S3 knows no such call
    ],
)
def test_an_unsigned_rest_call_is_no_anonymous_s3_call(
    world: tuple[Lab, Any], method: str, path: str, headers: dict[str, str]
) -> None:
    status, kind, body = ask(world[0], method, path, **headers)
    assert (status, kind) == (403, "MissingAuthenticationTokenException")
    assert body == b'{"message": "Request is missing Authentication Token"}'


def test_a_signature_nobody_can_read_is_refused_by_the_service_the_path_names(
    world: tuple[Lab, Any],
) -> None:
    status, kind, _ = ask(world[0], "GET", "/2015-03-31/functions", Authorization="Bearer x")
    assert (status, kind) == (403, "IncompleteSignatureException")


def test_an_unsigned_target_of_a_service_not_in_the_tables_is_missing_its_token(
    world: tuple[Lab, Any],
) -> None:
    status, _, body = ask(world[0], "POST", "/", X_Amz_Target="AWSGlue.GetDatabases")
    assert (status, b"MissingAuthenticationTokenException" in body) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "/2015-03-31/functions.csv",
        "/2021-08-09/functions/x",
    ],
)
def test_a_bucket_named_like_a_date_is_still_a_bucket(world: tuple[Lab, Any], path: str) -> None:
    status, kind, body = ask(world[0], "GET", path)
    assert (status, kind) == (404, "")
    assert b"<Code>NoSuchBucket</Code>" in body


def test_an_older_presigned_url_is_s3s_whatever_its_path(world: tuple[Lab, Any]) -> None:
    url = "/2015-03-31/functions?AWSAccessKeyId=AKIA&Signature=x&Expires=1"
    assert b"<Error>" in ask(world[0], "GET", url)[2]


def test_what_is_never_signed_at_aws_needs_neither_signature_nor_policy(
    world: tuple[Lab, Any],
) -> None:
    lab, _ = world
    admin = client(lab, "cognito-idp", lab.admin.keys)
    pool = admin.create_user_pool(PoolName="p")["UserPool"]["Id"]
    made = admin.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    anybody = client(lab, "cognito-idp", None)
    app = {"ClientId": made["UserPoolClient"]["ClientId"]}
    anybody.sign_up(**app, Username="ann", Password="Passw0rd!")
    admin.admin_confirm_sign_up(UserPoolId=pool, Username="ann")
    answer = anybody.initiate_auth(
        **app,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Passw0rd!"},
    )
    assert answer["AuthenticationResult"]["AccessToken"]
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        anybody.list_user_pools(MaxResults=1)
