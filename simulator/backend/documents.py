"""Policy documents as moto keeps them, compiled and with the place they hang."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.iam import AttachedPolicy, MalformedPolicyDocument, Policy, parse_policy
from simulator.iam import DocumentKind as Kind


def _policy(text: str | Mapping[str, Any], kind: Kind) -> Policy | None:
    try:
        return parse_policy(text, kind)
    except MalformedPolicyDocument:
        # Saved past our own validation (by CloudFormation, say): such a document grants and
        # denies nothing.
        return None


NOTHING = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": "*", "Resource": "*"}],
    },
    "boundary",
)


def attach(
    text: str | Mapping[str, Any] | None,
    kind: Kind,
    name: str,
    arn: str | None,
    attached_to: str | None,
) -> AttachedPolicy | None:
    """The compiled document and where it hangs; ``None`` where there is none to speak of."""
    policy = _policy(text, kind) if text else None
    return AttachedPolicy(policy, name=name, arn=arn, attached_to=attached_to) if policy else None


def tag_map(tags: Any) -> dict[str, str]:
    """Tags by key, from moto's list or mapping of ``{"Key": …, "Value": …}``."""
    values = tags.values() if isinstance(tags, Mapping) else tags or ()
    return {tag["Key"]: tag["Value"] for tag in values}


def replace_principal(document: str, arn: str, unique_id: str) -> str:
    """The document with a unique id where a principal's ARN stood."""

    def swap(value: Any) -> Any:
        if isinstance(value, list):
            return [swap(item) for item in value]
        return unique_id if value == arn else value

    parsed = json.loads(document)
    statements = parsed.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            principals = statement.get(element)
            if isinstance(principals, dict) and "AWS" in principals:
                principals["AWS"] = swap(principals["AWS"])
    return json.dumps(parsed)
