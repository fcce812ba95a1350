"""Policies with a statement less, or an Allow more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulator.iam.checks import is_assume_role_action, resource_problem
from simulator.iam.decision import PolicyType
from simulator.iam.document import parse_policy
from simulator.iam.evaluation import BOUNDARY, IDENTITY, RESOURCE, SERVICE_CONTROL, SESSION
from simulator.iam.request import AttachedPolicy, PolicySet, Request, caller_of
from simulator.iam.statement import DocumentKind, Policy, Statement


def granting(policies: PolicySet, request: Request, missing: PolicyType) -> PolicySet | None:
    """The policies with one more, of the type that does not allow."""
    if missing == IDENTITY:
        return replace(policies, identity=(*policies.identity, _allow(request, "identity")))
    if missing == BOUNDARY and policies.boundary is not None:
        extra = _allow(request, "boundary")
        return replace(policies, boundary=_joined(policies.boundary, extra))
    if missing == SESSION:
        return replace(policies, session=(*(policies.session or ()), _allow(request, "session")))
    if missing == SERVICE_CONTROL:
        extra = _allow(request, "service-control")
        levels = tuple((*level, extra) for level in policies.service_control)
        return replace(policies, service_control=levels)
    if missing == RESOURCE and caller_of(request.principal).account:
        kind: DocumentKind = "trust" if ":role/" in request.resource else "resource"
        if kind == "trust" and not is_assume_role_action(request.action):
            return None  # a trust policy says who may assume the role, and nothing else
        extra = _allow(request, kind)
        old = policies.resource
        return replace(policies, resource=extra if old is None else _joined(old, extra))
    return None


def _allow(request: Request, kind: DocumentKind) -> AttachedPolicy:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": request.action}
    if kind != "trust":
        # Not everything that is asked for is an ARN: ``policy path /``. Stars in one would be
        # wildcards, which match it as well.
        is_arn = resource_problem(request.resource) is None
        statement["Resource"] = request.resource if is_arn else "*"
    if kind in ("trust", "resource"):
        statement["Principal"] = {"AWS": request.principal}
    # The version without variables: a key may be called ``${aws:username}``.
    document = {"Version": "2008-10-17", "Statement": [statement]}
    return AttachedPolicy(parse_policy(document, kind), "an Allow")


def each_policy(
    policies: PolicySet, change: Callable[[AttachedPolicy], AttachedPolicy]
) -> PolicySet:
    """The set with every policy replaced by what `change` makes of it."""

    def several(given: tuple[AttachedPolicy, ...]) -> tuple[AttachedPolicy, ...]:
        return tuple(change(policy) for policy in given)

    return PolicySet(
        several(policies.identity),
        None if policies.session is None else several(policies.session),
        None if policies.boundary is None else change(policies.boundary),
        None if policies.resource is None else change(policies.resource),
        tuple(several(level) for level in policies.service_control),
        tuple(several(level) for level in policies.resource_control),
    )


def all_policies(policies: PolicySet) -> list[AttachedPolicy]:
    """Every policy of the set, in no order that matters."""
    found: list[AttachedPolicy] = []

    def keep(policy: AttachedPolicy) -> AttachedPolicy:
        found.append(policy)
        return policy

    each_policy(policies, keep)
    return found


def without_statement(
    policies: PolicySet, policy: AttachedPolicy, statement: Statement
) -> PolicySet:
    """The policies without one statement."""
    old = policy.policy
    kept = tuple(each for each in old.statements if each.index != statement.index)
    less = replace(policy, policy=Policy(old.document, None, old.kind, kept))
    return each_policy(policies, lambda each: less if each is policy else each)


def _joined(one: AttachedPolicy, extra: AttachedPolicy) -> AttachedPolicy:
    statements = (*one.policy.statements, *extra.policy.statements)
    return replace(one, policy=Policy(one.policy.document, None, one.policy.kind, statements))
