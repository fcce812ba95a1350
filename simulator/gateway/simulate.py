"""`iam:SimulatePrincipalPolicy` and `SimulateCustomPolicy`, by the evaluator that enforces.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy, EvaluationResult.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from simulator.backend import GroupView, RoleView, UserView
from simulator.clock import iso
from simulator.gateway.actions.rules import account_of
from simulator.gateway.stages import AwsError, Call, ContextValue, WireResponse
from simulator.gateway.world import World
from simulator.iam import (
    AttachedPolicy,
    Decision,
    DocumentKind,
    MalformedPolicyDocument,
    PolicySet,
    PolicyType,
    Request,
    evaluate,
    parse_policy,
)
from simulator.iam.positions import statement_spans
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import IAM_NAMESPACE, answer

_PAGE = 100
_Source = UserView | GroupView | RoleView

# What AWS answers; the API's model lists other values, which it doesn't use.
_SOURCE_TYPES: Mapping[PolicyType, str] = {
    "identity-based policy": "IAM Policy",
    "resource-based policy": "Resource Policy",
}


def simulate_custom_policy(call: Call, world: World) -> WireResponse:
    """Evaluate policies that are passed, attached to nobody.

    Raises:
        AwsError: `ValidationError` or `InvalidInput`.
    """
    check_parameters(call.operation)
    parameters = call.operation.parameters
    levels = (
        _passed(level, "ServiceControlPolicyInputList", "service-control")
        for level in parameters.get("OrderedOrganizationPolicyInputList") or ()
    )
    policies = PolicySet(
        identity=_passed(parameters, "PolicyInputList", "identity"),
        boundary=_one(_passed(parameters, "PermissionsBoundaryPolicyInputList", "boundary")),
        resource=_resource_policy(parameters),
        service_control=tuple(levels),
    )
    account = call.caller.account or world.account
    caller = str(parameters.get("CallerArn") or f"arn:aws:iam::{account}:user/simulated")
    return _answer(call, caller, {}, policies)


def simulate_principal_policy(call: Call, world: World) -> WireResponse:
    """Evaluate the policies of a user, group or role, with those that are passed besides.

    Raises:
        AwsError: `ValidationError`, `InvalidInput`, or 404 `NoSuchEntity`.
    """
    check_parameters(call.operation)
    parameters = call.operation.parameters
    view = _source(str(parameters["PolicySourceArn"]), world)
    passed_boundary = _one(_passed(parameters, "PermissionsBoundaryPolicyInputList", "boundary"))
    own_boundary = None if isinstance(view, GroupView) else view.boundary
    policies = PolicySet(
        identity=(*view.identity, *_passed(parameters, "PolicyInputList", "identity")),
        boundary=passed_boundary or own_boundary,
        resource=_resource_policy(parameters),
        service_control=world.organization_policies(view.account, "SERVICE_CONTROL_POLICY"),
    )
    return _answer(call, str(parameters.get("CallerArn") or view.arn), _known(view), policies)


def _known(view: _Source) -> dict[str, ContextValue]:
    """The condition keys that are known of whoever is simulated."""
    context: dict[str, ContextValue] = {
        "aws:PrincipalArn": view.arn,
        "aws:PrincipalAccount": view.account,
        "aws:userid": view.unique_id,
    }
    if not isinstance(view, GroupView):
        context |= {f"aws:PrincipalTag/{key}": value for key, value in view.tags.items()}
    if isinstance(view, UserView):
        context["aws:username"] = view.name
        context["aws:PrincipalType"] = "User"
    return context


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
    owner = account_of(str(parameters.get("ResourceOwner", ""))) or ""
    asked = [
        (action, resource)
        for action in parameters["ActionNames"]
        for resource in parameters.get("ResourceArns") or ("*",)
    ]
    page, marker = _page(asked, parameters)
    results = []
    for action, resource in page:
        request = Request(caller, action, resource, account_of(resource) or owner, context)
        results.append(_result(evaluate(request, policies)))
    answered = {"EvaluationResults": results, "IsTruncated": marker is not None, "Marker": marker}
    return answer(call.operation.name, answered, IAM_NAMESPACE)


def _page(
    asked: list[tuple[str, str]], parameters: Mapping[str, Any]
) -> tuple[list[tuple[str, str]], str | None]:
    """The part of what is asked that `Marker` and `MaxItems` want, and the next `Marker`."""
    marker = str(parameters.get("Marker") or 0)
    start = int(marker) if marker.isascii() and marker.isdigit() else len(asked)
    if start and start >= len(asked):
        raise AwsError("ValidationError", "Invalid Marker.")
    end = start + int(parameters.get("MaxItems") or _PAGE)
    return asked[start:end], str(end) if end < len(asked) else None


def _result(decision: Decision) -> dict[str, Any]:
    matched = list(_matched_statements(decision))
    missing = sorted(_missing_keys(decision))
    common: dict[str, Any] = {"MatchedStatements": matched, "MissingContextValues": missing}
    if decision.policies.boundary is not None:
        allows = _verdict(decision, "permissions boundary") in ("allow", "bypassed")
        common["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allows}
    whole = dict(common)
    if decision.policies.service_control:
        allows = _verdict(decision, "service control policy") == "allow"
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


def _verdict(decision: Decision, policy_type: PolicyType) -> str:
    stages = decision.trace.stages
    return next(stage.verdict for stage in stages if stage.policy_type == policy_type)


def _matched_statements(decision: Decision) -> Iterator[dict[str, Any]]:
    """Identity and resource policies' statements for the outcome; none for an implicit deny."""
    effect = {"allowed": "Allow", "explicitDeny": "Deny"}.get(decision.outcome)
    for stage in decision.trace.stages:
        kind = _SOURCE_TYPES.get(stage.policy_type)
        for policy in stage.policies if kind else ():
            spans = statement_spans(policy.attached.policy.text)
            for statement in policy.statements:
                if statement.matched and statement.effect == effect:
                    start, end = spans[statement.index]
                    yield {
                        "SourcePolicyId": _source_id(policy.attached),
                        "SourcePolicyType": kind,
                        "StartPosition": {"Line": start.line, "Column": start.column},
                        "EndPosition": {"Line": end.line, "Column": end.column},
                    }


def _source_id(attached: AttachedPolicy) -> str:
    """A managed policy by its name, an inline one by whom it is in as well."""
    kind, _, path_and_name = (attached.attached_to or "").rpartition(":")[2].partition("/")
    if attached.arn is None and kind in ("user", "group", "role"):
        return f"{kind}_{path_and_name.rpartition('/')[2]}_{attached.name}"
    return attached.name


def _missing_keys(decision: Decision) -> set[str]:
    """Condition keys that identity and resource policies ask for and nobody gave."""
    return {
        condition.key
        for stage in decision.trace.stages
        if stage.policy_type in _SOURCE_TYPES
        for policy in stage.policies
        for statement in policy.statements
        for condition in statement.conditions
        if condition.request_values is None
    }


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


def _source(arn: str, world: World) -> _Source:
    parts = arn.split(":", 5)
    if len(parts) == 6:
        kind, _, path_and_name = parts[5].partition("/")
        name = path_and_name.rpartition("/")[2]
        find: Mapping[str, Callable[[str, str], _Source | None]] = {
            "user": world.backend.user,
            "group": world.backend.group,
            "role": world.backend.role,
        }
        view = find[kind](parts[4], name) if kind in find else None
        if view is not None and view.arn == arn:
            return view
    raise AwsError("NoSuchEntity", f"The entity with ARN {arn} cannot be found.", 404)


def _context_entries(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, ContextValue]]:
    for entry in entries:
        values = [str(value) for value in entry.get("ContextKeyValues", ())]
        many = str(entry.get("ContextKeyType", "string")).endswith("List") or len(values) != 1
        yield str(entry.get("ContextKeyName", "")), tuple(values) if many else values[0]
