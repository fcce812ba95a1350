"""Smithy RPC v2 CBOR, as newer SDKs speak to some JSON services: told to the backend as JSON.

The backend knows no CBOR, and the two say the same things: a request is read by the service's
model and written again as JSON, and the JSON answer is written as CBOR.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from botocore.model import OperationModel, Shape
from botocore.parsers import JSONParser
from botocore.serialize import JSONSerializer, RpcV2CBORSerializer

from simulator.gateway.errors import cbor_map
from simulator.gateway.recognition.models import models_for, operation_model
from simulator.gateway.stages import AwsError, Operation, WireRequest, WireResponse

_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)")
_DROPPED = frozenset({"accept", "smithy-protocol"})
_REPLACED = frozenset({"content-type", "content-length", "x-amzn-errortype"})


def called_in_cbor(wire: WireRequest) -> tuple[str, str] | None:
    """The service's target prefix and the operation a CBOR request names; ``None``: it is none."""
    found = _PATH.fullmatch(wire.raw_path) if "x-amz-target" not in wire.headers else None
    return (found[1], found[2]) if found else None


def as_json(operation: Operation, wire: WireRequest) -> WireRequest:
    """A CBOR request as its service takes it in JSON; any other request itself.

    Raises:
        AwsError: `SerializationException`: its parameters have other types than the service's.
    """
    called = called_in_cbor(wire)
    if called is None:
        return wire
    model = _model(operation, called[0])
    known = model.input_shape.members if model.input_shape else {}
    parameters = {name: value for name, value in operation.parameters.items() if name in known}
    try:
        written: Any = JSONSerializer().serialize_to_request(parameters, model)
    except Exception as error:  # botocore's serializer raises whatever a wrong type makes it raise
        raise AwsError("SerializationException", "", 400) from error
    headers = {name: value for name, value in wire.headers.items() if name not in _DROPPED}
    headers |= {name.lower(): str(value) for name, value in written["headers"].items()}
    headers["content-length"] = str(len(written["body"]))
    return replace(wire, target="/", headers=headers, body=written["body"])


def answered_in_cbor(
    wire: WireRequest, operation: Operation, response: WireResponse
) -> WireResponse:
    """The JSON answer to a CBOR request, in CBOR; any other answer itself.

    Raises:
        AwsError: `NotImplemented`: it is not what the service's model says.
    """
    called = called_in_cbor(wire)
    if called is None:
        return response
    shape = _model(operation, called[0]).output_shape
    named = {name.lower(): value for name, value in response.headers}
    given = {"status_code": response.status, "headers": named, "body": response.body, "context": {}}
    parser: Any = JSONParser()
    try:
        found = parser.parse(given, shape)
        body = _error(found) if response.status >= 300 else _output(found, shape)
    except Exception as error:  # botocore raises whatever an answer of other types makes it raise
        text = f"The lab's backend answered {operation.name} with something CBOR cannot tell."
        raise AwsError("NotImplemented", text, 501) from error
    kept = tuple(pair for pair in response.headers if pair[0].lower() not in _REPLACED)
    headers = (
        ("Content-Type", "application/cbor"),
        ("Content-Length", str(len(body))),
        ("smithy-protocol", "rpc-v2-cbor"),
    )
    return WireResponse(response.status, (*kept, *headers), body)


def _output(found: dict[str, Any], shape: Shape | None) -> bytes:
    found.pop("ResponseMetadata", None)
    if shape is None:
        return cbor_map(())
    writer: Any = RpcV2CBORSerializer()
    return bytes(writer._serialize_body_params(found, shape))


def _error(found: dict[str, Any]) -> bytes:
    error = found.get("Error", {})
    code = error.get("QueryErrorCode") or error.get("Code", "")
    return cbor_map((("__type", str(code)), ("message", str(error.get("Message", "")))))


def _model(operation: Operation, prefix: str) -> OperationModel:
    for model in models_for(operation.service):
        found = operation_model(model, operation.name)
        if found is not None and model.metadata.get("targetPrefix") == prefix:
            return found
    raise AwsError("UnknownOperationException", "", 400)
