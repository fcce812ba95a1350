"""S3's condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

from simulator.gateway.actions.rules import Asked, Context, Keys
from simulator.gateway.stages import ContextValue


def common(asked: Asked) -> Context:
    """How the request was signed: keys every S3 action knows."""
    headers = asked.wire.headers
    context: dict[str, ContextValue] = {}
    if headers.get("authorization", "").startswith("AWS4-"):
        context["s3:authType"] = "REST-HEADER"
        context["s3:signatureversion"] = headers["authorization"].partition(" ")[0]
    elif "X-Amz-Signature=" in asked.wire.raw_query:
        context |= _presigned(asked)
    elif asked.operation.name == "PostObject":
        context["s3:authType"] = "POST"
    if "x-amz-content-sha256" in headers:
        context["s3:x-amz-content-sha256"] = headers["x-amz-content-sha256"]
    return context


def _presigned(asked: Asked) -> Context:
    query = dict(parse_qsl(asked.wire.raw_query))
    context = {
        "s3:authType": "REST-QUERY-STRING",
        "s3:signatureversion": query.get("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
    }
    try:
        signed = datetime.strptime(query.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ")
    except ValueError:
        return context
    age = asked.wire.at - signed.replace(tzinfo=UTC)
    return context | {"s3:signatureAge": str(max(0, int(age.total_seconds() * 1000)))}


def _from_headers(*names: str) -> Keys:
    """``s3:<header>`` for each of these headers that is there."""

    def keys(asked: Asked) -> Context:
        headers = asked.wire.headers
        return {f"s3:{name}": headers[name] for name in names if name in headers}

    return keys


def _together(*parts: Keys) -> Keys:
    def keys(asked: Asked) -> Context:
        context: dict[str, ContextValue] = {}
        for part in parts:
            context |= part(asked)
        return context

    return keys


def _listing(asked: Asked) -> Context:
    # From the query string itself: ``prefix=`` sets the key to the empty string, no ``prefix``
    # leaves it out.
    query = dict(parse_qsl(asked.wire.raw_query, keep_blank_values=True))
    names = {
        "prefix": "s3:prefix",
        "delimiter": "s3:delimiter",
        "max-keys": "s3:max-keys",
        "max-uploads": "s3:max-keys",
    }
    return {key: query[name] for name, key in names.items() if name in query}


def _location(asked: Asked) -> Context:
    place = asked.text("CreateBucketConfiguration.LocationConstraint")
    return {"s3:locationconstraint": place} if place else {}


def _lock(asked: Asked) -> Context:
    names = {
        "s3:object-lock-mode": ("ObjectLockMode", "Retention.Mode"),
        "s3:object-lock-retain-until-date": (
            "ObjectLockRetainUntilDate",
            "Retention.RetainUntilDate",
        ),
        "s3:object-lock-legal-hold": ("ObjectLockLegalHoldStatus", "LegalHold.Status"),
    }
    found = {key: asked.text(first) or asked.text(second) for key, (first, second) in names.items()}
    return {key: value for key, value in found.items() if value}


_GRANTS = (
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
)

LISTING: Keys = _listing
"""``s3:prefix``, ``s3:delimiter``, ``s3:max-keys``."""

ACL: Keys = _together(_from_headers(*_GRANTS, "x-amz-object-ownership"), _location)
"""Canned ACL and grants, and what a new bucket is asked to be."""

RETENTION: Keys = _lock
"""``s3:object-lock-…``."""

OBJECT: Keys = _together(
    _from_headers(
        *_GRANTS,
        "x-amz-copy-source",
        "x-amz-metadata-directive",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
        "if-match",
        "if-none-match",
    ),
    _lock,
)
"""What a new object is asked to be."""
