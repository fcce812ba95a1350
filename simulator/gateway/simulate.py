"""`iam:SimulatePrincipalPolicy` and `SimulateCustomPolicy`, by the evaluator that enforces.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy, EvaluationResult.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.backend import RoleView, UserView
from simulator.clock import iso
from simulator.gateway.stages import AwsError, Call, ContextValue, WireResponse
from simulator.gateway.world import World
from simulator.iam import (
    AttachedPolicy,
    Decision,
    DocumentKind,
    MalformedPolicyDocument,
    PolicySet,
    Request,
    evaluate,
    parse_policy,
)
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def simulate_custom_policy(call: Call, world: World) -> WireResponse:
    """Evaluate policies that are passed, attached to nobody.

    Raises:
        AwsError: `ValidationError` or `InvalidInput`.
    """
    check_parameters(call.operation)
    parameters = call.operation.parameters
    policies = PolicySet(
        identity=_passed(parameters, "PolicyInputList", "identity"),
        boundary=_one(_passed(parameters, "PermissionsBoundaryPolicyInputList", "boundary")),
        resource=_resource_policy(parameters),
    )
    account = call.caller.account or world.account
    caller = str(parameters.get("CallerArn") or f"arn:aws:iam::{account}:user/simulated")
    return _answer(call, caller, {}, policies)


def simulate_principal_policy(call: Call, world: World) -> WireResponse:
    """Evaluate the policies of a user or role, with those that are passed besides.

    Raises:
        AwsError: `ValidationError`, `InvalidInput`, or 404 `NoSuchEntity`.
    """
    check_parameters(call.operation)
    parameters = call.operation.parameters
    view = _source(str(parameters["PolicySourceArn"]), world)
    passed_boundary = _one(_passed(parameters, "PermissionsBoundaryPolicyInputList", "boundary"))
    policies = PolicySet(
        identity=(*view.identity, *_passed(parameters, "PolicyInputList", "identity")),
        boundary=passed_boundary or view.boundary,
        resource=_resource_policy(parameters),
        service_control=world.organization_policies(view.account, "SERVICE_CONTROL_POLICY"),
    )
    context: dict[str, ContextValue] = {
        "aws:PrincipalArn": view.arn,
        "aws:PrincipalAccount": view.account,
        "aws:userid": view.unique_id,
        **{f"aws:PrincipalTag/{key}": value for key, value in view.tags.items()},
    }
    if isinstance(view, UserView):
        context["aws:username"] = view.name
        context["aws:PrincipalType"] = "User"
    return _answer(call, str(parameters.get("CallerArn") or view.arn), context, policies)


def _answer(
    call: Call, caller: str, known: Mapping[str, ContextValue], policies: PolicySet
) -> WireResponse:
    parameters = call.operation.parameters
    context = {
        "aws:CurrentTime": iso(call.wire.at),
        "aws:EpochTime": str(int(call.wire.at.timestamp())),
        **known,
        **dict(_context_entries(parameters.get("ContextEntries", ()))),
    }
    results = [
        _result(evaluate(Request(caller, action, resource, "", context), policies))
        for action in parameters["ActionNames"]
        for resource in parameters.get("ResourceArns") or ("*",)
    ]
    result = {"EvaluationResults": results, "IsTruncated": False}
    return answer(call.operation.name, result, _NAMESPACE)


def _result(decision: Decision) -> dict[str, Any]:
    matched = list(_matched_statements(decision))
    missing = sorted(_missing_keys(decision))
    common: dict[str, Any] = {"MatchedStatements": matched, "MissingContextValues": missing}
    if decision.policies.boundary is not None:
        stage = next(s for s in decision.trace.stages if s.policy_type == "permissions boundary")
        allows = stage.verdict in ("allow", "bypassed")
        common["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allows}
    whole = dict(common)
    if decision.policies.service_control:
        stage = next(s for s in decision.trace.stages if s.policy_type == "service control policy")
        allows = stage.verdict == "allow"
        whole["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allows}
    resource = decision.request.resource
    if resource != "*":
        whole["ResourceSpecificResults"] = [
            {"EvalResourceName": resource, "EvalResourceDecision": decision.outcome, **common}
        ]
    return {
        "EvalActionName": decision.request.action,
        "EvalResourceName": resource,
        "EvalDecision": decision.outcome,
        **whole,
    }


def _matched_statements(decision: Decision) -> Iterator[dict[str, Any]]:
    """Every statement that speaks for the outcome; none for an implicit deny."""
    effect = {"allowed": "Allow", "explicitDeny": "Deny"}.get(decision.outcome)
    for stage in decision.trace.stages:
        for policy in stage.policies:
            for statement in policy.statements:
                if statement.matched and statement.effect == effect:
                    yield {
                        "SourcePolicyId": policy.attached.name,
                        "SourcePolicyType": _source_type(policy.attached),
                    }


def _missing_keys(decision: Decision) -> set[str]:
    """Condition keys that policies ask for and the simulation was not given."""
    return {
        condition.key
        for stage in decision.trace.stages
        for policy in stage.policies
        for statement in policy.statements
        for condition in statement.conditions
        if condition.request_values is None
    }


def _source_type(attached: AttachedPolicy) -> str:
    if attached.arn is not None:
        return "aws-managed" if ":iam::aws:policy/" in attached.arn else "user-managed"
    kind = (attached.attached_to or "").rpartition(":")[2].partition("/")[0]
    return kind if kind in ("user", "group", "role") else _UNATTACHED.get(attached.name, "none")


_UNATTACHED = {"ResourcePolicy": "resource"}


def _passed(
    parameters: Mapping[str, Any], name: str, kind: DocumentKind
) -> tuple[AttachedPolicy, ...]:
    return tuple(
        _parsed(text, f"{name}.{number}", kind)
        for number, text in enumerate(parameters.get(name) or (), 1)
    )


def _parsed(text: object, name: str, kind: DocumentKind) -> AttachedPolicy:
    try:
        return AttachedPolicy(parse_policy(str(text), kind), name=name)
    except MalformedPolicyDocument as error:
        raise AwsError("InvalidInput", f"{name}: {error.message}") from error


def _resource_policy(parameters: Mapping[str, Any]) -> AttachedPolicy | None:
    text = parameters.get("ResourcePolicy")
    if text is None:
        return None
    if not parameters.get("CallerArn") and not parameters.get("PolicySourceArn"):
        raise AwsError("InvalidInput", "CallerArn is required with a ResourcePolicy.")
    return _parsed(text, "ResourcePolicy", "resource")


def _one(policies: Iterable[AttachedPolicy]) -> AttachedPolicy | None:
    return next(iter(policies), None)


def _source(arn: str, world: World) -> UserView | RoleView:
    parts = arn.split(":", 5)
    if len(parts) == 6:
        kind, _, path_and_name = parts[5].partition("/")
        name = path_and_name.rpartition("/")[2]
        view: UserView | RoleView | None = None
        if kind == "user":
            view = world.backend.user(parts[4], name)
        elif kind == "role":
            view = world.backend.role(parts[4], name)
        if view is not None and view.arn == arn:
            return view
    raise AwsError("NoSuchEntity", f"The user or role with ARN {arn} cannot be found.", 404)


def _context_entries(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, ContextValue]]:
    for entry in entries:
        values = [str(value) for value in entry.get("ContextKeyValues", ())]
        many = str(entry.get("ContextKeyType", "string")).endswith("List") or len(values) != 1
        yield str(entry.get("ContextKeyName", "")), tuple(values) if many else values[0]
