"""Policy documents as moto keeps them, compiled and with the place they hang."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
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
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value


def replace_principal(document: str, arn: str, unique_id: str) -> str:
    """The document with a unique id where a principal's ARN stood."""
    return json.dumps(_rewritten(document, lambda name: unique_id if name == arn else name))


def with_root_arns(document: str) -> str:
    """The document with the account's ARN where a principal was an account id alone.

    So IAM and S3 keep it. A document without one is returned as it was written.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if not _ACCOUNT_ALONE.search(document):
        return document
    try:
        written = _rewritten(document, _root_arn)
        return document if written == json.loads(document) else json.dumps(written)
    except (ValueError, TypeError, AttributeError):
        return document  # no policy; whoever checks it says so


def _root_arn(name: Any) -> Any:
    alone = isinstance(name, str) and _ACCOUNT_ID.fullmatch(name)
    return f"arn:aws:iam::{name}:root" if alone else name


def _rewritten(document: str, swap: Callable[[Any], Any]) -> Any:
    """The parsed document with each AWS principal swapped for another."""

    def each(value: Any) -> Any:
        return [swap(item) for item in value] if isinstance(value, list) else swap(value)

    parsed = json.loads(document)
    statements = parsed.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            principals = statement.get(element)
            if isinstance(principals, dict) and "AWS" in principals:
                principals["AWS"] = each(principals["AWS"])
            elif isinstance(principals, str) and swap(principals) != principals:
                # as `lambda:AddPermission` leaves it
                statement[element] = {"AWS": swap(principals)}
    return parsed


_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_ACCOUNT_ALONE = re.compile(r'"[0-9]{12}"')
