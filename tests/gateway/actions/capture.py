"""Real botocore clients whose requests are caught just before they would be sent."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from simulator.gateway.stages import WireRequest

ENDPOINT = "http://127.0.0.1:5000"
REGION = "us-east-1"
ACCOUNT = "123456789012"  # moto's default


class _Caught(Exception):  # noqa: N818 - carries a request, not an error
    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


def _catch(request: AWSPreparedRequest, **_: Any) -> None:
    raise _Caught(request)


@cache
def client(service: str, endpoint: str = ENDPOINT, signed: bool = True, style: str = "auto") -> Any:
    """A client with dummy credentials that raises instead of sending."""
    session = boto3.Session(
        "AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION,
        botocore_session=botocore.session.Session(),
    )  # fmt: skip
    options: dict[str, Any] = {"parameter_validation": False, "s3": {"addressing_style": style}}
    if not signed:
        options["signature_version"] = botocore.UNSIGNED
    make: Any = session.client
    made = make(service, endpoint_url=endpoint, config=Config(**options))
    made.meta.events.register_first("before-send", _catch)
    return made


def wire_of(request: AWSPreparedRequest) -> WireRequest:
    """A prepared request as the gateway would get it."""
    url = urlsplit(str(request.url))
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in dict[str, Any](request.headers).items()
    }
    headers["host"] = url.netloc
    body: Any = request.body or b""
    body = body.read() if hasattr(body, "read") else body
    now = datetime.datetime.now(datetime.UTC)
    return WireRequest(
        request.method,
        f"{url.path}?{url.query}" if url.query else url.path,
        headers,
        body.encode() if isinstance(body, str) else bytes(body),
        "127.0.0.1",
        now,
        now,
    )


def call(made: Any, operation: str, parameters: dict[str, Any]) -> WireRequest:
    """What a client puts on the wire for an operation."""
    method: Callable[..., Any] = made._make_api_call
    try:
        method(operation, parameters)
    except _Caught as caught:
        return wire_of(caught.request)
    raise AssertionError(f"{operation} was not sent")


def sent(service: str, operation: str, **parameters: Any) -> WireRequest:
    """What the service's ordinary client puts on the wire."""
    return call(client(service), operation, parameters)


def minimal(operation: OperationModel) -> dict[str, Any]:
    """The least parameters an operation's model asks for."""
    shape = operation.input_shape
    return _value(shape) if shape is not None else {}


_SPECIAL = {"AccountId": ACCOUNT, "Bucket": "bucket", "Key": "key", "CopySource": "b/k"}


def _value(shape: Shape) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _SPECIAL[name]
            if name in _SPECIAL and shape.members[name].type_name == "string"
            else _value(shape.members[name])
            for name in shape.required_members
        }
    if isinstance(shape, ListShape):
        return [_value(shape.member)]
    if isinstance(shape, MapShape):
        return {"key": _value(shape.value)}
    return _SCALARS.get(shape.type_name, "text-1234567890abcdef")


_SCALARS: dict[str, Any] = {
    "blob": b"blob",
    "boolean": True,
    "double": 1.0,
    "float": 1.0,
    "integer": 1,
    "long": 1,
    "timestamp": datetime.datetime(2021, 8, 9, 6, 0, tzinfo=datetime.UTC),
}
