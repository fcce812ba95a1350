"""What cannot be read is refused in the words of AWS's two front ends."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import create_parser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.gateway.authenticate import authenticate
from simulator.gateway.chunked import decode_body
from simulator.gateway.errors import error_response, spell
from simulator.gateway.stages import AwsError, Operation, Protocol, WireRequest
from tests.gateway.test_chunked import signed_chunks, unsigned
from tests.gateway.wires import ENDPOINT, LAB, SESSION, USER, WALL, Keys, operation, wire

KEY = USER.access_key_id
SCOPE = f"{KEY}/20210809/us-east-1/SERVICE/aws4_request"
DATE = {"x-amz-date": "20210809T060000Z", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
NAMES = "SignedHeaders=host;x-amz-content-sha256;x-amz-date"


def refused(
    authorization: str, protocol: Protocol, headers: dict[str, str] | None = None
) -> tuple[str, int | None, str]:
    service = {"s3": "s3", "json": "dynamodb", "query": "sts"}[protocol]
    sent = {
        **(DATE if headers is None else headers),
        "authorization": authorization.replace("SERVICE", service),
    }
    request = wire("GET", ENDPOINT + "/b/k", sent)
    with pytest.raises(AwsError) as caught:
        authenticate(request, operation(service, protocol=protocol), Keys())
    spelling = spell(caught.value, protocol)
    return spelling.code, spelling.status, spelling.message or ""


V4 = "AWS4-HMAC-SHA256 "
MALFORMED = "The authorization header is malformed; "
# header, S3's code, status and text, query's code, status and text
TABLE = [
    (
        V4 + f"Credential={SCOPE}, {NAMES}",
        ("AuthorizationHeaderMalformed", 400, MALFORMED + "the authorization header requires"),
        ("IncompleteSignature", 400, "Authorization header requires 'Signature' parameter. "),
    ),
    (
        V4 + f"Credential {NAMES}, Signature=00",
        ("AuthorizationHeaderMalformed", 400, MALFORMED),
        ("IncompleteSignature", 400, "Authorization header requires 'Credential' parameter. "),
    ),
    (
        V4 + f"Credential, {NAMES}, Signature=00",
        (
            "AuthorizationHeaderMalformed",
            400,
            MALFORMED + 'the authorization component "Credential" is malformed.',
        ),
        ("IncompleteSignature", 400, "Invalid key=value pair (missing equal-sign)"),
    ),
    (
        V4 + f"Credential={KEY}/20210809/us-east-1/aws4_request, {NAMES}, Signature=00",
        ("AuthorizationHeaderMalformed", 400, MALFORMED + "the Credential is mal-formed;"),
        ("IncompleteSignature", 400, "Credential must have exactly 5 slash-delimited elements"),
    ),
    (
        V4 + f"Credential={KEY}/20210809/us-east-1/kms/aws4_request, {NAMES}, Signature=00",
        ("AuthorizationHeaderMalformed", 400, MALFORMED + 'incorrect service "kms".'),
        ("SignatureDoesNotMatch", 403, "Credential should be scoped to correct service: 'sts'."),
    ),
    (
        V4 + f"Credential={KEY}/20210809/us-east-1/SERVICE/aws5, {NAMES}, Signature=00",
        ("AuthorizationHeaderMalformed", 400, MALFORMED + 'incorrect terminal "aws5".'),
        ("SignatureDoesNotMatch", 403, "Credential should be scoped with a valid terminator"),
    ),
    (
        V4 + f"Credential={KEY}/20210808/us-east-1/SERVICE/aws4_request, {NAMES}, Signature=00",
        ("AuthorizationHeaderMalformed", 400, MALFORMED + 'Invalid credential date "20210808".'),
        (
            "SignatureDoesNotMatch",
            403,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '20210808' != '20210809', from '20210809T060000Z'.",
        ),
    ),
    (
        V4 + f"Credential={SCOPE}, SignedHeaders=x-amz-date;x-amz-content-sha256, Signature=00",
        ("AccessDenied", 403, "There were headers present in the request which were not signed"),
        ("SignatureDoesNotMatch", 403, "'Host' or ':authority' must be a 'SignedHeader'"),
    ),
    (
        f"AWS {KEY}:c2lnbmF0dXJl",
        ("InvalidRequest", 400, "The authorization mechanism you have provided is not supported."),
        ("IncompleteSignature", 400, "Unsupported AWS 'algorithm': 'AWS' "),
    ),
    (
        f"AWS4-ECDSA-P256-SHA256 Credential={KEY}/20210809/s3/aws4_request, {NAMES}, Signature=00",
        ("InvalidRequest", 400, "The authorization mechanism you have provided is not supported."),
        ("IncompleteSignature", 400, "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'"),
    ),
    (
        "Bearer abc",
        ("InvalidArgument", 400, "Unsupported Authorization Type"),
        ("IncompleteSignature", 400, "Authorization header requires 'Credential' parameter. "),
    ),
]


@pytest.mark.parametrize(("header", "s3", "query"), TABLE)
def test_a_header_nobody_can_read_is_refused_in_the_words_of_the_service(
    header: str, s3: tuple[str, int, str], query: tuple[str, int, str]
) -> None:
    for protocol, (code, status, text) in (("s3", s3), ("query", query)):
        got = refused(header, protocol)  # type: ignore[arg-type]
        assert got[:2] == (code, status)
        assert got[2].startswith(text)


def test_json_services_answer_an_unreadable_header_with_their_own_code() -> None:
    code, status, _ = refused(V4 + "x=y", "json")
    assert (code, status) == ("IncompleteSignatureException", 400)


@pytest.mark.parametrize("date", ["", "yesterday", "20211309T060000Z", "2021-08-09T06:00:00Z"])
def test_a_request_without_a_date_is_refused(date: str) -> None:
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": date}
    header = V4 + f"Credential={SCOPE}, {NAMES}, Signature=00"
    assert refused(header, "s3", headers)[:2] == ("AccessDenied", 403)
    code, status, text = refused(header, "query", headers)
    assert (code, status) == ("IncompleteSignature", 400)
    expected = "Date must be in ISO-8601" if date else "Authorization header requires existence of"
    assert text.startswith(expected)


@pytest.mark.parametrize("payload", ["", "short", "E" * 64, "STREAMING-AWS4-ECDSA-P256"])
def test_s3_wants_a_payload_hash_it_knows(payload: str) -> None:
    header = V4 + f"Credential={SCOPE}, {NAMES}, Signature=00"
    sent = {**DATE, "x-amz-content-sha256": payload}
    assert refused(header, "s3", sent)[:2] == ("InvalidArgument", 400)
    del sent["x-amz-content-sha256"]
    assert refused(header, "s3", sent)[:2] == ("InvalidRequest", 400)


def test_a_signed_header_that_was_not_sent_is_refused() -> None:
    header = V4 + f"Credential={SCOPE}, {NAMES};x-amz-target, Signature=00"
    code, _, text = refused(header, "query")
    assert code == "SignatureDoesNotMatch"
    assert text.startswith("'x-amz-target' is named as a SignedHeader")


def test_s3_shows_what_it_signed_when_the_signature_is_wrong() -> None:
    header = V4 + f"Credential={SCOPE}, {NAMES}, Signature=00".replace("SERVICE", "s3")
    request = wire("GET", ENDPOINT + "/b/k", {**DATE, "authorization": header})
    op = operation("s3", protocol="s3")
    with pytest.raises(AwsError) as caught:
        authenticate(request, op, Keys())
    response = error_response(caught.value, op, request, "id")
    parser: Any = create_parser("rest-xml")
    headers = {name.lower(): value for name, value in response.headers}
    sent = {"status_code": response.status, "headers": headers, "body": response.body}
    error = parser.parse(sent, None)["Error"]
    assert error["AWSAccessKeyId"] == KEY
    assert error["SignatureProvided"] == "00"
    assert error["StringToSign"].startswith("AWS4-HMAC-SHA256\n20210809T060000Z\n20210809/")
    assert error["CanonicalRequest"].startswith("GET\n/b/k\n\nhost:127.0.0.1:5000\n")
    assert bytes.fromhex(error["CanonicalRequestBytes"]).decode() == error["CanonicalRequest"]
    assert USER.secret_access_key.encode() not in response.body


# --- hostile input: nothing but AwsError ever comes out, and nobody gets in ------------------

OPERATIONS: list[Operation] = [
    operation("s3", protocol="s3"),
    operation("sts", protocol="query"),
    operation("dynamodb", protocol="json"),
]
PIECES = st.sampled_from(
    [
        "AWS4-HMAC-SHA256",
        "AWS4-ECDSA-P256-SHA256",
        "AWS",
        " ",
        ",",
        "=",
        ";",
        "/",
        "&",
        "%",
        "%zz",
        "%C3",
        "\x00",
        "\ud800",
        "é",
        "🙂",
        "{0}",
        "{digest}",
        "Credential=",
        "SignedHeaders=",
        "Signature=",
        "host",
        "x-amz-date",
        "X-Amz-Algorithm=",
        "X-Amz-Credential=",
        "X-Amz-Date=",
        "X-Amz-Expires=",
        "X-Amz-Signature=",
        "X-Amz-SignedHeaders=",
        "X-Amz-Security-Token=",
        "X-Amz-Content-Sha256=",
        "20210809T060000Z",
        "99999999T999999Z",
        "00010101T000000Z",
        "99991231T235959Z",
        "604800",
        "0",
        SESSION.access_key_id,
        KEY,
        f"{KEY}/20210809/us-east-1/s3/aws4_request",
        f"{KEY}/20210809/us-east-1/sts/aws4_request",
        f"{KEY}%2F00010101%2Fus-east-1%2Fs3%2Faws4_request",
        "0" * 64,
    ]
)
TEXT = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=40))
HEADER_NAMES = st.sampled_from(
    [
        "authorization",
        "host",
        "x-amz-date",
        "date",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "x-amz-trailer",
        "x-amz-decoded-content-length",
        "content-encoding",
        "x-amz-meta-é",
    ]
)
PRESIGNED = (
    "/b?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
    f"{KEY}%2F00010101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=00010101T000000Z"
    "&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(OPERATIONS),
    st.sampled_from(["GET", "PUT", "HEAD", "get\n"]),
    TEXT,
    st.dictionaries(HEADER_NAMES, TEXT, max_size=7),
    st.binary(max_size=30),
)
@example(OPERATIONS[0], "GET", PRESIGNED, {"host": "h"}, b"")
@example(OPERATIONS[0], "GET", PRESIGNED.replace("0001", "9999"), {"host": "h"}, b"")
@example(OPERATIONS[1], "GET", PRESIGNED.replace("s3", "sts"), {"host": "h"}, b"")
@example(
    OPERATIONS[1], "GET", "/", {"authorization": V4, "date": "Mon, 99 X 0 99:99:99 +9999"}, b""
)
def test_hostile_requests_are_refused_and_nothing_else(
    op: Operation, method: str, target: str, headers: dict[str, str], body: bytes
) -> None:
    request = WireRequest(method, target, headers, body, "127.0.0.1", LAB, WALL)
    try:
        caller = authenticate(request, op, Keys())
    except AwsError as error:
        response = error_response(error, op, request, "id")
        assert 400 <= response.status < 500
    else:
        assert op.protocol == "s3"
        assert caller.credential is None


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([unsigned(), unsigned(b"x" * 9000), signed_chunks()]),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=12)),
        min_size=1,
        max_size=4,
    ),
)
def test_hostile_chunked_bodies_are_refused_or_mean_the_same(
    request: WireRequest, edits: list[tuple[float, int, bytes]]
) -> None:
    body = request.body
    for place, cut, put in edits:
        at = int(place * len(body))
        body = body[:at] + put + body[at + cut :]
    tampered = WireRequest(
        request.method, request.target, request.headers, body, "127.0.0.1", LAB, WALL
    )
    try:
        plain = decode_body(tampered, USER)
    except AwsError:
        return
    assert plain.body == decode_body(request, USER).body


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["STREAMING-UNSIGNED-PAYLOAD-TRAILER"]), st.binary(max_size=200), TEXT, TEXT)
def test_bodies_of_noise_are_refused(mode: str, body: bytes, trailer: str, length: str) -> None:
    headers = {
        "x-amz-content-sha256": mode,
        "x-amz-trailer": trailer,
        "x-amz-decoded-content-length": length,
    }
    request = wire("PUT", ENDPOINT + "/b/k", headers, body)
    with pytest.raises(AwsError):
        decode_body(request, None)
