"""What an outside tool may have the lab's identity providers sign, asked for in JSON.

A tool of one's own has no build system and no login page: this stands in for both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.identity_providers.oidc import DEFAULT_LIFETIME
from simulator.identity_providers.saml import Statement

if TYPE_CHECKING:
    from simulator.identity_providers import IdentityProviders

LONGEST_SECONDS = 86_400
_TAG = "PrincipalTag:"
_SINGLE = ("RoleSessionName", "SessionDuration", "SourceIdentity")
_TRANSITIVE = "TransitiveTagKeys"


class IssuingError(ValueError):
    """A provider cannot sign what was asked for; the text says why and what to do."""


def digest(proof: str) -> str:
    """What a token or an assertion is remembered by."""
    return hashlib.sha256(proof.encode()).hexdigest()


def issue_token(
    providers: IdentityProviders, registered: list[str], asked: Mapping[str, Any], now: datetime
) -> str:
    """A signed JWT.

    Args:
        providers: the lab's.
        registered: hosts and paths of the OIDC providers that accounts of the lab registered.
        asked: ``provider`` (or ``issuer``), ``claims`` with a ``sub``, ``seconds`` until `exp`.
        now: lab time.

    Raises:
        IssuingError: it cannot be.
    """
    _only(asked, "provider", "issuer", "claims", "seconds")
    issuer = _text(asked, "provider" if "provider" in asked else "issuer")
    url = issuer if "://" in issuer else f"https://{issuer}"
    if url.partition("://")[2].rstrip("/") not in registered and providers.find_oidc(url) is None:
        raise IssuingError(
            f"no account of this lab has registered {url}"
            f"{_known(registered)}; register it with iam create-open-id-connect-provider"
        )
    claims = dict(_mapping(asked, "claims"))
    subject = _text(claims, "sub")
    if "iss" in claims:
        raise IssuingError("claims: iss is the provider's own, and cannot be another")
    seconds = asked.get("seconds", DEFAULT_LIFETIME.total_seconds())
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise IssuingError("seconds is a number")
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise IssuingError(f"seconds is from 1 to {LONGEST_SECONDS}")
    return providers.oidc(url).token(
        subject, now=now, lifetime=timedelta(seconds=seconds), claims=claims
    )


def issue_assertion(
    providers: IdentityProviders,
    registered: Mapping[str, str],
    asked: Mapping[str, Any],
    now: datetime,
) -> str:
    """A base64 SAML response with one signed assertion, to be used within five minutes.

    Args:
        providers: the lab's.
        registered: EntityIDs of the registered SAML providers, by their ARN.
        asked: ``provider`` (its ARN, or its name in the role's account), ``role_arn``,
            ``name_id``, and ``attributes`` by AWS's names without the prefix: `RoleSessionName`
            (else it is ``name_id``), `SessionDuration`, `SourceIdentity`, `PrincipalTag:…`,
            `TransitiveTagKeys`.
        now: lab time.

    Raises:
        IssuingError: it cannot be.
    """
    _only(asked, "provider", "role_arn", "name_id", "attributes")
    provider, role, subject = (_text(asked, name) for name in ("provider", "role_arn", "name_id"))
    if not role.startswith("arn:aws:iam::") or ":role/" not in role:
        raise IssuingError(f"role_arn: {role!r} is no role's ARN")
    account = role.split(":")[4]
    arn = provider if ":" in provider else f"arn:aws:iam::{account}:saml-provider/{provider}"
    if arn not in registered:
        raise IssuingError(f"there is no {arn}{_known(registered)}")
    entity = registered[arn]
    known = providers.find_saml(entity)
    if known is None:
        raise IssuingError(
            f"{arn} isn't a provider of the lab: register the document that "
            "`stslab saml-metadata` prints"
        )
    return known.response(_statement(subject, (role, arn), asked), now=now)


def _statement(subject: str, pair: tuple[str, str], asked: Mapping[str, Any]) -> Statement:
    given = _mapping(asked, "attributes")
    for name in given:
        if name not in (*_SINGLE, _TRANSITIVE) and not name.startswith(_TAG):
            raise IssuingError(
                f"attributes: no {name!r} that AWS reads; there are {', '.join(_SINGLE)}, "
                f"{_TRANSITIVE} and {_TAG}KEY"
            )
    values = {name: _text(given, name) for name in given if name != _TRANSITIVE}
    seconds = values.get("SessionDuration")
    if seconds is not None and not (seconds.isdecimal() and int(seconds) <= LONGEST_SECONDS):
        raise IssuingError(f"SessionDuration is seconds, {LONGEST_SECONDS} at most")
    transitive = given.get(_TRANSITIVE, [])
    try:
        statement = Statement(
            subject=subject,
            roles=[pair],
            session_name=values.get("RoleSessionName", subject),
            session_duration=timedelta(seconds=int(seconds)) if seconds else None,
            source_identity=values.get("SourceIdentity"),
            tags={
                name.removeprefix(_TAG): value
                for name, value in values.items()
                if name.startswith(_TAG)
            },
            transitive_tag_keys=[str(key) for key in _listed(transitive)],
        )
        _check_characters(statement)
    except (TypeError, ValueError) as error:
        raise IssuingError(f"attributes: {error}") from None
    return statement


def _check_characters(statement: Statement) -> None:
    """Refuse what XML cannot hold."""
    said = [statement.subject]
    for name, values in statement.attributes().items():
        said += [name, *values]
    if any(not (ch.isprintable() or ch in "\t\n") for text in said for ch in text):
        raise ValueError("an assertion cannot hold control characters")


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, (str, list)):
        raise TypeError(f"{_TRANSITIVE} is a list of keys")
    return value.split(",") if isinstance(value, str) else value


def _only(asked: Mapping[str, Any], *names: str) -> None:
    unknown = sorted(set(asked) - set(names))
    if unknown:
        raise IssuingError(f"no such field: {', '.join(unknown)}; there are {', '.join(names)}")


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise IssuingError(f"{name} is missing, or no text")
    return value


def _mapping(asked: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = asked.get(name, {})
    if not isinstance(value, dict):
        raise IssuingError(f"{name} is an object")
    return value


def _known(names: Any) -> str:
    return f" (there is {', '.join(sorted(names))})" if names else ""
