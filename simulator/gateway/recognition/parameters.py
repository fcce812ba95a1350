"""A request's parameters, under botocore's member names, for every protocol.

Bodies are read forgivingly: what cannot be read is left out, since the caller has not been
authenticated yet and the service itself will refuse it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.parsers import RpcV2CBORParser

from simulator.gateway.stages import WireRequest

_LARGEST_BODY = 32 * 1024 * 1024
_INTEGER = re.compile(r"^-?\d{1,19}$")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

_Tree = dict[str, Any]
_VALUE = ""  # where a node of the tree keeps its own value


def plain_body(wire: WireRequest) -> bytes:
    """The body, unpacked where it was sent compressed; empty where that fails.

    SDKs compress large bodies of some operations (`PutMetricData`).
    """
    if wire.headers.get("content-encoding", "").strip().lower() != "gzip":
        return wire.body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(wire.body, _LARGEST_BODY)
    except zlib.error:
        return b""
    return body if unpacker.eof else b""


def query_pairs(raw_query: str) -> list[tuple[str, str]]:
    """A query string's parameters, in order, decoded; a bare key has an empty value."""
    return parse_qsl(raw_query, keep_blank_values=True) if raw_query else []


def from_form(operation: OperationModel, form: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Parameters of a query or ec2 request: ``Tags.member.1.Key=a`` → ``{"Tags": [{"Key"…``."""
    if operation.input_shape is None:
        return {}
    ec2 = operation.service_model.metadata["protocol"] == "ec2"
    value = _from_tree(operation.input_shape, _tree(form), ec2)
    return value if isinstance(value, dict) else {}


def from_json(body: bytes) -> dict[str, Any]:
    """Parameters of a JSON request: its body."""
    try:
        value = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def is_malformed(wire: WireRequest) -> bool:
    """Whether the body of a JSON request is something else than a JSON object."""
    body = plain_body(wire)
    if not body or wire.raw_path.startswith("/service/"):  # CBOR
        return False
    try:
        return not isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return True


def from_cbor(body: bytes) -> dict[str, Any]:
    """Parameters of an rpc-v2-cbor request: its body."""
    if not body:
        return {}
    try:
        parser = RpcV2CBORParser()
        value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    except Exception:  # botocore's parser raises whatever a broken item makes it raise
        return {}
    return value if isinstance(value, dict) else {}


def from_rest(
    operation: OperationModel,
    wire: WireRequest,
    labels: Mapping[str, str],
    query: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    """Parameters of a REST request: from path, query string, headers and body.

    Blobs (an object's bytes, a function's payload) are left out, as CloudTrail does.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    pairs = list(query)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location is None:
            continue
        value = _located(member, location, member.serialization.get("name", name), wire, pairs)
        if location == "uri":
            value = unquote(labels.get(name, labels.get(member.serialization["name"], "")))
        if value not in (None, ""):
            found[name] = value
    return found | _from_body(operation, shape, wire)


def _located(
    member: Shape, location: str, wire_name: str, wire: WireRequest, query: list[tuple[str, str]]
) -> Any:
    if location == "header":
        text = wire.headers.get(wire_name.lower())
        if text is None or member.type_name == "structure":
            return text
        if member.type_name == "list":
            return [item.strip() for item in text.split(",")]
        return _scalar(member, text)
    if location == "headers":
        prefix = wire_name.lower()
        return {
            name[len(prefix) :]: value
            for name, value in wire.headers.items()
            if name.startswith(prefix)
        } or None
    if location == "querystring":
        if member.type_name == "map":
            return dict(query) or None
        values = [value for name, value in query if name == wire_name]
        if not values:
            return None
        return values if member.type_name == "list" else _scalar(member, values[0])
    return None


def _from_body(
    operation: OperationModel, shape: StructureShape, wire: WireRequest
) -> dict[str, Any]:
    if not wire.body:
        return {}
    payload = shape.serialization.get("payload")
    target: Shape = shape.members[payload] if payload else shape
    if target.type_name == "blob" or target.serialization.get("streaming"):
        return {}
    value: Any
    if target.type_name == "string":
        value = wire.body.decode("utf-8", "replace")
    elif operation.service_model.metadata["protocol"] == "rest-xml":
        value = _from_xml(target, wire.body)
    else:
        value = _renamed(target, from_json(plain_body(wire)))
    if payload:
        return {payload: value} if value else {}
    return value if isinstance(value, dict) else {}


def _renamed(shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    """A JSON body with its first level under botocore's member names."""
    if not isinstance(shape, StructureShape):
        return body
    names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    return {names.get(key, key): value for key, value in body.items()}


def _scalar(shape: Shape, text: str) -> Any:
    kind = shape.type_name
    if kind in ("integer", "long") and _INTEGER.match(text.strip()):
        return int(text)
    if kind == "boolean" and text.strip().lower() in ("true", "false"):
        return text.strip().lower() == "true"
    return text


# Query and EC2 ----------------------------------------------------------------------------


def _tree(form: Iterable[tuple[str, str]]) -> _Tree:
    tree: _Tree = {}
    for name, value in form:
        node = tree
        for part in filter(None, name.split(".")):  # "" is where a node keeps its value
            node = node.setdefault(part, {})
        node.setdefault(_VALUE, value)
    return tree


def _from_tree(shape: Shape, node: _Tree, ec2: bool) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _from_tree(member, child, ec2)
            for name, member in shape.members.items()
            if (child := node.get(_form_name(name, member, ec2))) is not None
        }
    if isinstance(shape, ListShape):
        wire_name = shape.member.serialization.get("name", "member")
        items = _numbered(node) or _numbered(node.get(wire_name, {}))
        items = items or _numbered(node.get("member", {}))
        return [_from_tree(shape.member, item, ec2) for item in items]
    if isinstance(shape, MapShape):
        return _map_from_tree(shape, node, ec2)
    return _scalar(shape, node.get(_VALUE, ""))


def _map_from_tree(shape: MapShape, node: _Tree, ec2: bool) -> dict[str, Any]:
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    return {
        entry.get(key_name, {}).get(_VALUE, ""): _from_tree(
            shape.value, entry.get(value_name, {}), ec2
        )
        for entry in _numbered(node) or _numbered(node.get("entry", {}))
    }


def _form_name(name: str, member: Shape, ec2: bool) -> str:
    serialization = member.serialization
    if ec2:
        if "queryName" in serialization:
            return str(serialization["queryName"])
        wire_name = str(serialization.get("name", name))
        return wire_name[:1].upper() + wire_name[1:]
    if isinstance(member, ListShape) and serialization.get("flattened"):
        # A flattened list goes under its members' name: Attribute.1, not Attributes.member.1.
        return str(member.member.serialization.get("name", serialization.get("name", name)))
    return str(serialization.get("name", name))


def _numbered(node: _Tree) -> list[_Tree]:
    numbers = sorted((int(key), key) for key in node if key.isascii() and key.isdigit())
    return [node[key] for _, key in numbers]


# XML --------------------------------------------------------------------------------------


def _from_xml(shape: Shape, body: bytes) -> Any:
    if b"<!DOCTYPE" in body:  # no AWS request has one; entity tricks do
        return {}
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    return _from_element(shape, root)


def _from_element(shape: Shape, element: ElementTree.Element) -> Any:
    if isinstance(shape, StructureShape):
        return _from_structure(shape, element)
    if isinstance(shape, ListShape):
        return [_from_element(shape.member, child) for child in element]
    return _scalar(shape, element.text or "")  # an object key may begin or end with a space


def _from_structure(shape: StructureShape, element: ElementTree.Element) -> dict[str, Any]:
    children: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        children.setdefault(child.tag.rpartition("}")[2], []).append(child)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        serialization = member.serialization
        wire_name = serialization.get("name", name)
        if serialization.get("xmlAttribute"):
            value = element.get(_XSI + wire_name.rpartition(":")[2])
            if value is not None:
                found[name] = value
        elif isinstance(member, ListShape) and serialization.get("flattened"):
            item = member.member.serialization.get("name", wire_name)
            elements = children.get(item) or children.get(wire_name)
            if elements:
                found[name] = [_from_element(member.member, each) for each in elements]
        elif wire_name in children:
            found[name] = _from_element(member, children[wire_name][0])
    return found
