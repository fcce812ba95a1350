"""KMS: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping

from simulator.gateway.actions.keys import constant, parameter, request_tags
from simulator.gateway.actions.rules import (
    Asked,
    Context,
    Keys,
    Rule,
    Rules,
    Target,
    Targets,
    is_arn,
)
from simulator.gateway.actions.targets import both, fill, first_named, with_tags
from simulator.gateway.stages import ContextValue


def key_arn(asked: Asked, key_id: str) -> str:
    """The ARN of a key given by id, alias or ARN; keys are what policies name, not aliases."""
    found = asked.lookup.kms_key_arn(key_id, asked.account, asked.region)
    if found is not None:
        return found
    if is_arn(key_id):
        return key_id
    return fill(asked, "kms", key_id if key_id.startswith("alias/") else f"key/{key_id}")


def _key(name: str) -> Targets:
    def targets(asked: Asked) -> Iterator[Target]:
        yield with_tags(asked, key_arn(asked, asked.text(name)))

    return targets


def _key_of_ciphertext(name: str) -> Targets:
    """The key a ciphertext says it was made with, where the request names none."""

    def targets(asked: Asked) -> Iterator[Target]:
        if asked.text(name):
            yield from _key(name)(asked)
            return
        try:
            blob = base64.b64decode(asked.text("CiphertextBlob"))
        except (binascii.Error, ValueError):
            blob = b""
        arn = asked.lookup.kms_key_of_ciphertext(blob, asked.account, asked.region)
        yield with_tags(asked, arn) if arn else Target("*")

    return targets


def _alias(asked: Asked) -> Iterator[Target]:
    yield Target(fill(asked, "kms", asked.text("AliasName")))


def _key_of_alias(asked: Asked) -> Iterator[Target]:
    arn = asked.lookup.kms_key_arn(asked.text("AliasName"), asked.account, asked.region)
    if arn is not None:
        yield with_tags(asked, arn)


def _encryption_context(name: str) -> Keys:
    def keys(asked: Asked) -> Context:
        pairs = asked.get(name)
        if not isinstance(pairs, Mapping) or not pairs:
            return {}
        context: dict[str, ContextValue] = {
            f"kms:EncryptionContext:{key}": str(value) for key, value in pairs.items()
        }
        return context | {"kms:EncryptionContextKeys": tuple(map(str, pairs))}

    return keys


def _algorithm(asked: Asked) -> Context:
    return {"kms:EncryptionAlgorithm": asked.text("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")}


def _request_alias(asked: Asked) -> Context:
    name = asked.text("KeyId").rpartition(":")[2]
    return {"kms:RequestAlias": name} if name.startswith("alias/") else {}


def _caller_account(asked: Asked) -> Context:
    return {"kms:CallerAccount": asked.account}


def _grant(asked: Asked) -> Context:
    context: dict[str, ContextValue] = {}
    operations = tuple(map(str, asked.items("Operations")))
    if operations:
        context["kms:GrantOperations"] = operations
    for key in ("GranteePrincipal", "RetiringPrincipal"):
        if asked.text(key):
            context[f"kms:{key}"] = asked.text(key)
    constraints = asked.get("Constraints")
    if isinstance(constraints, Mapping) and constraints:
        context["kms:GrantConstraintType"] = next(iter(constraints))
    return context


_COMMON = (_caller_account, _request_alias, request_tags)
_CRYPTO = (*_COMMON, _encryption_context("EncryptionContext"), _algorithm)
_NEW_KEY = (
    _caller_account,
    request_tags,
    parameter("kms:KeySpec", "KeySpec"),
    parameter("kms:KeyUsage", "KeyUsage"),
    parameter("kms:KeyOrigin", "Origin"),
    parameter("kms:MultiRegion", "MultiRegion"),
    parameter("kms:BypassPolicyLockoutSafetyCheck", "BypassPolicyLockoutSafetyCheck"),
)


def _crypto(name: str, *keys: Keys) -> Rules:
    return (Rule(f"kms:{name}", _key("KeyId"), (*_CRYPTO, *keys)),)


def _plain(name: str, *keys: Keys) -> Rules:
    return (Rule(f"kms:{name}", _key("KeyId"), (*_COMMON, *keys)),)


_SIGNING = (
    parameter("kms:SigningAlgorithm", "SigningAlgorithm"),
    parameter("kms:MessageType", "MessageType"),
)
_MAC = parameter("kms:MacAlgorithm", "MacAlgorithm")
_PAIR = parameter("kms:DataKeyPairSpec", "KeyPairSpec")

RULES: dict[str, Rules] = {
    "CreateAlias": (
        Rule("kms:CreateAlias", both(_alias, _key("TargetKeyId")), (_caller_account,)),
    ),
    "CreateGrant": _plain("CreateGrant", _grant),
    "CreateKey": (
        Rule("kms:CreateKey", keys=_NEW_KEY),
        Rule("kms:TagResource", keys=_NEW_KEY, when=lambda asked: asked.items("Tags")),
    ),
    "Decrypt": (Rule("kms:Decrypt", _key_of_ciphertext("KeyId"), _CRYPTO),),
    "DeleteAlias": (Rule("kms:DeleteAlias", both(_alias, _key_of_alias), (_caller_account,)),),
    "Encrypt": _crypto("Encrypt"),
    "GenerateDataKey": _crypto("GenerateDataKey"),
    "GenerateDataKeyPair": _crypto("GenerateDataKeyPair", _PAIR),
    "GenerateDataKeyPairWithoutPlaintext": _crypto("GenerateDataKeyPairWithoutPlaintext", _PAIR),
    "GenerateDataKeyWithoutPlaintext": _crypto("GenerateDataKeyWithoutPlaintext"),
    "GenerateMac": _plain("GenerateMac", _MAC),
    "ListAliases": (Rule("kms:ListAliases"),),
    "ListRetirableGrants": (Rule("kms:ListRetirableGrants"),),
    "PutKeyPolicy": _plain(
        "PutKeyPolicy",
        parameter("kms:BypassPolicyLockoutSafetyCheck", "BypassPolicyLockoutSafetyCheck"),
    ),
    "ReEncrypt": (
        Rule(
            "kms:ReEncryptFrom",
            _key_of_ciphertext("SourceKeyId"),
            (
                _caller_account,
                _encryption_context("SourceEncryptionContext"),
                parameter("kms:EncryptionAlgorithm", "SourceEncryptionAlgorithm"),
            ),
        ),
        Rule(
            "kms:ReEncryptTo",
            _key("DestinationKeyId"),
            (
                _caller_account,
                _encryption_context("DestinationEncryptionContext"),
                parameter("kms:EncryptionAlgorithm", "DestinationEncryptionAlgorithm"),
            ),
        ),
    ),
    "ReplicateKey": _plain("ReplicateKey", parameter("kms:ReplicaRegion", "ReplicaRegion")),
    "RevokeGrant": _plain("RevokeGrant", constant("kms:GrantIsForAWSResource", "false")),
    "ScheduleKeyDeletion": _plain(
        "ScheduleKeyDeletion",
        parameter("kms:ScheduleKeyDeletionPendingWindowInDays", "PendingWindowInDays"),
    ),
    "Sign": _plain("Sign", *_SIGNING),
    "UpdateAlias": (
        Rule(
            "kms:UpdateAlias",
            both(_alias, _key_of_alias, _key("TargetKeyId")),
            (_caller_account,),
        ),
    ),
    "UpdatePrimaryRegion": _plain(
        "UpdatePrimaryRegion", parameter("kms:PrimaryRegion", "PrimaryRegion")
    ),
    "Verify": _plain("Verify", *_SIGNING),
    "VerifyMac": _plain("VerifyMac", _MAC),
}


def rules(asked: Asked) -> Rules:
    """The rules of a KMS operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    return (Rule(f"kms:{name}", first_named(asked, (("KeyId", _key("KeyId")),)), _COMMON),)
