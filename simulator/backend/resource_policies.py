"""Resource-based policies, read from the service that keeps them: a reader a service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.backend.documents import attach
from simulator.backend.held import backends_of, held, latest_function
from simulator.iam import AttachedPolicy

_Kept = tuple[str | None, str]
"""A policy's text (``None``: there is none), and the ARN of what it hangs on."""


def resource_policy(arn: str) -> AttachedPolicy | None:
    """The policy of a resource that keeps its own; roles have their trust policies instead."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS:
        return None
    read, name = _READERS[parts[2]]
    text, holder = read(arn, parts[5], parts[4], parts[3])
    return attach(text, "resource", name, None, holder)


def put_table_policy(arn: str, text: str) -> None:
    """Put a table's policy, as `PutResourcePolicy` does."""
    region, account = arn.split(":")[3:5]
    held("dynamodb", account, region).put_resource_policy(arn, text, None)


def _bucket(arn: str, resource: str, account: str, region: str) -> _Kept:
    name = resource.partition("/")[0]
    _, owner = backends_of("s3").bucket_accounts.get(name, (None, None))
    bucket = held("s3", owner).buckets.get(name) if owner else None
    text = bucket.policy.decode() if bucket is not None and bucket.policy else None
    return text, f"arn:aws:s3:::{name}"


def _queue(arn: str, resource: str, account: str, region: str) -> _Kept:
    backend = held("sqs", account, region)
    return getattr(backend and backend.queues.get(resource), "policy", None), arn


def _topic(arn: str, resource: str, account: str, region: str) -> _Kept:
    backend = held("sns", account, region)
    return getattr(backend and backend.topics.get(arn), "policy", None), arn


def _key(arn: str, resource: str, account: str, region: str) -> _Kept:
    backend = held("kms", account, region)
    key = backend and backend.keys.get(resource.removeprefix("key/"))
    return getattr(key, "policy", None), arn


def _secret(arn: str, resource: str, account: str, region: str) -> _Kept:
    backend = held("secretsmanager", account, region)
    secret = backend and backend.secrets.get(arn)
    # moto finds a secret by a part of its ARN as well.
    return getattr(secret, "policy", None) if secret and secret.arn == arn else None, arn


def _table(arn: str, resource: str, account: str, region: str) -> _Kept:
    """A table's own, which is also its indexes'.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
    """
    table = arn.partition("/index/")[0]
    backend = held("dynamodb", account, region)
    return getattr(backend and backend.resource_policies.get(table), "policy_doc", None), table


def _function(arn: str, resource: str, account: str, region: str) -> _Kept:
    name = resource.removeprefix("function:").partition(":")[0]
    function = latest_function(account, region, name)
    if function is None or not function.policy.statements:
        return None, arn
    document = function.policy.get_policy()["Policy"]
    statements = [_with_principal(statement) for statement in document["Statement"]]
    return json.dumps({**document, "Statement": statements}), arn


def _with_principal(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """`AddPermission` takes an account id or a user's or role's ARN; moto keeps it as it came.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    principal = statement.get("Principal")
    named = isinstance(principal, str) and principal != "*"
    return {**statement, "Principal": {"AWS": principal}} if named else statement


_READERS: Mapping[str, tuple[Callable[[str, str, str, str], _Kept], str]] = {
    "dynamodb": (_table, "table policy"),
    "kms": (_key, "key policy"),
    "lambda": (_function, "function policy"),
    "s3": (_bucket, "bucket policy"),
    "secretsmanager": (_secret, "resource policy"),
    "sns": (_topic, "topic policy"),
    "sqs": (_queue, "queue policy"),
}
"""How to read a service's policies (by ARN, its last part, account and region), and their name."""
