"""Condition keys a request carries, by the credential behind it.

Source: IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.backend.organizations import membership
from simulator.clock import iso
from simulator.gateway.stages import Check, ContextValue, Operation, WireRequest
from simulator.gateway.world import World
from simulator.sts.ledger import Credential


def request_context(
    wire: WireRequest, operation: Operation, source_ip: str
) -> dict[str, ContextValue]:
    """The keys every request has, whoever makes it.

    ``aws:SecureTransport`` is what it is: the lab's endpoint speaks plain HTTP on loopback.
    """
    return {
        "aws:CurrentTime": iso(wire.at),
        "aws:EpochTime": str(int(wire.at.timestamp())),
        "aws:SourceIp": source_ip,
        "aws:SecureTransport": "false",
        "aws:UserAgent": wire.headers.get("user-agent", ""),
        "aws:RequestedRegion": operation.region,
        "aws:ViaAWSService": "false",
        **({"aws:Referer": wire.headers["referer"]} if "referer" in wire.headers else {}),
    }


def principal_context(
    credential: Credential, world: World, now: datetime
) -> dict[str, ContextValue]:
    """The keys that come from the credential (the table of IAM's key-by-credential page)."""
    context: dict[str, ContextValue] = {
        "aws:PrincipalArn": credential.principal_arn,
        "aws:PrincipalAccount": credential.account,
        "aws:PrincipalType": _PRINCIPAL_TYPES.get(credential.kind, "AssumedRole"),
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": credential.user_id,
        **_organization("Principal", credential.account),
    }
    if credential.issued_at is not None:
        context["aws:TokenIssueTime"] = iso(credential.issued_at)
        context["aws:MultiFactorAuthPresent"] = "true" if credential.mfa_at else "false"
    if credential.mfa_at is not None:
        context["aws:MultiFactorAuthAge"] = str(int((now - credential.mfa_at).total_seconds()))
    if credential.kind == "user":
        context["aws:username"] = credential.name
    elif credential.kind == "session-token" and credential.issuer:
        context["aws:username"] = credential.issuer.name
    if credential.source_identity:
        context["aws:SourceIdentity"] = credential.source_identity
    if credential.federated_provider:
        context["aws:FederatedProvider"] = credential.federated_provider
    if credential.instance_arn:
        context["ec2:SourceInstanceARN"] = credential.instance_arn
    if credential.role_delivery:
        context["ec2:RoleDelivery"] = credential.role_delivery
    context.update(credential.federated_keys)
    for key, value in {**_own_tags(credential, world), **credential.tags}.items():
        context[f"aws:PrincipalTag/{key}"] = value
    return context


def check_context(
    check: Check, base: dict[str, ContextValue], account: str
) -> dict[str, ContextValue]:
    """Everything that is known when one check is evaluated."""
    owner = check.resource_account or account
    return {
        "aws:ResourceAccount": owner,
        **_organization("Resource", owner),
        **base,
        **check.context,
    }


def _organization(whose: str, account: str) -> dict[str, ContextValue]:
    """The organization of the principal's or the resource's account, if it is in one."""
    found = membership(account)
    if found is None:
        return {}
    return {f"aws:{whose}OrgID": found[0], f"aws:{whose}OrgPaths": (found[1],)}


def _own_tags(credential: Credential, world: World) -> dict[str, str]:
    """The tags of the user or role behind a credential; a federated user has none."""
    view: Any = None
    if credential.is_role_session:
        view = world.role(credential.account, credential.name, credential.user_id.partition(":")[0])
    elif credential.kind == "user":
        view = world.user(credential.account, credential.name, credential.user_id)
    elif credential.kind == "session-token" and credential.issuer:
        view = world.user(credential.account, *credential.issuer[:2])
    return dict(view.tags) if view else {}


_PRINCIPAL_TYPES = {
    "root": "Account",
    "user": "User",
    "session-token": "User",
    "federation": "FederatedUser",
}
