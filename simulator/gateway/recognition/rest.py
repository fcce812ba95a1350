"""Which operation a REST request is: by method, path template and literal query keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

from botocore.model import OperationModel

from simulator.gateway.recognition.models import service_model

_LABEL = re.compile(r"\{([^{}+]+)(\+?)\}")
_STATIC, _ONE_SEGMENT, _GREEDY, _END = 0, 1, 2, 3

Rank = tuple[tuple[int, int], ...]
"""How specific each segment of a path template is: its kind, then minus its literal length."""


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a REST service.

    Attributes:
        operation: botocore's name.
        labels: the path labels in order: ``("Bucket", "Key")``.
        literals: query keys the path template demands, with their value (empty: any).
        required_query: query keys of required members.
        required_headers: headers of required members, in lower case.
    """

    operation: str
    labels: tuple[str, ...]
    literals: tuple[tuple[str, str], ...]
    required_query: frozenset[str]
    required_headers: frozenset[str]

    def literals_match(self, query: Mapping[str, str]) -> bool:
        """Whether the query string has the literal keys of the template."""
        for key, value in self.literals:
            if key not in query or (value and query[key] != value):
                return False
        return True

    def complete(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether everything the operation requires outside the body is there."""
        return self.required_query <= query.keys() and self.required_headers <= headers.keys()


@dataclass(frozen=True, slots=True)
class PathGroup:
    """The routes that share a method and a path shape, most demanding first."""

    pattern: re.Pattern[str]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A recognised route, with its still percent-encoded path labels."""

    route: Route
    labels: Mapping[str, str]


def match(
    service: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> Match | None:
    """Find the operation of a REST request.

    Literal query keys decide first (``DELETE /b?analytics`` is never `DeleteBucket`), then
    the members an operation requires in query and headers (`UploadPart` needs ``partNumber``,
    `CopyObject` needs ``x-amz-copy-source``).

    Args:
        service: botocore's service name.
        method: upper-case HTTP method.
        path: percent-encoded path.
        query: decoded query parameters.
        headers: names in lower case.
    """
    for group in _table(service).get(method, ()):
        found = group.pattern.match(path)
        if found is None:
            continue
        route = _choose(group.routes, query, headers)
        if route is not None:
            return Match(route, dict(zip(route.labels, found.groups(), strict=True)))
    return None


def _choose(
    routes: tuple[Route, ...], query: Mapping[str, str], headers: Mapping[str, str]
) -> Route | None:
    incomplete: Route | None = None
    for route in routes:
        if incomplete is not None and len(route.literals) < len(incomplete.literals):
            break
        if route.literals_match(query):
            if route.complete(query, headers):
                return route
            incomplete = incomplete or route
    return incomplete


@cache
def _table(service: str) -> Mapping[str, tuple[PathGroup, ...]]:
    """The routes of a service by method, the most specific paths first."""
    model = service_model(service)
    grouped: dict[str, dict[str, list[tuple[Rank, bool, Route]]]] = {}
    if model is None:
        return {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, literals = operation.http["requestUri"].partition("?")
        pattern, rank = _compile(path)
        route = _route(operation, path, literals)
        by_pattern = grouped.setdefault(operation.http["method"], {})
        by_pattern.setdefault(pattern, []).append((rank, operation.deprecated, route))
    return {method: _ordered(patterns) for method, patterns in grouped.items()}


def _ordered(
    patterns: Mapping[str, list[tuple[Rank, bool, Route]]],
) -> tuple[PathGroup, ...]:
    by_rank = sorted(patterns.items(), key=lambda item: item[1][0][0])
    return tuple(
        PathGroup(re.compile(pattern), tuple(entry[2] for entry in sorted(entries, key=_demands)))
        for pattern, entries in by_rank
    )


def _demands(entry: tuple[Rank, bool, Route]) -> tuple[int, int, bool, str]:
    _, deprecated, route = entry
    required = len(route.required_query) + len(route.required_headers)
    return -len(route.literals), -required, deprecated, route.operation


def _compile(path: str) -> tuple[str, Rank]:
    """A regular expression for a path template, and how specific each segment is."""
    expression = ""
    rank: list[tuple[int, int]] = []
    for segment in filter(None, path.split("/")):
        expression += "/"
        position, kind, literal = 0, _STATIC, len(_LABEL.sub("", segment))
        for label in _LABEL.finditer(segment):
            expression += re.escape(segment[position : label.start()])
            expression += "(.+)" if label.group(2) else "([^/]+)"
            kind = max(kind, _GREEDY if label.group(2) else _ONE_SEGMENT)
            position = label.end()
        expression += re.escape(segment[position:])
        rank.append((kind, -literal))
    # A greedy label keeps its trailing slash: it may be part of an object key.
    if not expression.endswith("(.+)"):
        expression += "/?"
    # The end ranks last: ``/portals/{arn+}/settings`` is tried before ``/portals/{arn+}``.
    return f"^{expression}$", (*rank, (_END, 0))


def _route(operation: OperationModel, path: str, literals: str) -> Route:
    required: dict[str, set[str]] = {"querystring": set(), "header": set()}
    shape = operation.input_shape
    if shape is not None:
        for member in shape.required_members:
            serialization = shape.members[member].serialization
            location = serialization.get("location", "")
            if location in required:
                required[location].add(serialization["name"])
    return Route(
        operation.name,
        tuple(label.group(1) for label in _LABEL.finditer(path)),
        tuple(parse_qsl(literals, keep_blank_values=True)),
        frozenset(required["querystring"]),
        frozenset(name.lower() for name in required["header"]),
    )
