"""S3 Control: what each operation must be allowed. Its actions are S3's.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target, Targets, is_arn
from simulator.gateway.actions.targets import first_named

_ACTIONS = {
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}


def _of_account(asked: Asked, resource: str) -> str:
    account = asked.text("AccountId", asked.account)
    return f"arn:aws:s3:{asked.region}:{account}:{resource}"


def _called(prefix: str, parameter: str) -> Targets:
    def targets(asked: Asked) -> Iterator[Target]:
        value = asked.text(parameter)
        yield Target(value if is_arn(value) else _of_account(asked, f"{prefix}{value}"))

    return targets


def _bucket(asked: Asked) -> Iterator[Target]:
    value = asked.text("Bucket")
    yield Target(value if is_arn(value) else f"arn:aws:s3:::{value}")


def rules(asked: Asked) -> Rules:
    """The rules of an S3 Control operation."""
    name = asked.operation.name
    by_parameter = (
        ("ResourceArn", _called("", "ResourceArn")),
        ("Bucket", _bucket),
        ("JobId", _called("job/", "JobId")),
        ("ConfigId", _called("storage-lens/", "ConfigId")),
        ("Name", _called("accesspoint/", "Name")),
    )
    action = f"s3:{_ACTIONS.get(name, name)}"
    return (Rule(action, first_named(asked, by_parameter), (request_tags,)),)
