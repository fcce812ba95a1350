"""What Lambda says of a function's execution role, and moto doesn't.

Source: Lambda Developer Guide, "Defining Lambda function permissions with an execution role".
"""

from __future__ import annotations

from simulator.gateway.policies import service_request, service_trust
from simulator.gateway.stages import AwsError, Caller, Operation
from simulator.gateway.world import World
from simulator.iam import evaluate
from simulator.sts.roles import role_at

LAMBDA = "lambda.amazonaws.com"
_NOT_ASSUMED = "The role defined for the function cannot be assumed by Lambda."


def check_execution_role(operation: Operation, caller: Caller, world: World) -> None:
    """The role a function is given must trust Lambda, there and then.

    Raises:
        AwsError: 400 `InvalidParameterValueException`.
    """
    arn = operation.parameters.get("Role")
    role = role_at(str(arn), world) if arn else None
    if role is None:
        return  # that there is no such role is told by the service itself
    asked = service_request(LAMBDA, role, world.clock.now())
    if not evaluate(asked, service_trust(role, world)).allowed:
        raise AwsError("InvalidParameterValueException", _NOT_ASSUMED)
