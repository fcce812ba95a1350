"""SNS: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from __future__ import annotations

from simulator.gateway.actions.keys import parameter, request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, everything
from simulator.gateway.actions.targets import by_arn, first_named, named

_new_topic = named("sns", "", "Name")

RULES: dict[str, Rules] = {
    "CreateTopic": (
        Rule("sns:CreateTopic", _new_topic, (request_tags,)),
        Rule("sns:TagResource", _new_topic, (request_tags,), lambda asked: asked.items("Tags")),
    ),
    "Publish": (
        Rule("sns:Publish", by_arn("TopicArn"), when=lambda asked: asked.text("TopicArn")),
        Rule("sns:Publish", by_arn("TargetArn"), when=lambda asked: not asked.text("TopicArn")),
    ),
    "PublishBatch": (Rule("sns:Publish", by_arn("TopicArn")),),
    "Subscribe": (
        Rule(
            "sns:Subscribe",
            by_arn("TopicArn"),
            (parameter("sns:Protocol", "Protocol"), parameter("sns:Endpoint", "Endpoint")),
        ),
    ),
}

_BY_PARAMETER = (("TopicArn", by_arn("TopicArn")), ("ResourceArn", by_arn("ResourceArn")))


def rules(asked: Asked) -> Rules:
    """The rules of an SNS operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    return (Rule(f"sns:{name}", first_named(asked, _BY_PARAMETER, everything), (request_tags,)),)
