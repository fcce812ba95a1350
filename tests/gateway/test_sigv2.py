"""S3 URLs presigned the older way, as boto3 makes them by default in us-east-1."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from freezegun import freeze_time

from simulator import Lab
from simulator.actors import Actor
from simulator.gateway.authenticate import authenticate
from simulator.gateway.stages import AwsError, WireRequest
from tests.conftest import ACCOUNT, Town, allow, revoke, trust
from tests.gateway.wires import ENDPOINT, USER, WALL, credentials, operation, plain_s3, wire
from tests.gateway.wires import Keys as HeldKeys
from tests.serving import PATIENCE_SECONDS

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def presign(lab: Lab, actor: Actor, key: str = "a b/é&?", **more: Any) -> str:
    """A URL from boto3 as it comes, nothing configured but the endpoint."""
    parameters = {"Bucket": "bkt-1", "Key": key, **more}
    client = plain_s3(lab, actor)
    return str(client.generate_presigned_url("get_object", parameters, ExpiresIn=600))


def get(url: str) -> tuple[int, bytes]:
    """Fetch a URL with no credentials at all."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def session(lab: Lab, town: Town) -> Actor:
    alice = town.user("alice", allow("sts:AssumeRole"))
    town.bucket("bkt-1")
    body = {"Bucket": "bkt-1", "Key": "a b/é&?", "Body": b"1,2,3"}
    assert lab.admin.call("s3", "PutObject", body).ok
    return town.session(alice, town.role("App", trust(ROOT), allow("s3:GetObject")))


def test_a_url_gives_the_object_until_it_expires(lab: Lab, session: Actor) -> None:
    url = presign(lab, session)
    assert "AWSAccessKeyId=" in url
    assert get(url) == (200, b"1,2,3")
    lab.clock.advance(timedelta(seconds=601))
    status, body = get(url)
    assert status == 403
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in body


def test_response_headers_that_are_signed_are_honoured(lab: Lab, session: Actor) -> None:
    assert get(presign(lab, session, ResponseContentType="text/csv")) == (200, b"1,2,3")


@pytest.mark.parametrize(
    "tamper",
    [
        lambda url: url.replace("/bkt-1/", "/bkt-1/x"),
        lambda url: re.sub(r"Expires=(\d+)", lambda found: f"Expires={int(found[1]) + 60}", url),
        lambda url: re.sub("Signature=[^&]*", "Signature=AAAA", url),
    ],
)
def test_a_tampered_url_is_refused(lab: Lab, session: Actor, tamper: Callable[[str], str]) -> None:
    status, body = get(tamper(presign(lab, session)))
    assert status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in body


def test_a_url_without_the_sessions_token_or_half_of_it_is_refused(
    lab: Lab, session: Actor
) -> None:
    url = presign(lab, session)
    status, body = get(re.sub("&?x-amz-security-token=[^&]*", "", url))
    assert (status, b"InvalidAccessKeyId" in body) == (403, True)
    status, body = get(re.sub("&?Signature=[^&]*", "", url))
    assert (status, b"requires the Signature" in body) == (403, True)
    status, body = get(re.sub(r"Expires=\d+", "Expires=soon", url))
    assert (status, b"Invalid date" in body) == (403, True)


def test_a_url_dies_with_the_revocation_of_its_session(
    lab: Lab, town: Town, session: Actor
) -> None:
    url = presign(lab, session)
    lab.clock.advance(timedelta(seconds=5))
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke("2021-08-09T06:00:05Z"))
    status, body = get(url)
    assert status == 403
    assert b"with an explicit deny in an identity-based policy" in body


AHEAD = [timedelta(minutes=90), timedelta(hours=3), timedelta(days=9)]


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_url_an_outside_tool_has_just_made_is_good_however_far_ahead_lab_time_is(
    ahead: timedelta,
) -> None:
    ends = WALL + timedelta(hours=1)
    moved = WALL - timedelta(minutes=5)
    assert read_status(by_version_2(ends, WALL + ahead, WALL, moved)) == 200


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_url_made_before_lab_time_was_moved_ends_by_lab_time(ahead: timedelta) -> None:
    ends = WALL + timedelta(minutes=50)
    assert read_status(by_version_2(ends, WALL + ahead, WALL, WALL)) == 403
    assert read_status(by_version_2(ends, WALL + timedelta(minutes=49), WALL, WALL)) == 200


def by_version_2(ends: datetime, at: datetime, now: datetime, parted: datetime) -> WireRequest:
    """A URL that boto3 made with `USER`'s key, as the gateway gets it."""
    signer = HmacV1QueryAuth(credentials(USER), expires=3600)
    with freeze_time(ends - timedelta(hours=1)):
        request = AWSRequest(method="GET", url=f"{ENDPOINT}/bkt-1/k")
        signer.add_auth(request)
    made = wire("GET", str(request.url), at=at, wall=now)
    return replace(made, parted=parted)


def read_status(request: WireRequest) -> int:
    asked = replace(operation("s3", "GetObject", "s3"), parameters={"Bucket": "bkt-1"})
    try:
        authenticate(request, asked, HeldKeys())
    except AwsError as error:
        return error.status
    return 200
