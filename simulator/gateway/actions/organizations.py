"""Organizations: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import parameter, request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target, Targets, everything
from simulator.gateway.actions.targets import with_tags


def _with_id(*names: str) -> Targets:
    """The members of the organization that these parameters name by id."""

    def targets(asked: Asked) -> Iterator[Target]:
        for name in names:
            identifier = asked.text(name)
            if identifier:
                arn = asked.lookup.organization_arn(identifier, asked.account)
                yield with_tags(asked, arn) if arn else Target("*")

    return targets


_KEYS = (
    parameter("organizations:PolicyType", "PolicyType"),
    parameter("organizations:PolicyType", "Type"),
    parameter("organizations:PolicyType", "Filter"),
    parameter("organizations:ServicePrincipal", "ServicePrincipal"),
    request_tags,
)

_IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "AttachPolicy": ("PolicyId", "TargetId"),
    "DetachPolicy": ("PolicyId", "TargetId"),
    "MoveAccount": ("AccountId", "SourceParentId", "DestinationParentId"),
}
"""Operations on several members at once."""

_SINGLE = (
    "AccountId",
    "OrganizationalUnitId",
    "PolicyId",
    "RootId",
    "ParentId",
    "ChildId",
    "TargetId",
    "ResourceId",
    "HandshakeId",
)
"""Parameters that name the one member an operation is about; the first that is there."""


def rules(asked: Asked) -> Rules:
    """The rules of an Organizations operation."""
    name = asked.operation.name
    identifiers = _IDENTIFIERS.get(name) or tuple(p for p in _SINGLE if asked.text(p))[:1]
    targets = _with_id(*identifiers) if any(map(asked.text, identifiers)) else everything
    return (Rule(f"organizations:{name}", targets, _KEYS),)
