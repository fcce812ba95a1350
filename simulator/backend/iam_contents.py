"""What moto's IAM holds that stands in a change's way: names, contents, sizes.

moto itself asks for little of it: its policies are deleted while attached, its groups with
their users in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from simulator.backend.held import held

Kind = Literal["user", "group", "role"]


def name_taken(account: str, kind: Kind, name: str) -> bool:
    """Whether there is one of this name; IAM's names differ in more than their letters' case."""
    return name.lower() in {each.name.lower() for each in _all(account, kind)}


def has_inline_policy(account: str, kind: Kind, name: str, policy: str) -> bool | None:
    """Whether it has an inline policy of this name; ``None``: it does not exist."""
    found = _one(account, kind, name)
    return None if found is None else policy in found.policies


def inline_size(account: str, kind: Kind, name: str, besides: str) -> int:
    """The characters of all inline policies but one; white space is not counted."""
    found = _one(account, kind, name)
    policies: Mapping[str, str] = found.policies if found is not None else {}
    return sum(size(text) for policy, text in policies.items() if policy != besides)


def size(document: str) -> int:
    """The characters of a policy, as IAM's quotas count them: without white space."""
    return len("".join(document.split()))


def attached(account: str, kind: Kind, name: str) -> frozenset[str]:
    """The ARNs of the managed policies attached to it."""
    found = _one(account, kind, name)
    return frozenset(found.managed_policies) if found is not None else frozenset()


def left_in(account: str, kind: Kind, name: str) -> str | None:
    """What must go before a user or group can be deleted, in AWS's words; ``None``: nothing.

    Source: IAM API Reference, DeleteUser, DeleteGroup. (Of a user's policies moto asks itself.)
    """
    found = _one(account, kind, name)
    if found is None:
        return None
    if kind == "group":
        left = {
            "remove users from group": found.users,
            "delete policies": found.policies,
            "detach all policies": found.managed_policies,
        }
    else:
        left = {
            "delete access keys": found.access_keys,
            "delete login profile": found.password,
            "delete MFA device": found.mfa_devices,
            "remove users from group": groups_of(account, name),
        }
    return next((must for must, something in left.items() if something), None)


def policy_use(account: str, arn: str) -> tuple[int, int]:
    """To how many a managed policy is attached, and how many versions it has."""
    kinds: tuple[Kind, ...] = ("user", "group", "role")
    attachments = sum(
        arn in each.managed_policies for kind in kinds for each in _all(account, kind)
    )
    iam = held("iam", account)
    policy = iam.managed_policies.get(arn) if iam is not None else None
    return attachments, len(policy.versions) if policy is not None else 0


def groups_of(account: str, user: str) -> frozenset[str]:
    """The names of the groups a user is in."""
    groups = _all(account, "group")
    return frozenset(each.name for each in groups if any(one.name == user for one in each.users))


def has_password(account: str, user: str) -> bool:
    """Whether a user has a login profile."""
    found = _one(account, "user", user)
    return bool(found is not None and found.password)


def has_oidc_provider(account: str, name: str) -> bool:
    """Whether an OpenID Connect provider of this name, its URL without scheme, is there."""
    iam = held("iam", account)
    providers = iam.open_id_providers if iam is not None else ()
    return any(arn.partition(":oidc-provider/")[2] == name for arn in providers)


def _all(account: str, kind: Kind) -> list[Any]:
    iam = held("iam", account)
    if iam is None:
        return []
    return list({"user": iam.users, "group": iam.groups, "role": iam.roles}[kind].values())


def _one(account: str, kind: Kind, name: str) -> Any:
    return next((each for each in _all(account, kind) if each.name == name), None)
