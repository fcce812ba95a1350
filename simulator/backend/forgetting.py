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

_PARTITION = "aws"
_Held = tuple[str, Callable[[str], Any]]
"""A policy's text, and how to put another in its place."""


def forget_principal(arn: str, unique_id: str) -> None:
    """Put a deleted principal's unique id where policies name its ARN."""
    for text, put in (*_roles(), *_buckets(), *_others(), *_functions()):
        if f'"{arn}"' in text:
            put(replace_principal(text, arn, unique_id))


def _roles() -> Iterator[_Held]:
    from moto.iam.models import iam_backends

    for account in tuple(iam_backends):
        for role in iam_backends[account][_PARTITION].roles.values():
            document = "assume_role_policy_document"
            yield getattr(role, document), partial(setattr, role, document)


def _buckets() -> Iterator[_Held]:
    from moto.s3.models import s3_backends

    for account in tuple(s3_backends):
        for bucket in tuple(s3_backends[account][_PARTITION].buckets.values()):
            if bucket.policy:
                yield bucket.policy.decode(), partial(_put_bytes, bucket)


def _others() -> Iterator[_Held]:
    """Queues, topics, keys and secrets: each has its policy as text."""
    from moto.backends import get_backend

    for service, held in _HELD_AS.items():
        accounts = get_backend(service)
        for account in tuple(accounts):
            for region in tuple(accounts[account]):
                for each in tuple(getattr(accounts[account][region], held).values()):
                    if text := getattr(each, "policy", None):
                        yield text, partial(setattr, each, "policy")


def _functions() -> Iterator[_Held]:
    """Functions: moto has their policies as statements."""
    # The backend that runs no containers: see `simulator.backend.adapt`.
    from moto.awslambda_simple.models import lambda_simple_backends as backends

    for account in tuple(backends):
        for region in tuple(backends[account]):
            for versions in tuple(backends[account][region]._lambdas._functions.values()):
                policy = getattr(versions["latest"], "policy", None)
                if policy is not None and policy.statements:
                    text = json.dumps({"Statement": policy.statements})
                    yield text, partial(_put_statements, policy)


def _put_bytes(bucket: Any, text: str) -> None:
    bucket.policy = text.encode()


def _put_statements(policy: Any, text: str) -> None:
    policy.statements = json.loads(text)["Statement"]


_HELD_AS: dict[Any, str] = {
    "sqs": "queues",
    "sns": "topics",
    "kms": "keys",
    "secretsmanager": "secrets",
}
