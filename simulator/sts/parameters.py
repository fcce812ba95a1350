"""Checking STS parameters against botocore's model, with AWS's words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from simulator.awsclient import isolated_session
from simulator.gateway.stages import AwsError, Operation


def check_parameters(operation: Operation) -> None:
    """Check presence, lengths, ranges and patterns of an operation's parameters.

    Raises:
        AwsError: 400 `ValidationError`, naming every constraint that failed; `MalformedInput` for
            what should be a number and is none.
    """
    model = _model(operation.service).operation_model(operation.name)
    faults: list[str] = []
    if model.input_shape is not None:
        faults = list(_structure_faults(model.input_shape, operation.parameters, ""))
    if faults:
        plural = "error" if len(faults) == 1 else "errors"
        text = f"{len(faults)} validation {plural} detected: {'; '.join(faults)}"
        raise AwsError("ValidationError", text, 400)


@lru_cache(maxsize=4)
def _model(service: str) -> Any:
    return isolated_session().get_service_model(service)


def _structure_faults(structure: Any, given: Any, place: str) -> Iterator[str]:
    if not isinstance(given, Mapping):
        return
    prefix = f"{place}." if place else ""
    for name in structure.required_members:
        if name not in given:
            yield f"Value null at '{prefix}{_lower(name)}' {_FAILED} Member must not be null"
    for name, shape in structure.members.items():
        if name in given:
            yield from _faults(shape, given[name], f"{prefix}{_lower(name)}")


def _faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    check = _CHECKS.get(shape.type_name)
    if check is not None:
        yield from check(shape, value, place)


def _list_faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, (list, tuple)):
        return
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"Value at '{place}' {_FAILED} {_AT_MOST_LONG} {shape.metadata['max']}"
    for number, item in enumerate(value, 1):
        yield from _faults(shape.member, item, f"{place}.{number}.member")


def _number_faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    rules = shape.metadata
    if not _INTEGER.fullmatch(str(value)):
        raise AwsError("MalformedInput", f"Invalid Integer at '{place}': {str(value)[:64]}", 400)
    number = int(value)
    shown = f"Value '{number}' at '{place}' {_FAILED} Member must have value"
    if number < rules.get("min", number):
        yield f"{shown} greater than or equal to {rules['min']}"
    if number > rules.get("max", number):
        yield f"{shown} less than or equal to {rules['max']}"


def _string_faults(shape: Any, value: Any, place: str) -> Iterator[str]:
    rules, text = shape.metadata, str(value)
    # AWS does not repeat the value of a sensitive member.
    shown = f"Value at '{place}'" if rules.get("sensitive") else f"Value '{text}' at '{place}'"
    if len(text) < rules.get("min", 0):
        yield f"{shown} {_FAILED} {_AT_LEAST_LONG} {rules['min']}"
    if len(text) > rules.get("max", len(text)):
        yield f"{shown} {_FAILED} {_AT_MOST_LONG} {rules['max']}"
    if rules.get("enum") and text not in rules["enum"]:
        yield f"{shown} {_FAILED} Member must satisfy enum value set: [{', '.join(rules['enum'])}]"
    pattern = rules.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(text):
        yield f"{shown} {_FAILED} Member must satisfy regular expression pattern: {pattern}"


_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_FAILED = "failed to satisfy constraint:"
_AT_LEAST_LONG = "Member must have length greater than or equal to"
_AT_MOST_LONG = "Member must have length less than or equal to"

_CHECKS = {
    "structure": _structure_faults,
    "list": _list_faults,
    "integer": _number_faults,
    "string": _string_faults,
}


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A model's pattern, which is Java's, as Python's."""
    if r"\p{" not in pattern:
        return re.compile(pattern, re.ASCII)
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
