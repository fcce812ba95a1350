"""Users and roles as policy evaluation and STS need them: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.iam import AttachedPolicy


@dataclass(frozen=True, slots=True)
class UserView:
    """An IAM user as policy evaluation needs it; `permissions_boundary` is compiled too."""

    account: str
    name: str
    arn: str
    unique_id: str
    identity: tuple[AttachedPolicy, ...]
    boundary: AttachedPolicy | None
    tags: Mapping[str, str] = field(default_factory=dict)
    mfa_serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupView:
    """An IAM group and its policies."""

    account: str
    name: str
    arn: str
    unique_id: str
    identity: tuple[AttachedPolicy, ...]


@dataclass(frozen=True, slots=True)
class RoleView:
    """An IAM role as policy evaluation and STS need it; durations in seconds."""

    account: str
    name: str
    arn: str
    unique_id: str
    identity: tuple[AttachedPolicy, ...]
    boundary: AttachedPolicy | None
    trust: AttachedPolicy | None
    max_session_duration: int
    tags: Mapping[str, str] = field(default_factory=dict)
