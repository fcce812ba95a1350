"""Reading a request's claim to be signed, from the Authorization header or the query string.

What cannot be read is refused here, in the words of S3 or of the other services: the two
front ends of AWS differ in code, status and text for each thing that can be wrong.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote_plus

from simulator.gateway.errors import DetailedError, Spelling
from simulator.gateway.sigv4 import ALGORITHM, TERMINATOR, Claim, wire_bytes
from simulator.gateway.stages import AwsError, WireRequest

WEEK = 604_800
SIGV2_REFUSED = (
    f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
)
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_DATE = re.compile(r"\d{8}", re.ASCII)
_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARTS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)


def read_claim(wire: WireRequest, service: str, *, s3: bool) -> Claim | None:
    """What the request says of its signature; ``None``: it is not signed at all.

    Args:
        wire: the request.
        service: the signing name the credential scope should have.
        s3: refuse in S3's words.

    Raises:
        AwsError: `IncompleteSignature` or `SignatureDoesNotMatch` for what cannot be read;
            for S3 `AuthorizationHeaderMalformed`, `AuthorizationQueryParametersError`,
            `InvalidRequest`, `InvalidArgument` or `AccessDenied`.
    """
    authorization = wire.headers.get("authorization", "").strip()
    query = _query(wire.raw_query) if "X-Amz-" in wire.raw_query else {}
    presigned = "X-Amz-Algorithm" in query or "X-Amz-Signature" in query
    if authorization and presigned:
        raise _TWO_WAYS.error(s3)
    if authorization:
        return _from_header(wire, authorization, query, service, s3=s3)
    if presigned:
        return _from_query(wire, query, service, s3=s3)
    return None


@dataclass(frozen=True, slots=True)
class _Wording:
    """One thing that can be wrong, as the other services and as S3 say it."""

    code: str
    text: str
    s3_code: str
    s3_text: str
    status: int = 400
    s3_status: int = 400

    def error(self, s3: bool, **values: str) -> AwsError:
        """The error, with ``values`` put into its texts."""
        spelling = Spelling(self.s3_code, self.s3_status, self.s3_text.format(**values))
        text = spelling.message if s3 and spelling.message else self.text.format(**values)
        return DetailedError(self.code, text, self.status, s3=spelling)


def signed_in_two_ways() -> AwsError:
    """S3's refusal of a form that is sent with an Authorization header besides."""
    return _TWO_WAYS.error(True)


_BAD_HEADER = ("AuthorizationHeaderMalformed", "The authorization header is malformed; ")


def _header(text: str, s3_text: str) -> _Wording:
    return _Wording("IncompleteSignature", text, _BAD_HEADER[0], _BAD_HEADER[1] + s3_text)


_TWO_WAYS = _Wording(
    "SignatureDoesNotMatch",
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    "InvalidArgument",
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
    "string parameter or the Authorization header should be specified",
    status=403,
)
_NO_PAIR = _header(
    "Invalid key=value pair (missing equal-sign) in Authorization header "
    "(hashed with SHA-256 and encoded with Base64): '{digest}'.",
    'the authorization component "{part}" is malformed.',
)
_MISSING = _header(
    "{missing}(Hashed with SHA-256 and encoded with Base64) Authorization={digest}",
    "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
)
_ALGORITHM = _Wording(
    "IncompleteSignature",
    f"Unsupported AWS 'algorithm': '{{algorithm}}' (only {ALGORITHM} for now). ",
    "InvalidRequest",
    SIGV2_REFUSED,
)
_SCHEME = _Wording(
    "IncompleteSignature", _MISSING.text, "InvalidArgument", "Unsupported Authorization Type"
)
_FIVE_PARTS = (
    "Credential must have exactly 5 slash-delimited elements, "
    "e.g. keyid/date/region/service/term, got '{credential}'"
)
_FIVE_PARTS_S3 = (
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)
_NO_DATE = _Wording(
    "IncompleteSignature",
    _MISSING.text,
    "AccessDenied",
    "AWS authentication requires a valid Date or x-amz-date header",
    s3_status=403,
)
_BAD_QUERY = "AuthorizationQueryParametersError"
_QUERY_MISSING = _Wording(
    "IncompleteSignature",
    "{missing}Re-examine the query-string parameters.",
    _BAD_QUERY,
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
)
_QUERY_ALGORITHM = _Wording(
    "IncompleteSignature",
    _ALGORITHM.text,
    _BAD_QUERY,
    f'X-Amz-Algorithm only supports "{ALGORITHM}"',
)
_QUERY_DATE = _Wording(
    "IncompleteSignature",
    "Date must be in ISO-8601 'basic format'. Got '{date}'. "
    "See http://en.wikipedia.org/wiki/ISO_8601",
    _BAD_QUERY,
    "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
)


def _expires_wording(text: str) -> _Wording:
    return _Wording("IncompleteSignature", text, _BAD_QUERY, text)


_EXPIRES_NUMBER = _expires_wording("X-Amz-Expires should be a number")
_EXPIRES_NEGATIVE = _expires_wording("X-Amz-Expires must be non-negative")
_EXPIRES_WEEK = _expires_wording(
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
    f"be less than {WEEK} seconds"
)


def _from_header(
    wire: WireRequest, authorization: str, query: Mapping[str, str], service: str, *, s3: bool
) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        known = algorithm == "AWS" or algorithm.startswith("AWS4-")
        wording = _ALGORITHM if known else _SCHEME
        missing = _missing(_HEADER_PARTS, {}, "Authorization header requires '{}' parameter. ")
        raise wording.error(s3, algorithm=algorithm, missing=missing, digest=_digest(authorization))
    parts: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise _NO_PAIR.error(s3, part=part.strip(), digest=_digest(authorization))
        parts[name] = value
    missing = _missing(_HEADER_PARTS, parts, "Authorization header requires '{}' parameter. ")
    if missing:
        raise _MISSING.error(s3, missing=missing, digest=_digest(authorization))
    timestamp = _header_date(wire, s3=s3)
    headers = wire.headers
    token = headers.get("x-amz-security-token") or query.get("X-Amz-Security-Token") or None
    scope = read_scope(parts["Credential"], timestamp, service, _BAD_HEADER, s3=s3)
    names = _names(parts["SignedHeaders"])
    return Claim(*scope, names, parts["Signature"], timestamp, token)


def _header_date(wire: WireRequest, *, s3: bool) -> str:
    """The date that was signed: `X-Amz-Date`, or else `Date` in either of its forms."""
    sent = wire.headers.get("x-amz-date") or wire.headers.get("date", "")
    if not sent:
        missing = (
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
        raise _NO_DATE.error(s3, missing=missing, digest=_digest(wire.headers["authorization"]))
    if "," in sent:
        try:
            moment = parsedate_to_datetime(sent)
            sent = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        except (ValueError, TypeError, OverflowError):
            pass
    if parse_timestamp(sent) is None:
        if s3:
            raise _NO_DATE.error(s3, missing="", digest="")
        raise _QUERY_DATE.error(s3, date=sent)
    return sent


def _from_query(wire: WireRequest, query: Mapping[str, str], service: str, *, s3: bool) -> Claim:
    missing = _missing(_QUERY_PARTS, query, "AWS query-string parameters must include '{}'. ")
    if missing or (s3 and "X-Amz-Expires" not in query):
        raise _QUERY_MISSING.error(s3, missing=missing)
    algorithm = query["X-Amz-Algorithm"]
    if algorithm != ALGORITHM:
        raise _QUERY_ALGORITHM.error(s3, algorithm=algorithm)
    timestamp = query["X-Amz-Date"]
    if parse_timestamp(timestamp) is None:
        raise _QUERY_DATE.error(s3, date=timestamp)
    start = "Error parsing the X-Amz-Credential parameter; "
    scope = read_scope(query["X-Amz-Credential"], timestamp, service, (_BAD_QUERY, start), s3=s3)
    token = query.get("X-Amz-Security-Token") or wire.headers.get("x-amz-security-token") or None
    names = _names(query["X-Amz-SignedHeaders"])
    expires = _expires(query.get("X-Amz-Expires"), s3=s3)
    payload = query.get("X-Amz-Content-Sha256")
    return Claim(*scope, names, query["X-Amz-Signature"], timestamp, token, True, expires, payload)


def _expires(sent: str | None, *, s3: bool) -> int | None:
    """Seconds, 1 to a week; S3 accepts 0, which has expired at once."""
    if sent is None:
        return None
    if re.fullmatch(r"-?[0-9]{1,18}", sent) is None:
        raise _EXPIRES_NUMBER.error(s3)
    seconds = int(sent)
    if seconds < 0:
        raise _EXPIRES_NEGATIVE.error(s3)
    if seconds > WEEK:
        raise _EXPIRES_WEEK.error(s3)
    return seconds


def read_scope(
    credential: str, timestamp: str, service: str, s3_words: tuple[str, str], *, s3: bool
) -> tuple[str, str, str, str, str]:
    """The five parts of a credential, checked against date, service and terminator.

    Args:
        credential: ``AKIA…/20210809/us-east-1/s3/aws4_request``.
        timestamp: the date that was signed.
        service: the signing name it should have.
        s3_words: S3's code, and how its text begins.
        s3: refuse in S3's words.
    """
    s3_code, start = s3_words
    parts = credential.split("/")
    if len(parts) != 5 or not parts[0]:
        wording = _Wording("IncompleteSignature", _FIVE_PARTS, s3_code, start + _FIVE_PARTS_S3)
        raise wording.error(s3, credential=credential)
    key, date, region, named, terminator = parts
    wrong = []
    if not region:
        wrong.append(f"Credential should be scoped to a valid region, not '{region}'. ")
    if named != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'. ")
    if terminator != TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', "
            f"not '{terminator}'. "
        )
    if date != timestamp[:8]:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{date}' != '{timestamp[:8]}', from '{timestamp}'. "
        )
    if wrong:
        s3_text = start + _s3_scope_words(date, timestamp, named, service, terminator)
        spelling = Spelling(s3_code, 400, s3_text)
        text = s3_text if s3 else "".join(wrong).rstrip()
        raise DetailedError("SignatureDoesNotMatch", text, 403, s3=spelling)
    return key, date, region, named, terminator


def _s3_scope_words(date: str, timestamp: str, named: str, service: str, terminator: str) -> str:
    """The first thing wrong with a scope, as S3 says it."""
    if not _DATE.fullmatch(date):
        return (
            f'incorrect date format "{date}". '
            'This date in the credential must be in the format "yyyyMMdd".'
        )
    if named != service:
        return f'incorrect service "{named}". This endpoint belongs to "{service}".'
    if terminator != TERMINATOR:
        return f'incorrect terminal "{terminator}". This endpoint uses "{TERMINATOR}".'
    if date != timestamp[:8]:
        return (
            f'Invalid credential date "{date}". '
            f'This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        )
    return _FIVE_PARTS_S3


@lru_cache(maxsize=256)
def parse_timestamp(text: str) -> datetime | None:
    """``20210809T060000Z`` as UTC; ``None`` if it is no such date."""
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _names(signed_headers: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in signed_headers.split(";") if name)


def _digest(authorization: str) -> str:
    """What AWS shows of a header it could not read."""
    return base64.b64encode(hashlib.sha256(wire_bytes(authorization)).digest()).decode()


def _missing(required: tuple[str, ...], given: Mapping[str, str], text: str) -> str:
    return "".join(text.format(name) for name in required if not given.get(name))


def _query(raw_query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in raw_query.split("&"))
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
