"""What KMS says of a ciphertext and its key, and moto doesn't.

Source: KMS API Reference, Decrypt, ReEncrypt.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace

from simulator.gateway.context import principal_context
from simulator.gateway.denial import UNKNOWN_CIPHERTEXT
from simulator.gateway.policies import EVERYTHING, policies_for
from simulator.gateway.stages import AwsError, Caller, Check, Operation
from simulator.gateway.world import World
from simulator.iam import AttachedPolicy, PolicySet, Request, evaluate, parse_policy

_LOCKED_OUT = "The new key policy will not allow you to update the key policy in the future."
_WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
_PUT = "kms:PutKeyPolicy"
# Shorter ones are no ciphertexts at all, as moto makes them: key id, nonce, tag.
_LEAST_BYTES = 36 + 12 + 16


def check_lockout(operation: Operation, caller: Caller, world: World) -> None:
    """A key policy must let whoever sets it, or the key's account, set another.

    Source: KMS API Reference, PutKeyPolicy, BypassPolicyLockoutSafetyCheck.
    """
    text, credential = operation.parameters.get("Policy"), caller.credential
    bypassed = operation.parameters.get("BypassPolicyLockoutSafetyCheck") is True
    if not text or credential is None or bypassed:
        return
    account = credential.account
    named = str(operation.parameters.get("KeyId", ""))
    arn = world.lookup.kms_key_arn(named, account, operation.region)
    arn = arn or f"arn:aws:kms:{operation.region}:{account}:key/new"
    owner = arn.split(":")[4]
    new = AttachedPolicy(parse_policy(str(text), "resource"), name="key policy")
    context = principal_context(credential, world, world.clock.now())
    context["kms:CallerAccount"] = account
    check = Check(_PUT, arn, {}, owner)
    asked = Request(credential.arn, _PUT, arn, owner, context)
    mine = replace(policies_for(credential, check, world), resource=new)
    of_root = {"aws:PrincipalAccount": owner, "kms:CallerAccount": owner}
    root = Request(f"arn:aws:iam::{owner}:root", _PUT, arn, owner, of_root)
    account_s = PolicySet(identity=(EVERYTHING,), resource=new)
    if not (evaluate(asked, mine).allowed or evaluate(root, account_s).allowed):
        raise AwsError("MalformedPolicyDocumentException", _LOCKED_OUT)


def check_ciphertext(parameter: str) -> Callable[[Operation, Caller, World], None]:
    """A ciphertext must be of a key there is, and of the one the request names, if it does.

    Args:
        parameter: the request's name for that key.
    """

    def check(operation: Operation, caller: Caller, world: World) -> None:
        try:
            blob = base64.b64decode(str(operation.parameters.get("CiphertextBlob", "")))
        except binascii.Error:
            return
        if len(blob) < _LEAST_BYTES:
            return
        account = caller.account or world.account
        made_with = world.lookup.kms_key_of_ciphertext(blob, account, operation.region)
        if made_with is None:
            raise AwsError("AccessDenied", UNKNOWN_CIPHERTEXT, 403)
        named = operation.parameters.get(parameter)
        if not named:
            return
        found = world.lookup.kms_key_arn(str(named), account, operation.region)
        if found is not None and found != made_with:
            raise AwsError("IncorrectKeyException", _WRONG_KEY)

    return check
