"""Filling the trace of a decision."""

from __future__ import annotations

from simulator.iam.conditions import Condition
from simulator.iam.decision import Decision, PolicyType
from simulator.iam.evaluation import (
    BOUNDARY,
    IDENTITY,
    NEEDS_NO_PERMISSION,
    RESOURCE,
    RESOURCE_CONTROL,
    SERVICE_CONTROL,
    SESSION,
    is_narrowed,
    is_service_linked,
)
from simulator.iam.matching import glob as action_pattern
from simulator.iam.matching import resource_parts, resource_pattern
from simulator.iam.operators import NULL
from simulator.iam.principals import ACCOUNT, DIRECT, NO_MATCH, ROLE, Principals
from simulator.iam.request import AttachedPolicy, Facts
from simulator.iam.statement import Statement
from simulator.iam.trace import (
    ConditionTrace,
    ElementTrace,
    PolicyTrace,
    Stage,
    StatementTrace,
    Trace,
    Verdict,
)
from simulator.iam.variables import template

_DIRECTNESS = {
    NO_MATCH: "does not name the caller",
    ACCOUNT: "names the caller's account, which leaves it to the account's own policies",
    ROLE: "names what stands behind the session, so boundary and session policies still limit it",
    DIRECT: "names the caller itself",
}


def trace_of(decision: Decision) -> Trace:
    """Work out the trace of a decision from what it was made of."""
    return Trace(_Explainer(decision).stages())


class _Explainer:
    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.policies = decision.policies
        self.facts = Facts(decision.request, bounded=decision.policies.boundary is not None)

    def stages(self) -> tuple[Stage, ...]:
        policies = self.policies
        boundary = (policies.boundary,) if policies.boundary else ()
        resource = (policies.resource,) if policies.resource else ()
        return (
            self.levels(SERVICE_CONTROL, policies.service_control, always_open=False),
            self.levels(RESOURCE_CONTROL, policies.resource_control, always_open=True),
            self.stage(RESOURCE, resource),
            self.stage(IDENTITY, policies.identity),
            self.stage(BOUNDARY, boundary),
            self.stage(SESSION, policies.session or ()),
        )

    def levels(
        self,
        policy_type: PolicyType,
        levels: tuple[tuple[AttachedPolicy, ...], ...],
        *,
        always_open: bool,
    ) -> Stage:
        """A stage in which every level must leave the action open."""
        if self.not_applied(policy_type):
            note = f"no {policy_type} applies to this caller"
            return Stage(policy_type, "none", note, ())
        traces = [
            [self.policy(policy_type, attached, number) for attached in level]
            for number, level in enumerate(levels)
        ]
        flat = tuple(trace for level in traces for trace in level)
        closed = [number for number, level in enumerate(traces) if not _allows(level)]
        if not levels:
            return Stage(policy_type, "none", f"there is no {policy_type}", ())
        if _denies(flat):
            return Stage(policy_type, "explicitDeny", "a statement denies", flat)
        if closed and not always_open:
            note = f"level {closed[0]} (0 is the root) does not allow the action"
            return Stage(policy_type, "implicitDeny", note, flat)
        return Stage(policy_type, "allow", "every level leaves the action open", flat)

    def not_applied(self, policy_type: PolicyType) -> bool:
        if is_service_linked(self.facts):
            return True
        return policy_type == SERVICE_CONTROL and not self.facts.caller.account

    def stage(self, policy_type: PolicyType, attached: tuple[AttachedPolicy, ...]) -> Stage:
        traces = tuple(self.policy(policy_type, policy) for policy in attached)
        verdict, note = self.verdict(policy_type, traces)
        return Stage(policy_type, verdict, note, traces)

    def verdict(
        self, policy_type: PolicyType, traces: tuple[PolicyTrace, ...]
    ) -> tuple[Verdict, str]:
        if self.facts.action in NEEDS_NO_PERMISSION and self.decision.allowed:
            return "bypassed", "the action needs no permission"
        if _denies(traces):
            return "explicitDeny", "a statement denies"
        if _allows(traces):
            return "allow", "a statement allows"
        limits = policy_type in (BOUNDARY, SESSION)
        absent = not traces
        if absent and not (policy_type == SESSION and is_narrowed(self.policies, self.facts)):
            return "none", f"there is no {policy_type}"
        if self.decision.allowed:
            why = "the resource's own policy names the caller" if limits else "another type allows"
            return "bypassed", f"no statement allows, and none is needed: {why}"
        if absent:
            return "implicitDeny", "a federated user's session without a policy may do nothing"
        return "implicitDeny", "no statement allows"

    def policy(
        self, policy_type: PolicyType, attached: AttachedPolicy, level: int | None = None
    ) -> PolicyTrace:
        decides = self.decision.policy_type == policy_type and self.decision.policy is attached
        principals = policy_type == RESOURCE
        return PolicyTrace(
            attached,
            tuple(
                self.statement(
                    statement,
                    deciding=decides and self.decision.statement == statement.index,
                    principals=principals,
                )
                for statement in attached.policy.statements
            ),
            level,
        )

    def statement(
        self, statement: Statement, *, deciding: bool, principals: bool
    ) -> StatementTrace:
        principal = self.principal(statement) if principals else None
        action = self.action(statement)
        resource = self.resource(statement) if statement.resources else None
        conditions = tuple(self.condition(condition) for condition in statement.conditions)
        elements = (principal, action, resource, *conditions)
        return StatementTrace(
            statement.index,
            statement.sid or None,
            statement.effect,
            all(element.matched for element in elements if element is not None),
            deciding,
            principal,
            action,
            resource,
            conditions,
        )

    def principal(self, statement: Statement) -> ElementTrace | None:
        if statement.principals is None:
            return None
        entries = statement.principals.entries
        strengths = [Principals((entry,)).match(self.facts) for entry in entries]
        strength = max(strengths, default=NO_MATCH)
        best = strengths.index(strength) if strength else None
        shown = tuple("*" if kind == "*" else f"{kind}: {value}" for kind, value in entries)
        note = _DIRECTNESS[strength]
        if statement.not_principal and statement.denies and self.facts.bounded:
            note = "a Deny with NotPrincipal catches every caller that has a permissions boundary"
        return ElementTrace(
            "NotPrincipal" if statement.not_principal else "Principal",
            shown,
            None if best is None else shown[best],
            statement.matches_principal(self.facts) != NO_MATCH,
            note,
        )

    def action(self, statement: Statement) -> ElementTrace:
        fits = [a for a in statement.actions if action_pattern(a.lower())(self.facts.action)]
        return ElementTrace(
            "NotAction" if statement.not_action else "Action",
            statement.actions,
            fits[0] if fits else None,
            statement.matches_action(self.facts.action),
        )

    def resource(self, statement: Statement) -> ElementTrace:
        fits: str | None = None
        notes: list[str] = []
        for value in statement.resources:
            dynamic = template(value) if statement.variables else None
            filled = dynamic.resolve(self.facts.context) if dynamic else None
            if dynamic is not None and filled is None:
                notes.append(f"{value}: a variable has no value, so it matches nothing")
                continue
            matcher = resource_pattern(value) if filled is None else resource_parts(filled)
            if fits is None and matcher(self.facts.resource):
                fits = value
        return ElementTrace(
            "NotResource" if statement.not_resource else "Resource",
            statement.resources,
            fits,
            statement.matches_resource(self.facts),
            "; ".join(notes),
        )

    def condition(self, condition: Condition) -> ConditionTrace:
        context = self.facts.context
        actual = context.get(condition.lookup)
        values = (actual,) if isinstance(actual, str) else actual or None
        resolved = condition.resolved_values(context)
        shown = zip(resolved, condition.values, strict=True)
        return ConditionTrace(
            condition.operator,
            condition.key,
            tuple(raw if value is None else value for value, raw in shown),
            None if values is None else tuple(values),
            condition.holds(context),
            condition.base.symbol,
            _note(condition, None if values is None else len(values), None in resolved),
        )


def _note(condition: Condition, count: int | None, unresolved: bool) -> str:
    if condition.base.name == NULL:
        return "the key is absent" if count is None else "the key is present"
    if count is None:
        holds = "holds" if condition.when_absent else "does not hold"
        return f"the key is absent from the request, so {condition.operator} {holds}"
    if count > 1 and not condition.quantifier:
        return "the key has several values, which needs ForAllValues or ForAnyValue"
    if unresolved:
        return "a policy variable has no value, so that value matches nothing"
    return ""


def _denies(traces: tuple[PolicyTrace, ...]) -> bool:
    return _any_matched(traces, "Deny")


def _allows(traces: tuple[PolicyTrace, ...] | list[PolicyTrace]) -> bool:
    return _any_matched(traces, "Allow")


def _any_matched(traces: tuple[PolicyTrace, ...] | list[PolicyTrace], effect: str) -> bool:
    return any(
        statement.matched and statement.effect == effect
        for trace in traces
        for statement in trace.statements
    )
