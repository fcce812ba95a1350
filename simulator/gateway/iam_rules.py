"""What IAM refuses before it changes anything, and moto doesn't."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from simulator.gateway.stages import AwsError, Caller, Operation
from simulator.gateway.world import World
from simulator.iam import parse_policy
from simulator.sts.parameters import check_parameters

_NAMES_ONE = re.compile(r"arn:aws:iam::\d{12}:(user|role)/.+")
_UNIQUE_ID = re.compile(r"A(IDA|ROA)[A-Z0-9]{12,}")
_NAMES = (
    "UserName", "RoleName", "GroupName", "PolicyName", "InstanceProfileName", "NewUserName",
    "NewGroupName",
)  # fmt: skip
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_SERVICE_LINKED = "/aws-service-role/"


def check_range(operation: Operation, caller: Caller, world: World) -> None:
    """What the API's model wants: a `PolicyDocument`, at most 43200 for `MaxSessionDuration`."""
    for parameter in _NAMES:
        given = operation.parameters.get(parameter)
        if isinstance(given, str) and given and not _NAME.fullmatch(given):
            raise AwsError(
                "ValidationError",
                f"The specified value for {parameter[:1].lower()}{parameter[1:]} is invalid. It "
                "must contain only alphanumeric characters and/or the following: +=,.@_-",
            )
    check_parameters(operation)


def check_managed_version(operation: Operation, caller: Caller, world: World) -> None:
    """A managed policy must be of the current version of the policy language.

    Inline policies need not: they are older than the version.
    """
    document = parse_policy(str(operation.parameters.get("PolicyDocument")), "identity").document
    if document.get("Version") != "2012-10-17":
        raise AwsError(
            "MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater."
        )


def check_not_service_linked(operation: Operation, caller: Caller, world: World) -> None:
    """Only the linked service changes a service-linked role: it cannot be revoked by hand.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    name = str(operation.parameters.get("RoleName", ""))
    role = world.backend.role(caller.account or world.account, name)
    if role is not None and f":role{_SERVICE_LINKED}" in role.arn:
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{name}' - this role is only "
            "modifiable by AWS",
        )


def check_role_path(operation: Operation, caller: Caller, world: World) -> None:
    """Nobody makes a role where service-linked ones are: SCPs and RCPs don't bind those.

    Source: the error of `CreateRole` in https://github.com/tilfin/aws-iam-policy-tool/pull/9.
    """
    if str(operation.parameters.get("Path", "")).startswith(_SERVICE_LINKED):
        raise AwsError(
            "InvalidInput",
            f"Path prefix '{_SERVICE_LINKED}' can only be used for AWS Service linked Roles",
        )


def unknown_principal(document: Mapping[str, Any], world: World) -> str | None:
    """The first user or role a policy names that does not exist; ``None`` if all do.

    Source: IAM User Guide, "AWS JSON policy elements: Principal".
    """
    return next((name for name in _named(document) if not _exists(name, world)), None)


def _exists(name: str, world: World) -> bool:
    if _NAMES_ONE.fullmatch(name):
        return world.backend.principal_exists(name)
    return not _UNIQUE_ID.fullmatch(name) or _is_somebodys(name, world)


def _is_somebodys(unique_id: str, world: World) -> bool:
    backend = world.backend
    return any(
        any(user.unique_id == unique_id for user in backend.users(account))
        or any(role.unique_id == unique_id for role in backend.roles(account))
        for account in backend.accounts()
    )


def _named(document: Mapping[str, Any]) -> list[str]:
    statements = document.get("Statement", [])
    found: list[str] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            values = principal.get("AWS", []) if isinstance(principal, Mapping) else []
            found += [values] if isinstance(values, str) else list(values)
    return found
