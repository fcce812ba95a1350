"""Ways to say which resources a request is about, for the tables of the services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.gateway.actions.rules import (
    Asked,
    Target,
    Targets,
    account_of,
    everything,
    is_arn,
    tag_context,
)

ByParameter = Sequence[tuple[str, Targets]]
"""Targets by the parameter they come from; the first parameter that is there decides."""


def with_tags(asked: Asked, arn: str, *prefixes: str) -> Target:
    """An existing resource, with its tags as ``aws:ResourceTag/…`` and under more prefixes."""
    account = account_of(arn) or asked.account
    tags = asked.lookup.resource_tags(arn, account, asked.region)
    return Target(arn, context=tag_context(("aws:ResourceTag", *prefixes), tags))


def fill(asked: Asked, service: str, resource: str) -> str:
    """The ARN of a resource in the request's region and the caller's account."""
    return f"arn:aws:{service}:{asked.region}:{asked.account}:{resource}"


def named(service: str, prefix: str, parameter: str, *tag_prefixes: str) -> Targets:
    """The resource a parameter names: ``prefix`` and the value, or the value if it is an ARN.

    A list parameter gives a target for each of its members.
    """

    def targets(asked: Asked) -> Iterator[Target]:
        value = asked.get(parameter)
        for each in value if isinstance(value, list) else [asked.text(parameter)]:
            name = str(each)
            arn = name if is_arn(name) else fill(asked, service, f"{prefix}{name}")
            yield with_tags(asked, arn, *tag_prefixes)

    return targets


def by_arn(parameter: str, *tag_prefixes: str) -> Targets:
    """The resource whose ARN a parameter holds; ``*`` where it holds none."""

    def targets(asked: Asked) -> Iterator[Target]:
        arn = asked.text(parameter)
        yield with_tags(asked, arn, *tag_prefixes) if is_arn(arn) else Target("*")

    return targets


def role(parameter: str) -> Targets:
    """The role a parameter passes on, by ARN, or by name (`CreateActivation`)."""

    def targets(asked: Asked) -> Iterator[Target]:
        value = asked.text(parameter)
        if is_arn(value):
            yield Target(value)
        else:
            path = asked.lookup.iam_path("role", value, asked.account)
            yield Target(f"arn:aws:iam::{asked.account}:role{path}{value}")

    return targets


def first_named(asked: Asked, table: ByParameter, default: Targets = everything) -> Targets:
    """The targets of the first parameter in a table that the request has."""
    found = (targets for parameter, targets in table if asked.get(parameter))
    return next(found, default)


def both(*parts: Targets) -> Targets:
    """The targets of each part, one after the other."""

    def targets(asked: Asked) -> Iterator[Target]:
        for part in parts:
            yield from part(asked)

    return targets
