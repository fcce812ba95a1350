"""Who am I, whose key is this: the STS calls that issue nothing.

Source: STS API Reference, GetCallerIdentity, GetAccessKeyInfo, DecodeAuthorizationMessage.
"""

from __future__ import annotations

from simulator.gateway.denial import decode_authorization_message
from simulator.gateway.stages import AwsError, Call, Presented, WireResponse
from simulator.gateway.world import World
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer


def prepare(call: Call, world: World) -> Presented:
    """Check the parameters.

    Raises:
        AwsError: 400 `ValidationError`.
    """
    check_parameters(call.operation)
    return Presented()


def get_caller_identity(call: Call, world: World) -> WireResponse:
    """Who signed; it needs no permission and no policy can deny it."""
    credential = call.caller.credential
    assert credential is not None
    return answer(
        "GetCallerIdentity",
        {"UserId": credential.user_id, "Account": credential.account, "Arn": credential.arn},
    )


def get_access_key_info(call: Call, world: World) -> WireResponse:
    """The account an access key belongs to, live or not."""
    key = str(call.operation.parameters.get("AccessKeyId", ""))
    credential = world.ledger.find(key)
    account = credential.account if credential else world.backend.key_account(key)
    if account is None:
        raise AwsError("ValidationError", f"The access key {key} does not exist.", 400)
    return answer("GetAccessKeyInfo", {"Account": account})


def decode_message(call: Call, world: World) -> WireResponse:
    """The decision behind an encoded authorization failure message."""
    encoded = str(call.operation.parameters.get("EncodedMessage", ""))
    return answer(
        "DecodeAuthorizationMessage", {"DecodedMessage": decode_authorization_message(encoded)}
    )
