"""What AWS does around a service's work that moto does not: checks before, effects after.

One row an operation: steps that may raise `AwsError`, and may leave something to do once the
call has succeeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from simulator.backend.renaming import user_renamed
from simulator.backend.resource_policies import put_table_policy
from simulator.gateway.bucket_policy import check_bucket_policy
from simulator.gateway.document_rules import (
    IDENTITY,
    KEY,
    QUEUE,
    SECRET,
    TABLE,
    TRUST,
    check_function_principal,
    check_new_topic,
    check_organization_policy,
    check_topic_attribute,
    document,
)
from simulator.gateway.iam_limits import (
    boundary_exists,
    inline_fits,
    inline_is_there,
    managed_fits,
    may_attach,
    may_join,
    new_name_is_free,
    new_oidc_provider,
    no_password_yet,
    not_taken,
    nothing_left,
    policy_is_unused,
    saml_metadata_reads,
    trust_fits,
)
from simulator.gateway.iam_rules import (
    check_managed_version,
    check_not_service_linked,
    check_range,
    check_role_path,
)
from simulator.gateway.kms_rules import check_ciphertext, check_lockout
from simulator.gateway.lambda_rules import check_execution_role
from simulator.gateway.stages import Caller, Operation, WireResponse
from simulator.gateway.world import World
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
    identities = not operation.read_only and operation.service in _CHANGES_IDENTITIES
    if identities:
        world.backend.changed()
    if response.status < 400:
        for follow_up in then:
            follow_up()
    if identities:
        world.policies_changed(world.clock.now())


def issued_key(operation: Operation, response: WireResponse) -> str | None:
    """The id of the access key an answer hands out; ``None`` if it hands out none."""
    if operation.service not in ("sts", "iam") or response.status >= 400:
        return None
    if operation.name not in _ISSUES_KEYS:
        return None
    found = re.search(rb"<AccessKeyId>(A[A-Z0-9]{15,})</AccessKeyId>", response.body)
    return found[1].decode() if found else None


def _set_boundary_afterwards(operation: Operation, caller: Caller, world: World) -> Then | None:
    """`CreateUser` with a boundary: moto forgets it, so it is set once the user is there."""
    arn = operation.parameters.get("PermissionsBoundary")
    if arn is None:
        return None
    boundary_exists(operation, caller, world)
    account = caller.account or world.account
    name = str(operation.parameters.get("UserName", ""))

    def set_boundary() -> None:
        world.backend.set_user_boundary(account, name, str(arn))

    return set_boundary


def _put_table_policy_afterwards(operation: Operation, caller: Caller, world: World) -> Then | None:
    """`CreateTable` with a policy: moto forgets it, so it is put once the table is there."""
    text = operation.parameters.get("ResourcePolicy")
    if text is None:
        return None
    table = operation.checks[0].resource
    return lambda: put_table_policy(table, str(text))


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


def _follow_new_name(operation: Operation, caller: Caller, world: World) -> Then | None:
    """A user who gets another name keeps keys, sessions and the trust of others."""
    account = caller.account or world.account
    old = world.backend.user(account, str(operation.parameters.get("UserName", "")))
    if old is None:
        return None
    name = str(operation.parameters.get("NewUserName") or old.name)
    unique_id = old.unique_id

    def follow() -> None:
        arn = user_renamed(account, old.arn, name)
        if arn is not None:
            world.ledger.follow(unique_id, name, arn)

    return follow


_ISSUES_KEYS = {
    "CreateAccessKey",
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "AssumeRoleWithSAML",
    "GetSessionToken",
    "GetFederationToken",
}

_CHANGES_IDENTITIES = {"iam", "organizations", "cloudformation", "sts"}

_IDENTITY = document("PolicyDocument", "identity", IDENTITY)

_BEFORE: Mapping[tuple[str, str], tuple[Before, ...]] = {
    ("iam", "PutRolePolicy"): (check_not_service_linked, _IDENTITY, inline_fits("role")),
    ("iam", "PutUserPolicy"): (_IDENTITY, inline_fits("user")),
    ("iam", "PutGroupPolicy"): (_IDENTITY, inline_fits("group")),
    ("iam", "GetRolePolicy"): (inline_is_there("role"),),
    ("iam", "GetUserPolicy"): (inline_is_there("user"),),
    ("iam", "GetGroupPolicy"): (inline_is_there("group"),),
    ("iam", "DeleteUserPolicy"): (inline_is_there("user"),),
    ("iam", "DeleteGroupPolicy"): (inline_is_there("group"),),
    ("iam", "CreatePolicy"): (_IDENTITY, check_managed_version, managed_fits),
    ("iam", "CreatePolicyVersion"): (_IDENTITY, check_managed_version, managed_fits),
    ("iam", "DeletePolicy"): (policy_is_unused,),
    ("iam", "CreateRole"): (
        check_role_path,
        document("AssumeRolePolicyDocument", "trust", TRUST),
        trust_fits("AssumeRolePolicyDocument"),
        boundary_exists,
        not_taken("role"),
    ),
    ("iam", "UpdateRole"): (check_not_service_linked,),
    ("iam", "UpdateAssumeRolePolicy"): (
        check_not_service_linked,
        document("PolicyDocument", "trust", TRUST),
        trust_fits("PolicyDocument"),
    ),
    ("iam", "EnableMFADevice"): (check_enabling,),
    ("s3", "PutBucketPolicy"): (check_bucket_policy,),
    ("dynamodb", "CreateTable"): (
        document("ResourcePolicy", "resource", TABLE),
        _put_table_policy_afterwards,
    ),
    ("dynamodb", "PutResourcePolicy"): (document("Policy", "resource", TABLE),),
    ("sqs", "CreateQueue"): (document("Attributes.Policy", "resource", QUEUE),),
    ("sqs", "SetQueueAttributes"): (document("Attributes.Policy", "resource", QUEUE),),
    ("sns", "CreateTopic"): (check_new_topic,),
    ("sns", "SetTopicAttributes"): (check_topic_attribute,),
    ("lambda", "CreateFunction"): (check_execution_role,),
    ("lambda", "UpdateFunctionConfiguration"): (check_execution_role,),
    ("lambda", "AddPermission"): (check_function_principal,),
    ("kms", "CreateKey"): (document("Policy", "resource", KEY), check_lockout),
    ("kms", "Decrypt"): (check_ciphertext("KeyId"),),
    ("kms", "ReEncrypt"): (check_ciphertext("SourceKeyId"),),
    ("kms", "PutKeyPolicy"): (document("Policy", "resource", KEY), check_lockout),
    ("secretsmanager", "PutResourcePolicy"): (document("ResourcePolicy", "resource", SECRET),),
    ("organizations", "CreatePolicy"): (check_organization_policy,),
    ("organizations", "UpdatePolicy"): (check_organization_policy,),
    ("iam", "CreateUser"): (not_taken("user"), _set_boundary_afterwards),
    ("iam", "UpdateUser"): (new_name_is_free("user"), _follow_new_name),
    ("iam", "UpdateGroup"): (new_name_is_free("group"),),
    ("iam", "CreateSAMLProvider"): (saml_metadata_reads,),
    ("iam", "UpdateSAMLProvider"): (saml_metadata_reads,),
    ("iam", "CreateGroup"): (not_taken("group"),),
    ("iam", "DeleteGroup"): (nothing_left("group"),),
    ("iam", "AddUserToGroup"): (may_join,),
    ("iam", "AttachUserPolicy"): (may_attach("user"),),
    ("iam", "AttachGroupPolicy"): (may_attach("group"),),
    ("iam", "CreateLoginProfile"): (no_password_yet,),
    ("iam", "CreateOpenIDConnectProvider"): (new_oidc_provider,),
    ("iam", "DeleteUser"): (nothing_left("user"), _forget("user", "UserName")),
    ("iam", "DeleteRole"): (check_not_service_linked, _forget("role", "RoleName")),
    ("iam", "DeleteRolePolicy"): (check_not_service_linked,),
    ("iam", "AttachRolePolicy"): (check_not_service_linked, may_attach("role")),
    ("iam", "DetachRolePolicy"): (check_not_service_linked,),
    ("iam", "PutRolePermissionsBoundary"): (check_not_service_linked, boundary_exists),
    ("iam", "DeleteRolePermissionsBoundary"): (check_not_service_linked,),
}
