"""API Gateway: its actions are called after HTTP methods, its resources after paths.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target


def _path(asked: Asked) -> Iterator[Target]:
    yield Target(f"arn:aws:apigateway:{asked.region}::{asked.wire.raw_path.rstrip('/')}")


def rules(asked: Asked) -> Rules:
    """The rule of every operation: ``apigateway:GET`` on the path."""
    return (Rule(f"apigateway:{asked.wire.method}", _path, (request_tags,)),)
