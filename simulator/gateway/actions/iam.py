"""IAM: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import parameter, passed_to, request_tags
from simulator.gateway.actions.lookup import IamKind
from simulator.gateway.actions.rules import (
    Asked,
    Context,
    Keys,
    Rule,
    Rules,
    Target,
    Targets,
    account_of,
    everything,
    is_arn,
    tag_context,
)
from simulator.gateway.actions.targets import role

_TAG_PREFIXES = ("aws:ResourceTag", "iam:ResourceTag")


def _target(asked: Asked, arn: str) -> Target:
    account = account_of(arn) or asked.account
    tags = asked.lookup.resource_tags(arn, account, asked.region)
    return Target(arn, context=tag_context(_TAG_PREFIXES, tags))


def iam_arn(asked: Asked, kind: IamKind, name: str) -> str:
    """The ARN of an existing (or missing) IAM resource of the caller's account."""
    path = asked.lookup.iam_path(kind, name, asked.account) if name else "/"
    return f"arn:aws:iam::{asked.account}:{kind}{path}{name}"


def _named(kind: IamKind, name: str) -> Targets:
    def targets(asked: Asked) -> Iterator[Target]:
        yield _target(asked, iam_arn(asked, kind, asked.text(name)))

    return targets


def _user(asked: Asked) -> Iterator[Target]:
    """The named user; without a name, IAM takes the caller."""
    name = asked.text("UserName") or asked.username or ""
    yield _target(asked, iam_arn(asked, "user", name))


def _caller(asked: Asked) -> Iterator[Target]:
    yield _target(asked, iam_arn(asked, "user", asked.username or ""))


def _key_owner(asked: Asked) -> Iterator[Target]:
    owner = asked.lookup.access_key_owner(asked.text("AccessKeyId"))
    if owner is None:
        yield Target("*")
        return
    account, name = owner
    path = asked.lookup.iam_path("user", name, account)
    yield Target(f"arn:aws:iam::{account}:user{path}{name}")


def _new(kind: str, name: str, path: str = "Path") -> Targets:
    """A resource that does not exist yet, under the path the request asks for."""

    def targets(asked: Asked) -> Iterator[Target]:
        prefix = asked.text(path, "/")
        yield Target(f"arn:aws:iam::{asked.account}:{kind}{prefix}{asked.text(name)}")

    return targets


def _renamed(kind: IamKind, name: str, new_name: str) -> Targets:
    """The resource and, where it gets a new name or path, what it becomes: both are checked."""

    def targets(asked: Asked) -> Iterator[Target]:
        old = asked.text(name)
        arn = iam_arn(asked, kind, old)
        yield _target(asked, arn)
        if asked.text(new_name) or asked.text("NewPath"):
            path = asked.text("NewPath") or asked.lookup.iam_path(kind, old, asked.account)
            yield Target(f"arn:aws:iam::{asked.account}:{kind}{path}{asked.text(new_name, old)}")

    return targets


def _by_arn(name: str) -> Targets:
    def targets(asked: Asked) -> Iterator[Target]:
        arn = asked.text(name, "*")
        yield _target(asked, arn) if is_arn(arn) else Target(arn)

    return targets


def _under(kind: str, wildcard: str = "") -> Targets:
    """A listing: AWS checks it on the path it lists, ``arn:aws:iam::…:user/``."""

    def targets(asked: Asked) -> Iterator[Target]:
        path = asked.text("PathPrefix", "/")
        yield Target(f"arn:aws:iam::{asked.account}:{kind}{path}{wildcard}")

    return targets


def _policy_path(asked: Asked) -> Iterator[Target]:
    yield Target(f"policy path {asked.text('PathPrefix', '/')}")


def _oidc_provider(asked: Asked) -> Iterator[Target]:
    name = asked.text("Url").removeprefix("https://").rstrip("/")
    yield Target(f"arn:aws:iam::{asked.account}:oidc-provider/{name}")


def _server_certificate(asked: Asked) -> Iterator[Target]:
    name = asked.text("ServerCertificateName")
    yield Target(f"arn:aws:iam::{asked.account}:server-certificate/{name}")


def _renamed_certificate(asked: Asked) -> Iterator[Target]:
    yield from _server_certificate(asked)
    if asked.text("NewServerCertificateName"):
        path = asked.text("NewPath", "/")
        name = asked.text("NewServerCertificateName")
        yield Target(f"arn:aws:iam::{asked.account}:server-certificate{path}{name}")


_LINKED_NAMES = {"ecs": "ECS", "autoscaling": "AutoScaling", "rds": "RDS", "eks": "AmazonEKS"}


def _linked_role(asked: Asked) -> Iterator[Target]:
    service = asked.text("AWSServiceName")
    short = service.partition(".")[0]
    name = "AWSServiceRoleFor" + _LINKED_NAMES.get(short, short.title().replace("-", ""))
    suffix = asked.text("CustomSuffix")
    name += f"_{suffix}" if suffix else ""
    yield Target(f"arn:aws:iam::{asked.account}:role/aws-service-role/{service}/{name}")


def _linked_role_of_task(asked: Asked) -> Iterator[Target]:
    # task/aws-service-role/<service>/<role name>/<uuid>
    parts = asked.text("DeletionTaskId").split("/")
    path = "/".join(parts[1:4]) if len(parts) == 5 else ""
    yield Target(f"arn:aws:iam::{asked.account}:role/{path}")


def _delegation_request(asked: Asked) -> Iterator[Target]:
    request = asked.text("DelegationRequestId", "*")
    yield Target(f"arn:aws:iam::{asked.account}:delegation-request/{request}")


def _access_report(asked: Asked) -> Iterator[Target]:
    yield Target(f"arn:aws:iam::{asked.account}:access-report/{asked.text('EntityPath')}")


def _boundary_of(asked: Asked) -> Context:
    """``iam:PermissionsBoundary``: the one asked for, else the one already set."""
    boundary = asked.text("PermissionsBoundary")
    role_name = asked.text("RoleName")
    if not boundary and not asked.operation.name.startswith("Create"):
        boundary = asked.lookup.permissions_boundary(
            "role" if role_name else "user",
            role_name or asked.text("UserName"),
            asked.account,
        )
    return {"iam:PermissionsBoundary": boundary} if boundary else {}


_role = _named("role", "RoleName")
_group = _named("group", "GroupName")
_profile = _named("instance-profile", "InstanceProfileName")
_policy = _by_arn("PolicyArn")
_mfa = _by_arn("SerialNumber")
_oidc = _by_arn("OpenIDConnectProviderArn")
_saml = _by_arn("SAMLProviderArn")
_policy_arn = parameter("iam:PolicyARN", "PolicyArn")
_service_credential = parameter("iam:ServiceSpecificCredentialServiceName", "ServiceName")

_TARGETS: dict[str, Targets] = {
    "AcceptDelegationRequest": _delegation_request,
    "AddClientIDToOpenIDConnectProvider": _oidc,
    "AddRoleToInstanceProfile": _profile,
    "AssociateDelegationRequest": _delegation_request,
    "ChangePassword": _caller,
    "CreateDelegationRequest": _delegation_request,
    "CreateGroup": _new("group", "GroupName"),
    "CreateInstanceProfile": _new("instance-profile", "InstanceProfileName"),
    "CreateOpenIDConnectProvider": _oidc_provider,
    "CreatePolicy": _new("policy", "PolicyName"),
    "CreateRole": _new("role", "RoleName"),
    "CreateSAMLProvider": _new("saml-provider", "Name", "-"),
    "CreateServiceLinkedRole": _linked_role,
    "CreateUser": _new("user", "UserName"),
    "CreateVirtualMFADevice": _new("mfa", "VirtualMFADeviceName"),
    "DeleteServiceLinkedRole": _role,
    "GenerateOrganizationsAccessReport": _access_report,
    "GenerateServiceLastAccessedDetails": _by_arn("Arn"),
    "GetAccessKeyLastUsed": _key_owner,
    "GetContextKeysForPrincipalPolicy": _by_arn("PolicySourceArn"),
    "GetDelegationRequest": _delegation_request,
    "GetHumanReadableSummary": _by_arn("EntityArn"),
    "GetServiceLinkedRoleDeletionStatus": _linked_role_of_task,
    "ListDelegationRequests": everything,
    "ListGroups": _under("group"),
    "ListInstanceProfiles": _under("instance-profile"),
    "ListOpenIDConnectProviders": _under("oidc-provider", "*"),
    "ListPolicies": _policy_path,
    "ListPoliciesGrantingServiceAccess": _by_arn("Arn"),
    "ListRoles": _under("role"),
    "ListSAMLProviders": _under("saml-provider", "*"),
    "ListServerCertificates": _under("server-certificate"),
    "ListUsers": _under("user"),
    "ListVirtualMFADevices": _under("mfa"),
    "RejectDelegationRequest": _delegation_request,
    "SendDelegationToken": _delegation_request,
    "SimulatePrincipalPolicy": _by_arn("PolicySourceArn"),
    "UpdateDelegationRequest": _delegation_request,
    "UpdateGroup": _renamed("group", "GroupName", "NewGroupName"),
    "UpdateServerCertificate": _renamed_certificate,
    "UpdateUser": _renamed("user", "UserName", "NewUserName"),
    "UploadServerCertificate": _new("server-certificate", "ServerCertificateName"),
}
"""Operations whose resource is not simply that of the first parameter of `_BY_PARAMETER`."""

_BY_PARAMETER: tuple[tuple[str, Targets], ...] = (
    ("InstanceProfileName", _profile),
    ("RoleName", _role),
    ("GroupName", _group),
    ("UserName", _user),
    ("PolicyArn", _policy),
    ("SerialNumber", _mfa),
    ("OpenIDConnectProviderArn", _oidc),
    ("SAMLProviderArn", _saml),
    ("ServerCertificateName", _server_certificate),
)
"""The resource of an operation by the parameter it names; the first that is there decides."""

_CALLER_UNLESS_NAMED = frozenset(
    {
        "CreateAccessKey",
        "CreateLoginProfile",
        "DeactivateMFADevice",
        "DeleteAccessKey",
        "DeleteLoginProfile",
        "DeleteServiceSpecificCredential",
        "DeleteSigningCertificate",
        "GetLoginProfile",
        "GetMFADevice",
        "GetUser",
        "ListAccessKeys",
        "ListMFADevices",
        "ListSSHPublicKeys",
        "ListServiceSpecificCredentials",
        "ListSigningCertificates",
        "ResetServiceSpecificCredential",
        "UpdateAccessKey",
        "UpdateServiceSpecificCredential",
        "UpdateSigningCertificate",
        "UploadSigningCertificate",
    }
)
"""Operations on a user: the caller's own where no ``UserName`` is given."""

_BOUNDARY_KEY = frozenset(
    {
        "AttachRolePolicy",
        "AttachUserPolicy",
        "CreateRole",
        "CreateUser",
        "DeleteRole",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DeleteUserPermissionsBoundary",
        "DeleteUserPolicy",
        "DetachRolePolicy",
        "DetachUserPolicy",
        "GetRole",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "PutUserPermissionsBoundary",
        "PutUserPolicy",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    }
)
"""Operations that know ``iam:PermissionsBoundary``."""

_KEYS: dict[str, tuple[Keys, ...]] = {
    "AttachGroupPolicy": (_policy_arn,),
    "AttachRolePolicy": (_policy_arn,),
    "AttachUserPolicy": (_policy_arn,),
    "CreateServiceLinkedRole": (parameter("iam:AWSServiceName", "AWSServiceName"),),
    "CreateServiceSpecificCredential": (_service_credential,),
    "DetachGroupPolicy": (_policy_arn,),
    "DetachRolePolicy": (_policy_arn,),
    "DetachUserPolicy": (_policy_arn,),
    "GenerateOrganizationsAccessReport": (
        parameter("iam:OrganizationsPolicyId", "OrganizationsPolicyId"),
    ),
}
"""Condition keys of single operations."""


def rules(asked: Asked) -> Rules:
    """The rules of an IAM operation: its own action, and `PassRole` where a role is handed on."""
    name = asked.operation.name
    keys = _KEYS.get(name, ())
    if name in _BOUNDARY_KEY:
        keys += (_boundary_of,)
    rule = Rule(f"iam:{name}", _targets(asked), (*keys, request_tags))
    if name == "AddRoleToInstanceProfile":
        return rule, Rule("iam:PassRole", role("RoleName"), (passed_to["ec2.amazonaws.com"],))
    return (rule,)


def _targets(asked: Asked) -> Targets:
    name = asked.operation.name
    if name in _TARGETS:
        return _TARGETS[name]
    if name in _CALLER_UNLESS_NAMED:
        return _user
    return next(
        (targets for parameter_name, targets in _BY_PARAMETER if asked.text(parameter_name)),
        everything,
    )
