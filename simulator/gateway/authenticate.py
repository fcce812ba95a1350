"""Second stage: who signed the request, and is it really they.

The order is AWS's: the claim is readable, the URL has not expired, the key exists, the session
token belongs to it, the session has not expired, and only then the signature is looked at.

A credential expires by *lab* time.  The age of a signature is not judged (outside tools sign
with wall time, the lab's own with lab time), but for presigned URLs, which say how long they
are good for.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Protocol

from simulator.gateway.claims import parse_timestamp, read_claim
from simulator.gateway.errors import DetailedError, Spelling
from simulator.gateway.recognition.models import needs_no_signature
from simulator.gateway.sigv2 import read_query_claim
from simulator.gateway.sigv4 import (
    EMPTY_SHA256,
    STREAMING_PAYLOADS,
    UNSIGNED_PAYLOAD,
    Claim,
    Verdict,
    same,
    verify,
)
from simulator.gateway.stages import AwsError, Caller, Operation, WireRequest
from simulator.sts.ledger import Credential

DEFAULT_EXPIRES = 900
"""Seconds a presigned request is good for that does not say (STS's quarter of an hour)."""

SKEW = timedelta(minutes=15)
"""How far a signer's clock may run ahead."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
_S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)
_BAD_TOKEN = "The security token included in the request is invalid."
_S3_NO_KEY = "The AWS Access Key Id you provided does not exist in our records."
_S3_BAD_TOKEN = "The provided token is malformed or otherwise invalid."


class KeyStore(Protocol):
    """Where credentials are found."""

    def find(self, access_key_id: str) -> Credential | None:
        """The credential with this key id; ``None``: unknown, deleted or inactive."""
        ...


def authenticate(wire: WireRequest, operation: Operation, keys: KeyStore) -> Caller:
    """Tell who signed the request.

    Args:
        wire: the request, its body still as sent.
        operation: what it asks for; decides how S3's rules and errors differ.
        keys: where the credential is looked up.

    Returns:
        The caller; anonymous for unsigned S3 requests and for the calls that are never signed,
        on which a signature is not looked at.

    Raises:
        AwsError: in the query spelling: `MissingAuthenticationToken`, `IncompleteSignature`,
            `InvalidClientTokenId`, `ExpiredToken`, `SignatureDoesNotMatch`; for S3 also
            `AccessDenied` (URL expired), `InvalidRequest`, `XAmzContentSHA256Mismatch`.
    """
    if needs_no_signature(operation.service, operation.name):
        return Caller(None)
    s3 = operation.protocol == "s3"
    claim = read_claim(wire, operation.service, s3=s3)
    if claim is None:
        if s3:
            return _by_older_url(wire, operation, keys)
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    _check_signed_headers(wire, claim, s3=s3)
    if claim.presigned:
        _check_url_age(wire, claim)
    credential = credential_of(wire, claim.access_key_id, claim.token, keys)
    payload = _payload_hash(wire, claim, s3=s3)
    verdict = verify(wire, claim, credential.secret_access_key, payload, s3=s3)
    if not verdict.matches:
        raise _mismatch(claim, verdict)
    if s3:
        _check_body(wire, payload)
    return Caller(credential)


def _by_older_url(wire: WireRequest, operation: Operation, keys: KeyStore) -> Caller:
    """Who signed an S3 URL of the older kind; anonymous where it is not signed at all."""
    claim = read_query_claim(wire)
    if claim is None:
        return Caller(None)
    now = signers_clock(claim.signed_at, wire)
    if now >= claim.expires_at:
        times = (
            ("Expires", f"{claim.expires_at:%Y-%m-%dT%H:%M:%SZ}"),
            ("ServerTime", f"{now:%Y-%m-%dT%H:%M:%SZ}"),
        )
        spelling = Spelling("AccessDenied", 403, "Request has expired", times)
        raise DetailedError("AccessDenied", "Request has expired", 403, s3=spelling)
    credential = credential_of(wire, claim.access_key_id, claim.token, keys)
    if not claim.matches(credential.secret_access_key, str(operation.parameters.get("Bucket", ""))):
        signer = (("AWSAccessKeyId", claim.access_key_id),)
        spelling = Spelling("SignatureDoesNotMatch", 403, _S3_MISMATCH, signer)
        raise DetailedError("SignatureDoesNotMatch", _MISMATCH, 403, s3=spelling)
    return Caller(credential)


def credential_of(
    wire: WireRequest, access_key_id: str, token: str | None, keys: KeyStore
) -> Credential:
    """The credential of a key and token.

    Raises:
        AwsError: `InvalidClientTokenId` or, at the second it has expired, `ExpiredToken`.
    """
    credential = keys.find(access_key_id)
    if credential is None or (credential.session_token and token is None):
        elements = (("AWSAccessKeyId", access_key_id),)
        spelling = Spelling("InvalidAccessKeyId", 403, _S3_NO_KEY, elements)
        raise DetailedError("InvalidClientTokenId", _BAD_TOKEN, 403, s3=spelling)
    if token is not None and not same(token, credential.session_token or ""):
        spelling = Spelling("InvalidToken", 400, _S3_BAD_TOKEN, (("Token-0", token),))
        raise DetailedError("InvalidClientTokenId", _BAD_TOKEN, 403, s3=spelling)
    if credential.expires_at is not None and wire.at >= credential.expires_at:
        spelling = Spelling(
            "ExpiredToken", 400, "The provided token has expired.", (("Token-0", token or ""),)
        )
        text = "The security token included in the request is expired"
        raise DetailedError("ExpiredToken", text, 403, s3=spelling)
    return credential


def _check_signed_headers(wire: WireRequest, claim: Claim, *, s3: bool) -> None:
    """`Host` must be signed, every signed header sent, and for S3 every `x-amz-` signed."""
    signed = claim.signed_headers
    if "host" not in signed:
        text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        loose = Spelling("AccessDenied", 403, _LOOSE_HEADERS, (("HeadersNotSigned", "host"),))
        raise DetailedError("SignatureDoesNotMatch", text, 403, s3=loose)
    if s3:
        missing = [n for n in wire.headers if n.startswith("x-amz-") and n not in signed]
        if missing:
            elements = (("HeadersNotSigned", ", ".join(sorted(missing))),)
            loose = Spelling("AccessDenied", 403, _LOOSE_HEADERS, elements)
            raise DetailedError("AccessDenied", _LOOSE_HEADERS, 403, s3=loose)
        return
    for name in signed:
        if name not in wire.headers:
            raise AwsError(
                "SignatureDoesNotMatch",
                f"'{name}' is named as a SignedHeader, but it does not exist in the HTTP request.",
                403,
            )


_LOOSE_HEADERS = "There were headers present in the request which were not signed"


def _check_url_age(wire: WireRequest, claim: Claim) -> None:
    """A presigned URL is good until `X-Amz-Date` + `X-Amz-Expires`."""
    signed_at = parse_timestamp(claim.timestamp)
    assert signed_at is not None  # read_claim has refused others
    now = signers_clock(signed_at, wire)
    seconds = DEFAULT_EXPIRES if claim.expires is None else claim.expires
    age = now - signed_at
    if -age > SKEW:
        raise _not_yet(claim, now)
    if age > timedelta(seconds=seconds) or not seconds:
        raise _too_late(claim, signed_at, now, timedelta(seconds=seconds))


def _not_yet(claim: Claim, now: datetime) -> AwsError:
    text = (
        f"Signature not yet current: {claim.timestamp} is still later than "
        f"{_compact(now + SKEW)} ({_compact(now)} + 15 min.)"
    )
    s3 = Spelling("AccessDenied", 403, "Request is not valid yet")
    return DetailedError("SignatureDoesNotMatch", text, 403, s3=s3)


def _too_late(claim: Claim, signed_at: datetime, now: datetime, good_for: timedelta) -> AwsError:
    seconds = int(good_for.total_seconds())
    text = (
        f"Signature expired: {claim.timestamp} is now earlier than "
        f"{_compact(now - good_for)} ({_compact(now)} - {seconds} sec.)"
    )
    elements = (
        ("X-Amz-Expires", str(seconds)),
        ("Expires", f"{signed_at + good_for:%Y-%m-%dT%H:%M:%SZ}"),
        ("ServerTime", f"{now:%Y-%m-%dT%H:%M:%SZ}"),
    )
    s3 = Spelling("AccessDenied", 403, "Request has expired", elements)
    return DetailedError("SignatureDoesNotMatch", text, 403, s3=s3)


def _compact(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def signers_clock(signed_at: datetime, wire: WireRequest) -> datetime:
    """Which of the two clocks now shows the time that has passed for the signer.

    The lab's own clients sign with lab time, outside tools with wall time, and lab time may
    have been moved since.  Nobody signs with a time that has not come yet, so a clock that is
    still behind the signature was not the one; of two that can be, the nearer was.  What was
    signed while the two were one was signed with lab time.

    Args:
        signed_at: the date in the signature.
        wire: the request, for the clocks.
    """
    if wire.parted is not None and signed_at <= wire.parted:
        return wire.at.astimezone(UTC)
    clocks = sorted((wire.at, wire.wall), key=lambda clock: abs(clock - signed_at))
    possible = [clock for clock in clocks if signed_at - clock <= SKEW]
    return (possible or clocks)[0].astimezone(UTC)


def _payload_hash(wire: WireRequest, claim: Claim, *, s3: bool) -> str:
    """The last line of the canonical request.

    S3 takes the client's word for the hash and compares it with the body afterwards (see
    `_check_body`); other services hash the body themselves.
    """
    if not s3:
        return hashlib.sha256(wire.body).hexdigest() if wire.body else EMPTY_SHA256
    sent = wire.headers.get("x-amz-content-sha256", claim.payload)
    if sent is not None:
        if sent == UNSIGNED_PAYLOAD or sent in STREAMING_PAYLOADS or _SHA256.fullmatch(sent):
            return sent
        raise AwsError(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "or a valid sha256 value.",
        )
    if claim.presigned:
        return UNSIGNED_PAYLOAD
    raise AwsError(
        "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
    )


def _check_body(wire: WireRequest, payload: str) -> None:
    """S3: a hash that was signed must be the body's own."""
    if not _SHA256.fullmatch(payload):
        return
    computed = hashlib.sha256(wire.body).hexdigest()
    if payload != computed:
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        elements = (
            ("ClientComputedContentSHA256", payload),
            ("S3ComputedContentSHA256", computed),
        )
        spelling = Spelling("XAmzContentSHA256Mismatch", 400, text, elements)
        raise DetailedError("XAmzContentSHA256Mismatch", text, 400, s3=spelling)


def _mismatch(claim: Claim, verdict: Verdict) -> AwsError:
    """The refusal, in which S3 shows what it computed the signature over."""
    to_sign, request = verdict.string_to_sign, verdict.canonical_request
    elements = (
        ("AWSAccessKeyId", claim.access_key_id),
        ("StringToSign", to_sign.decode("utf-8", "replace")),
        ("SignatureProvided", claim.signature),
        ("StringToSignBytes", to_sign.hex(" ")),
        ("CanonicalRequest", request.decode("utf-8", "replace")),
        ("CanonicalRequestBytes", request.hex(" ")),
    )
    spelling = Spelling("SignatureDoesNotMatch", 403, _S3_MISMATCH, elements)
    return DetailedError("SignatureDoesNotMatch", _MISMATCH, 403, s3=spelling)
