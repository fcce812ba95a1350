"""`iam:SimulatePrincipalPolicy` and `SimulateCustomPolicy`, by the evaluator that enforces.

Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy, EvaluationResult.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from simulator.backend import GroupView, RoleView, UserView
from simulator.clock import iso
from simulator.gateway.actions.rules import account_of
from simulator.gateway.simulated import evaluation_result, exclusions
from simulator.gateway.stages import AwsError, Call, ContextValue, WireResponse
from simulator.gateway.world import Levels, World
from simulator.iam import (
    AttachedPolicy,
    DocumentKind,
    MalformedPolicyDocument,
    PolicySet,
    Request,
    evaluate,
    parse_policy,
)
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import IAM_NAMESPACE, answer

_PAGE = 100
_VARIABLE = re.compile(r"\$\{\s*([^\s,}*?$]+)\s*[,}]")
_Source = UserView | GroupView | RoleView


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
    left_out = exclusions(parameters)
    own_boundary = None if isinstance(view, GroupView) else view.boundary
    if own_boundary and (left_out.has_type("permission-boundary") or left_out.has(own_boundary)):
        own_boundary = None
    scps = () if left_out.has_type("scp") else _scps(view.account, world)
    policies = PolicySet(
        identity=(
            *(each for each in view.identity if not left_out.has(each)),
            *_passed(parameters, "PolicyInputList", "identity"),
        ),
        boundary=passed_boundary or own_boundary,
        resource=_resource_policy(parameters),
        service_control=scps,
    )
    return _answer(call, str(parameters.get("CallerArn") or view.arn), _known(view), policies)


def context_keys_for_custom_policy(call: Call, world: World) -> WireResponse:
    """The condition keys that policies passed ask for.

    Raises:
        AwsError: `ValidationError` or `InvalidInput`.
    """
    check_parameters(call.operation)
    return _context_keys(call, _passed(call.operation.parameters, "PolicyInputList", "identity"))


def context_keys_for_principal_policy(call: Call, world: World) -> WireResponse:
    """The condition keys that a user's, group's or role's policies ask for, and those passed.

    Raises:
        AwsError: `ValidationError`, `InvalidInput`, or 404 `NoSuchEntity`.
    """
    check_parameters(call.operation)
    parameters = call.operation.parameters
    view = _source(str(parameters["PolicySourceArn"]), world)
    passed = _passed(parameters, "PolicyInputList", "identity")
    return _context_keys(call, (*view.identity, *passed))


def _context_keys(call: Call, policies: Iterable[AttachedPolicy]) -> WireResponse:
    """Keys of conditions and of variables, each once, whatever its letters' case."""
    found: dict[str, str] = {}
    for attached in policies:
        policy = attached.policy
        named = [each.key for statement in policy.statements for each in statement.conditions]
        if any(statement.variables for statement in policy.statements):
            named += _VARIABLE.findall(policy.text)
        for key in named:
            found.setdefault(key.lower(), key)
    names = sorted(found.values())
    return answer(call.operation.name, {"ContextKeyNames": names}, IAM_NAMESPACE)


def _scps(account: str, world: World) -> Levels:
    return world.organization_policies(account, "SERVICE_CONTROL_POLICY")


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
    page, marker = _page([str(action) for action in parameters["ActionNames"]], parameters)
    results = []
    for action in page:
        requests = (
            Request(caller, action, resource, account_of(resource) or owner, context)
            for resource in parameters.get("ResourceArns") or ("*",)
        )
        results.append(evaluation_result([evaluate(request, policies) for request in requests]))
    answered = {"EvaluationResults": results, "IsTruncated": marker is not None, "Marker": marker}
    return answer(call.operation.name, answered, IAM_NAMESPACE)


def _page(asked: list[str], parameters: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """The part of what is asked that `Marker` and `MaxItems` want, and the next `Marker`."""
    marker = str(parameters.get("Marker") or 0)
    start = int(marker) if marker.isascii() and marker.isdigit() else len(asked)
    if start and start >= len(asked):
        raise AwsError("ValidationError", "Invalid Marker.")
    end = start + int(parameters.get("MaxItems") or _PAGE)
    return asked[start:end], str(end) if end < len(asked) else None


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
