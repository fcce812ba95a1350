"""Resource-based policies, read from the service that keeps them: a reader a service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulator.backend.documents import attach
from simulator.backend.views import RoleView
from simulator.iam import AttachedPolicy

_PARTITION = "aws"


class RoleReader(Protocol):
    """Where a role's trust policy is read."""

    def role(self, account: str, name: str) -> RoleView | None:
        """An IAM role by name."""
        ...


def _role_trust(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    if not parts[5].startswith("role/"):
        return None
    role = backend.role(parts[4], parts[5].rpartition("/")[2])
    return role.trust if role and role.arn == ":".join(parts) else None


def _bucket_policy(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    from moto.s3.models import s3_backends

    name = parts[5].partition("/")[0]
    _, owner = s3_backends.bucket_accounts.get(name, (None, None))
    bucket = s3_backends[owner][_PARTITION].buckets.get(name) if owner else None
    if bucket is None or not bucket.policy:
        return None
    text = bucket.policy.decode()
    return attach(text, "resource", "bucket policy", None, f"arn:aws:s3:::{name}")


def _queue_policy(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[parts[4]][parts[3]].queues.get(parts[5])
    text = getattr(queue, "policy", None)
    return attach(text, "resource", "queue policy", None, ":".join(parts)) if text else None


def _topic_policy(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    from moto.sns.models import sns_backends

    topic = sns_backends[parts[4]][parts[3]].topics.get(":".join(parts))
    return (
        attach(topic.policy, "resource", "topic policy", None, ":".join(parts)) if topic else None
    )


def _key_policy(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    from moto.kms.models import kms_backends

    key = kms_backends[parts[4]][parts[3]].keys.get(parts[5].rpartition("/")[2])
    return attach(key.policy, "resource", "key policy", None, ":".join(parts)) if key else None


def _secret_policy(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    from moto.secretsmanager.models import secretsmanager_backends

    secrets = secretsmanager_backends[parts[4]][parts[3]].secrets
    secret = next((s for s in secrets.values() if s.arn == ":".join(parts)), None)
    text = getattr(secret, "policy", None)
    return attach(text, "resource", "resource policy", None, ":".join(parts)) if text else None


def _with_principal(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """`AddPermission` takes an account id or a user's or role's ARN; moto keeps it as it came.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    principal = statement.get("Principal")
    named = isinstance(principal, str) and principal != "*"
    return {**statement, "Principal": {"AWS": principal}} if named else statement


def _function_policy(backend: RoleReader, parts: list[str], account: str) -> AttachedPolicy | None:
    # The backend that runs no containers: see `_quieten_moto`.
    from moto.awslambda_simple.models import lambda_simple_backends as lambda_backends

    name = parts[5].removeprefix("function:").partition(":")[0]
    functions = lambda_backends[parts[4]][parts[3]]._lambdas._functions.get(name)
    function = functions["latest"] if functions else None
    if function is None or not function.policy.statements:
        return None
    document = function.policy.get_policy()["Policy"]
    statements = [_with_principal(statement) for statement in document["Statement"]]
    text = json.dumps({**document, "Statement": statements})
    return attach(text, "resource", "function policy", None, ":".join(parts))


RESOURCE_POLICIES: Mapping[str, Callable[[RoleReader, list[str], str], AttachedPolicy | None]] = {
    "iam": _role_trust,
    "s3": _bucket_policy,
    "sqs": _queue_policy,
    "sns": _topic_policy,
    "kms": _key_policy,
    "secretsmanager": _secret_policy,
    "lambda": _function_policy,
}
