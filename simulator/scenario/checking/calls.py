"""Check a call against botocore's models, and its policy documents against IAM's grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

from simulator.awsclient import isolated_session
from simulator.iam import DocumentKind, MalformedPolicyDocument, parse_policy
from simulator.iam.operators import OPERATORS
from simulator.scenario.checking.findings import Finding
from simulator.scenario.nearest import near
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.story.commands import document_parameter
from simulator.scenario.values import Location

_EFFECTS = ("Allow", "Deny")
_ELEMENTS = (
    "Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action",
    "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip

_HOLE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_PLACE = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def check_call(act: CallAct) -> Iterator[Finding]:
    """What is wrong with a call: unknown service, operation or parameter, types, documents."""
    service, _, operation = act.call.partition(".")
    model = operation_model(service, operation)
    if isinstance(model, str):
        yield ("call",), model
        return
    yield from _structure(model.input_shape, act.parameters, ("parameters",))
    meant = act.expect and act.expect.error_code in ("MalformedPolicyDocument", "ValidationError")
    name = document_parameter(service, operation)
    if name and not meant and isinstance(act.parameters.get(name), Mapping):
        kind = _KINDS.get((service, operation), "identity")
        for place, message in check_document(act.parameters[name], kind):
            yield ("parameters", name, *place), message


def operation_model(service: str, operation: str) -> OperationModel | str:
    """Botocore's model of an operation, or why there is none, with the nearest name."""
    models = known_operations(service)
    if models is None:
        known = isolated_session().get_available_services()
        return f"AWS has no service {service!r}" + near(service, known)
    if operation not in models:
        return f"{service} has no operation {operation!r}" + near(operation, models)
    found: OperationModel = isolated_session().get_service_model(service).operation_model(operation)
    return found


def check_document(document: Mapping[str, Any], kind: DocumentKind) -> Iterator[Finding]:
    """What IAM would say to a policy document; at most one finding, as IAM stops at one."""
    try:
        parse_policy(_without_holes(document), kind)
    except MalformedPolicyDocument as error:
        place = tuple(int(n) if n else name for name, n in _PLACE.findall(error.place))
        where = f" at {error.place}" if error.place else ""
        meant = _element_meant(document, place)
        said = error.message.rstrip(".") if meant else error.message
        yield place, f"IAM would refuse this policy{where}: {said}{meant}"


def _element_meant(document: Any, place: Location) -> str:
    """``; did you mean 'Action'?`` where a name or an effect is nearly right; IAM says nothing."""
    name = str(place[-1]) if place else ""
    if name == "Effect":
        for part in place:
            document = document[part] if _has(document, part) else None
        return near(document, _EFFECTS) if isinstance(document, str) else ""
    if "Condition" in place[-2:-1]:
        return near(name, [operator.name for operator in OPERATORS.values()])
    return near(name, _ELEMENTS) if name and name not in _ELEMENTS else ""


def _has(value: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(value, list) and part < len(value)
    return isinstance(value, Mapping) and part in value


@lru_cache(maxsize=64)
def known_operations(service: str) -> frozenset[str] | None:
    """The names of a service's operations; ``None``: AWS has no such service."""
    try:
        return frozenset(isolated_session().get_service_model(service).operation_names)
    except UnknownServiceError:
        return None


def _structure(shape: StructureShape | None, value: Any, at: Location) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        yield at, f"{at[-1]} must be a mapping"
        return
    members: Mapping[str, Shape] = shape.members if shape else {}
    for name, item in value.items():
        if name not in members:
            yield (*at, name), f"AWS knows no parameter {name!r} here" + near(name, members)
        else:
            yield from _value(members[name], item, (*at, name))
    for name in shape.required_members if shape else ():
        if name not in value:
            yield at, f"the parameter {name!r} is missing"


def _list(shape: ListShape, value: Any, at: Location) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield at, f"{at[-1]} must be a list"
        return
    for index, item in enumerate(value):
        yield from _value(shape.member, item, (*at, index))


def _map(shape: MapShape, value: Any, at: Location) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        yield at, f"{at[-1]} must be a mapping"
        return
    for name, item in value.items():
        yield from _value(shape.value, item, (*at, name))


def _text(shape: StringShape, value: Any, at: Location) -> Iterator[Finding]:
    if isinstance(value, Mapping | list):
        return  # sent as JSON
    if not isinstance(value, str):
        yield at, f"{at[-1]} must be text; put it in quotes"
    elif "{{" in value:
        return
    elif len(value) < (least := shape.metadata.get("min", 0)):
        yield at, f"{at[-1]} must have at least {least} characters"
    elif shape.enum and value not in shape.enum:
        yield at, f"{at[-1]} cannot be {value!r}" + near(value, shape.enum)


def _number(shape: Shape, value: Any, at: Location) -> Iterator[Finding]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield at, f"{at[-1]} must be a number"
    elif value < shape.metadata.get("min", value):
        yield at, f"{at[-1]} must be at least {shape.metadata['min']}"


def _boolean(_: Shape, value: Any, at: Location) -> Iterator[Finding]:
    if not isinstance(value, bool):
        yield at, f"{at[-1]} must be true or false"


def _anything(_: Shape, value: Any, at: Location) -> Iterator[Finding]:
    if isinstance(value, Mapping | list):
        yield at, f"{at[-1]} must be a single value"


_BY_TYPE: dict[str, Callable[[Any, Any, Location], Iterator[Finding]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "character": _text,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "blob": _anything,
    "timestamp": _anything,
}


def _value(shape: Shape, value: Any, at: Location) -> Iterator[Finding]:
    if isinstance(value, str) and _HOLE.fullmatch(value):
        return  # known only when it is played
    yield from _BY_TYPE[shape.type_name](shape, value, at)


_KINDS: dict[tuple[str, str], DocumentKind] = {
    ("iam", "UpdateAssumeRolePolicy"): "trust",
    ("iam", "CreateRole"): "trust",
    ("s3", "PutBucketPolicy"): "resource",
    ("kms", "PutKeyPolicy"): "resource",
    ("secretsmanager", "PutResourcePolicy"): "resource",
    ("dynamodb", "PutResourcePolicy"): "resource",
    ("sts", "AssumeRole"): "session",
    ("sts", "AssumeRoleWithWebIdentity"): "session",
    ("sts", "AssumeRoleWithSAML"): "session",
    ("sts", "GetFederationToken"): "session",
    ("organizations", "CreatePolicy"): "service-control",
}


def _without_holes(value: Any) -> Any:
    """A document with something plausible where placeholders stand."""
    if isinstance(value, str):
        return _HOLE.sub(lambda hole: _plausible(hole[1]), value)
    if isinstance(value, Mapping):
        return {_without_holes(name): _without_holes(item) for name, item in value.items()}
    return [_without_holes(item) for item in value] if isinstance(value, list) else value


def _plausible(expression: str) -> str:
    if expression.lower().endswith("arn"):
        return "arn:aws:iam::111122223333:role/Example"
    if expression == "account" or expression.endswith(".id"):
        return "111122223333"
    if expression.startswith("now") or "Expiration" in expression:
        return "2021-08-09T06:00:00.000Z"
    return "example"
