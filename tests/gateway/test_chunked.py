from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum

from simulator.gateway.authenticate import authenticate
from simulator.gateway.checksums import CHECKSUMS
from simulator.gateway.chunked import decode_body
from simulator.gateway.errors import spell
from simulator.gateway.stages import AwsError, WireRequest
from tests.gateway.test_sigv4 import DAY, EXAMPLE
from tests.gateway.wires import ENDPOINT, LAB, USER, Keys, credentials, operation, signed, wire

S3 = operation("s3", "PutObject", "s3")
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def decoded(request: WireRequest, credential: Any = USER) -> WireRequest:
    """Through both stages, as the gateway runs them."""
    caller = authenticate(request, S3, Keys((credential,)))
    return decode_body(request, caller.credential)


def refused(request: WireRequest) -> tuple[str, int | None]:
    with pytest.raises(AwsError) as caught:
        decoded(request)
    spelling = spell(caught.value, "s3")
    return spelling.code, spelling.status


# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
def published(mode: str, seed: str, chunks: Sequence[str], trailer: str = "") -> WireRequest:
    names = "content-encoding;"
    names += "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
    headers = {
        "Content-Encoding": "aws-chunked",
        "x-amz-content-sha256": mode,
        "x-amz-date": "20130524T000000Z",
        "x-amz-decoded-content-length": "66560",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
    }
    if trailer:
        names += ";x-amz-trailer"
        headers["x-amz-trailer"] = "x-amz-checksum-crc32c"
    else:
        names = names.replace("content-encoding;", "content-encoding;content-length;")
        headers["Content-Length"] = "66824"
    headers["Authorization"] = (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={names},Signature={seed}"
    )
    sizes = (65536, 1024, 0)
    body = b"".join(
        b"%x;chunk-signature=%s\r\n%s"
        % (size, signature.encode(), b"a" * size + b"\r\n" * (size > 0))
        for size, signature in zip(sizes, chunks, strict=True)
    )
    url = "http://s3.amazonaws.com/examplebucket/chunkObject.txt"
    return wire("PUT", url, headers, body + trailer.encode() + b"\r\n", at=DAY)


CHUNKS = published(
    SIGNED,
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    (
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ),
)
TRAILER = published(
    SIGNED + "-TRAILER",
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    (
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ),
    "x-amz-checksum-crc32c:sOO8/Q==\r\n"
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
)


@pytest.mark.parametrize("request_", [CHUNKS, TRAILER], ids=["chunks", "trailer"])
def test_the_examples_aws_publishes_are_decoded(request_: WireRequest) -> None:
    assert decoded(request_, EXAMPLE).body == b"a" * 66560


def digest(name: str, body: bytes) -> str:
    value = CHECKSUMS[name](body)
    assert value is not None
    return base64.b64encode(value).decode()


def unsigned(
    body: bytes = b"hello",
    chunk: int = 8192,
    name: str = "x-amz-checksum-crc32",
    value: str | None = None,
    **changed: str,
) -> WireRequest:
    """As botocore sends over TLS, and the JavaScript SDK sends streams."""
    pieces = [body[n : n + chunk] for n in range(0, len(body), chunk)]
    encoded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    value = digest(name, body) if value is None else value
    trailer = f"{name}:{value}\r\n".encode()
    return sealed(encoded + b"0\r\n" + trailer + b"\r\n", len(body), name, **changed)


def sealed(
    encoded: bytes, length: int | str, name: str = "x-amz-checksum-crc32", **changed: str
) -> WireRequest:
    """An encoded body under a signature that is right."""
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Content-SHA256": UNSIGNED,
        "X-Amz-Decoded-Content-Length": str(length),
        "X-Amz-Trailer": name,
        **{header.replace("_", "-"): value for header, value in changed.items()},
    }

    class Streaming(S3SigV4Auth):
        def payload(self, request: AWSRequest) -> str:
            return headers["X-Amz-Content-SHA256"]

    signer: Any = Streaming(credentials(USER), "s3", "us-east-1")
    request = signed(signer, "PUT", ENDPOINT + "/bucket/key", headers)
    return replace(request, body=encoded)


@pytest.mark.parametrize("name", CHECKSUMS)
@pytest.mark.parametrize("length", [0, 1, 8192, 8193, 30_000])
def test_unsigned_chunks_give_the_plain_body_and_its_checksum(name: str, length: int) -> None:
    body = bytes(n % 251 for n in range(length))
    plain = decoded(unsigned(body, name=name))
    assert plain.body == body
    assert plain.headers[name] == digest(name, body)


def test_what_botocore_wraps_is_unwrapped() -> None:

    body = b"0123456789" * 300_000
    wrapper: Any = AwsChunkedWrapper(io.BytesIO(body), Crc32Checksum, "x-amz-checksum-crc32")
    assert decoded(sealed(wrapper.read(), len(body))).body == body


# Sums that the JavaScript SDK computed for 9000 bytes of 1 (and ten of 2).
@pytest.mark.parametrize(
    ("name", "body", "value"),
    [
        ("x-amz-checksum-crc32c", b"\1" * 9000, "QUFtlw=="),
        ("x-amz-checksum-crc64nvme", b"\1" * 9000 + b"\2" * 10, "foPidacrNa4="),
        ("x-amz-checksum-crc32", b"\1" * 20000 + b"\2" * 10, "Ou8EAQ=="),
    ],
)
def test_checksums_are_the_ones_other_sdks_send(name: str, body: bytes, value: str) -> None:
    assert digest(name, body) == value


def test_the_headers_become_those_of_a_plain_upload() -> None:
    request = unsigned(b"hello", Content_Encoding="gzip,aws-chunked")
    plain = decoded(request).headers
    assert plain["content-encoding"] == "gzip"
    assert plain["content-length"] == "5"
    assert plain["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert "x-amz-decoded-content-length" not in plain
    assert "x-amz-trailer" not in plain
    assert "content-encoding" not in decoded(unsigned()).headers


def test_a_plain_body_is_left_alone() -> None:
    request = signed(S3SigV4Auth(credentials(USER), "s3", "us-east-1"), "PUT", body=b"5\r\nhello")
    assert decoded(request) is request


def link(key: bytes, *lines: str) -> str:
    return hmac.new(key, "\n".join(lines).encode(), "sha256").hexdigest()


def signed_chunks(
    bodies: Sequence[bytes] = (b"x" * 8192, b"y" * 100),
    spoil: Callable[[list[str]], list[str]] = lambda signatures: signatures,
    trailer_signature: str | None = None,
) -> WireRequest:
    """A signed upload written out by the book; ``spoil`` may change the chunk signatures."""
    body = b"".join(bodies)
    request = sealed(b"", len(body), X_Amz_Content_SHA256=SIGNED + "-TRAILER")
    key = ("AWS4" + USER.secret_access_key).encode()
    for part in ("20210809", "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    head = ("20210809T060000Z", "20210809/us-east-1/s3/aws4_request")
    previous = request.headers["authorization"][-64:]
    empty = hashlib.sha256(b"").hexdigest()
    signatures = []
    for data in (*bodies, b""):
        previous = link(
            key,
            "AWS4-HMAC-SHA256-PAYLOAD",
            *head,
            previous,
            empty,
            hashlib.sha256(data).hexdigest(),
        )
        signatures.append(previous)
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    name = f"x-amz-checksum-crc32:{crc}"
    trailer = hashlib.sha256(f"{name}\n".encode()).hexdigest()
    last = trailer_signature or link(key, "AWS4-HMAC-SHA256-TRAILER", *head, previous, trailer)
    encoded = b"".join(
        b"%x;chunk-signature=%s\r\n%s" % (len(data), s.encode(), data + b"\r\n" if data else b"")
        for data, s in zip((*bodies, b""), spoil(signatures), strict=True)
    )
    end = f"{name}\r\nx-amz-trailer-signature:{last}\r\n\r\n".encode()
    return replace(request, body=encoded + end)


def test_signed_chunks_with_a_signed_trailer_are_decoded() -> None:
    assert decoded(signed_chunks()).body == b"x" * 8192 + b"y" * 100


ZEROS = "0" * 64


@pytest.mark.parametrize(
    "request_",
    [
        signed_chunks(spoil=lambda s: [ZEROS, *s[1:]]),
        signed_chunks(spoil=lambda s: [s[0], ZEROS, s[2]]),
        signed_chunks(spoil=lambda s: [*s[:2], ZEROS]),
        signed_chunks(spoil=lambda s: [s[1], s[0], s[2]]),
        signed_chunks(trailer_signature=ZEROS),
        replace(signed_chunks(), body=signed_chunks().body.replace(b"yy", b"yz", 1)),
        replace(signed_chunks(), body=signed_chunks().body.replace(b"xx", b"xz", 1)),
    ],
    ids=["first", "second", "last", "swapped", "trailer", "second's data", "first's data"],
)
def test_a_chunk_that_does_not_carry_its_signature_is_refused(request_: WireRequest) -> None:
    assert refused(request_) == ("SignatureDoesNotMatch", 403)


def without(request: WireRequest, pattern: bytes) -> WireRequest:
    body = re.sub(pattern, b"", request.body)
    assert body != request.body
    return replace(request, body=body)


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (rb"x-amz-trailer-signature:[0-9a-f]{64}\r\n", "MalformedTrailerError"),
        (rb";chunk-signature=[0-9a-f]{64}", "IncompleteBody"),
        (rb"64;chunk-signature=[0-9a-f]{64}\r\ny{100}\r\n", "SignatureDoesNotMatch"),
    ],
    ids=["trailer signature", "chunk signatures", "a whole chunk"],
)
def test_signed_chunks_that_lost_a_signature_are_refused(pattern: bytes, code: str) -> None:
    assert refused(without(signed_chunks(), pattern))[0] == code


def test_chunks_signed_with_another_secret_are_refused() -> None:
    stranger = replace(USER, secret_access_key="t" * 40)
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        decode_body(signed_chunks(), stranger)


GOOD = (
    b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + digest("x-amz-checksum-crc32", b"hello").encode()
)


@pytest.mark.parametrize(
    ("request_", "code", "status"),
    [
        (unsigned(value=digest("x-amz-checksum-crc32", b"HELLO")), "BadDigest", 400),
        (unsigned(value="not base64!"), "InvalidRequest", 400),
        (unsigned(value="AAAA"), "InvalidRequest", 400),
        (unsigned(b"x" * 9000, chunk=100), "InvalidChunkSizeError", 403),
        (sealed(GOOD + b"\r\n\r\n", 6), "IncompleteBody", 400),
        (sealed(GOOD + b"\r\n\r\n", "five"), "MissingContentLength", 411),
        (sealed(GOOD + b"\r\n\r\n", 5, "x-amz-checksum-md9"), "InvalidRequest", 400),
        (sealed(GOOD + b"\r\n\r\n", 5, "x-amz-checksum-sha1"), "MalformedTrailerError", 400),
        (sealed(GOOD + b"\r\n\r\nmore", 5), "MalformedTrailerError", 400),
        (sealed(GOOD, 5), "MalformedTrailerError", 400),
        (sealed(b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n", 5), "MalformedTrailerError", 400),
        (sealed(b"5\r\nhello\r\n0\r\n\r\n", 5), "MalformedTrailerError", 400),
        (sealed(b"5\r\nhel", 5), "IncompleteBody", 400),
        (sealed(b"5\r\nhelloXX0\r\n", 5), "IncompleteBody", 400),
        (sealed(b"-5\r\nhello\r\n", 5), "IncompleteBody", 400),
        (sealed(b"fffffffffffffff\r\nhello\r\n", 5), "IncompleteBody", 400),
        (sealed(b"5;chunk-signature=" + b"0" * 64 + b"\r\nhello\r\n", 5), "IncompleteBody", 400),
        (sealed(b"", 0), "IncompleteBody", 400),
        (sealed(b"A" * 100_000, 5), "IncompleteBody", 400),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(
    request_: WireRequest, code: str, status: int
) -> None:
    assert refused(request_) == (code, status)


def test_signed_chunks_of_nobody_are_refused() -> None:
    headers = {"x-amz-content-sha256": SIGNED, "x-amz-decoded-content-length": "0"}
    request = wire("PUT", ENDPOINT + "/b/k", headers, b"0\r\n\r\n", at=LAB)
    assert refused(request) == ("AccessDenied", 403)
