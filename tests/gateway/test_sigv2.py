"""S3 URLs presigned the older way, as boto3 makes them by default in us-east-1."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import ACCOUNT, Town, allow, revoke, trust
from tests.gateway.wires import plain_s3

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def presign(lab: Lab, actor: Actor, key: str = "a b/é&?", **more: Any) -> str:
    """A URL from boto3 as it comes, nothing configured but the endpoint."""
    parameters = {"Bucket": "bkt-1", "Key": key, **more}
    client = plain_s3(lab, actor)
    return str(client.generate_presigned_url("get_object", parameters, ExpiresIn=600))


def get(url: str) -> tuple[int, bytes]:
    """Fetch a URL with no credentials at all."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
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
