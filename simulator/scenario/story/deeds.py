"""What acts come to, and whether it is what the scenario expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jmespath

from simulator.actors import CallResult
from simulator.scenario.schema.calls import Expectation
from simulator.scenario.story.recognise import contains, like

OWN = "own"
"""The name under which an actor holds the key they came with."""


class StoryError(Exception):
    """The scenario asks for something impossible: a name nobody saved, wrong parameters."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act came to.

    Attributes:
        result: a call's result; ``None`` for leaks and time.
        failure: why it isn't what the scenario expects, one line; ``""`` when it is.
    """

    result: CallResult | None = None
    failure: str = ""


def unexpected(
    expected: Expectation | None, result: CallResult, filled: Callable[[Any], Any]
) -> str:
    """Why a result isn't what was expected, one line; ``""`` when it is.

    Args:
        expected: ``None``: anything will do.
        result: what came back.
        filled: fills in placeholders.
    """
    if expected is None:
        return ""
    record = result.record
    if expected.outcome and record.outcome != expected.outcome:
        return f"expected {expected.outcome}, was {record.outcome}: {record.why}"
    if expected.outcome == "allowed" and not expected.error_code and result.error_code:
        return f"expected success, was {result.error_code}: {result.error_message}"
    if expected.error_code and not like(expected.error_code, result.error_code or ""):
        return f"expected {expected.error_code}, was {result.error_code or 'success'}"
    message = str(filled(expected.message or "*"))
    if not like(message, result.error_message or ""):
        return f"expected the text {message!r}, was {result.error_message!r}"
    for path, value in expected.returns.items():
        found, wanted = jmespath.search(path, result.response or {}), filled(value)
        if not (contains(found, wanted) if wanted is not None else found is None):
            return f"expected {path} to be {wanted!r}, was {found!r}"
    return ""
