"""Whatever a request claims of its signature: an AWS error, or the right caller; never a crash."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.gateway.authenticate import authenticate
from simulator.gateway.chunked import decode_body
from simulator.gateway.errors import error_response
from simulator.gateway.sigv4 import STREAMING_PAYLOADS, UNSIGNED_PAYLOAD
from simulator.gateway.stages import AwsError, Caller, Operation, Protocol, WireRequest
from tests.fuzz import fuzzed
from tests.gateway.wires import ENDPOINT, SESSION, USER, Keys, credentials, operation, signed, wire

# What WSGI hands over: bytes, decoded as Latin-1.
latin = st.text(st.characters(max_codepoint=255), max_size=40)
services: st.SearchStrategy[tuple[str, Protocol]] = st.sampled_from(
    [("s3", "s3"), ("sts", "query"), ("dynamodb", "json"), ("lambda", "rest-json"), ("ec2", "ec2")]
)
scopes = st.sampled_from(
    [
        f"{USER.access_key_id}/20210809/us-east-1/s3/aws4_request",
        f"{SESSION.access_key_id}/20210809/us-east-1/sts/aws4_request",
        f"{USER.access_key_id}/20210809/us-east-1/aws4_request",
        "////",
        "",
    ]
)
parts = st.one_of(
    scopes.map(lambda scope: f"Credential={scope}"),
    st.sampled_from(
        [
            "SignedHeaders=host",
            "SignedHeaders=host;x-amz-date",
            "SignedHeaders=;;",
            "Signature=" + "0" * 64,
            "Signature=",
            "Credential",
            "=",
        ]
    ),
    latin,
)
authorizations = st.one_of(
    latin,
    st.builds(
        lambda algorithm, found, between: algorithm + between.join(found),
        st.sampled_from(["AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", "AWS ", "Basic ", ""]),
        st.lists(parts, max_size=5),
        st.sampled_from([", ", ",", " ", ";", ""]),
    ),
)
headers = st.dictionaries(
    st.sampled_from(
        ["x-amz-date", "date", "x-amz-security-token", "x-amz-content-sha256", "host",
         "content-encoding", "x-amz-decoded-content-length", "x-amz-trailer", "content-md5"]
    ),
    st.one_of(
        latin,
        st.sampled_from(
            ["20210809T060000Z", "99999999T999999Z", "20210230T000000Z", "aws-chunked", "0", "-1",
             "99999999999999999999", UNSIGNED_PAYLOAD, *sorted(STREAMING_PAYLOADS),
             str(SESSION.session_token), "Mon, 09 Aug 2021 06:00:00 GMT", "\x00", "é"]
        ),
    ),
    max_size=6,
)  # fmt: skip
queries = st.lists(
    st.tuples(
        st.sampled_from(
            ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
             "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token", "AWSAccessKeyId",
             "Signature", "Expires", "x-amz-date", ""]
        ),
        st.one_of(
            latin,
            scopes,
            st.sampled_from(
                ["AWS4-HMAC-SHA256", "20210809T060000Z", "900", "-1", "604801", "9" * 30, "host",
                 "0" * 64, "1628491200", USER.access_key_id, "%", "%zz", "1e9"]
            ),
        ),
    ),
    max_size=8,
)  # fmt: skip
bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"5\r\nhello\r\n0\r\n\r\n",
            b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n0;chunk-signature=\r\n\r\n",
            b"ffffffffffffffffff\r\n",
            b"-1\r\n\r\n",
            b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
        ]
    ),
)


def outcome(request: WireRequest, asked: Operation) -> Caller | AwsError:
    """What a request comes to; anything but a caller or an AWS error is a crash."""
    try:
        caller = authenticate(request, asked, Keys())
        decode_body(request, caller.credential)
    except AwsError as error:
        answer = error_response(error, asked, request, "request-1")
        assert 400 <= answer.status < 500
        return error
    return caller


@fuzzed(250)
@given(
    service=services,
    authorization=st.none() | authorizations,
    sent=headers,
    query=queries,
    body=bodies,
)
@example(
    service=("s3", "s3"),
    authorization=None,
    sent={},
    query=[("AWSAccessKeyId", USER.access_key_id), ("Signature", "\xff"), ("Expires", "9" * 400)],
    body=b"",
)
def test_no_claim_however_odd_crashes_or_lets_anybody_in(
    service: tuple[str, Protocol],
    authorization: str | None,
    sent: dict[str, str],
    query: list[tuple[str, str]],
    body: bytes,
) -> None:
    name, protocol = service
    text = "&".join(f"{key}={quote(value, safe='%', encoding='latin-1')}" for key, value in query)
    given_headers = {**sent, **({"authorization": authorization} if authorization else {})}
    request = wire("PUT", f"{ENDPOINT}/b/k?{text}", given_headers, body)
    found = outcome(request, operation(name, protocol=protocol))
    if isinstance(found, Caller):
        # Nobody here knows a secret: who gets through is nobody.
        assert found.credential is None


SIGNERS: dict[str, Any] = {
    "header": lambda: SigV4Auth(credentials(SESSION), "sts", "us-east-1"),
    "s3": lambda: S3SigV4Auth(credentials(SESSION), "s3", "us-east-1"),
    "url": lambda: S3SigV4QueryAuth(credentials(SESSION), "s3", "us-east-1", expires=900),
}


@cache
def rightly_signed(kind: str) -> WireRequest:
    body = b"" if kind == "url" else b"content"
    return signed(SIGNERS[kind](), "PUT", f"{ENDPOINT}/b/k?list-type=2", body=body)


@fuzzed(250)
@given(
    kind=st.sampled_from(sorted(SIGNERS)),
    place=st.sampled_from(["authorization", "target", "token", "date", "host", "body"]),
    at=st.integers(0, 400),
    put=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=3),
    cut=st.integers(0, 3),
)
def test_a_signed_request_changed_anywhere_is_refused_or_is_still_the_signers(
    kind: str, place: str, at: int, put: str, cut: int
) -> None:
    asked = operation("sts") if kind == "header" else operation("s3", protocol="s3")
    request = rightly_signed(kind)
    assert outcome(request, asked) == Caller(SESSION)
    changed = _changed(request, place, at, put, cut)
    found = outcome(changed, asked)
    if isinstance(found, Caller) and found.credential is not None:
        assert found.credential == SESSION
        # What was let through says the same as what was signed.
        assert changed.body == request.body or kind == "url"
        assert changed.method == request.method
        assert _meaning(changed) == _meaning(request)


def _changed(request: WireRequest, place: str, at: int, put: str, cut: int) -> WireRequest:
    def edit(text: str) -> str:
        where = at % (len(text) + 1)
        return text[:where] + put + text[where + cut :]

    values = {name: getattr(request, name) for name in request.__dataclass_fields__}
    if place == "target":
        values["target"] = "/" + edit(request.target[1:])
    elif place == "body":
        values["body"] = edit(request.body.decode("latin-1")).encode("latin-1")
    else:
        header = {"token": "x-amz-security-token", "date": "x-amz-date"}.get(place, place)
        sent = dict(request.headers)
        if header in sent:
            sent[header] = edit(sent[header])
        values["headers"] = sent
    return WireRequest(**values)


def _meaning(request: WireRequest) -> tuple[str, tuple[str, ...]]:
    """What a service would act on: the path, and the parameters that are no signature's."""
    pairs = (unquote(re.sub(r"=$", "", pair)) for pair in request.raw_query.split("&"))
    kept = sorted(pair for pair in pairs if pair and not pair.lower().startswith("x-amz-"))
    return unquote(request.raw_path), tuple(kept)
