"""Checking STS parameters against botocore's model, with AWS's words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from simulator.awsclient import isolated_session
from simulator.gateway.stages import AwsError, Operation


def check_parameters(operation: Operation) -> None:
    """Check presence, lengths, ranges and patterns of an STS operation's parameters.

    Raises:
        AwsError: 400 `ValidationError`, naming every constraint that failed.
    """
    model = _model().operation_model(operation.name)
    faults: list[str] = []
    if model.input_shape is not None:
        faults = list(_faults(model.input_shape, operation.parameters))
    if faults:
        plural = "error" if len(faults) == 1 else "errors"
        text = f"{len(faults)} validation {plural} detected: {'; '.join(faults)}"
        raise AwsError("ValidationError", text, 400)


@lru_cache(maxsize=1)
def _model() -> Any:
    return isolated_session().get_service_model("sts")


def _faults(structure: Any, given: Mapping[str, Any]) -> Iterator[str]:
    for name in structure.required_members:
        if name not in given:
            yield _fault("null", name, "Member must not be null", quote=False)
    for name, shape in structure.members.items():
        if name in given:
            yield from _value_faults(shape, given[name], name)


def _value_faults(shape: Any, value: Any, name: str) -> Iterator[str]:
    rules = shape.metadata
    if shape.type_name == "integer":
        yield from _number_faults(rules, value, name)
    elif shape.type_name == "string":
        yield from _string_faults(rules, str(value), name)


def _number_faults(rules: Mapping[str, Any], value: Any, name: str) -> Iterator[str]:
    try:
        number = int(value)
    except ValueError:
        yield _fault(str(value), name, "Member must be a number")
        return
    if number < rules.get("min", number):
        yield _fault(
            str(number), name, f"Member must have value greater than or equal to {rules['min']}"
        )
    if number > rules.get("max", number):
        yield _fault(
            str(number), name, f"Member must have value less than or equal to {rules['max']}"
        )


def _string_faults(rules: Mapping[str, Any], value: str, name: str) -> Iterator[str]:
    if len(value) < rules.get("min", 0):
        yield _fault(
            value, name, f"Member must have length greater than or equal to {rules['min']}"
        )
    if len(value) > rules.get("max", len(value)):
        yield _fault(value, name, f"Member must have length less than or equal to {rules['max']}")
    pattern = rules.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _fault(value, name, f"Member must satisfy regular expression pattern: {pattern}")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Java's \u0009 classes are Python's too.
    return re.compile(pattern, re.ASCII)


def _fault(value: str, name: str, constraint: str, *, quote: bool = True) -> str:
    shown = f"'{value}'" if quote else value
    return f"Value {shown} at '{name[:1].lower()}{name[1:]}' failed to satisfy constraint: {constraint}"
