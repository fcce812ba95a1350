"""A request rewritten so that it can be read in one way only.

What identify told of a request is what gets authorized, so it must also be what gets performed.
The backend reads requests by its own rules: it takes an ``Action`` from the query string or
even from a JSON body before ``X-Amz-Target``, the service from the path of an unsigned request,
a bucket from any host name, a listing's prefix from a form body. Whatever identify did not go by
is therefore taken out before a request is performed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from simulator.gateway.recognition.cbor import as_json
from simulator.gateway.recognition.parameters import plain_body, query_pairs
from simulator.gateway.recognition.s3 import path_style
from simulator.gateway.recognition.scope import form_of
from simulator.gateway.stages import AwsError, Operation, WireRequest

HOST = "127.0.0.1"
_ADDRESS = re.compile(r"(localhost|\d{1,3}(\.\d{1,3}){3})(:\d{1,5})?")
"""Hosts whose names say nothing, so that they may stay: queues' URLs are made of them."""

_MARK = ("stslab", "1")
"""Keeps the query string from being empty, for then the body would be read as one."""

_BACKENDS_OWN = ("/moto-api", "/latest/meta-data/", "/latest/api/", "/favicon.ico")
"""Paths on which the backend does not serve AWS: its own controls, and metadata."""

_FORM = "application/x-www-form-urlencoded"
_FORM_TYPES = (_FORM, "multipart/form-data")
_AUTHENTICATION = frozenset(
    {
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires",
        "x-amz-signature", "x-amz-signedheaders", "x-amz-security-token",
        "awsaccesskeyid", "signature", "expires",
    }
)  # fmt: skip


def canonical(operation: Operation, wire: WireRequest, access_key_id: str = "") -> WireRequest:
    """Rewrite a request to say what `operation` says, and nothing else.

    Args:
        operation: what identify found in this very request.
        wire: the request, authenticated and with its body decoded.
        access_key_id: whose it is; empty for an anonymous caller.

    Raises:
        AwsError: the path is one the backend keeps to itself.
    """
    if path_style(wire).startswith(_BACKENDS_OWN):
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.", 400)
    rewritten = _REWRITERS.get(operation.protocol, _rest)(as_json(operation, wire))
    headers = dict(rewritten.headers)
    headers["host"] = wire.host if _ADDRESS.fullmatch(wire.host) else HOST
    headers["authorization"] = _authorization(operation, access_key_id)
    if operation.protocol != "json":
        headers.pop("x-amz-target", None)
    return replace(rewritten, headers=headers)


def _authorization(operation: Operation, access_key_id: str) -> str:
    scope = f"20000101/{operation.region}/{operation.service}/aws4_request"
    credential = f"{access_key_id or 'ANONYMOUS'}/{scope}"
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"


def _form(wire: WireRequest) -> WireRequest:
    """Query and EC2: every parameter once, in a form body."""
    once: dict[str, str] = {}
    for name, value in form_of(wire):
        once.setdefault(name, value)
    once = {name: value for name, value in once.items() if name.lower() not in _AUTHENTICATION}
    if wire.raw_path.strip("/") and "QueueUrl" not in once:  # SQS takes the queue from the path
        once["QueueUrl"] = f"http://{wire.host}{wire.raw_path}"
    return replace(
        wire,
        method="POST",
        target="/",
        headers=_with_type(wire.headers, _FORM),
        body=urlencode(once).encode(),
    )


def _json(wire: WireRequest) -> WireRequest:
    """JSON: the target header and the body, nothing of the query string."""
    kind = wire.headers.get("content-type", "")
    if not kind.startswith("application/x-amz-json"):
        kind = "application/x-amz-json-1.1"
    return replace(
        wire,
        target=f"/?{urlencode([_MARK])}",
        headers=_with_type(wire.headers, kind),
        body=plain_body(wire),
    )


def _rest(wire: WireRequest) -> WireRequest:
    """REST: the path and its query string, without what would name another operation."""
    query = [pair for pair in _kept(wire) if pair[0] != "Action"]
    kind = wire.headers.get("content-type", "")
    if kind.startswith(_FORM_TYPES):
        kind = "application/json"
    return replace(
        wire,
        target=f"{wire.raw_path}?{urlencode([*query, _MARK])}",
        headers=_with_type(wire.headers, kind),
        body=plain_body(wire),
    )


def _s3(wire: WireRequest) -> WireRequest:
    """S3: path style; a form body only where an object of that type is written."""
    query = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" if value else quote(name, safe="")
        for name, value in _kept(wire)
    )
    path = path_style(wire)
    headers, body = wire.headers, wire.body
    if wire.method not in ("PUT", "POST"):
        body = b""
        headers = {**headers, "content-length": "0"}
    if wire.method != "PUT" and headers.get("content-type", "").startswith(_FORM_TYPES):
        headers = _with_type(headers, "application/octet-stream")
    return replace(wire, target=f"{path}?{query}" if query else path, headers=headers, body=body)


def _kept(wire: WireRequest) -> list[tuple[str, str]]:
    """The query parameters that are not part of the signature."""
    pairs = query_pairs(wire.raw_query)
    return [(name, value) for name, value in pairs if name.lower() not in _AUTHENTICATION]


def _with_type(headers: Mapping[str, str], content_type: str) -> dict[str, str]:
    kept = {name: value for name, value in headers.items() if name != "content-encoding"}
    return kept | ({"content-type": content_type} if content_type else {})


_REWRITERS = {
    "query": _form,
    "ec2": _form,
    "json": _json,
    "rest-json": _rest,
    "rest-xml": _rest,
    "s3": _s3,
}
