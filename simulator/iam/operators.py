"""The condition operators: a table with one entry for each.

An operator says how a list of policy values becomes one matcher over a request value. The
values are alternatives; a negated operator holds where none of them matches.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator as compare
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.iam.matching import Matcher, Part, arn_parts, glob, glob_parts
from simulator.iam.values import (
    parse_address,
    parse_bool,
    parse_date,
    parse_network,
    parse_number,
)

Value = tuple[Part, ...]
"""A policy value, variables filled in: stretches of text, literal or with wildcards."""

Compile = Callable[[Sequence[Value]], Matcher]
"""Makes one matcher of a key's policy values: whether any of them matches."""


Relation = Callable[[Any, Any], bool]
"""Between a request's parsed value and a policy's."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One condition operator.

    Attributes:
        name: AWS's spelling.
        symbol: between the request's value and the policy's, for people: ``<``.
        compile: makes the matcher of the positive form.
        negated: the condition holds where the matcher does not.
        variables: whether policy variables are filled in.
        dates: whether its values are dates, whose form is checked when a policy is saved.
    """

    name: str
    symbol: str
    compile: Compile
    negated: bool = False
    variables: bool = False
    dates: bool = False


def literal(value: Value) -> str:
    """The text of a value whose wildcards mean themselves."""
    return value[0][0] if len(value) == 1 else "".join(text for text, _ in value)


def _any(matchers: Sequence[Matcher]) -> Matcher:
    if len(matchers) == 1:
        return matchers[0]
    return lambda text: any(matcher(text) for matcher in matchers)


def _equals(values: Sequence[Value]) -> Matcher:
    if len(values) == 1:
        return literal(values[0]).__eq__
    return frozenset(map(literal, values)).__contains__


def _equals_ignoring_case(values: Sequence[Value]) -> Matcher:
    lowered = frozenset(literal(value).lower() for value in values)
    return lambda text: text.lower() in lowered


def _like(values: Sequence[Value]) -> Matcher:
    return _any([_glob(value) for value in values])


def _glob(value: Value) -> Matcher:
    if len(value) == 1 and value[0][1]:
        return glob(value[0][0])
    return glob_parts(value)


def _arn_like(values: Sequence[Value]) -> Matcher:
    return _any([arn_parts(value) for value in values])


def _typed(parse: Callable[[str], Any], relation: Relation) -> Compile:
    """A relation between a parsed request value and any parsed policy value."""

    def compile_values(values: Sequence[Value]) -> Matcher:
        wanted = [parsed for value in values if (parsed := parse(literal(value))) is not None]

        def matches(text: str) -> bool:
            actual = parse(text)
            return actual is not None and any(relation(actual, value) for value in wanted)

        return matches

    return compile_values


def _in_network(values: Sequence[Value]) -> Matcher:
    networks = [network for value in values if (network := parse_network(literal(value)))]

    def matches(text: str) -> bool:
        address = parse_address(text)
        if address is None:
            return False
        version, number = address
        return any(
            version == network.version and number >> network.host_bits == network.base
            for network in networks
        )

    return matches


def _decode(text: str) -> bytes | None:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


def _family(
    prefix: str, parse: Callable[[str], Any], *, dates: bool = False
) -> tuple[Operator, ...]:
    """The six comparisons of numbers or dates."""

    def entry(suffix: str, symbol: str, relation: Relation, *, negated: bool = False) -> Operator:
        compiler = _typed(parse, relation)
        return Operator(prefix + suffix, symbol, compiler, negated=negated, dates=dates)

    return (
        entry("Equals", "=", compare.eq),
        entry("NotEquals", "≠", compare.eq, negated=True),
        entry("LessThan", "<", compare.lt),
        entry("LessThanEquals", "≤", compare.le),
        entry("GreaterThan", ">", compare.gt),
        entry("GreaterThanEquals", "≥", compare.ge),
    )


NULL = "Null"
"""The operator that looks at presence alone."""

_ALL = (
    Operator("StringEquals", "=", _equals, variables=True),
    Operator("StringNotEquals", "≠", _equals, negated=True, variables=True),
    Operator("StringEqualsIgnoreCase", "= (any case)", _equals_ignoring_case, variables=True),
    Operator(
        "StringNotEqualsIgnoreCase",
        "≠ (any case)",
        _equals_ignoring_case,
        negated=True,
        variables=True,
    ),
    Operator("StringLike", "like", _like, variables=True),
    Operator("StringNotLike", "not like", _like, negated=True, variables=True),
    *_family("Numeric", parse_number),
    *_family("Date", parse_date, dates=True),
    Operator("Bool", "=", _typed(parse_bool, compare.eq), variables=True),
    Operator("BinaryEquals", "=", _typed(_decode, compare.eq)),
    Operator("IpAddress", "in", _in_network),
    Operator("NotIpAddress", "not in", _in_network, negated=True),
    Operator("ArnEquals", "like", _arn_like, variables=True),
    Operator("ArnLike", "like", _arn_like, variables=True),
    Operator("ArnNotEquals", "not like", _arn_like, negated=True, variables=True),
    Operator("ArnNotLike", "not like", _arn_like, negated=True, variables=True),
    Operator(NULL, "is absent:", _equals_ignoring_case),
)

OPERATORS: dict[str, Operator] = {entry.name.lower(): entry for entry in _ALL}
"""Every operator by its name in lower case."""
