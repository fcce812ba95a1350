"""What AWS does around a service's work that moto does not: checks before, effects after.

One row an operation: steps that may raise `AwsError`, and may leave something to do once the
call has succeeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from simulator.backend.organizations import policy_type_of
from simulator.gateway.iam_rules import (
    check_managed_version,
    check_not_service_linked,
    check_range,
    unknown_principal,
)
from simulator.gateway.kms_rules import check_ciphertext
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
    if operation.service == "iam":
        check_range(operation, caller, world)
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
    given = operation.parameters
    asked = given.get("Type") or policy_type_of(str(given.get("PolicyId")))
    kind = _ORGANIZATION_POLICIES.get(str(asked))
    if kind is not None:
        _check_document("Content", kind, "MalformedPolicyDocumentException")(
            operation, caller, world
        )


def _check_principals(parameter: str) -> Before:
    """A trust policy may only name users and roles that exist."""

    def check(operation: Operation, caller: Caller, world: World) -> None:
        text = operation.parameters.get(parameter)
        if text is None:
            return
        unknown = unknown_principal(parse_policy(str(text), "trust").document, world)
        if unknown is not None:
            raise AwsError(
                "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{unknown}"'
            )

    return check


def _check_bucket_policy(operation: Operation, caller: Caller, world: World) -> None:
    """A bucket's policy may only name users and roles that exist, and the bucket itself.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    if not operation.parameters.get("Policy"):
        raise AwsError("MissingRequestBodyError", "Request Body is empty")
    policy = parse_policy(str(operation.parameters["Policy"]), "resource")
    if unknown_principal(policy.document, world) is not None:
        raise AwsError("MalformedPolicy", "Invalid principal in policy")
    own = f"arn:aws:s3:::{operation.parameters.get('Bucket')}"
    for statement in policy.statements:
        if not all(_may_be_of_bucket(resource, own) for resource in statement.resources):
            raise AwsError("MalformedPolicy", "Policy has invalid resource")


def _may_be_of_bucket(resource: str, own: str) -> bool:
    bucket = resource.partition("/")[0]
    return bucket == own or any(sign in bucket for sign in "*?$")


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
    ("iam", "PutRolePolicy"): (
        check_not_service_linked,
        _check_document("PolicyDocument", "identity"),
    ),
    ("iam", "PutUserPolicy"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "PutGroupPolicy"): (_check_document("PolicyDocument", "identity"),),
    ("iam", "CreatePolicy"): (
        _check_document("PolicyDocument", "identity"),
        check_managed_version,
    ),
    ("iam", "CreatePolicyVersion"): (
        _check_document("PolicyDocument", "identity"),
        check_managed_version,
    ),
    ("iam", "CreateRole"): (
        _check_document("AssumeRolePolicyDocument", "trust"),
        _check_principals("AssumeRolePolicyDocument"),
    ),
    ("iam", "UpdateRole"): (check_not_service_linked,),
    ("iam", "UpdateAssumeRolePolicy"): (
        check_not_service_linked,
        _check_document("PolicyDocument", "trust"),
        _check_principals("PolicyDocument"),
    ),
    ("iam", "EnableMFADevice"): (check_enabling,),
    ("s3", "PutBucketPolicy"): (
        _check_document("Policy", "resource", "MalformedPolicy"),
        _check_bucket_policy,
    ),
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
    ("kms", "Decrypt"): (check_ciphertext("KeyId"),),
    ("kms", "ReEncrypt"): (check_ciphertext("SourceKeyId"),),
    ("kms", "PutKeyPolicy"): (
        _check_document("Policy", "resource", "MalformedPolicyDocumentException"),
    ),
    ("secretsmanager", "PutResourcePolicy"): (
        _check_document("ResourcePolicy", "resource", "MalformedPolicyDocumentException"),
    ),
    ("organizations", "CreatePolicy"): (_check_organization_policy,),
    ("organizations", "UpdatePolicy"): (_check_organization_policy,),
    ("iam", "CreateUser"): (_set_boundary_afterwards,),
    ("iam", "DeleteUser"): (_check_nothing_left, _forget("user", "UserName")),
    ("iam", "DeleteRole"): (check_not_service_linked, _forget("role", "RoleName")),
    ("iam", "DeleteRolePolicy"): (check_not_service_linked,),
    ("iam", "AttachRolePolicy"): (check_not_service_linked,),
    ("iam", "DetachRolePolicy"): (check_not_service_linked,),
    ("iam", "PutRolePermissionsBoundary"): (check_not_service_linked,),
    ("iam", "DeleteRolePermissionsBoundary"): (check_not_service_linked,),
}
