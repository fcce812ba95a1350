"""What is evaluated: a request and the policies that apply to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from simulator.iam.statement import Policy
from simulator.iam.variables import ContextValue

CallerKind = Literal["user", "role-session", "role", "federated-user", "root", "other"]


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A policy and where it hangs.

    Attributes:
        policy: the compiled document.
        name: the policy's name, empty where it has none (a bucket policy).
        arn: the managed policy's ARN; ``None`` for an inline one.
        attached_to: ARN of the user, role, group, bucket or account it is attached to.
    """

    policy: Policy
    name: str = ""
    arn: str | None = None
    attached_to: str | None = None


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies that apply to a request.

    Attributes:
        identity: of the user and its groups, or of the role.
        session: passed when the session was made; ``None``: none were. A federated user's
            session without any may do nothing by itself.
        boundary: the permissions boundary of the user or role.
        resource: the resource's own policy, or the role's trust policy.
        service_control: SCPs on the caller's account; levels from the root down.
        resource_control: RCPs on the resource's account; levels from the root down.
    """

    identity: tuple[AttachedPolicy, ...] = ()
    session: tuple[AttachedPolicy, ...] | None = None
    boundary: AttachedPolicy | None = None
    resource: AttachedPolicy | None = None
    service_control: tuple[tuple[AttachedPolicy, ...], ...] = ()
    resource_control: tuple[tuple[AttachedPolicy, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may this caller do this to that?

    Attributes:
        principal: the caller's ARN (a role session's is its assumed-role ARN), a service
            (``ec2.amazonaws.com``), or ``*`` for an anonymous caller.
        action: ``s3:GetObject``.
        resource: an ARN, or ``*`` where the action has no resource type.
        resource_account: 12 digits; the account that owns the resource. Empty: the caller's.
        context: condition keys and their values, as AWS names them; letter case is free.
            ``aws:PrincipalArn`` gives a session's role with its path, ``aws:userid`` the
            unique id by which policies may name the caller.
        federated: the identity provider (ARN or name) that vouches for an unsigned
            AssumeRoleWithWebIdentity or AssumeRoleWithSAML.
        federated_by: ARN of the IAM user that made a federated user's session, so that a
            resource policy naming the user is recognised.
    """

    principal: str
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    federated: str | None = None
    federated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """What a principal's ARN says of it.

    Attributes:
        kind: ``other`` is a service or an anonymous caller: it has no account.
        arn: as given.
        account: 12 digits, or empty.
        name: user or federated user name; for a session the role's.
    """

    kind: CallerKind
    arn: str
    account: str
    name: str


_KINDS: dict[str, CallerKind] = {
    "user": "user",
    "assumed-role": "role-session",
    "role": "role",
    "federated-user": "federated-user",
    "root": "root",
}


@lru_cache(maxsize=4096)
def caller_of(principal: str) -> Caller:
    """Take a principal's ARN apart."""
    fields = principal.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn":
        return Caller("other", principal, "", principal)
    resource_type, _, rest = fields[5].partition("/")
    kind = _KINDS.get(resource_type, "other")
    name = rest.split("/")[0] if kind == "role-session" else rest.rsplit("/", 1)[-1]
    return Caller(kind, principal, fields[4], name)


class Facts:
    """A request made ready for matching.

    Attributes:
        action: in lower case.
        resource: as given.
        caller: who asks.
        federated: see `Request.federated`.
        federated_by: see `Request.federated_by`.
        bounded: whether the caller has a permissions boundary.
    """

    __slots__ = (
        "_context",
        "_given",
        "action",
        "bounded",
        "caller",
        "federated",
        "federated_by",
        "resource",
    )

    def __init__(self, request: Request, *, bounded: bool = False) -> None:
        self.action = request.action.lower()
        self.resource = request.resource
        self.caller = caller_of(request.principal)
        self.federated = request.federated
        self.federated_by = request.federated_by
        self.bounded = bounded
        self._given = request.context
        self._context: dict[str, ContextValue] | None = None

    @property
    def context(self) -> dict[str, ContextValue]:
        """Condition keys in lower case, made when first asked for."""
        if self._context is None:
            self._context = {key.lower(): value for key, value in self._given.items()}
        return self._context

    def text(self, key: str) -> str:
        """The value of a single-valued key (given in lower case), or empty."""
        value = self.context.get(key)
        return value if isinstance(value, str) else ""
