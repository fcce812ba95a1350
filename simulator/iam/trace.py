"""How a decision came about: every policy and statement looked at, and what matched.

Nothing here decides; `simulator.iam.explain` fills it from the same matchers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from simulator.iam.decision import PolicyType
from simulator.iam.operators import NULL
from simulator.iam.request import AttachedPolicy
from simulator.iam.statement import Effect

Verdict = Literal["explicitDeny", "allow", "implicitDeny", "bypassed", "none"]
"""What a type of policy says: ``bypassed``: it does not allow, and need not;
``none``: there is no policy of the type."""


@dataclass(frozen=True, slots=True)
class ElementTrace:
    """`Principal`, `Action` or `Resource` (or its negation) against the request.

    Attributes:
        name: the element as written: ``NotAction``.
        values: its values as written; a principal's as ``AWS: arn:…``.
        value_that_matched: the one the request fits; ``None``: none does.
        matched: whether the element lets the statement apply (for a negation: none fits).
        note: what is worth saying, or empty.
    """

    name: str
    values: tuple[str, ...]
    value_that_matched: str | None
    matched: bool
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "values": list(self.values),
            "value_that_matched": self.value_that_matched,
            "matched": self.matched,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """One operator and key of a `Condition` block against the request.

    Attributes:
        operator: as written: ``DateLessThan``.
        key: as written: ``aws:TokenIssueTime``.
        policy_values: variables filled in; as written where one has no value.
        request_values: ``None``: the request has no such key.
        matched: whether the condition holds.
        symbol: the operator for people: ``<``.
        note: why, where the values alone do not show it.
    """

    operator: str
    key: str
    policy_values: tuple[str, ...]
    request_values: tuple[str, ...] | None
    matched: bool
    symbol: str
    note: str = ""

    @property
    def sentence(self) -> str:
        """``aws:TokenIssueTime 2021-08-09T06:00:00Z < 2021-08-09T06:22:23.999Z``."""
        if self.operator.endswith(NULL):
            return f"{self.key} is {'absent' if self.request_values is None else 'present'}"
        actual = "(absent)" if self.request_values is None else _listed(self.request_values)
        return f"{self.key} {actual} {self.symbol} {_listed(self.policy_values)}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "operator": self.operator,
            "key": self.key,
            "policy_values": list(self.policy_values),
            "request_values": None if self.request_values is None else list(self.request_values),
            "matched": self.matched,
            "note": self.note,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class StatementTrace:
    """One statement against the request.

    Attributes:
        index: its place in the document, from 0.
        sid: its `Sid`; ``None``: it has none.
        effect: ``Allow`` or ``Deny``.
        matched: whether every element and condition does.
        deciding: whether the decision rests on it.
        principal: ``None``: the kind of policy has none.
        action: `Action` or `NotAction`.
        resource: `Resource` or `NotResource`; ``None``: a trust policy has none.
        conditions: in the document's order.
    """

    index: int
    sid: str | None
    effect: Effect
    matched: bool
    deciding: bool
    principal: ElementTrace | None
    action: ElementTrace
    resource: ElementTrace | None
    conditions: tuple[ConditionTrace, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "index": self.index,
            "sid": self.sid,
            "effect": self.effect,
            "matched": self.matched,
            "deciding": self.deciding,
            "principal": self.principal.as_dict() if self.principal else None,
            "action": self.action.as_dict(),
            "resource": self.resource.as_dict() if self.resource else None,
            "conditions": [condition.as_dict() for condition in self.conditions],
        }


@dataclass(frozen=True, slots=True)
class PolicyTrace:
    """One policy against the request.

    Attributes:
        attached: the policy and where it hangs.
        statements: in the document's order.
        level: of an SCP or RCP: 0 is the root; ``None`` for other types.
    """

    attached: AttachedPolicy
    statements: tuple[StatementTrace, ...]
    level: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.attached.name,
            "arn": self.attached.arn,
            "attached_to": self.attached.attached_to,
            "level": self.level,
            "statements": [statement.as_dict() for statement in self.statements],
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """One type of policy.

    Attributes:
        policy_type: AWS's name for it.
        verdict: what it says.
        note: in words.
        policies: those of the type that apply to the request.
    """

    policy_type: PolicyType
    verdict: Verdict
    note: str
    policies: tuple[PolicyTrace, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "policy_type": self.policy_type,
            "verdict": self.verdict,
            "note": self.note,
            "policies": [policy.as_dict() for policy in self.policies],
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """Every stage of an evaluation, in AWS's order."""

    stages: tuple[Stage, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"stages": [stage.as_dict() for stage in self.stages]}


def _listed(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"
