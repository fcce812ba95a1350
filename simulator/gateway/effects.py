"""What AWS does around a service's work that moto does not: checks before, effects after.

One row an operation: steps that may raise `AwsError`, and may leave something to do once the
call has succeeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from simulator.gateway.stages import AwsError, Caller, Operation, WireResponse
from simulator.gateway.world import World
from simulator.iam import DocumentKind, MalformedPolicyDocument, parse_policy
from simulator.sts.mfa import check_enabling

Then = Callable[[], None]
Before = Callable[[Operation, Caller, World], Then | None]


def before(operation: Operation, caller: Caller, world: World) -> tuple[Then, ...]:
    """Check a request as AWS would before the work is done.

    Returns:
        What is left to do once the call has succeeded.

    Raises:
        AwsError: the request is refused.
    """
    arns = operation.parameters.get("PolicyArn"), operation.parameters.get("PermissionsBoundary")
    if any(isinstance(arn, str) and ":iam::aws:policy/" in arn for arn in arns):
        world.backend.load_aws_managed_policies(caller.account or world.account)
    steps = _BEFORE.get((operation.service, operation.name), ())
    return tuple(then for step in steps if (then := step(operation, caller, world)))


def after(
    operation: Operation, response: WireResponse, then: tuple[Then, ...], world: World
) -> None:
    """Note that identities may have changed, and follow up a call that succeeded."""
    if operation.read_only or operation.service not in _CHANGES_IDENTITIES:
        return
    world.backend.changed()
    if response.status < 400:
        for follow_up in then:
            follow_up()
    world.policies_changed(world.clock.now())


def issued_key(operation: Operation, response: WireResponse) -> str | None:
    """The id of the access key an answer hands out; ``None`` if it hands out none."""
    if operation.service not in ("sts", "iam") or response.status >= 400:
        return None
    if operation.name not in _ISSUES_KEYS:
        return None
    found = re.search(rb"<AccessKeyId>(A[A-Z0-9]{15,})</AccessKeyId>", response.body)
    return found[1].decode() if found else None


def _check_document(
    parameter: str, kind: DocumentKind, code: str = "MalformedPolicyDocument"
) -> Before:
    """A policy must be a document AWS would take; each service has its own error code."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        text = _at(operation.parameters, parameter)
        if text is None:
            return
        try:
            parse_policy(text if isinstance(text, Mapping) else str(text), kind)
        except MalformedPolicyDocument as error:
            place = f" ({error.place})" if error.place else ""
            raise AwsError(code, f"{error.message}{place}") from error

    return check


def _at(parameters: Mapping[str, Any], path: str) -> Any:
    """The parameter at a path such as ``Attributes.Policy``; ``None`` where there is none."""
    found: Any = parameters
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found or None


def _check_topic_policy(operation: Operation, caller: Caller, world: World) -> None:
    if operation.parameters.get("AttributeName") == "Policy":
        _check_document("AttributeValue", "resource", "InvalidParameter")(operation, caller, world)


def _check_organization_policy(operation: Operation, caller: Caller, world: World) -> None:
    kind = _ORGANIZATION_POLICIES.get(str(operation.parameters.get("Type")))
    if kind is not None:
        _check_document("Content", kind, "MalformedPolicyDocumentException")(
            operation, caller, world
        )


def _check_principals(parameter: str) -> Before:
    """A trust policy may only name users and roles that exist.

    Source: IAM User Guide, "AWS JSON policy elements: Principal".
    """

    def check(operation: Operation, caller: Caller, world: World) -> None:
        text = operation.parameters.get(parameter)
        if text is None:
            return
        for arn in _principal_arns(parse_policy(str(text), "trust").document):
            if _NAMES_ONE.fullmatch(arn) and not world.backend.principal_exists(arn):
                raise AwsError(
                    "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"'
                )

    return check


def _set_boundary_afterwards(operation: Operation, caller: Caller, world: World) -> Then | None:
    """`CreateUser` with a boundary: moto forgets it, so it is set once the user is there."""
    arn = operation.parameters.get("PermissionsBoundary")
    if arn is None:
        return None
    account = caller.account or world.account
    if world.backend.managed_policy(str(arn), account, "boundary") is None:
        raise AwsError(
            "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404
        )
    name = str(operation.parameters.get("UserName", ""))

    def set_boundary() -> None:
        world.backend.set_user_boundary(account, name, str(arn))

    return set_boundary


def _principal_arns(document: Mapping[str, Any]) -> list[str]:
    statements = document.get("Statement", [])
    found: list[str] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            values = principal.get("AWS", []) if isinstance(principal, Mapping) else []
            found += [values] if isinstance(values, str) else list(values)
    return found


def _forget(kind: Literal["user", "role"], parameter: str) -> Before:
    """When a user or role is deleted, its unique id takes its ARN's place in policies."""

    def forget(operation: Operation, caller: Caller, world: World) -> Then | None:
        name = str(operation.parameters.get(parameter, ""))
        account = caller.account or world.account
        find = world.backend.user if kind == "user" else world.backend.role
        view = find(account, name)
        if view is None:
            return None
        return lambda: world.backend.forget_principal(view.arn, view.unique_id)

    return forget


def _check_nothing_left(operation: Operation, caller: Caller, world: World) -> None:
    """A user who has keys, a password, MFA or groups cannot be deleted."""
    name = str(operation.parameters.get("UserName", ""))
    must = world.backend.left_of_user(caller.account or world.account, name)
    if must is not None:
        raise AwsError("DeleteConflict", f"Cannot delete entity, must {must} first.", 409)


_NAMES_ONE = re.compile(r"arn:aws:iam::\d{12}:(user|role)/.+")

_ORGANIZATION_POLICIES: Mapping[str, DocumentKind] = {
    "SERVICE_CONTROL_POLICY": "service-control",
    "RESOURCE_CONTROL_POLICY": "resource-control",
}

_ISSUES_KEYS = {
    "CreateAccessKey",
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "AssumeRoleWithSAML",
    "GetSessionToken",
    "GetFederationToken",
}

_CHANGES_IDENTITIES = {"iam", "organizations", "cloudformation", "sts"}

_BEFORE: Mapping[tuple[str, str], tuple[Before, ...]] = {
    ("iam", "PutRolePolicy"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "PutUserPolicy"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "PutGroupPolicy"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "CreatePolicy"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "CreatePolicyVersion"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "CreateRole"): (
        _check_document("AssumeRolePolicyDocument", "trust"),
        _check_principals("AssumeRolePolicyDocument"),
    ),
    ("iam", "UpdateAssumeRolePolicy"): (
        _check_document("PolicyDocument", "trust"),
        _check_principals("PolicyDocument"),
    ),
    ("iam", "EnableMFADevice"): (check_enabling,),
    ("s3", "PutBucketPolicy"): (_check_document("Policy", "resource", "MalformedPolicy"),),
    ("sqs", "CreateQueue"): (
        _check_document("Attributes.Policy", "resource", "InvalidAttributeValue"),
    ),
    ("sqs", "SetQueueAttributes"): (
        _check_document("Attributes.Policy", "resource", "InvalidAttributeValue"),
    ),
    ("sns", "CreateTopic"): (_check_document("Attributes.Policy", "resource", "InvalidParameter"),),
    ("sns", "SetTopicAttributes"): (_check_topic_policy,),
    ("kms", "CreateKey"): (
        _check_document("Policy", "resource", "MalformedPolicyDocumentException"),
    ),
    ("kms", "PutKeyPolicy"): (
        _check_document("Policy", "resource", "MalformedPolicyDocumentException"),
    ),
    ("secretsmanager", "PutResourcePolicy"): (
        _check_document("ResourcePolicy", "resource", "MalformedPolicyDocumentException"),
    ),
    ("organizations", "CreatePolicy"): (_check_organization_policy,),
    ("iam", "CreateUser"): (_set_boundary_afterwards,),
    ("iam", "DeleteUser"): (_check_nothing_left, _forget("user", "UserName")),
    ("iam", "DeleteRole"): (_forget("role", "RoleName"),),
}
