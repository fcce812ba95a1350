"""Answers of the lab's own operations on the wire: the query protocol's XML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from simulator.clock import iso
from simulator.gateway.stages import WireResponse
from simulator.sts.ledger import Credential

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
IAM_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


class Entries(dict[str, str]):
    """A map whose keys are data: on the wire a list of ``entry`` with ``key`` and ``value``."""


def answer(operation: str, result: Mapping[str, Any], namespace: str = NAMESPACE) -> WireResponse:
    """A successful answer.

    Args:
        operation: AWS's name; the elements are called ``<Operation>Response`` and ``…Result``.
        result: member names and values; ``None`` is left out, a list is a list of ``member``.
        namespace: of the service's API.
    """
    body = (
        f'<{operation}Response xmlns="{namespace}"><{operation}Result>{_members(result)}'
        f"</{operation}Result><ResponseMetadata><RequestId>{_REQUEST_ID}</RequestId>"
        f"</ResponseMetadata></{operation}Response>"
    ).encode()
    return WireResponse(
        200, (("Content-Type", "text/xml"), ("Content-Length", str(len(body)))), body
    )


def credentials_element(credential: Credential) -> dict[str, Any]:
    """The `Credentials` member of an answer."""
    return {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret_access_key,
        "SessionToken": credential.session_token,
        "Expiration": credential.expires_at,
    }


def _members(members: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_value(value)}</{name}>" for name, value in members.items() if value is not None
    )


def _value(value: Any) -> str:
    if isinstance(value, Entries):
        pairs = ({"key": key, "value": item} for key, item in value.items())
        return "".join(f"<entry>{_members(pair)}</entry>" for pair in pairs)
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, (list, tuple)):
        return "".join(f"<member>{_value(item)}</member>" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value)
    return escape(str(value))
