"""The general rule, for operations without an entry of their own.

The action is ``<IAM prefix>:<operation>``; the resource is the ARN the request names, if it is
one of this service, else ``*``.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target, is_arn, tag_context

IAM_PREFIXES = {
    "monitoring": "cloudwatch",
    "email": "ses",
    "tagging": "tag",
    "iotdata": "iot",
    "sagemaker-runtime": "sagemaker",
}
"""IAM prefix by signing name, where they differ."""


def prefix_of(service: str) -> str:
    """The prefix of a service's IAM actions."""
    return IAM_PREFIXES.get(service, service)


def named_arn(asked: Asked) -> Iterator[Target]:
    """The ARN a request names for a resource of its own service, else ``*``."""
    prefix = prefix_of(asked.operation.service)
    for name, value in asked.operation.parameters.items():
        if not (name.lower().endswith("arn") and isinstance(value, str) and is_arn(value)):
            continue
        if value.split(":", 3)[2] == prefix:
            tags = asked.lookup.resource_tags(value, asked.account, asked.region)
            yield Target(value, context=tag_context(("aws:ResourceTag",), tags))
            return
    yield Target("*")


def rules(asked: Asked) -> Rules:
    """The general rule for an operation."""
    action = f"{prefix_of(asked.operation.service)}:{asked.operation.name}"
    return (Rule(action, named_arn, (request_tags,)),)
