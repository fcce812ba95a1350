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


def as_moto_checks(document: str) -> str:
    """A document that says the same to moto's own check, which refuses some that IAM takes.

    Inline policies may be of `Version` 2008-10-17 or have none, and a condition's value may be
    a bare number.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    """
    try:
        parsed = json.loads(document)
        statements = parsed.get("Statement", [])
        for statement in statements if isinstance(statements, list) else [statements]:
            if "Condition" in statement:
                statement["Condition"] = _numbers_as_text(statement["Condition"])
    except (ValueError, TypeError, AttributeError):
        return document
    # moto wants the version to stand first.
    return json.dumps({"Version": "2012-10-17"} | parsed | {"Version": "2012-10-17"})


def _numbers_as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _numbers_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(item) for item in value]
    return str(value) if isinstance(value, int | float) and value not in (True, False) else value


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
            elif principals == arn:  # as `lambda:AddPermission` leaves it
                statement[element] = {"AWS": unique_id}
    return json.dumps(parsed)
