"""What becomes of the policies that name a user or role which is deleted.

IAM keeps a principal of a resource-based policy by unique id, so a new one of the same name is
not trusted. Source: IAM User Guide, "AWS JSON policy elements: Principal", IAM role principals.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from simulator.backend.documents import replace_principal
from simulator.backend.held import backends_of

_Held = tuple[str, Callable[[str], Any]]
"""A policy's text, and how to put another in its place."""


def forget_principal(arn: str, unique_id: str) -> None:
    """Put a deleted principal's unique id where policies name its ARN."""
    for text, put in (*_roles(), *_buckets(), *_others(), *_functions()):
        if f'"{arn}"' in text:
            put(replace_principal(text, arn, unique_id))


def _roles() -> Iterator[_Held]:
    for iam in _every("iam"):
        for role in iam.roles.values():
            document = "assume_role_policy_document"
            yield getattr(role, document), partial(setattr, role, document)


def _buckets() -> Iterator[_Held]:
    for s3 in _every("s3"):
        for bucket in tuple(s3.buckets.values()):
            if bucket.policy:
                yield bucket.policy.decode(), partial(_put_bytes, bucket)


def _others() -> Iterator[_Held]:
    """Queues, topics, keys, secrets and tables: each has its policy as text."""
    for service, (things, policy) in _HELD_AS.items():
        for backend in _every(service):
            for each in tuple(getattr(backend, things).values()):
                if text := getattr(each, policy, None):
                    yield text, partial(setattr, each, policy)


def _functions() -> Iterator[_Held]:
    """Functions: moto has their policies as statements."""
    for backend in _every("lambda"):
        for versions in tuple(backend._lambdas._functions.values()):
            policy = getattr(versions["latest"], "policy", None)
            if policy is not None and policy.statements:
                text = json.dumps({"Statement": policy.statements})
                yield text, partial(_put_statements, policy)


def _every(service: str) -> Iterator[Any]:
    """Moto's backends of a service, of every account and region that was used."""
    accounts = backends_of(service)
    for account in tuple(accounts):
        yield from tuple(accounts[account].values())


def _put_bytes(bucket: Any, text: str) -> None:
    bucket.policy = text.encode()


def _put_statements(policy: Any, text: str) -> None:
    policy.statements = json.loads(text)["Statement"]


_HELD_AS = {
    "dynamodb": ("resource_policies", "policy_doc"),
    "kms": ("keys", "policy"),
    "secretsmanager": ("secrets", "policy"),
    "sns": ("topics", "policy"),
    "sqs": ("queues", "policy"),
}
"""Where a service's backend has its things, and what each calls its policy."""
