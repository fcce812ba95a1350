"""Checking and compiling policy documents, as IAM does when one is saved.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeGuard

from simulator.iam.checks import (
    LEGACY,
    action_problem,
    is_assume_role_action,
    is_aws_principal,
    is_date,
    resource_problem,
)
from simulator.iam.conditions import Condition, UnknownOperatorError, split_operator
from simulator.iam.principals import PrincipalEntry, Principals
from simulator.iam.statement import DocumentKind, Policy, Statement

SYNTAX = "Syntax errors in policy."

_DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_VERSIONS = ("2012-10-17", "2008-10-17")
_PRINCIPAL_TYPES = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class MalformedPolicyDocument(ValueError):  # noqa: N818 - AWS's own name for it
    """A document IAM would refuse to save.

    Attributes:
        message: AWS's text.
        place: where: ``Statement[0].Condition.StringEqualz``, ``line 3 column 7``.
    """

    def __init__(self, message: str, place: str) -> None:
        super().__init__(f"{message} ({place})" if place else message)
        self.message = message
        self.place = place


@dataclass(frozen=True, slots=True)
class _Rules:
    """What a kind of document must and may have."""

    principal: Literal["required", "prohibited"]
    resource: Literal["required", "optional", "prohibited"]
    plain_sids: bool = True


_IDENTITY = _Rules("prohibited", "required")
_RULES: dict[DocumentKind, _Rules] = {
    "identity": _IDENTITY,
    "session": _IDENTITY,
    "boundary": _IDENTITY,
    "service-control": _Rules("prohibited", "required", plain_sids=False),
    "trust": _Rules("required", "prohibited"),
    "resource": _Rules("required", "optional", plain_sids=False),
    "resource-control": _Rules("required", "required", plain_sids=False),
}


def parse_policy(document: str | Mapping[str, Any], kind: DocumentKind = "identity") -> Policy:
    """Check a document and compile it; the same content is compiled once.

    Args:
        document: JSON text, or the mapping it stands for.
        kind: what it is for.

    Raises:
        MalformedPolicyDocument: IAM would refuse it.
    """
    if isinstance(document, str):
        return _parse_text(document, kind)
    return _parse_text(_canonical(document), kind)


def compile_policy(
    document: Mapping[str, Any], kind: DocumentKind = "identity", text: str | None = None
) -> Policy:
    """As `parse_policy`, without remembering: for documents that are seen once.

    Args:
        document: the document as a mapping.
        kind: what it is for.
        text: the JSON text it came from, where there is one.

    Raises:
        MalformedPolicyDocument: IAM would refuse it.
    """
    if not _is_object(document):
        raise MalformedPolicyDocument(SYNTAX, "document")
    unknown = next((name for name in document if name not in _DOCUMENT_ELEMENTS), None)
    if unknown is not None:
        raise MalformedPolicyDocument(SYNTAX, str(unknown))
    version = document.get("Version")
    if version not in _VERSIONS and "Version" in document:
        raise MalformedPolicyDocument(SYNTAX, "Version")
    if not isinstance(document.get("Id", ""), str):
        raise MalformedPolicyDocument(SYNTAX, "Id")
    raw = document.get("Statement")
    raw_statements = [raw] if _is_object(raw) else raw
    if not isinstance(raw_statements, Sequence) or isinstance(raw_statements, str | bytes):
        raise MalformedPolicyDocument(SYNTAX, "Statement")
    if not raw_statements:
        raise MalformedPolicyDocument(SYNTAX, "Statement")
    rules = _RULES[kind]
    statements = tuple(
        _Compiler(f"Statement[{index}]", kind, rules, version == _VERSIONS[0]).compile(index, raw)
        for index, raw in enumerate(raw_statements)
    )
    _check_sids(statements)
    return Policy(document, text, kind, statements)


@lru_cache(maxsize=512)
def _parse_text(text: str, kind: DocumentKind) -> Policy:
    try:
        document = json.loads(
            text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        raise MalformedPolicyDocument(SYNTAX, f"line {error.lineno} column {error.colno}") from None
    except MalformedPolicyDocument:
        raise
    except (RecursionError, ValueError):
        raise MalformedPolicyDocument(SYNTAX, "document") from None
    return compile_policy(document, kind, text)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedPolicyDocument(SYNTAX, f"{twice} (twice in one object)")
    return found


def _no_constant(name: str) -> Any:
    """``NaN`` and ``Infinity``: Python's JSON has them, JSON has not."""
    raise MalformedPolicyDocument(SYNTAX, name)


def _canonical(document: Mapping[str, Any]) -> str:
    try:
        return json.dumps(document, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise MalformedPolicyDocument(SYNTAX, "document") from None


def _check_sids(statements: tuple[Statement, ...]) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid and statement.sid in seen:
            raise MalformedPolicyDocument(
                "Statement IDs (SID) in a single policy must be unique.",
                f"Statement[{statement.index}].Sid",
            )
        seen.add(statement.sid)


def _is_object(value: object) -> TypeGuard[Mapping[Any, Any]]:
    # A plain dict is known ten times faster than by asking the abstract class.
    return type(value) is dict or isinstance(value, Mapping)


class _Compiler:
    """Checks and compiles one statement; errors name the place."""

    __slots__ = ("kind", "place", "rules", "variables")

    def __init__(self, place: str, kind: DocumentKind, rules: _Rules, variables: bool) -> None:
        self.place = place
        self.kind = kind
        self.rules = rules
        self.variables = variables

    def error(self, message: str, element: str) -> MalformedPolicyDocument:
        place = f"{self.place}.{element}" if element else self.place
        return MalformedPolicyDocument(message, place)

    def compile(self, index: int, raw: object) -> Statement:
        if not _is_object(raw):
            raise self.error(SYNTAX, "")
        for name in raw:
            if name not in _STATEMENT_ELEMENTS:
                raise self.error(SYNTAX, str(name))
        effect = raw.get("Effect")
        if effect not in ("Allow", "Deny"):
            known = isinstance(effect, str) and effect.lower() in ("allow", "deny")
            raise self.error(LEGACY if known else SYNTAX, "Effect")
        actions, not_action = self.either(raw, "Action", "NotAction")
        resources, not_resource = self.either(raw, "Resource", "NotResource")
        if not actions:
            raise self.error("Policy statement must contain actions.", "Action")
        for action in actions:
            if (problem := action_problem(action)) is not None:
                raise self.error(problem, "NotAction" if not_action else "Action")
        principals, not_principal = self.principals(raw)
        self.check_kind(actions, resources, has_resource="Resource" in raw or "NotResource" in raw)
        if self.kind == "resource-control":
            self.check_resource_control(raw, actions)
        for resource in resources:
            if (problem := resource_problem(resource)) is not None:
                raise self.error(problem, "NotResource" if not_resource else "Resource")
        return Statement(
            index,
            self.sid(raw),
            effect,
            principals,
            actions,
            resources,
            self.conditions(raw["Condition"]) if "Condition" in raw else (),
            not_principal=not_principal,
            not_action=not_action,
            not_resource=not_resource,
            variables=self.variables,
        )

    def sid(self, raw: Mapping[str, Any]) -> str:
        sid = raw.get("Sid", "")
        if not isinstance(sid, str):
            raise self.error(SYNTAX, "Sid")
        if self.rules.plain_sids and sid and not (sid.isascii() and sid.isalnum()):
            raise self.error(
                "Statement IDs (SID) must be alpha-numeric. "
                "Check that your input satisfies the regular expression [0-9A-Za-z]*",
                "Sid",
            )
        return sid

    def either(
        self, raw: Mapping[str, Any], name: str, negated: str
    ) -> tuple[tuple[str, ...], bool]:
        """The values of an element or of its negation, of which only one may be there."""
        if negated in raw:
            if name in raw:
                raise self.error(SYNTAX, negated)
            return self.strings(raw[negated], negated), True
        return (self.strings(raw[name], name), False) if name in raw else ((), False)

    def strings(self, value: object, element: str) -> tuple[str, ...]:
        """A string or a list of strings; IAM passes over a null in a list."""
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list | tuple):
            if None in value:
                value = [item for item in value if item is not None]
            for item in value:
                if not isinstance(item, str):
                    raise self.error(SYNTAX, element)
            return tuple(value)
        raise self.error(SYNTAX, element)

    def check_kind(
        self, actions: tuple[str, ...], resources: tuple[str, ...], *, has_resource: bool
    ) -> None:
        if self.rules.resource == "prohibited":
            if has_resource:
                raise self.error("Has prohibited field Resource", "Resource")
            for action in actions:
                if not is_assume_role_action(action):
                    raise self.error(
                        "AssumeRole policy may only specify STS AssumeRole actions.", "Action"
                    )
        elif not resources and (has_resource or self.rules.resource == "required"):
            raise self.error("Policy statement must contain resources.", "Resource")

    def check_resource_control(self, raw: Mapping[str, Any], actions: tuple[str, ...]) -> None:
        """RCPs only deny, to everybody; only AWS's own `RCPFullAWSAccess` allows.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
        """
        if raw.get("Principal") != "*":
            raise self.error("Invalid principal in policy", "Principal")
        if raw["Effect"] == "Allow":
            everything = raw.get("Action") == "*" and raw.get("Resource") == "*"
            if not everything or "Condition" in raw:
                raise self.error(SYNTAX, "Effect")
        elif "NotAction" in raw or "*" in actions:
            raise self.error(SYNTAX, "NotAction" if "NotAction" in raw else "Action")

    def principals(self, raw: Mapping[str, Any]) -> tuple[Principals | None, bool]:
        negated = "NotPrincipal" in raw
        name = "NotPrincipal" if negated else "Principal"
        if negated and "Principal" in raw:
            raise self.error(SYNTAX, "NotPrincipal")
        if self.rules.principal == "prohibited":
            if name in raw:
                raise self.error("Policy document should not specify a principal.", name)
            return None, False
        if name not in raw:
            raise self.error("Missing required field Principal", "Principal")
        if negated and self.kind in ("trust", "resource-control"):
            raise self.error("Has prohibited field NotPrincipal", "NotPrincipal")
        return Principals(self.principal_entries(raw[name], name)), negated

    def principal_entries(self, value: object, element: str) -> list[PrincipalEntry]:
        if value == "*":
            return [("*", "*")]
        if not _is_object(value) or not value:
            raise self.error("Invalid principal in policy", element)
        entries: list[PrincipalEntry] = []
        for kind, given in value.items():
            place = f"{element}.{kind}"
            if kind not in _PRINCIPAL_TYPES:
                raise self.error("Invalid principal in policy", place)
            for item in self.strings(given, place):
                if kind == "AWS" and not is_aws_principal(item):
                    raise self.error(f'Invalid principal in policy: "AWS":"{item}"', place)
                entries.append((kind, item))
        return entries

    def conditions(self, block: object) -> tuple[Condition, ...]:
        if not _is_object(block):
            raise self.error(SYNTAX, "Condition")
        found: list[Condition] = []
        for name, keys in block.items():
            if not _is_object(keys):
                raise self.error(SYNTAX, f"Condition.{name}")
            if not keys:
                continue
            try:
                parsed = _split_operator(name)
            except UnknownOperatorError:
                raise self.error(SYNTAX, f"Condition.{name}") from None
            for key, given in keys.items():
                values = self.condition_values(given, name, key)
                if parsed[1].dates and not all(map(is_date, values)):
                    raise self.error(LEGACY, f"Condition.{name}.{key}")
                found.append(Condition(name, parsed, key, values, variables=self.variables))
        return tuple(found)

    def condition_values(self, given: object, name: str, key: str) -> tuple[str, ...]:
        if isinstance(given, str):
            return (given,)
        items = given if isinstance(given, list | tuple) else (given,)
        values: list[str] = []
        for item in items:
            if isinstance(item, str):
                values.append(item)
            elif isinstance(item, bool):
                values.append("true" if item else "false")
            elif isinstance(item, int | float):
                values.append(json.dumps(item))
            else:
                raise self.error(SYNTAX, f"Condition.{name}.{key}")
        return tuple(values)


_split_operator = lru_cache(maxsize=512)(split_operator)
