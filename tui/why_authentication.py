"""Authentication, AWS's checks in order, as a row of the evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tui.formatting import milliseconds
from tui.why_row import NEUTRAL, NOT, YES, WhyRow

if TYPE_CHECKING:
    from simulator.sts.ledger import Credential
    from simulator.trail import Record

_CHECKS = ("credentials given", "access key known", "session token right", "not expired")
_LAST_CHECK = "signature right"
_FAILED_CHECK: Mapping[str, str] = {
    "MissingAuthenticationToken": _CHECKS[0],
    "MissingAuthenticationTokenException": _CHECKS[0],
    "InvalidClientTokenId": _CHECKS[1],
    "UnrecognizedClientException": _CHECKS[1],
    "InvalidAccessKeyId": _CHECKS[1],
    "AuthFailure": _CHECKS[1],
    "InvalidToken": _CHECKS[2],
    "ExpiredToken": _CHECKS[3],
    "ExpiredTokenException": _CHECKS[3],
    "RequestExpired": _CHECKS[3],
}
"""AWS's error code → the check of authentication that failed; others: the signature."""

_BEARER: Mapping[str, str] = {
    "AssumeRoleWithWebIdentity": "web identity token",
    "AssumeRoleWithSAML": "SAML assertion",
}
"""Operations that nobody signs, and what they bring to prove themselves."""

_FAILURES: Mapping[str, str] = {
    _CHECKS[0]: "no credentials were given",
    _CHECKS[1]: "AWS does not know the access key",
    _CHECKS[2]: "the session token is not the right one",
    _CHECKS[3]: "the session has expired",
    _LAST_CHECK: "the signature is not right",
}


def authentication(record: Record, credential: Credential | None) -> WhyRow:
    """What the checks of authentication said.

    Args:
        record: the call.
        credential: of the session that signed, where the ledger knows it.
    """
    key = record.access_key_id
    if record.operation in _BEARER:
        return _by_bearer(record, _BEARER[record.operation])
    if record.outcome != "refused":
        if key is None:
            return WhyRow(0, NEUTRAL, "Authenticated", "nobody signed: anonymous")
        lines = _auth_checks(record, credential, None)
        until = _until(credential)
        return WhyRow(0, YES, "Authenticated", f"{key}{until}", lines=lines)
    failed = _FAILED_CHECK.get(record.error_code or "", _LAST_CHECK)
    return WhyRow(
        0,
        NOT,
        "Authentication failed",
        _FAILURES[failed],
        deciding=True,
        lines=(*_auth_checks(record, credential, failed), (NEUTRAL, record.error_message or "")),
    )


def _by_bearer(record: Record, proof: str) -> WhyRow:
    """Of a call that isn't signed: whether what it brought proves anything."""
    if record.outcome != "refused":
        return WhyRow(0, YES, "Authenticated", f"by a {proof}; the call itself is not signed")
    lines = (
        (NOT, record.error_message or record.why),
        (NEUTRAL, "policies were not looked at"),
    )
    return WhyRow(
        0, NOT, "Authentication failed", f"the {proof} proves nothing", deciding=True, lines=lines
    )


def _until(credential: Credential | None) -> str:
    if credential is None or credential.expires_at is None:
        return ", no expiry"
    return f", until {milliseconds(credential.expires_at)}"


def _auth_checks(
    record: Record, credential: Credential | None, failed: str | None
) -> tuple[tuple[tuple[str, str], str], ...]:
    """AWS's checks in order, up to the one that failed."""
    key = record.access_key_id
    details = {
        _CHECKS[0]: f"access key {key}" if key else "the request carries no credentials",
        _CHECKS[1]: _owner(record, credential),
        _CHECKS[3]: _expiry(record.at, credential),
    }
    lines: list[tuple[tuple[str, str], str]] = []
    for check in (*_CHECKS, _LAST_CHECK):
        detail = f"   {details[check]}" if details.get(check) else ""
        if check == failed:
            lines.append((NOT, f"{check}{detail}"))
            lines.append((NEUTRAL, "later checks and policies were not looked at"))
            break
        lines.append((YES, f"{check}{detail}"))
    return tuple(lines)


def _owner(record: Record, credential: Credential | None) -> str:
    if credential is not None:
        return credential.arn
    return record.principal_arn or "AWS knows no such key (deleted, inactive, or never issued)"


def _expiry(at: datetime, credential: Credential | None) -> str:
    if credential is None or credential.expires_at is None:
        return "long-term keys have no expiry"
    relation = "<" if at < credential.expires_at else "≥"
    return f"now {milliseconds(at)} {relation} expiry {milliseconds(credential.expires_at)}"
