"""What KMS says of a ciphertext and its key, and moto doesn't.

Source: KMS API Reference, Decrypt, ReEncrypt.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from simulator.gateway.denial import UNKNOWN_CIPHERTEXT
from simulator.gateway.stages import AwsError, Caller, Operation
from simulator.gateway.world import World

_WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
# Shorter ones are no ciphertexts at all, as moto makes them: key id, nonce, tag.
_LEAST_BYTES = 36 + 12 + 16


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
