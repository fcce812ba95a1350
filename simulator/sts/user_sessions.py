"""`GetSessionToken` and `GetFederationToken`: an IAM user's own temporary credentials.

Source: STS API Reference, GetSessionToken, GetFederationToken; IAM User Guide, "Compare AWS
STS credentials".
"""

from __future__ import annotations

from simulator.gateway.stages import AwsError, Call, Presented, WireResponse
from simulator.gateway.world import World
from simulator.sts.issuing import issue
from simulator.sts.ledger import Credential, Issuer
from simulator.sts.mfa import present_mfa
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer, credentials_element
from simulator.sts.session_policies import session_policies
from simulator.sts.tags import session_tags, tag_pairs

DEFAULT_SECONDS = 43200
ROOT_SECONDS = 3600


def prepare_session_token(call: Call, world: World) -> Presented:
    """Check who asks, the parameters and the MFA code.

    Raises:
        AwsError: 403 `AccessDenied` for a temporary credential or a wrong code; 400
            `ValidationError`.
    """
    _refuse_sessions(call)
    check_parameters(call.operation)
    return present_mfa(call, world)


def prepare_federation_token(call: Call, world: World) -> Presented:
    """Check who asks, the parameters and the tags.

    Raises:
        AwsError: 403 `AccessDenied` for a temporary credential; 400 `ValidationError`.
    """
    _refuse_sessions(call)
    check_parameters(call.operation)
    session_tags(tag_pairs(call.operation.parameters.get("Tags")))
    return Presented()


def get_session_token(call: Call, world: World) -> WireResponse:
    """A session of the calling user: the same permissions, and an end."""
    caller = _caller(call)
    credential = issue(
        world,
        call.wire.at,
        _seconds(call, caller),
        kind="session-token",
        account=caller.account,
        arn=caller.arn,
        principal_arn=caller.principal_arn,
        user_id=caller.user_id,
        name=caller.name,
        mfa_at=call.presented.facts.get("mfa_at"),
        issued_to=caller.access_key_id,
        issuer=_issuer(caller),
    )
    return answer("GetSessionToken", {"Credentials": credentials_element(credential)})


def get_federation_token(call: Call, world: World) -> WireResponse:
    """A session for somebody the calling user names, within the policies it passes."""
    caller = _caller(call)
    parameters = call.operation.parameters
    name = str(parameters["Name"])
    tags = session_tags(tag_pairs(parameters.get("Tags")))
    policies = session_policies(call.operation, caller.account, world, tags)
    arn = f"arn:aws:sts::{caller.account}:federated-user/{name}"
    credential = issue(
        world,
        call.wire.at,
        _seconds(call, caller),
        kind="federation",
        account=caller.account,
        arn=arn,
        principal_arn=arn,
        user_id=f"{caller.account}:{name}",
        name=name,
        session_policies=policies.inline,
        session_policy_arns=policies.arns,
        tags=tags.values,
        issued_to=caller.access_key_id,
        issuer=_issuer(caller),
    )
    return answer(
        "GetFederationToken",
        {
            "Credentials": credentials_element(credential),
            "FederatedUser": {"FederatedUserId": credential.user_id, "Arn": credential.arn},
            "PackedPolicySize": policies.packed_size,
        },
    )


def _refuse_sessions(call: Call) -> None:
    if _caller(call).temporary:
        raise AwsError(
            "AccessDenied", f"Cannot call {call.operation.name} with session credentials", 403
        )


def _caller(call: Call) -> Credential:
    credential = call.caller.credential
    assert credential is not None  # both calls are signed
    return credential


def _seconds(call: Call, caller: Credential) -> int:
    """How long it lives; a root user's sessions last an hour at most, whatever is asked."""
    seconds = int(call.operation.parameters.get("DurationSeconds", DEFAULT_SECONDS))
    return min(seconds, ROOT_SECONDS) if caller.kind == "root" else seconds


def _issuer(caller: Credential) -> Issuer | None:
    return None if caller.kind == "root" else Issuer(caller.name, caller.user_id, caller.arn)
