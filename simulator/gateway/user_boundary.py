"""A user's permissions boundary: the two IAM operations moto does not have.

Source: IAM API Reference, PutUserPermissionsBoundary, DeleteUserPermissionsBoundary.
"""

from __future__ import annotations

from simulator.gateway.iam_limits import boundary_exists
from simulator.gateway.stages import AwsError, Call, WireResponse
from simulator.gateway.world import World


def put_user_permissions_boundary(call: Call, world: World) -> WireResponse:
    """Set the boundary; the policy must exist."""
    boundary_exists(call.operation, call.caller, world)
    return _set(call, world, str(call.operation.parameters.get("PermissionsBoundary", "")))


def delete_user_permissions_boundary(call: Call, world: World) -> WireResponse:
    """Take the boundary away."""
    return _set(call, world, None)


def _set(call: Call, world: World, arn: str | None) -> WireResponse:
    account = call.caller.account or world.account
    name = str(call.operation.parameters.get("UserName", ""))
    if not world.backend.set_user_boundary(account, name, arn):
        raise AwsError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    world.policies_changed(world.clock.now())
    operation = call.operation.name
    body = (
        f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<ResponseMetadata><RequestId>{_REQUEST_ID}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    ).encode()
    return WireResponse(200, (("Content-Type", "text/xml"),), body)


_REQUEST_ID = "00000000-0000-0000-0000-000000000000"
