"""One line of a `Condition` block: an operator, a key and its values, compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from simulator.iam.matching import Matcher
from simulator.iam.operators import NULL, OPERATORS, Operator, Value
from simulator.iam.variables import ContextValue, Template, template

Quantifier = Literal["", "forallvalues:", "foranyvalue:"]
"""The set operator in front, in lower case; empty for none."""

_IF_EXISTS = "ifexists"


class UnknownOperatorError(ValueError):
    """A condition names an operator that does not exist."""


def split_operator(name: str) -> tuple[Quantifier, Operator, bool]:
    """Take an operator as written apart.

    Returns:
        The set operator in front, the operator, and whether ``IfExists`` follows.

    Raises:
        UnknownOperatorError: there is no such operator.
    """
    rest = name.lower()
    quantifier: Quantifier = ""
    if rest.startswith("forallvalues:"):
        quantifier, rest = "forallvalues:", rest[13:]
    elif rest.startswith("foranyvalue:"):
        quantifier, rest = "foranyvalue:", rest[12:]
    operator = OPERATORS.get(rest)
    if operator is not None:
        return quantifier, operator, False
    if rest.endswith(_IF_EXISTS):
        operator = OPERATORS.get(rest[: -len(_IF_EXISTS)])
        if operator is not None and operator.name != NULL:
            return quantifier, operator, True
    raise UnknownOperatorError(name)


class Condition:
    """A condition as written, and its test, compiled when first needed.

    Attributes:
        operator: as written: ``ForAllValues:StringLikeIfExists``.
        key: as written: ``aws:TagKeys``.
        values: the policy's values, as text.
        lookup: the key in lower case.
        base: the operator without its set operator and suffix.
        quantifier: the set operator.
        when_absent: the outcome where the request has no such key.
        variables: whether policy variables are filled in (operator and `Version` permitting).
    """

    __slots__ = (
        "_dynamic",
        "_matcher",
        "base",
        "key",
        "lookup",
        "operator",
        "quantifier",
        "values",
        "variables",
        "when_absent",
    )

    def __init__(
        self,
        operator: str,
        parsed: tuple[Quantifier, Operator, bool],
        key: str,
        values: tuple[str, ...],
        *,
        variables: bool,
    ) -> None:
        self.operator = operator
        self.key = key
        self.values = values
        self.lookup = key.lower()
        self.quantifier, self.base, if_exists = parsed
        self.variables = variables and self.base.variables
        self.when_absent = (
            if_exists
            or self.quantifier == "forallvalues:"
            or (self.base.negated and self.quantifier != "foranyvalue:")
        )
        self._matcher: Matcher | None = None
        self._dynamic: tuple[Value | Template, ...] | None = None

    def holds(self, context: Mapping[str, ContextValue]) -> bool:
        """Whether the condition is met.

        Args:
            context: condition keys in lower case.
        """
        value = context.get(self.lookup)
        # An empty text is a value; a list of none is as good as no key at all.
        absent = not value and value != ""
        if self.base.name == NULL:
            return self._presence(context, absent=absent)
        if value is None or absent:
            return self.when_absent
        negated = self.base.negated
        if isinstance(value, str):
            if not value and self.quantifier == "forallvalues:":
                return True
            return self.matches(context)(value) != negated
        return self.holds_for_many(value, self.matches(context))

    def _presence(self, context: Mapping[str, ContextValue], *, absent: bool) -> bool:
        """`Null`; with a set operator in front it says always the same.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
        (Null with qualifier)
        """
        if self.quantifier:
            return self.quantifier == "forallvalues:"
        return self.matches(context)("true" if absent else "false")

    def holds_for_many(self, values: Sequence[str], matches: Matcher) -> bool:
        """The outcome for a key with several values.

        Without a set operator a key with more than one value meets no condition, negated
        or not: AWS wants `ForAllValues` or `ForAnyValue` for multivalued keys.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        negated = self.base.negated
        if self.quantifier == "forallvalues:":
            return all(matches(value) != negated for value in values)
        if self.quantifier == "foranyvalue:":
            return any(matches(value) != negated for value in values)
        return len(values) == 1 and matches(values[0]) != negated

    def matches(self, context: Mapping[str, ContextValue]) -> Matcher:
        """The matcher over one request value, variables filled in from the context."""
        if self._matcher is not None:
            return self._matcher
        if self._dynamic is None:
            self._dynamic = tuple(self._prepare(value) for value in self.values)
        resolved: list[Value] = []
        static = True
        for value in self._dynamic:
            if isinstance(value, Template):
                static = False
                filled = value.resolve(context)
                if filled is not None:
                    resolved.append(filled)
            else:
                resolved.append(value)
        matcher = self.base.compile(resolved) if resolved else _nothing
        if static:
            self._matcher = matcher
        return matcher

    def resolved_values(self, context: Mapping[str, ContextValue]) -> tuple[str | None, ...]:
        """The policy's values with variables filled in; ``None`` where one has no value."""
        shown: list[str | None] = []
        for value in self.values:
            prepared = self._prepare(value)
            filled = prepared.resolve(context) if isinstance(prepared, Template) else prepared
            shown.append(None if filled is None else "".join(text for text, _ in filled))
        return tuple(shown)

    def _prepare(self, value: str) -> Value | Template:
        if self.variables and (compiled := template(value)) is not None:
            return compiled
        return ((value, True),)


def _nothing(_text: str) -> bool:
    return False
