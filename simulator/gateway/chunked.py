"""Bodies sent in pieces: `aws-chunked` encoding, its signatures and its trailing checksum.

S3 clients upload streams as chunks, each signed on from the one before (the first on from the
request's own signature), with a checksum at the end.  moto wants the plain object, so the
gateway takes the wrapping off here, after checking it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from simulator.gateway.checksums import CHECKSUMS, check_trailer
from simulator.gateway.claims import read_claim
from simulator.gateway.errors import DetailedError, Elements, Spelling
from simulator.gateway.sigv4 import (
    EMPTY_SHA256,
    STREAMING_PAYLOADS,
    UNSIGNED_PAYLOAD,
    Claim,
    same,
    sign,
    signing_key,
    wire_bytes,
)
from simulator.gateway.stages import AwsError, WireRequest
from simulator.sts.ledger import Credential

SMALLEST_CHUNK = 8192
"""Bytes: what every chunk but the last must have."""

LONGEST_LINE = 16_384
"""Bytes: a chunk's first line, or all trailing headers together."""

_SIGNED = frozenset({m for m in STREAMING_PAYLOADS if m.startswith("STREAMING-AWS4-HMAC")})
_CHUNK_LINE = re.compile(rb"([0-9a-fA-F]{1,15})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_DROPPED = ("x-amz-decoded-content-length", "x-amz-trailer", "transfer-encoding")


def decode_body(wire: WireRequest, credential: Credential | None) -> WireRequest:
    """The request with its plain body, if it came in chunks; else the request itself.

    Args:
        wire: an authenticated request.
        credential: who signed it; its secret signs the chunks.

    Returns:
        The request with the body decoded and its headers as if it had been sent plain: the
        `aws-chunked` encoding and its own headers gone, the length the body's, the trailing
        checksum an ordinary header.

    Raises:
        AwsError: `IncompleteBody`, `InvalidChunkSizeError`, `MalformedTrailerError`,
            `MissingContentLength`, `SignatureDoesNotMatch`, `BadDigest`, `InvalidRequest`.
    """
    mode = wire.headers.get("x-amz-content-sha256", "")
    if mode not in STREAMING_PAYLOADS:
        return wire
    chain = _chain(wire, credential) if mode in _SIGNED else None
    reader = _Reader(wire.body)
    body = b"".join(_chunks(reader, chain))
    trailer = _trailer(reader, chain, _declared(wire)) if mode.endswith("-TRAILER") else {}
    reader.end()
    _check_length(wire, len(body))
    for name, value in trailer.items():
        check_trailer(name, value, body)
    return _plain(wire, body, trailer)


@dataclass(slots=True)
class _Chain:
    """The signatures of a body, each of which signs the one before."""

    claim: Claim
    key: bytes
    previous: str

    def check(self, kind: str, hashes: tuple[str, ...], given: str) -> None:
        """Compare the signature of the next link; ``kind`` is ``PAYLOAD`` or ``TRAILER``."""
        lines = (
            f"AWS4-HMAC-SHA256-{kind}",
            self.claim.timestamp,
            self.claim.scope,
            self.previous,
            *hashes,
        )
        to_sign = wire_bytes("\n".join(lines))
        if not same(sign(self.key, to_sign), given):
            raise self.mismatch(given, to_sign)
        self.previous = given

    def mismatch(self, given: str, to_sign: bytes) -> AwsError:
        """The refusal of a link, in S3's form."""
        text = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        )
        elements = (
            ("AWSAccessKeyId", self.claim.access_key_id),
            ("StringToSign", to_sign.decode("utf-8", "replace")),
            ("SignatureProvided", given),
            ("StringToSignBytes", to_sign.hex(" ")),
        )
        return _error("SignatureDoesNotMatch", text, 403, elements)


def _chain(wire: WireRequest, credential: Credential | None) -> _Chain:
    claim = read_claim(wire, "s3", s3=True)
    if claim is None or credential is None:
        raise _error("AccessDenied", "Signed chunks need a signed request.", 403)
    key = signing_key(credential.secret_access_key, claim.date, claim.region, claim.service)
    return _Chain(claim, key, claim.signature)


class _Reader:
    """A place in the body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def line(self) -> bytes:
        """Up to the next CRLF, which is passed over."""
        end = self._body.find(b"\r\n", self._at, self._at + LONGEST_LINE)
        if end < 0:
            raise _incomplete()
        line = self._body[self._at : end]
        self._at = end + 2
        return line

    def take(self, size: int) -> bytes:
        """``size`` bytes and the CRLF that ends them."""
        end = self._at + size
        if self._body[end : end + 2] != b"\r\n":
            raise _incomplete()
        taken = self._body[self._at : end]
        self._at = end + 2
        return taken

    def end(self) -> None:
        """The blank line that ends a body, and nothing after it."""
        if self._body[self._at :] != b"\r\n":
            raise _incomplete()

    def lines_to_end(self) -> list[bytes]:
        """The lines before the last, blank one."""
        rest = self._body[self._at :]
        if len(rest) > LONGEST_LINE or not rest.endswith(b"\r\n"):
            raise _malformed_trailer()
        self._at = len(self._body) - 2
        return [line.strip(b"\r") for line in rest[:-2].split(b"\n") if line.strip(b"\r")]


def _chunks(reader: _Reader, chain: _Chain | None) -> Iterator[bytes]:
    """The data of each chunk, its signature checked where there is a chain."""
    number, small = 0, -1
    while True:
        match = _CHUNK_LINE.fullmatch(reader.line())
        if match is None or (match[2] is None) != (chain is None):
            raise _incomplete()
        size = int(match[1], 16)
        number += 1
        if size and 0 <= small < SMALLEST_CHUNK:
            raise _small_chunk(number - 1, small)
        data = reader.take(size) if size else b""
        if chain is not None:
            hashes = (EMPTY_SHA256, hashlib.sha256(data).hexdigest())
            chain.check("PAYLOAD", hashes, match[2].decode())
        if not size:
            return
        small = size
        yield data


def _declared(wire: WireRequest) -> frozenset[str]:
    """The trailing headers that `x-amz-trailer` announces."""
    names = wire.headers.get("x-amz-trailer", "").split(",")
    declared = frozenset(name.strip().lower() for name in names if name.strip())
    if declared - CHECKSUMS.keys():
        text = "The value specified in the x-amz-trailer header is not supported"
        raise _error("InvalidRequest", text, 400)
    return declared


def _trailer(reader: _Reader, chain: _Chain | None, declared: Iterable[str]) -> dict[str, str]:
    """The trailing headers, signed if the chunks were."""
    found: dict[str, str] = {}
    for line in reader.lines_to_end():
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if not colon or name in found:
            raise _malformed_trailer()
        found[name] = value.strip()
    given = found.pop(_TRAILER_SIGNATURE, None)
    if found.keys() != set(declared) or (given is None) != (chain is None):
        raise _malformed_trailer()
    if chain is not None and given is not None:
        canonical = "".join(f"{name}:{value}\n" for name, value in sorted(found.items()))
        chain.check("TRAILER", (hashlib.sha256(wire_bytes(canonical)).hexdigest(),), given)
    return found


def _check_length(wire: WireRequest, length: int) -> None:
    sent = wire.headers.get("x-amz-decoded-content-length")
    if sent is None or not re.fullmatch(r"[0-9]{1,18}", sent):
        text = "You must provide the Content-Length HTTP header."
        raise _error("MissingContentLength", text, 411)
    if int(sent) != length:
        raise _incomplete()


def _plain(wire: WireRequest, body: bytes, trailer: dict[str, str]) -> WireRequest:
    """The request as it would have been without the encoding."""
    headers = {name: value for name, value in wire.headers.items() if name not in _DROPPED}
    encodings = [e.strip() for e in headers.pop("content-encoding", "").split(",")]
    kept = [e for e in encodings if e and e.lower() != "aws-chunked"]
    if kept:
        headers["content-encoding"] = ",".join(kept)
    headers["content-length"] = str(len(body))
    headers["x-amz-content-sha256"] = UNSIGNED_PAYLOAD
    return replace(wire, headers={**headers, **trailer}, body=body)


def _error(code: str, text: str, status: int, elements: Elements = ()) -> AwsError:
    return DetailedError(code, text, status, s3=Spelling(code, status, text, elements))


def _incomplete() -> AwsError:
    return _error("IncompleteBody", "The request body terminated unexpectedly", 400)


def _malformed_trailer() -> AwsError:
    text = (
        "The request contained trailing data that was not well-formed or did not conform to our "
        "published schema."
    )
    return _error("MalformedTrailerError", text, 400)


def _small_chunk(number: int, size: int) -> AwsError:
    text = f"Only the last chunk is allowed to have a size less than {SMALLEST_CHUNK} bytes"
    elements = (("Chunk", str(number)), ("BadChunkSize", str(size)))
    return _error("InvalidChunkSizeError", text, 403, elements)
