"""What every way into a role has in common: the role, its session's name and length.

Source: STS API Reference, AssumeRole, AssumeRoleWithWebIdentity, AssumeRoleWithSAML.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from simulator.backend import RoleView
from simulator.gateway.stages import AwsError, Operation
from simulator.gateway.world import World
from simulator.sts.issuing import issue
from simulator.sts.ledger import Credential, CredentialKind
from simulator.sts.responses import credentials_element
from simulator.sts.session_policies import session_policies
from simulator.sts.tags import SessionTags

DEFAULT_SECONDS = 3600
CHAINED_MAX_SECONDS = 3600
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")


def check_role_arn(arn: str) -> None:
    """Refuse what can't be a role's ARN, before policies are looked at.

    Raises:
        AwsError: 400 `ValidationError`.
    """
    if not arn.startswith("arn:"):
        raise AwsError("ValidationError", f"{arn} is invalid")
    if not _ROLE_ARN.fullmatch(arn):
        raise AwsError("ValidationError", "Request ARN is invalid")


def find_role(arn: str, world: World) -> RoleView:
    """The role with this ARN.

    Raises:
        AwsError: there is none. (A trust policy that does not exist allows nobody, so this is
            only reached when the role went away between decision and issue.)
    """
    role = role_at(arn, world)
    if role is None:
        raise AwsError("AccessDenied", f"Not authorized to assume {arn}", 403)
    return role


def role_at(arn: str, world: World) -> RoleView | None:
    """The role with this ARN, if there is one."""
    parts = arn.split(":", 5)
    role = world.role(parts[4], parts[5].rpartition("/")[2]) if len(parts) == 6 else None
    return role if role is not None and role.arn == arn else None


def role_identity(role: RoleView, session_name: str) -> dict[str, str]:
    """The fields of a `Credential` that say who a role session is."""
    return {
        "account": role.account,
        "arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}",
        "principal_arn": role.arn,
        "user_id": f"{role.unique_id}:{session_name}",
        "name": role.name,
        "session_name": session_name,
    }


def session_seconds(wanted: object, role: RoleView, *, chained: bool = False) -> int:
    """How long a role session lives.

    Args:
        wanted: `DurationSeconds` as sent, or ``None``.
        role: the role, for its `MaxSessionDuration`.
        chained: the caller is itself a role session: an hour at most, whatever the role says.

    Raises:
        AwsError: 400 `ValidationError`.
    """
    seconds = int(str(wanted)) if wanted is not None else DEFAULT_SECONDS
    if chained and seconds > CHAINED_MAX_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.",
        )
    if seconds > role.max_session_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return seconds


def open_session(
    operation: Operation,
    world: World,
    now: datetime,
    role: RoleView,
    *,
    kind: CredentialKind,
    seconds: int,
    session_name: str,
    tags: SessionTags,
    **more: Any,
) -> dict[str, Any]:
    """Issue a session of a role and put together what every `AssumeRole…` answers.

    Args:
        operation: for the session policies it passes.
        world: where the role is, and whose ledger is written.
        now: lab time.
        role: whose session it is.
        kind: how it came about.
        seconds: how long it lives.
        session_name: `RoleSessionName`.
        tags: its session tags.
        **more: further fields of the `Credential`.

    Returns:
        The members of the answer that are common to all.
    """
    policies = session_policies(operation, role.account, world, tags)
    credential: Credential = issue(
        world,
        now,
        seconds,
        kind=kind,
        **role_identity(role, session_name),
        session_policies=policies.inline,
        session_policy_arns=policies.arns,
        tags=tags.values,
        transitive_tag_keys=tags.transitive,
        **more,
    )
    return {
        "Credentials": credentials_element(credential),
        "AssumedRoleUser": {"AssumedRoleId": credential.user_id, "Arn": credential.arn},
        "PackedPolicySize": policies.packed_size,
        "SourceIdentity": credential.source_identity,
    }
