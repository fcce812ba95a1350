"""SQS: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from simulator.gateway.actions.keys import request_tags, tag_request_context, tags_of
from simulator.gateway.actions.rules import Asked, Context, Rule, Rules, Target, everything, is_arn
from simulator.gateway.actions.targets import by_arn, fill, first_named, with_tags

_ACTIONS = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}
"""Batches need the permission of their single form."""


def _by_url(asked: Asked) -> Iterator[Target]:
    """``https://…/111122223333/name``: owner and name are the last two parts of a queue's URL."""
    path = urlsplit(asked.text("QueueUrl")).path.strip("/").split("/")
    account = path[-2] if len(path) > 1 and path[-2].isdigit() else asked.account
    yield with_tags(asked, f"arn:aws:sqs:{asked.region}:{account}:{path[-1]}")


def _by_name(asked: Asked) -> Iterator[Target]:
    account = asked.text("QueueOwnerAWSAccountId", asked.account)
    yield with_tags(asked, f"arn:aws:sqs:{asked.region}:{account}:{asked.text('QueueName')}")


def _by_task(asked: Asked) -> Iterator[Target]:
    """A move task's handle is base64 of JSON that names the queue it moves from."""
    try:
        handle = json.loads(base64.b64decode(asked.text("TaskHandle")))
    except ValueError:
        handle = None
    arn = str(handle.get("sourceArn", "")) if isinstance(handle, dict) else ""
    yield with_tags(asked, arn) if is_arn(arn) else Target("*")


def _new(asked: Asked) -> Iterator[Target]:
    yield Target(fill(asked, "sqs", asked.text("QueueName")))


def _tags(asked: Asked) -> Context:
    return tag_request_context(tags_of(asked.get("tags") or asked.get("Tags")))


def _has_tags(asked: Asked) -> object:
    return asked.get("tags") or asked.get("Tags")


_source = by_arn("SourceArn")

RULES: dict[str, Rules] = {
    "CancelMessageMoveTask": (Rule("sqs:CancelMessageMoveTask", _by_task),),
    "CreateQueue": (
        Rule("sqs:CreateQueue", _new, (_tags,)),
        Rule("sqs:TagQueue", _new, (_tags,), _has_tags),
    ),
    "StartMessageMoveTask": (
        Rule("sqs:StartMessageMoveTask", _source),
        Rule("sqs:ReceiveMessage", _source),
        Rule("sqs:DeleteMessage", _source),
        Rule("sqs:GetQueueAttributes", _source),
        Rule(
            "sqs:SendMessage",
            by_arn("DestinationArn"),
            when=lambda asked: asked.text("DestinationArn"),
        ),
    ),
}

_BY_PARAMETER = (("QueueUrl", _by_url), ("QueueName", _by_name), ("SourceArn", _source))


def rules(asked: Asked) -> Rules:
    """The rules of an SQS operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    targets = first_named(asked, _BY_PARAMETER, everything)
    return (Rule(f"sqs:{_ACTIONS.get(name, name)}", targets, (request_tags,)),)
