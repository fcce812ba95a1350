"""Service and resource control policies, read from AWS Organizations.

Source: Organizations User Guide, "SCP evaluation": the management account is outside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.backend.documents import attach
from simulator.backend.held import backends_of, held
from simulator.iam import AttachedPolicy
from simulator.iam import DocumentKind as Kind


def organization_policies(account: str, policy_type: str) -> tuple[tuple[AttachedPolicy, ...], ...]:
    """An account's SCPs or RCPs, a tuple a level from the root down.

    Args:
        account: 12 digits.
        policy_type: ``SERVICE_CONTROL_POLICY`` or ``RESOURCE_CONTROL_POLICY``.
    """
    for organization in _organizations():
        member = next((a for a in organization.accounts if a.id == account), None)
        if member is None:
            continue
        if member.id == organization.org.master_account_id:
            return ()  # the management account is outside SCPs and RCPs
        return _levels(organization, member, policy_type)
    return ()


def membership(account: str) -> tuple[str, str] | None:
    """The organization an account is in, and its path there; ``None``: in none.

    Returns:
        ``o-…`` and ``o-…/r-…/ou-…/``, as ``aws:PrincipalOrgPaths`` has it.
    """
    for organization in _organizations():
        member = next((a for a in organization.accounts if a.id == account), None)
        if member is not None:
            above = [unit.id for unit in _chain(organization, member)[:-1]]
            return organization.org.id, "".join(
                f"{each}/" for each in (organization.org.id, *above)
            )
    return None


def policy_type_of(policy_id: str) -> str | None:
    """The type of a policy, by its id; ``None``: there is no such policy."""
    policies = (
        policy
        for organization in _organizations()
        for policy in organization.policies
        if policy.id == policy_id
    )
    return next((str(policy.type) for policy in policies), None)


def _organizations() -> Iterator[Any]:
    for account in tuple(backends_of("organizations")):
        organization = held("organizations", account)
        if organization is not None and organization.org is not None:
            yield organization


def _levels(
    organization: Any, member: Any, policy_type: str
) -> tuple[tuple[AttachedPolicy, ...], ...]:
    units = {unit.id: unit for unit in organization.ou}
    root = units[organization.org.root_id]
    if not any(enabled["Type"] == policy_type for enabled in root.policy_types):
        return ()
    kind: Kind = (
        "service-control" if policy_type == "SERVICE_CONTROL_POLICY" else "resource-control"
    )
    return tuple(
        tuple(
            attached
            for policy in target.attached_policies
            if policy.type == policy_type
            and (attached := attach(policy.content, kind, policy.name, policy.arn, target.arn))
        )
        for target in _chain(organization, member)
    )


def _chain(organization: Any, member: Any) -> list[Any]:
    """The root, the units below it, and the account itself."""
    units = {unit.id: unit for unit in organization.ou}
    chain = [member]
    while chain[0].id != organization.org.root_id:
        chain.insert(0, units[chain[0].parent_id])
    return chain
