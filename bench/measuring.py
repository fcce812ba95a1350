"""How things are measured: side by side with a peer, in turns, medians compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


class RealTime:
    """Real time; held in a class because lab time replaces module-level names of it."""

    now = staticmethod(time.perf_counter)


@dataclass(frozen=True)
class Result:
    """One row of the table.

    Attributes:
        what: what was measured.
        peer: against what.
        ours: our figure.
        theirs: the peer's figure, of the same run.
        unit: of both.
        goal: what the ratio is to be.
        at_least: whether the goal is a least ratio, not a most.
    """

    what: str
    peer: str
    ours: float
    theirs: float
    unit: str
    goal: float
    at_least: bool = False

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def row(self) -> str:
        """A row of a Markdown table."""
        sign = "≥" if self.at_least else "≤"
        figures = f"{self.ours:.4g} {self.unit} | {self.theirs:.4g} {self.unit}"
        verdict = "met" if self.met else "**missed**"
        return (
            f"| {self.what} | {self.peer} | {figures} | {self.ratio:.2f} "
            f"| {sign} {self.goal} | {verdict} |"
        )


HEAD = """\
| what | against | ours | theirs | ratio | goal | |
|---|---|---|---|---|---|---|"""


def seconds_of(work: Callable[[], object]) -> float:
    """Real seconds one run of `work` takes."""
    began = RealTime.now()
    work()
    return RealTime.now() - began


def in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, warm_up: int
) -> tuple[float, float]:
    """Median seconds of both, run in turns, so that noise on the machine hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(warm_up + rounds):
        pair = (seconds_of(ours), seconds_of(theirs))
        if number >= warm_up:
            times[0].append(pair[0])
            times[1].append(pair[1])
    return statistics.median(times[0]), statistics.median(times[1])
