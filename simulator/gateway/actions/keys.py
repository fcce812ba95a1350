"""Condition keys that many services take from a request in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.gateway.actions.rules import Asked, Context, Keys
from simulator.gateway.stages import ContextValue


def request_tags(asked: Asked) -> Context:
    """``aws:RequestTag/…`` and ``aws:TagKeys`` from a request's ``Tags`` or ``TagKeys``."""
    for name in ("Tags", "tags", "Tag", "TagList"):
        found = tags_of(asked.get(name))
        if found:
            return tag_request_context(found)
    for name in ("TagKeys", "tagKeys"):
        keys = [str(key) for key in asked.items(name)]
        if keys:
            return {"aws:TagKeys": tuple(keys)}
    return {}


def tag_request_context(tags: Mapping[str, str]) -> Context:
    """Tags a request would set, as condition keys."""
    context: dict[str, ContextValue] = {f"aws:RequestTag/{k}": v for k, v in tags.items()}
    if tags:
        context["aws:TagKeys"] = tuple(tags)
    return context


def tags_of(value: Any) -> dict[str, str]:
    """Tags in any of AWS's spellings: a map, or a list of ``Key``/``Value`` pairs."""
    if isinstance(value, Mapping):
        return {str(key): str(tag) for key, tag in value.items()}
    found = {}
    for pair in value if isinstance(value, list) else []:
        if isinstance(pair, Mapping):
            for key, tag in (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")):
                if key in pair:
                    found[str(pair[key])] = str(pair.get(tag, ""))
    return found


def parameter(key: str, path: str) -> Keys:
    """A condition key with a parameter's value, absent where the parameter is."""

    def keys(asked: Asked) -> Context:
        value = asked.text(path)
        return {key: value} if value else {}

    return keys


def constant(key: str, value: str) -> Keys:
    """A condition key whose value is always the same for an operation."""
    context = {key: value}
    return lambda _asked: context


passed_to = {
    service: constant("iam:PassedToService", service)
    for service in (
        "ec2.amazonaws.com",
        "lambda.amazonaws.com",
        "s3.amazonaws.com",
        "logs.amazonaws.com",
        "sns.amazonaws.com",
        "ssm.amazonaws.com",
    )
}
"""``iam:PassedToService`` for each service a role is passed to."""
