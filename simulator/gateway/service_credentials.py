"""A user's passwords and keys for single services, of which there are none.

Nothing here makes one; but whoever deletes a user with all it has, as Terraform does, asks for
them first.

Source: IAM API Reference, ListServiceSpecificCredentials.
"""

from __future__ import annotations

from simulator.gateway.stages import AwsError, Call, WireResponse
from simulator.gateway.world import World
from simulator.sts.responses import IAM_NAMESPACE, answer


def list_service_specific_credentials(call: Call, world: World) -> WireResponse:
    """An empty list, for a user there is.

    Raises:
        AwsError: 404 `NoSuchEntity`.
    """
    name = call.operation.parameters.get("UserName")
    account = call.caller.account or world.account
    if name is not None and world.backend.user(account, str(name)) is None:
        raise AwsError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    result = {"ServiceSpecificCredentials": [], "IsTruncated": False}
    return answer(call.operation.name, result, IAM_NAMESPACE)
