"""Tab in the console: services, operations, parameters, and values AWS has a list of."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from simulator.awscli.answers import UsageError
from simulator.awscli.names import (
    GLOBALS,
    boto_name,
    operation_model,
    operations,
    options,
    services,
)
from simulator.awscli.s3commands import COMMANDS

_REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1", "ap-southeast-2")
_VALUES = {"--region": _REGIONS, "--output": ("json", "text")}


def completions(line: str) -> tuple[str, ...]:
    """What the last word of a line may become, in order; empty: nothing is known.

    Args:
        line: from its beginning to the cursor; with or without ``aws`` in front.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        return ()
    fresh = not line or line[-1].isspace()
    begun = "" if fresh or not words else words.pop()
    if not words:
        return _fitting(begun, ("aws",)) if begun != "aws" else ("aws",)
    if words[0] != "aws":
        return ()
    try:
        return _fitting(begun, _candidates(words[1:], begun))
    except UsageError:
        return ()


def common_start(found: Sequence[str]) -> str:
    """What all of them begin with."""
    if not found:
        return ""
    first, last = min(found), max(found)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[:same]


def _candidates(words: Sequence[str], begun: str) -> Iterable[str]:
    if words and words[-1] in _VALUES:
        return _VALUES[words[-1]]
    plain = [word for word in words if not word.startswith("--")]
    if not plain:
        return GLOBALS if begun.startswith("-") else services()
    if plain[0] == "s3":
        return () if len(plain) > 1 else tuple(COMMANDS)
    service = boto_name(plain[0])
    if len(plain) == 1:
        return GLOBALS if begun.startswith("-") else tuple(operations(service))
    known = options(operation_model(service, plain[1]))
    last = words[-1]
    if last in known and not begun.startswith("-"):
        shape = known[last][1]
        if shape.type_name == "list":
            shape = shape.member
        return tuple(getattr(shape, "enum", ()))
    return [option for option in (*known, *GLOBALS) if option not in words]


def _fitting(begun: str, candidates: Iterable[str]) -> tuple[str, ...]:
    return tuple(each for each in candidates if each.startswith(begun))
