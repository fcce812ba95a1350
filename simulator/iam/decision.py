"""The answer to a request, and AWS's words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulator.iam.request import AttachedPolicy, PolicySet, Request
    from simulator.iam.statement import Statement
    from simulator.iam.trace import Trace

Outcome = Literal["allowed", "explicitDeny", "implicitDeny"]

PolicyType = Literal[
    "identity-based policy",
    "resource-based policy",
    "session policy",
    "permissions boundary",
    "service control policy",
    "resource control policy",
]
"""AWS's name for a type of policy, as its error messages have it."""


class Decision:
    """What was decided, and why.

    Attributes:
        outcome: ``allowed``, ``explicitDeny`` or ``implicitDeny``.
        policy_type: the type that decided; ``None`` where no policy did.
        policy: the deciding policy; ``None`` where the lack of one decided.
        statement: index of the deciding statement in its document.
        sid: its `Sid`; ``None`` where it has none.
        request: what was asked.
        policies: what it was judged by.
    """

    __slots__ = (
        "_note",
        "_trace",
        "outcome",
        "policies",
        "policy",
        "policy_type",
        "request",
        "sid",
        "statement",
    )

    def __init__(
        self,
        request: Request,
        policies: PolicySet,
        outcome: Outcome,
        policy_type: PolicyType | None = None,
        hit: tuple[AttachedPolicy, Statement] | None = None,
        note: str = "",
    ) -> None:
        self.request = request
        self.policies = policies
        self.outcome: Outcome = outcome
        self.policy_type: PolicyType | None = policy_type
        self.policy: AttachedPolicy | None = None
        self.statement: int | None = None
        self.sid: str | None = None
        if hit is not None:
            self.policy, statement = hit
            self.statement = statement.index
            self.sid = statement.sid or None
        self._note = note
        self._trace: Trace | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request may go ahead."""
        return self.outcome == "allowed"

    @property
    def reason(self) -> str:
        """AWS's words for a refusal; a plain sentence for an allowed request.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        """
        action = self.request.action
        if self.outcome == "implicitDeny":
            return f"because no {self.policy_type} allows the {action} action"
        article = "an" if self.policy_type == "identity-based policy" else "a"
        if self.outcome == "explicitDeny":
            return f"with an explicit deny in {article} {self.policy_type}"
        return self._note or f"{article} {self.policy_type} allows the {action} action"

    @property
    def reason_with_arn(self) -> str:
        """The reason as AWS gives it within one account: a denying policy's ARN after it."""
        if self.outcome == "explicitDeny" and self.policy is not None and self.policy.arn:
            return f"{self.reason}: {self.policy.arn}"
        return self.reason

    @property
    def why(self) -> str:
        """The reason with the policy and the statement that decided, where one did.

        ``with an explicit deny in an identity-based policy (AWSRevokeOlderSessions, statement 1)``
        """
        if self.policy is None or self.statement is None:
            return self.reason
        name = self.policy.name or self.policy.policy.kind
        return f"{self.reason} ({name}, statement {self.sid or self.statement + 1})"

    @property
    def trace(self) -> Trace:
        """Every policy and statement looked at, made when first asked for."""
        if self._trace is None:
            from simulator.iam.explain import trace_of

            self._trace = trace_of(self)
        return self._trace

    def as_dict(self) -> dict[str, Any]:
        """The decision without its trace, for JSON."""
        return {
            "decision": self.outcome,
            "reason": self.reason,
            "policy_type": self.policy_type,
            "policy": self.policy.name if self.policy else None,
            "arn": self.policy.arn if self.policy else None,
            "statement": self.statement,
            "sid": self.sid,
        }

    def __repr__(self) -> str:
        return f"Decision({self.outcome!r}, {self.reason!r})"
