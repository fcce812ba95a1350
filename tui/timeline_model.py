"""What the timeline shows, arranged from what the play knows; pure, no screen.

A long-term key is a root of the picture; sessions hang from the key or session that asked
for them; whoever holds a session beside its rightful holder gets a row of their own below
it.  That row is the leak.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.scenario.states import CutOff, SessionState
    from simulator.trail import Record

RowKind = Literal["key", "session", "holder"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the picture.

    Attributes:
        kind: a long-term key, a session, or a further holder of the session above.
        label: ``App/alice``.
        depth: 0 for a root.
        starts: issue time, or the first call of a key or holder.
        ends: expiry; ``None`` for what has no end of its own.
        calls: the calls made with it by this row's holder, oldest first.
        cut: the cut-off that reaches this session, if one does.
        shown_cut: the cut-off on this row's role or user, whether it reaches it or not.
        last: the last child of its parent, for the tree's lines.
    """

    kind: RowKind
    label: str
    depth: int
    starts: datetime
    ends: datetime | None
    calls: tuple[Record, ...]
    cut: CutOff | None = None
    shown_cut: CutOff | None = None
    last: bool = True


def rows(
    sessions: Sequence[SessionState],
    cut_offs: Sequence[CutOff],
    records: Sequence[Record],
    parents: Mapping[str, str | None],
    now: datetime,
    hidden: Collection[str] = (),
) -> tuple[Row, ...]:
    """The picture's rows, top to bottom.

    Args:
        sessions: oldest first.
        cut_offs: those in force.
        records: the trail.
        parents: session's access key id → the access key id that asked for it.
        now: lab time; where the row of a holder who has not called yet begins.
        hidden: actors whose long-term keys get no row (the defender, whose work is the
            remedy, not a session).
    """
    return _Arrangement(sessions, cut_offs, records, parents, now, hidden).rows()


class _Arrangement:
    def __init__(
        self,
        sessions: Sequence[SessionState],
        cut_offs: Sequence[CutOff],
        records: Sequence[Record],
        parents: Mapping[str, str | None],
        now: datetime,
        hidden: Collection[str],
    ) -> None:
        self.now = now
        self.hidden = hidden
        self.calls: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            if record.access_key_id:
                self.calls[record.access_key_id].append(record)
        self.cuts: dict[str, CutOff] = {}
        for cut in cut_offs:
            known = self.cuts.get(cut.principal_arn)
            if known is None or cut.at > known.at:
                self.cuts[cut.principal_arn] = cut
        shown = {session.access_key_id for session in sessions}
        roots = {key for key in self.calls if key not in shown and self._has_row(key)}
        self.roots = [key for key in self.calls if key in roots]
        self.children: dict[str | None, list[SessionState]] = defaultdict(list)
        for session in sessions:
            parent = parents.get(session.access_key_id)
            self.children[parent if parent in shown | roots else None].append(session)

    def _has_row(self, key: str) -> bool:
        return key.startswith("AKIA") and self.calls[key][0].actor not in self.hidden

    def rows(self) -> tuple[Row, ...]:
        picture: list[Row] = []
        for key in self.roots:
            made = self.calls[key]
            picture.append(Row("key", _key_label(made[0]), 0, made[0].at, None, tuple(made)))
            picture.extend(self._below(key, 1))
        picture.extend(self._below(None, 0))
        return tuple(picture)

    def _below(self, parent: str | None, depth: int) -> list[Row]:
        siblings = self.children.get(parent, [])
        found: list[Row] = []
        for session in siblings:
            found.extend(self._session(session, depth, session is siblings[-1]))
        return found

    def _session(self, session: SessionState, depth: int, last: bool) -> list[Row]:
        by_actor: dict[str, list[Record]] = defaultdict(list)
        for record in self.calls.get(session.access_key_id, []):
            by_actor[record.actor].append(record)
        holders = _in_order(session.holders, by_actor)
        cut = self.cuts.get(session.principal_arn)
        caught = cut if cut is not None and session.issued_at < cut.at else None
        first = holders[0] if holders else ""
        bar = Row(
            "session",
            session.label,
            depth,
            session.issued_at,
            session.expires_at,
            tuple(by_actor.get(first, ())),
            caught,
            cut,
            last,
        )
        others = [
            Row(
                "holder",
                holder,
                depth + 1,
                by_actor[holder][0].at if by_actor.get(holder) else self.now,
                session.expires_at,
                tuple(by_actor.get(holder, ())),
                caught,
                cut,
                last=False,
            )
            for holder in holders[1:]
        ]
        chained = self._below(session.access_key_id, depth + 1)
        if others and not chained:
            others[-1] = replace(others[-1], last=True)
        return [bar, *others, *chained]


def _in_order(holders: Sequence[str], calls: Mapping[str, Sequence[Record]]) -> list[str]:
    """Everybody who holds or held a session, always in the same order.

    Who has called with it and let go of it stays before those who called later: a row is the
    same holder's from beginning to end.
    """
    found = list(holders)
    for former in calls:
        if former in found:
            continue
        first = calls[former][0].sequence
        later = (
            place
            for place, other in enumerate(found)
            if calls.get(other) and calls[other][0].sequence > first
        )
        found.insert(next(later, len(found)), former)
    return found


def _key_label(call: Record) -> str:
    """Whose long-term key it is, and who uses it where that is somebody else."""
    owner = (call.principal_arn or call.actor).rpartition("/")[2]
    return f"{owner}'s key" if owner == call.actor else f"{owner}'s key: {call.actor}"
