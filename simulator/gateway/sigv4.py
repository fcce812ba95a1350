"""Signature Version 4, read from the server's side: what a request claims, and is it true.

Pure: no clock, no ledger.  ``authenticate`` decides what to say when the claim is false.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from simulator.gateway.recognition.s3 import spaced
from simulator.gateway.stages import WireRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
STREAMING_PAYLOADS = frozenset(
    {
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    }
)
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]*")
_UNRESERVED_PATH = re.compile(r"[A-Za-z0-9\-._~/]*")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about its own signature.

    Attributes:
        access_key_id, date, region, service, terminator: the five parts of `Credential`.
        signed_headers: lower-case names, in the order given.
        signature: as sent; 64 hexadecimal digits if it is any good.
        timestamp: ``20210809T060000Z``: the date that was signed.
        token: the session token; ``None``: none, or an empty one.
        presigned: in the query string, not in the Authorization header.
        expires: `X-Amz-Expires` of a presigned URL, seconds.
        payload: `X-Amz-Content-Sha256` of a presigned URL.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    presigned: bool = False
    expires: int | None = None
    payload: str | None = None

    @property
    def scope(self) -> str:
        """``20210809/us-east-1/s3/aws4_request``."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def wire_bytes(text: str) -> bytes:
    """The bytes behind a header or target, which WSGI hands over decoded as Latin-1.

    Text that cannot have come that way (a test's) is encoded somehow; it never raises.
    """
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


@lru_cache(maxsize=512)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key derived for a day, region and service; kept, for most requests share it."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, wire_bytes(part), "sha256")
    return key


def sign(key: bytes, string_to_sign: bytes) -> str:
    """The signature as 64 lower-case hexadecimal digits."""
    mac = _keyed(key).copy()
    mac.update(string_to_sign)
    return mac.hexdigest()


@lru_cache(maxsize=512)
def _keyed(key: bytes) -> hmac.HMAC:
    """A MAC that has taken in its key: twice as fast to copy as to begin anew."""
    return hmac.new(key, digestmod="sha256")


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in time that does not tell where they differ."""
    return hmac.compare_digest(wire_bytes(one), wire_bytes(other))


def s3_path(raw_path: str) -> str:
    """The canonical URI for S3: encoded once, neither normalised nor merged.

    A slash that was sent encoded stays encoded: it belongs to the key.
    """
    if _UNRESERVED_PATH.fullmatch(raw_path):
        return raw_path or "/"
    segments = (unquote_to_bytes(wire_bytes(each)) for each in spaced(raw_path).split("/"))
    return "/".join(quote(segment, safe="~") for segment in segments)


def service_path(raw_path: str) -> str:
    """The canonical URI for every other service: normalised, and encoded a second time.

    RFC 3986, 5.2.4: empty and ``.`` segments fall out, ``..`` takes one back.
    """
    if raw_path in ("", "/"):
        return "/"
    kept: list[str] = []
    for segment in raw_path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    path = "/" + "/".join(kept)
    if kept and raw_path.endswith(("/", "/.", "/..")):
        path += "/"
    return quote(wire_bytes(path), safe="/~")


def canonical_query(raw_query: str, *, presigned: bool = False) -> str:
    """Names and values decoded and encoded anew, in the order of the encoded pairs.

    A name without a value gets an ``=``.  `X-Amz-Signature` of a presigned request, which
    cannot sign itself, falls out.
    """
    pairs = []
    for pair in raw_query.split("&"):
        name, _, value = pair.partition("=")
        if pair and not (presigned and name == "X-Amz-Signature"):
            pairs.append((_recode(name), _recode(value)))
    pairs.sort()
    return "&".join(f"{name}={value}" for name, value in pairs)


def _recode(text: str) -> str:
    """Percent-encoded as SigV4 wants it, whichever way it was sent; ``+`` is a space."""
    if _UNRESERVED.fullmatch(text):
        return text
    return quote(unquote_to_bytes(wire_bytes(text.replace("+", " "))), safe="~")


def canonical_headers(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    """One line a signed header: name, and value trimmed with runs of blanks made one."""
    return "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in sorted(names))


def canonical_request(
    wire: WireRequest, claim: Claim, payload_hash: str, *, s3: bool, headers: Mapping[str, str]
) -> bytes:
    """What was hashed and signed, line by line.

    Args:
        wire: the request.
        claim: which headers were signed.
        payload_hash: the hash of the body, or the word that stands for it.
        s3: S3's rule for the path.
        headers: the request's headers, or another reading of them (see `readings`).
    """
    path = s3_path(wire.raw_path) if s3 else service_path(wire.raw_path)
    query = canonical_query(wire.raw_query, presigned=claim.presigned)
    lines = canonical_headers(headers, claim.signed_headers)
    signed = ";".join(sorted(claim.signed_headers))
    return wire_bytes(f"{wire.method}\n{path}\n{query}\n{lines}\n{signed}\n{payload_hash}")


def string_to_sign(claim: Claim, request: bytes) -> bytes:
    """Algorithm, date, scope and the hash of the canonical request."""
    digest = hashlib.sha256(request).hexdigest()
    return wire_bytes(f"{ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{digest}")


def readings(wire: WireRequest, claim: Claim) -> tuple[Mapping[str, str], ...]:
    """The ways the signed headers may have been written.

    A header sent twice is signed as ``a,b``.  Servers join the two lines, some with ``", "``,
    and then nothing tells them from one line that had a comma: either reading may be the one
    that was signed, and they mean the same.
    """
    joined = {n: v for n in claim.signed_headers if ", " in (v := wire.headers.get(n, ""))}
    if not joined:
        return (wire.headers,)
    split = {name: ",".join(p.strip() for p in value.split(",")) for name, value in joined.items()}
    return (wire.headers, {**wire.headers, **split})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the signature is right, and what it was compared with (AWS tells on a refusal)."""

    matches: bool
    canonical_request: bytes
    string_to_sign: bytes


def verify(wire: WireRequest, claim: Claim, secret: str, payload_hash: str, *, s3: bool) -> Verdict:
    """Compute the signature anew and compare."""
    key = signing_key(secret, claim.date, claim.region, claim.service)
    verdicts = []
    for headers in readings(wire, claim):
        request = canonical_request(wire, claim, payload_hash, s3=s3, headers=headers)
        to_sign = string_to_sign(claim, request)
        verdict = Verdict(same(sign(key, to_sign), claim.signature), request, to_sign)
        if verdict.matches:
            return verdict
        verdicts.append(verdict)
    return verdicts[0]
