"""Judges the answers of a soak in the order in which the lab served the calls."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

from bench.soak_model import Answer, Ask, Holder, Model

MOST_GROWTH = 0.03
"""How much more may be allocated at the end than half-way, when all that is bounded is full."""

_POOL = 48
_MOST_TOLD = 20


@dataclass
class Report:
    """How a soak went.

    Attributes:
        calls: how many were judged.
        seconds: real seconds.
        wrong: complaints, the first few.
        outcomes: how often each operation ended how.
        blocks: allocated blocks of memory, at even distances.
        resident: MiB resident at the same moments.
        threads, sockets: what was left of them when the lab was stopped.
    """

    calls: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocks: list[int] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    sockets: int = 0

    @property
    def growth(self) -> float:
        """Of allocated memory in the second half, as a share."""
        half = self.blocks[len(self.blocks) // 2]
        return self.blocks[-1] / half - 1

    @property
    def good(self) -> bool:
        """Nothing wrong, nothing grown, nothing left."""
        clean = not self.wrong and not self.threads and not self.sockets
        return clean and self.growth <= MOST_GROWTH


class Judge:
    """Judges answers in the order in which the lab served the calls."""

    def __init__(self, model: Model, first: int, report: Report) -> None:
        self.model = model
        self.report = report
        self.holders: deque[Holder] = deque(maxlen=_POOL)
        self.lock = threading.Lock()
        self._next = first
        self._waiting: list[tuple[int, int, Ask, Answer, datetime]] = []
        self._tie = itertools.count()

    def told(self, sequence: int, *call: *tuple[Ask, Answer, datetime]) -> None:
        """Take a call, its answer and when it was served; judge all that can be judged by now."""
        with self.lock:
            heapq.heappush(self._waiting, (sequence, next(self._tie), *call))
            while self._waiting and self._waiting[0][0] == self._next:
                _, _, ask, answer, at = heapq.heappop(self._waiting)
                self._next += 1
                self._judge(ask, answer, at)

    def _judge(self, ask: Ask, answer: Answer, at: datetime) -> None:
        complaint, holder = self.model.judge(ask, answer, at)
        if complaint:
            self.complain(complaint)
        if holder is not None:
            self.holders.append(holder)
        self.report.calls += 1
        self.report.outcomes[ask.operation, answer.code] += 1

    def complain(self, text: str) -> None:
        """Note something wrong."""
        if len(self.report.wrong) < _MOST_TOLD:
            self.report.wrong.append(text)

    @property
    def unjudged(self) -> int:
        """Answers that wait for one before them."""
        return len(self._waiting)
