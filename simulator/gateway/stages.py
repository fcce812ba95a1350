"""What travels through the gateway: one frozen dataclass for each stage's result.

``WireRequest`` → identify → ``Operation`` → authenticate → ``Caller`` → authorize →
``Decision``s → perform → ``WireResponse`` → record.  A stage takes what came before and
returns the next; none reaches back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulator.sts.ledger import Credential

Protocol = Literal["query", "ec2", "json", "rest-json", "rest-xml", "s3"]
"""The wire protocols whose errors look different. ``s3`` is rest-xml with S3's own codes."""

ContextValue = str | tuple[str, ...]
"""A condition key's value: one string, or several for a multivalued key."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One HTTP request as it came over the wire.

    Attributes:
        method: upper-case HTTP method.
        target: the request target as sent, still percent-encoded: ``/b/k%20y?list-type=2``.
        headers: names in lower case; repeated headers joined with ``,``.
        body: the whole body, as sent (still aws-chunked if it was).
        remote_addr: the peer's IP address.
        at: lab time (UTC) when the gateway took the request up.
        wall: wall-clock time (UTC) at the same moment.
        parted: until when lab time was the real time, where it was; ``None``: it never was, or
            still is.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    remote_addr: str
    at: datetime
    wall: datetime
    parted: datetime | None = None

    @property
    def raw_path(self) -> str:
        """The path, percent-encoded, without the query string."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The query string, percent-encoded, without the ``?``."""
        return self.target.partition("?")[2]

    @property
    def host(self) -> str:
        """The Host header, with its port."""
        return self.headers.get("host", "")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a request needs to be allowed: an IAM action on one resource.

    Attributes:
        action: IAM form, ``s3:ListBucket``.
        resource: an ARN, or ``*`` where the action has no resource type.
        context: condition keys that belong to this action and resource
            (``s3:prefix``, ``aws:ResourceTag/team``); names as AWS writes them.
        resource_account: 12 digits; the account that owns the resource.
            ``None``: the caller's own.
    """

    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    resource_account: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks for.

    Attributes:
        service: the signing name, which is also CloudTrail's prefix: ``s3``, ``sts``.
        name: botocore's operation name: ``ListObjectsV2``.
        protocol: how errors and answers are written.
        region: ``us-east-1`` from the credential scope, or the default.
        parameters: as CloudTrail's ``requestParameters``: botocore member names where the
            operation's model is known, secrets not yet removed.
        checks: everything that must be allowed; empty where no permission is needed.
        read_only: the call changes nothing.
    """

    service: str
    name: str
    protocol: Protocol
    region: str
    parameters: Mapping[str, Any]
    checks: tuple[Check, ...] = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request: a credential of the ledger. ``None``: anonymous."""

    credential: Credential | None

    @property
    def account(self) -> str | None:
        """The caller's account id."""
        return self.credential.account if self.credential else None

    @property
    def arn(self) -> str | None:
        """The caller's ARN as `GetCallerIdentity` shows it."""
        return self.credential.arn if self.credential else None


@dataclass(frozen=True, slots=True)
class WireResponse:
    """What goes back over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_body(self, body: bytes) -> WireResponse:
        """The same with another body, and its length."""
        headers = tuple(pair for pair in self.headers if pair[0].lower() != "content-length")
        return WireResponse(self.status, (*headers, ("Content-Length", str(len(body)))), body)


class AwsError(Exception):
    """An error the endpoint answers with, in AWS's code and text.

    Attributes:
        code: AWS's error code in its query/rest-xml spelling: ``AccessDenied``.
        message: AWS's text.
        status: HTTP status.
        fault: ``Sender`` or ``Receiver``.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    @property
    def fault(self) -> Literal["Sender", "Receiver"]:
        """Whose fault it is, as query-protocol errors say."""
        return "Sender" if self.status < 500 else "Receiver"


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request proves beside its signature: an MFA code, a web identity token, an assertion.

    Attributes:
        context: condition keys it adds (``aws:MultiFactorAuthPresent``, ``SAML:sub``).
        principal: who asks, where that is not the signer: a federated user or a service.
        federated: the identity provider that vouches, as a trust policy names it.
        facts: what the operation itself needs later (the verified claims).
        checks: what must be allowed besides, which only the proof told (`sts:TagSession` for
            the tags inside a token).
    """

    context: Mapping[str, ContextValue] = field(default_factory=dict)
    principal: str | None = None
    federated: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was identified, authenticated and prepared; what handlers are given."""

    operation: Operation
    wire: WireRequest
    caller: Caller
    presented: Presented
