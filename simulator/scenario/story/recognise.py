"""Recognise calls in the trail, whoever made them and however."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simulator.scenario.schema.patterns import Pattern
from simulator.trail import Record


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who holds which credentials, by name: actor → name → access key id.

    Attributes:
        keys: the access key ids held now.
    """

    keys: Mapping[str, Mapping[str, str]]

    def of(self, actor: str) -> frozenset[str]:
        """Access key ids an actor holds."""
        return frozenset(self.keys.get(actor, {}).values())

    def named(self, name: str, actor: str | None) -> frozenset[str]:
        """Access key ids held under a name, by one actor or by anybody."""
        holders = [self.keys.get(actor, {})] if actor else self.keys.values()
        return frozenset(held[name] for held in holders if name in held)

    def holder(self, access_key_id: str | None) -> str | None:
        """The first actor who holds a key."""
        return next(
            (actor for actor, held in self.keys.items() if access_key_id in held.values()), None
        )


def matches(pattern: Pattern, record: Record, holdings: Holdings) -> bool:
    """Whether a record fits a pattern whose placeholders are filled in already.

    Args:
        pattern: every field given must fit.
        record: one call.
        holdings: who holds what, for ``as`` and ``using``.
    """
    return (
        _by(pattern, record, holdings)
        and _one_of(pattern.action, record.action)
        and _one_of(pattern.operation, record.operation)
        and _like(pattern.resource, record.resource)
        and _like(pattern.principal, record.principal_arn)
        and _like(pattern.source_ip, record.source_ip)
        and _came_to(pattern, record)
        and contains(record.parameters, pattern.parameters)
    )


def matching(pattern: Pattern, records: Iterable[Record], holdings: Holdings) -> tuple[Record, ...]:
    """The records that fit, in order."""
    return tuple(record for record in records if matches(pattern, record, holdings))


def contains(actual: Any, wanted: Any) -> bool:
    """Whether `actual` has everything that `wanted` names.

    Mappings by key, at any depth, and under any key where the wanted one is ``*``; each item
    of a wanted list must be among the actual ones; a single value and a list of one are the
    same, as in policies; text may have wildcards; text that is JSON is read where a mapping
    is wanted.
    """
    if isinstance(wanted, Mapping):
        actual = _read(actual)
        if isinstance(actual, list):
            return any(contains(item, wanted) for item in actual)
        return isinstance(actual, Mapping) and all(
            _has(actual, name, value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        found = actual if isinstance(actual, list) else [actual]
        return all(any(contains(item, each) for item in found) for each in wanted)
    if isinstance(actual, list):
        return any(contains(item, wanted) for item in actual)
    if isinstance(wanted, str):
        return isinstance(actual, str | int | float) and like(wanted, _spelt(actual))
    return bool(actual == wanted)


def like(wanted: str, actual: str) -> bool:
    """Whether text fits a pattern with ``*`` and ``?``; upper and lower case differ."""
    return bool(_wildcards(wanted).fullmatch(actual))


def in_words(pattern: Pattern) -> str:
    """A pattern as a person would say it: ``alice: s3:GetObject on arn:…, denied``."""
    if pattern.text:
        return pattern.text
    what = pattern.action or pattern.operation or "any call"
    words = " or ".join(what) if isinstance(what, list) else what
    if pattern.resource:
        words += f" on {pattern.resource}"
    if pattern.using:
        words += f" with {pattern.using}"
    if pattern.outcome or pattern.error_code:
        words += f", {pattern.error_code or pattern.outcome}"
    return f"{pattern.actor}: {words}" if pattern.actor else words


def _has(actual: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name == "*":
        return any(contains(value, wanted) for value in actual.values())
    return name in actual and contains(actual[name], wanted)


def _by(pattern: Pattern, record: Record, holdings: Holdings) -> bool:
    if pattern.using and record.access_key_id not in holdings.named(pattern.using, pattern.actor):
        return False
    if not pattern.actor or record.actor == pattern.actor:
        return True
    # Two who hold the same three values are one caller to AWS: an outside call counts for both.
    if record.actor in holdings.keys and not record.derived:
        return False
    held = holdings.of(pattern.actor)
    return record.access_key_id in held or (not held and record.derived and _a_link(record))


def _a_link(record: Record) -> bool:
    """Whether S3 was asked by a presigned URL, the one thing that who holds nothing may have.

    Source: Amazon S3 API Reference, "Bucket policy examples using condition keys", s3:authType.
    """
    return any(each.context.get("s3:authType") == "REST-QUERY-STRING" for each in record.requests)


def _came_to(pattern: Pattern, record: Record) -> bool:
    if pattern.outcome and record.outcome != pattern.outcome:
        return False
    if pattern.error_code is not None:
        return like(pattern.error_code, record.error_code or "")
    return pattern.outcome != "allowed" or record.error_code is None


def _one_of(wanted: str | list[str] | None, actual: str) -> bool:
    if wanted is None:
        return True
    choices = wanted if isinstance(wanted, list) else [wanted]
    return any(like(choice.lower(), actual.lower()) for choice in choices)


def _like(wanted: str | None, actual: str | None) -> bool:
    return wanted is None or like(wanted, actual or "")


def _read(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=1024)
def _wildcards(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: its [ ] would bite in JSON, and it normalises case on some systems.
    parts = ("." if c == "?" else ".*" if c == "*" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)
