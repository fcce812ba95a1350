"""Third stage: may this caller do this? Gather policies and context, then ask `simulator.iam`."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.gateway.context import check_context, principal_context, request_context
from simulator.gateway.policies import policies_for
from simulator.gateway.stages import AwsError, Call, Check, Operation
from simulator.gateway.world import World
from simulator.iam import Decision, Request, evaluate
from simulator.sts.ledger import Credential

ANONYMOUS = "*"


@dataclass(frozen=True, slots=True)
class Authorization:
    """What was asked of policy evaluation and what it answered, check by check."""

    checks: tuple[Check, ...] = ()
    requests: tuple[Request, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def refusal(self) -> tuple[Check, Decision] | None:
        """The first check that was not allowed; ``None`` when all were."""
        for check, decision in zip(self.checks, self.decisions, strict=True):
            if not decision.allowed:
                return check, decision
        return None


def authorize(call: Call, source_ip: str, world: World) -> Authorization:
    """Evaluate every check of a request, until one is refused.

    Raises:
        AwsError: the credential may not call this API at all, whatever policies say.
    """
    operation, wire, presented = call.operation, call.wire, call.presented
    credential = call.caller.credential
    if credential is not None:
        _refuse_what_the_session_may_never_do(operation, credential)
    base = request_context(wire, operation, source_ip)
    if credential is not None:
        base |= principal_context(credential, world, wire.at)
    base |= presented.context
    account = credential.account if credential else world.account
    requests: list[Request] = []
    decisions: list[Decision] = []
    checks: list[Check] = []
    for check in (*operation.checks, *presented.checks):
        request = Request(
            principal=presented.principal or (credential.arn if credential else ANONYMOUS),
            federated=presented.federated,
            federated_by=credential.issuer.arn if credential and credential.issuer else None,
            action=check.action,
            resource=check.resource,
            resource_account=check.resource_account or account,
            context=check_context(check, base, account),
        )
        checks.append(check)
        requests.append(request)
        decisions.append(evaluate(request, policies_for(credential, check, world)))
        if not decisions[-1].allowed:
            break
    return Authorization(tuple(checks), tuple(requests), tuple(decisions))


def _refuse_what_the_session_may_never_do(operation: Operation, credential: Credential) -> None:
    """`GetSessionToken` and `GetFederationToken` sessions are kept from IAM and most of STS.

    Source: IAM User Guide, "Compare AWS STS credentials", the table of credential sources.
    """
    if credential.kind not in ("session-token", "federation"):
        return
    federated = credential.kind == "federation"
    if operation.service == "iam" and (federated or credential.mfa_at is None):
        raise AwsError(
            "InvalidClientTokenId", "The security token included in the request is invalid", 403
        )
    if operation.service == "sts":
        callable_ = {"GetCallerIdentity"} if federated else {"GetCallerIdentity", "AssumeRole"}
        if operation.name not in callable_:
            raise AwsError(
                "AccessDenied", f"Cannot call {operation.name} with session credentials", 403
            )
