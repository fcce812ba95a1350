"""Symbols and words for what the lab shows; none of them is an emoji."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mark:
    """How one outcome looks: its symbol, its word, and the theme variable of its colour."""

    symbol: str
    word: str
    colour: str


OUTCOMES: Final = {
    "allowed": Mark("✓", "allowed", "$allowed"),
    "denied": Mark("✗", "denied", "$denied"),
    "refused": Mark("∅", "refused", "$refused"),
}
"""`Record.outcome` → its mark."""

FAILED: Final = Mark("!", "failed", "$refused")
"""A call that was allowed and then could not be performed (`NoSuchKey`)."""


def outcome_mark(outcome: str, error_code: str | None = None) -> Mark:
    """The mark of a call.

    Args:
        outcome: ``allowed``, ``denied`` or ``refused``.
        error_code: AWS's error code, where the answer was an error.
    """
    if outcome == "allowed" and error_code:
        return FAILED
    return OUTCOMES.get(outcome, FAILED)


NOW: Final = "│"
CUT_OFF: Final = "┃"
