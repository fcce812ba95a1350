"""Offline evaluation of requests written as JSON lines: `stslab evaluate`.

A line has `id`, `principal`, `action`, `resource`, `resource_account`, and may have
`context`, `identity_policies`, `session_policies`, `permissions_boundary`,
`resource_policy`, `service_control_policies`, `resource_control_policies`. The answer has
`id`, `decision` and `reason`, and `trace` if asked for; a bad line has `id` and `error`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.iam import (
    AttachedPolicy,
    DocumentKind,
    MalformedPolicyDocument,
    PolicySet,
    Request,
    compile_policy,
    evaluate,
    parse_policy,
)

_TEXTS = {
    "principal": (re.compile(r"arn:\S+:.+|\*|[\w.-]+\.amazonaws\.com(\.cn)?"), "the caller's ARN"),
    "action": (re.compile(r"[\w-]+:\w+"), "service:Operation"),
    "resource": (re.compile(r".+", re.DOTALL), "an ARN, or *"),
    "resource_account": (re.compile(r"\d{12}"), "12 digits"),
}
"""The members every line has beside its id: what they look like, and how to say so."""
_MEMBERS = frozenset(
    {
        *_TEXTS,
        "id",
        "context",
        "identity_policies",
        "session_policies",
        "permissions_boundary",
        "resource_policy",
        "service_control_policies",
        "resource_control_policies",
    }
)


class BadLine(ValueError):  # noqa: N818 - it is the line that is bad
    """A line that asks nothing; the message says what and where."""


def evaluate_line(line: str | bytes, explain: bool = False) -> dict[str, Any]:
    """Answer one line.

    Args:
        line: a JSON object, as above; bytes are UTF-8.
        explain: whether the answer carries the trace.

    Returns:
        ``{"id", "decision", "reason"}`` and ``trace``, or ``{"id", "error"}``. Never raises.
    """
    identifier: object = None
    try:
        given = json.loads(line.strip())
        if not isinstance(given, dict):
            raise BadLine("a line must be a JSON object")
        identifier = given.get("id")
        decision = evaluate(_request(given), _policies(given))
        answer = {"id": identifier, "decision": decision.outcome, "reason": decision.reason}
        if explain:
            answer["trace"] = decision.trace.as_dict()
        return answer
    except json.JSONDecodeError as error:
        return {"id": None, "error": f"not JSON: {error.msg} at column {error.colno}"}
    except RecursionError:
        return {"id": identifier, "error": "nested too deeply"}
    except (BadLine, MalformedPolicyDocument, ValueError) as error:
        return {"id": identifier, "error": str(error)}


def evaluate_stream(
    lines: Iterable[str | bytes], explain: bool = False
) -> Iterator[tuple[str, bool]]:
    """Answer lines in order, one at a time; empty lines are passed over.

    Yields:
        The answer as JSON text, and whether the line could be answered.
    """
    for line in lines:
        if line.strip():
            answer = evaluate_line(line, explain)
            yield json.dumps(answer), "error" not in answer


def _request(given: Mapping[str, Any]) -> Request:
    if "id" not in given:
        raise BadLine("id: is missing")
    for name, (shape, meaning) in _TEXTS.items():
        value = given.get(name)
        if not isinstance(value, str):
            problem = "must be a string" if name in given else "is missing"
            raise BadLine(f"{name}: {problem}")
        if not shape.fullmatch(value):
            raise BadLine(f"{name}: must be {meaning}")
    _refuse_misspelt(given)
    return Request(
        principal=given["principal"],
        action=given["action"],
        resource=given["resource"],
        resource_account=given["resource_account"],
        context=_context(given.get("context")),
    )


def _refuse_misspelt(given: Mapping[str, Any]) -> None:
    """Other members are the writer's own; but one that is nearly ours would be missed."""
    for name in given:
        if name not in _MEMBERS:
            from difflib import get_close_matches

            if near := get_close_matches(name, _MEMBERS, n=1, cutoff=0.9):
                raise BadLine(f"{name}: no such member; did you mean {near[0]}?")


def _context(given: object) -> Mapping[str, str | list[str]]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadLine("context: must be an object")
    for key, value in given.items():
        if isinstance(value, str):
            continue
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise BadLine(f"context.{key}: must be a string or a list of strings")
    return given


def _policies(given: Mapping[str, Any]) -> PolicySet:
    session = _list(given, "session_policies", "session")
    return PolicySet(
        identity=_list(given, "identity_policies", "identity"),
        session=session or None,
        boundary=_one(given, "permissions_boundary", "boundary"),
        resource=_one(given, "resource_policy", "resource"),
        service_control=_levels(given, "service_control_policies", "service-control"),
        resource_control=_levels(given, "resource_control_policies", "resource-control"),
    )


def _one(given: Mapping[str, Any], name: str, kind: DocumentKind) -> AttachedPolicy | None:
    document = given.get(name)
    return None if document is None else _attach(document, name, kind)


def _list(given: Mapping[str, Any], name: str, kind: DocumentKind) -> tuple[AttachedPolicy, ...]:
    documents = given.get(name)
    return () if documents is None else _attach_all(documents, name, kind)


def _levels(
    given: Mapping[str, Any], name: str, kind: DocumentKind
) -> tuple[tuple[AttachedPolicy, ...], ...]:
    levels = given.get(name)
    if levels is None:
        return ()
    if not isinstance(levels, list):
        raise BadLine(f"{name}: must be a list of levels, each a list of documents")
    return tuple(
        _attach_all(documents, f"{name}[{index}]", kind) for index, documents in enumerate(levels)
    )


def _attach_all(documents: object, place: str, kind: DocumentKind) -> tuple[AttachedPolicy, ...]:
    if not isinstance(documents, list):
        raise BadLine(f"{place}: must be a list of documents")
    return tuple(
        _attach(document, f"{place}[{index}]", kind) for index, document in enumerate(documents)
    )


def _attach(document: object, place: str, kind: DocumentKind) -> AttachedPolicy:
    try:
        if isinstance(document, str):
            return AttachedPolicy(parse_policy(document, kind), place)
        if isinstance(document, dict):
            return AttachedPolicy(compile_policy(document, kind), place)
    except MalformedPolicyDocument as error:
        raise BadLine(f"{place}.{error.place}: {error.message}") from None
    raise BadLine(f"{place}: must be a policy document")
