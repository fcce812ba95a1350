from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth

from simulator.gateway.authenticate import authenticate, signers_clock
from simulator.gateway.errors import spell
from simulator.gateway.stages import AwsError, WireRequest
from tests.gateway.wires import (
    ENDPOINT,
    LAB,
    SESSION,
    USER,
    WALL,
    Keys,
    credentials,
    operation,
    signed,
)

HOUR = timedelta(hours=1)
S3 = operation("s3", protocol="s3")
STS = operation("sts", "GetCallerIdentity")


def s3_url(
    credential: Any = USER,
    expires: int = 3600,
    at: datetime = LAB,
    method: str = "GET",
    now: datetime | None = None,
) -> WireRequest:
    signer = S3SigV4QueryAuth(credentials(credential), "s3", "us-east-1", expires=expires)
    url = ENDPOINT + "/bucket/a%20b%2Bc/%C3%A9?response-content-type=text%2Fplain"
    return replace(signed(signer, method, url, at=at), at=now or at)


def sts_url(
    credential: Any = SESSION,
    expires: int = 60,
    at: datetime = LAB,
    now: datetime | None = None,
) -> WireRequest:
    """As `aws eks get-token` makes it: with the cluster's name among the signed headers."""
    signer = SigV4QueryAuth(credentials(credential), "sts", "us-east-1", expires=expires)
    url = ENDPOINT + "/?Action=GetCallerIdentity&Version=2011-06-15"
    request = signed(signer, "GET", url, {"x-k8s-aws-id": "cluster"}, at=at)
    return replace(request, at=now or at)


@pytest.mark.parametrize("credential", [USER, SESSION], ids=["user", "session"])
def test_presigned_urls_are_accepted(credential: Any) -> None:
    assert authenticate(s3_url(credential), S3, Keys()).credential is credential
    assert authenticate(sts_url(credential), STS, Keys()).credential is credential


def test_a_presigned_put_takes_any_body() -> None:
    request = replace(s3_url(method="PUT"), body=b"not known when the URL was made")
    assert authenticate(request, S3, Keys()).credential is USER


def refused(request: WireRequest, op: Any = S3, keys: Keys | None = None) -> AwsError:
    with pytest.raises(AwsError) as caught:
        authenticate(request, op, keys or Keys())
    return caught.value


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/bucket/", "/other/"),
        ("text%2Fplain", "text%2Fhtml"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=3601"),
        ("X-Amz-Date=20210809T060000Z", "X-Amz-Date=20210809T060001Z"),
        ("us-east-1", "us-east-2"),
        ("response-content-type", "x=1&response-content-type"),
    ],
)
def test_a_presigned_url_changed_anywhere_is_refused(old: str, new: str) -> None:
    request = s3_url()
    assert old in request.target
    error = refused(replace(request, target=request.target.replace(old, new)))
    assert error.code == "SignatureDoesNotMatch"


def test_another_method_or_signature_is_refused() -> None:
    request = s3_url()
    assert refused(replace(request, method="DELETE")).code == "SignatureDoesNotMatch"
    last = "0" if request.target[-1] != "0" else "1"
    error = refused(replace(request, target=request.target[:-1] + last))
    assert error.code == "SignatureDoesNotMatch"


def test_a_url_ends_with_its_seconds_and_s3_tells_when() -> None:
    request = s3_url(expires=60)
    in_time = replace(request, at=LAB + timedelta(seconds=60))
    assert authenticate(in_time, S3, Keys()).credential is USER
    error = spell(refused(replace(request, at=LAB + timedelta(seconds=61))), "s3")
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.elements == (
        ("X-Amz-Expires", "60"),
        ("Expires", "2021-08-09T06:01:00Z"),
        ("ServerTime", "2021-08-09T06:01:01Z"),
    )


def test_a_url_good_for_no_time_has_ended_at_once() -> None:
    assert spell(refused(s3_url(expires=0)), "s3").message == "Request has expired"


def test_an_sts_url_that_has_ended_is_an_expired_signature() -> None:
    error = refused(replace(sts_url(), at=LAB + timedelta(seconds=61)), STS)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.startswith("Signature expired: 20210809T060000Z is now earlier than")


def test_a_url_of_the_future_is_not_valid_yet() -> None:
    ahead = WALL + timedelta(minutes=16)
    error = refused(s3_url(expires=604800, at=ahead, now=LAB))
    assert spell(error, "s3").message == "Request is not valid yet"
    assert refused(sts_url(USER, at=ahead, now=LAB), STS).message.startswith(
        "Signature not yet current: 20260301T121600Z is still later than 20260301T121500Z"
    )


def test_a_url_signed_by_an_outside_tool_is_judged_by_wall_time() -> None:
    request = replace(s3_url(expires=60, at=WALL), at=LAB)
    assert authenticate(replace(request, wall=WALL), S3, Keys()).credential is USER
    late = replace(request, wall=WALL + timedelta(seconds=61))
    assert spell(refused(late), "s3").message == "Request has expired"


@pytest.mark.parametrize(
    ("signed_at", "lab", "wall", "judged_by"),
    [
        (LAB, LAB + 12 * HOUR, WALL, "lab"),  # the lab moved on
        (LAB, LAB + 24 * 365 * HOUR, WALL, "lab"),  # a year on
        (WALL, LAB, WALL + HOUR, "wall"),  # an outside tool
        (WALL, WALL + 12 * HOUR, WALL + HOUR, "wall"),  # ... and a live lab that ran ahead
        (WALL + 12 * HOUR, WALL + 12 * HOUR, WALL, "lab"),  # the live lab's own client
        (WALL + 12 * HOUR, WALL + 36 * HOUR, WALL, "lab"),  # ... wall is nearer, but behind it
    ],
)
def test_a_url_is_judged_by_the_clock_it_was_signed_with(
    signed_at: datetime, lab: datetime, wall: datetime, judged_by: str
) -> None:
    wire = replace(s3_url(), at=lab, wall=wall)
    assert signers_clock(signed_at, wire) == {"lab": lab, "wall": wall}[judged_by]


def test_a_url_signed_while_the_clocks_were_one_is_judged_by_lab_time() -> None:
    ahead = replace(s3_url(expires=60, at=WALL), at=WALL + 12 * HOUR, wall=WALL + HOUR / 120)
    assert authenticate(ahead, S3, Keys()).credential is USER
    together = replace(ahead, parted=WALL + HOUR / 360)
    assert spell(refused(together), "s3").message == "Request has expired"


def test_a_url_dies_with_the_session_that_signed_it() -> None:
    request = s3_url(SESSION, expires=604800)
    error = refused(replace(request, at=LAB + HOUR))
    assert (spell(error, "s3").code, spell(error, "s3").status) == ("ExpiredToken", 400)


@pytest.mark.parametrize("cut", ["", "x", "lab%2Ftoken%2Bwith%3Dsign"])
def test_a_url_with_another_token_is_refused(cut: str) -> None:
    request = s3_url(SESSION)
    assert "lab%2Ftoken%2Bwith%3Dsigns" in request.target
    target = request.target.replace("lab%2Ftoken%2Bwith%3Dsigns", cut)
    error = spell(refused(replace(request, target=target)), "s3")
    expected = ("InvalidToken", 400) if cut else ("InvalidAccessKeyId", 403)
    assert (error.code, error.status) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        ("604801", "X-Amz-Expires must be less than a week"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("soon", "X-Amz-Expires should be a number"),
        ("٣", "X-Amz-Expires should be a number"),
        ("9" * 50, "X-Amz-Expires should be a number"),
    ],
)
def test_seconds_out_of_range_are_refused(seconds: str, text: str) -> None:
    request = s3_url()
    target = request.target.replace("X-Amz-Expires=3600", f"X-Amz-Expires={seconds}")
    error = spell(refused(replace(request, target=target)), "s3")
    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)
    assert error.message is not None
    assert error.message.startswith(text)


@pytest.mark.parametrize(
    "name", ["Credential", "Date", "Expires", "SignedHeaders", "Algorithm", "Signature"]
)
def test_s3_wants_all_its_parameters(name: str) -> None:
    request = s3_url()
    target = request.target.replace(f"X-Amz-{name}=", f"X-Amz-Not-{name}=")
    error = spell(refused(replace(request, target=target)), "s3")
    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)


def test_a_header_and_a_query_signature_together_are_refused() -> None:
    request = s3_url()
    both = replace(request, headers={**request.headers, "authorization": "AWS4-HMAC-SHA256 x=y"})
    assert spell(refused(both), "s3").code == "InvalidArgument"
    assert refused(both, STS).code == "SignatureDoesNotMatch"


def test_an_unsigned_amz_header_beside_a_presigned_url_is_refused() -> None:
    request = s3_url(method="PUT")
    headers = {**request.headers, "x-amz-acl": "public-read"}
    error = spell(refused(replace(request, headers=headers)), "s3")
    assert (error.code, error.elements) == ("AccessDenied", (("HeadersNotSigned", "x-amz-acl"),))
