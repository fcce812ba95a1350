"""Session policies: one inline document and up to ten managed ones, packed into the token.

Source: STS API Reference, AssumeRole, parameters Policy, PolicyArns; IAM User Guide, "IAM and
AWS STS quotas".
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from simulator.gateway.stages import AwsError, Operation
from simulator.gateway.world import World
from simulator.iam import MalformedPolicyDocument, parse_policy
from simulator.sts.tags import SessionTags

_MAX_MANAGED = 10
_MAX_CHARACTERS = 2048
# AWS packs policies and tags in a form of its own and tells only how full it is. The lab packs
# the canonical JSON and takes this many bytes as full.
_PACKED_BYTES = 2048

_POLICY_TOO_LARGE = "Packed policy consumes {}% of allotted space, please use smaller policy."
_TAGS_TOO_LARGE = "Packed size of session tags consumes {}% of allotted space."


@dataclass(frozen=True, slots=True)
class SessionPolicies:
    """Session policies as passed; `packed_size` is AWS's per cent, ``None`` without any."""

    inline: tuple[str, ...] = ()
    arns: tuple[str, ...] = ()
    packed_size: int | None = None


def session_policies(
    operation: Operation, account: str, world: World, tags: SessionTags
) -> SessionPolicies:
    """Read and check the session policies of a request, and pack them with its tags.

    Raises:
        AwsError: `MalformedPolicyDocument`, `PackedPolicyTooLarge`, or `ValidationError` for a
            managed policy that does not exist.
    """
    parameters = operation.parameters
    text = parameters.get("Policy")
    arns = tuple(entry.get("arn", "") for entry in parameters.get("PolicyArns", ()))
    if len(arns) > _MAX_MANAGED:
        raise AwsError("ValidationError", _too_long("policyArns", _MAX_MANAGED))
    packed = 0
    if text is not None:
        if len(str(text)) > _MAX_CHARACTERS:
            raise AwsError("ValidationError", _too_long("policy", _MAX_CHARACTERS))
        packed += len(_canonical(str(text)))
    for arn in arns:
        if world.backend.managed_policy(arn, account, "session") is None:
            raise AwsError("ValidationError", f"Policy {arn} does not exist or is not attachable.")
        packed += len(arn) // 4
    packed += sum(len(key) + len(value) + 2 for key, value in tags.values.items())
    percent = -(-packed * 100 // _PACKED_BYTES) if packed else None
    if percent is not None and percent > 100:
        wording = _POLICY_TOO_LARGE if text is not None or arns else _TAGS_TOO_LARGE
        raise AwsError("PackedPolicyTooLarge", wording.format(percent))
    inline = (str(text),) if text is not None else ()
    return SessionPolicies(inline, arns, percent)


def _too_long(member: str, most: int) -> str:
    return (
        f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}"
    )


def _canonical(text: str) -> str:
    try:
        document = parse_policy(text, "session").document
    except MalformedPolicyDocument as error:
        place = f" ({error.place})" if error.place else ""
        raise AwsError("MalformedPolicyDocument", f"{error.message}{place}") from error
    return json.dumps(document, separators=(",", ":"))
