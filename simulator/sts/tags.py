"""Session tags: those passed, those inherited along a chain, and what may not be passed.

Source: IAM User Guide, "Pass session tags in AWS STS", "Chaining roles with session tags".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.gateway.stages import AwsError, ContextValue
from simulator.sts.ledger import Credential


@dataclass(frozen=True, slots=True)
class SessionTags:
    """The tags of a session and which of them travel along a chain."""

    values: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()


def session_tags(
    passed: Iterable[tuple[str, str]],
    transitive: Iterable[str] = (),
    caller: Credential | None = None,
) -> SessionTags:
    """The tags of a new session.

    Args:
        passed: pairs of key and value, as asked for.
        transitive: `TransitiveTagKeys`, as asked for.
        caller: who asks; a session's transitive tags are inherited.

    Raises:
        AwsError: 400 `InvalidParameterValue`: a key twice, a key that is inherited already,
            a transitive key without its tag.
    """
    pairs = list(passed)
    values = dict(pairs)
    lowered = {key.lower() for key in values}
    if len(lowered) != len(pairs):
        raise AwsError(
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    if any(key.startswith("aws:") for key in lowered):
        raise AwsError(
            "InvalidParameterValue", "Tag keys beginning with 'aws:' are reserved for AWS."
        )
    kept = inherited(caller)
    if lowered & {key.lower() for key in kept}:
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session.",
        )
    keys = list(transitive)
    for key in keys:
        if key.lower() not in lowered:
            raise AwsError(
                "InvalidParameterValue",
                f"The specified transitive tag key must be included in the requested tags: {key}",
            )
    return SessionTags({**kept, **values}, tuple(dict.fromkeys([*kept, *keys])))


def tag_pairs(entries: Any) -> list[tuple[str, str]]:
    """The `Tags` parameter as pairs."""
    return [(str(entry.get("Key", "")), str(entry.get("Value", ""))) for entry in entries or ()]


def inherited(caller: Credential | None) -> dict[str, str]:
    """The transitive tags a calling session hands on."""
    if caller is None:
        return {}
    return {key: caller.tags[key] for key in caller.transitive_tag_keys if key in caller.tags}


def tag_request_context(tags: SessionTags) -> dict[str, ContextValue]:
    """The condition keys with which session tags are judged."""
    context: dict[str, ContextValue] = {
        f"aws:RequestTag/{key}": value for key, value in tags.values.items()
    }
    if tags.values:
        context["aws:TagKeys"] = tuple(tags.values)
    if tags.transitive:
        context["sts:TransitiveTagKeys"] = tags.transitive
    return context
