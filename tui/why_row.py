"""One row of the evaluation of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.iam.trace import PolicyTrace, StatementTrace

YES = ("✓", "$allowed")
NO = ("✗", "$denied")
NOT = ("∅", "$refused")
NEUTRAL = ("·", "$quiet")
ASK = ("→", "$now")


@dataclass(frozen=True, slots=True)
class WhyRow:
    """One row of the evaluation.

    Attributes:
        depth: 0 for a stage, 1 for what belongs to it.
        mark: symbol and colour.
        title: what was looked at.
        text: what came of it.
        deciding: whether the answer rests on it.
        policy: the policy to show beside it, and the statement (or none) it is about.
        lines: more to read about it, a line each with its mark.
    """

    depth: int
    mark: tuple[str, str]
    title: str
    text: str = ""
    deciding: bool = False
    policy: tuple[PolicyTrace, StatementTrace | None] | None = None
    lines: tuple[tuple[tuple[str, str], str], ...] = ()
