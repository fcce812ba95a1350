"""The ledger of issued credentials: who holds which key, since when and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

CredentialKind = Literal[
    "root",
    "user",
    "role",
    "web-identity",
    "saml",
    "instance",
    "service",
    "session-token",
    "federation",
]


class Issuer(NamedTuple):
    """An IAM user who has made a session: its name, unique id, and ARN with its path."""

    name: str
    unique_id: str
    arn: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key and everything the endpoint knows of the identity behind it.

    Attributes:
        access_key_id: ``AKIA…`` for a user's key, ``ASIA…`` for a temporary one.
        secret_access_key: 40 characters.
        session_token: ``None`` for a long-term key.
        kind: how it was issued.
        account: 12 digits.
        arn: the caller's ARN, as `GetCallerIdentity` shows it; a role session's is
            ``arn:aws:sts::<account>:assumed-role/<role>/<session>``.
        principal_arn: ``aws:PrincipalArn``: the user's, the *role's*, the federated user's.
        user_id: ``aws:userid``: ``AIDA…``, ``AROA…:session``, ``account:name``.
        name: the user's name, the role's name, or the federated user's name.
        session_name: `RoleSessionName`; ``None`` where there is none.
        issued_at: ``aws:TokenIssueTime``, UTC, whole seconds; ``None`` for a long-term key.
        expires_at: UTC; ``None`` for a long-term key.
        session_policies: inline session policy documents (JSON text), as passed.
        session_policy_arns: managed session policies, by ARN.
        tags: session tags (without the principal's own tags).
        transitive_tag_keys: which of them travel along a chain.
        source_identity: `SourceIdentity`, once set.
        mfa_at: when MFA was given (UTC); ``None`` without MFA.
        issued_to: access key id that asked for this session; ``None`` for unsigned calls.
        issuer: the IAM user behind a `GetSessionToken` or `GetFederationToken` session;
            ``None`` where root or a role stands behind it.
        federated_provider: ``aws:FederatedProvider``, for web identity and SAML sessions.
        federated_keys: the provider's condition keys kept for the session
            (``SAML:sub``, ``<issuer>:sub`` …).
        instance_arn: ``ec2:SourceInstanceARN``.
        role_delivery: ``ec2:RoleDelivery``: ``1.0`` or ``2.0``.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    kind: CredentialKind
    account: str
    arn: str
    principal_arn: str
    user_id: str
    name: str
    session_name: str | None = None
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    session_policies: tuple[str, ...] = ()
    session_policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa_at: datetime | None = None
    issued_to: str | None = None
    issuer: Issuer | None = None
    federated_provider: str | None = None
    federated_keys: Mapping[str, str] = field(default_factory=dict)
    instance_arn: str | None = None
    role_delivery: str | None = None

    @property
    def temporary(self) -> bool:
        """Whether it came from STS and ends by itself."""
        return self.session_token is not None

    @property
    def is_root(self) -> bool:
        """Whether it is the root user's, a key or a `GetSessionToken` session."""
        return self.kind == "root" or (self.kind == "session-token" and self.issuer is None)

    @property
    def is_role_session(self) -> bool:
        """Whether a role stands behind it."""
        return self.kind in ("role", "web-identity", "saml", "instance", "service")


MAX_SESSIONS = 10_000
"""From how many sessions on those long over are forgotten; about 15 MiB."""

FORGOTTEN_AFTER = timedelta(hours=36)
"""How long after its end a session may be forgotten: the life of the longest there is."""


class Ledger:
    """Temporary credentials (and root's keys) by access key id, found in constant time.

    A session that is over is kept, so that whoever still holds it is told `ExpiredToken`, as AWS
    does. Only in a lab with more than `limit` of them are those forgotten that have been over
    for `FORGOTTEN_AFTER`; their keys are unknown ones from then on.
    """

    def __init__(self, limit: int = MAX_SESSIONS) -> None:
        self._by_key: dict[str, Credential] = {}
        self._limit = limit
        self._look_again_at = limit

    def add(self, credential: Credential) -> Credential:
        """Enter a newly issued credential and return it."""
        if len(self._by_key) >= self._look_again_at and credential.issued_at is not None:
            self._forget_over_by(credential.issued_at - FORGOTTEN_AFTER)
        self._by_key[credential.access_key_id] = credential
        return credential

    def find(self, access_key_id: str) -> Credential | None:
        """The credential with this key id, or ``None``."""
        return self._by_key.get(access_key_id)

    def sessions(self) -> tuple[Credential, ...]:
        """Every session kept, oldest first; may be asked for from any thread."""
        # Copied in one step: the server's threads go on issuing meanwhile.
        return tuple(each for each in tuple(self._by_key.values()) if each.temporary)

    def root_keys(self, account: str) -> tuple[Credential, ...]:
        """The root user's access keys of an account."""
        every = tuple(self._by_key.values())
        return tuple(each for each in every if each.kind == "root" and each.account == account)

    def follow(self, unique_id: str, name: str, arn: str) -> None:
        """Have the sessions of a user who was renamed be that user's still."""
        for key, each in tuple(self._by_key.items()):
            if each.issuer is None or each.issuer.unique_id != unique_id:
                continue
            followed = replace(each, issuer=Issuer(name, unique_id, arn))
            if each.kind == "session-token":
                followed = replace(followed, name=name, arn=arn, principal_arn=arn)
            self._by_key[key] = followed

    def clear(self) -> None:
        """Forget every session (a new world)."""
        self._by_key = {}
        self._look_again_at = self._limit

    def _forget_over_by(self, moment: datetime) -> None:
        self._by_key = {
            key: each
            for key, each in self._by_key.items()
            if each.expires_at is None or each.expires_at > moment
        }
        # Not at every session from now on, where most are still alive.
        self._look_again_at = max(self._limit, len(self._by_key) + self._limit // 10)
