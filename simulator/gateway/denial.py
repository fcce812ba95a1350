"""What a denied caller is told, in AWS's words.

Source: IAM User Guide, "Troubleshoot access denied error messages"; STS API Reference,
DecodeAuthorizationMessage.
"""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from simulator.gateway.stages import AwsError, Caller, Check, Operation
from simulator.iam import Decision, Request

UNKNOWN_CIPHERTEXT = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this "
    "region, or you are not allowed to access."
)
_FEDERATED = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}
_WITHOUT_A_RESOURCE = {
    "dynamodb": " on resource: arn:aws:dynamodb:{region}:{account}:table/*",
    "ec2": "",
    "s3": "",
    "secretsmanager": "",
    "sns": " on resource: arn:aws:sns:{region}:{account}:*",
    "sqs": " on resource: arn:aws:sqs:{region}:{account}:",
    "ssm": " on resource: arn:aws:ssm:{region}:{account}:*",
}
"""How a service words the resource of an action that has none; the others say ``*``."""


def denial(
    operation: Operation, caller: Caller, check: Check, decision: Decision, request: Request
) -> AwsError:
    """The error for a request that policy evaluation did not allow (403)."""
    return AwsError("AccessDenied", _message(operation, caller, check, decision, request), 403)


def _message(
    operation: Operation, caller: Caller, check: Check, decision: Decision, request: Request
) -> str:
    if operation.name in _FEDERATED:
        return f"Not authorized to perform sts:{operation.name}"
    if caller.arn is None:
        return "Access Denied"
    elsewhere = check.resource_account not in (None, caller.account)
    by_key = operation.service == "kms" and decision.policy_type == "resource-based policy"
    if elsewhere and by_key:
        return _key_elsewhere(operation, caller, check)
    resource = _on_resource(operation, caller, check)
    text = f"User: {caller.arn} is not authorized to perform: {check.action}{resource}"
    # AssumeRole does not say why, as it does not say whether the role exists.
    if not (operation.name == "AssumeRole" and decision.outcome == "implicitDeny"):
        text = f"{text} {decision.reason if elsewhere else decision.reason_with_arn}"
    if operation.protocol == "ec2":
        encoded = encode_authorization_message(decision, request)
        return (
            f"You are not authorized to perform this operation. {text}. "
            f"Encoded authorization failure message: {encoded}"
        )
    return text


def _on_resource(operation: Operation, caller: Caller, check: Check) -> str:
    service = check.action.partition(":")[0]
    if check.resource == "*" and service in _WITHOUT_A_RESOURCE:
        words = _WITHOUT_A_RESOURCE[service]
        return words.format(region=operation.region, account=caller.account)
    named = f'"{check.resource}"' if operation.protocol == "s3" else check.resource
    return f" on resource: {named}"


def _key_elsewhere(operation: Operation, caller: Caller, check: Check) -> str:
    """What KMS says of another account's key, that there may not be at all."""
    if operation.name == "Decrypt" and not operation.parameters.get("KeyId"):
        return UNKNOWN_CIPHERTEXT
    return (
        f"User: {caller.arn} is not authorized to perform: {check.action} on this resource because "
        "the resource does not exist in this Region, no resource-based policies allow access, or "
        "a resource-based policy explicitly denies access"
    )


@lru_cache(maxsize=1)
def _cipher() -> Fernet:
    """The key messages are encoded with: this process's own, as AWS's is AWS's own."""
    return Fernet(Fernet.generate_key())


def encode_authorization_message(decision: Decision, request: Request) -> str:
    """An opaque text that `sts:DecodeAuthorizationMessage` turns back into the decision."""
    matched: list[dict[str, Any]] = []
    if decision.outcome == "explicitDeny" and decision.policy is not None:
        matched = [{"statementId": decision.sid or "", "effect": "DENY"}]
    content = {
        "allowed": decision.allowed,
        "explicitDeny": decision.outcome == "explicitDeny",
        "matchedStatements": {"items": matched},
        "failures": {"items": []},
        "context": {
            "principal": {
                "id": request.context.get("aws:userid", ""),
                "arn": request.principal,
            },
            "action": request.action,
            "resource": request.resource,
            "conditions": {
                "items": [
                    {
                        "key": key,
                        "values": {
                            "items": [
                                {"value": item}
                                for item in ([value] if isinstance(value, str) else value)
                            ]
                        },
                    }
                    for key, value in request.context.items()
                ]
            },
        },
    }
    return _cipher().encrypt(zlib.compress(json.dumps(content).encode())).decode()


def decode_authorization_message(encoded: str) -> str:
    """The JSON behind an encoded message.

    Raises:
        AwsError: the message was not made by this endpoint.
    """
    try:
        return zlib.decompress(_cipher().decrypt(encoded.encode())).decode()
    except (InvalidToken, UnicodeError) as error:
        raise AwsError(
            "InvalidAuthorizationMessageException", "Message is not valid", 400
        ) from error
