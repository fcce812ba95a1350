"""The calls of the trail, and those of them that a filter of plain words lets through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.trail import Record


def searched(record: Record) -> str:
    """What the words of a filter are looked for in, in lower case; a line for each field."""
    fields = (
        record.actor,
        record.action,
        f"{record.service}:{record.operation}",
        record.resource,
        record.outcome,
        outcome_mark(record.outcome, record.error_code).word,
        record.error_code,
        record.source_ip,
        record.access_key_id,
        record.principal_arn,
    )
    return "\n".join(field for field in fields if field).lower()


class Calls:
    """Every call of a trail, and the shown ones: those with all words of the filter in them.

    A call more costs the look at that call alone. What is searched is made once for each call,
    and only while there is a filter; a filter that grows looks at what it had left.

    Attributes:
        every: all calls, oldest first.
        shown: those that the filter lets through; the same list while there is none.
        words: the filter, in lower case; a call is shown if it has all of them.
        actor, action, address: cells that the longest of each takes, of all calls, so that no
            column moves as one types.
    """

    def __init__(self) -> None:
        self.every: list[Record] = []
        self.shown: list[Record] = self.every
        self.words: tuple[str, ...] = ()
        self.actor = self.action = self.address = 0
        self._texts: dict[int, tuple[Record, str]] = {}

    def replace(self, records: Iterable[Record]) -> None:
        """These calls and no others; the filter stays."""
        self.every = list(records)
        self.actor = self.action = self.address = 0
        for record in self.every:
            self._measure(record)
        if len(self._texts) > 2 * len(self.every):
            self._texts.clear()
        self._look_in(self.every)

    def append(self, record: Record) -> None:
        """One more call."""
        self.every.append(record)
        self._measure(record)
        if self.shown is not self.every and self._passes(record):
            self.shown.append(record)

    def same_as(self, records: Sequence[Record]) -> bool:
        """Whether these are the calls that are here; by their number and both ends."""
        ends = (0, -1) if records else ()
        return len(records) == len(self.every) and all(
            records[end] is self.every[end] for end in ends
        )

    def filter(self, text: str) -> bool:
        """Show only calls with all of these words; whether that is another filter than before."""
        words = tuple(text.lower().split())
        if words == self.words:
            return False
        grown = len(words) >= len(self.words) and all(
            old in new for old, new in zip(self.words, words, strict=False)
        )
        self.words = words
        if not words:
            self._texts.clear()
        self._look_in(self.shown if grown else self.every)
        return True

    def _look_in(self, records: list[Record]) -> None:
        self.shown = [each for each in records if self._passes(each)] if self.words else self.every

    def _passes(self, record: Record) -> bool:
        known = self._texts.get(record.sequence)
        if known is None or known[0] is not record:  # a world made anew counts from one again
            known = self._texts[record.sequence] = (record, searched(record))
        text = known[1]
        return all(word in text for word in self.words)

    def _measure(self, record: Record) -> None:
        self.actor = max(self.actor, len(record.actor))
        self.action = max(self.action, len(record.action))
        self.address = max(self.address, len(record.source_ip))
