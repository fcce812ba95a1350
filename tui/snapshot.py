"""Everything a screen shows of a play, taken at one moment on a worker thread.

`Play`'s properties may wait for a call that is under way; the event loop must not. So a
worker asks, and the screen renders the frozen answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tui.timeline_model import Row, rows

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.scenario.states import Action, Score, StepState
    from simulator.trail import Record


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A play at one moment.

    Attributes:
        steps: all of them.
        current: where the learner is; ``None`` when finished.
        actions: what can be done now.
        records: the story's calls (not the world's building), oldest first.
        rows: the timeline's.
        now: lab time.
        rate: lab seconds a real second.
        next_expiry: of the sessions still alive; ``None`` without any.
        score: so far.
        debrief: markdown; ``""`` before the end.
    """

    steps: tuple[StepState, ...]
    current: StepState | None
    actions: tuple[Action, ...]
    records: tuple[Record, ...]
    rows: tuple[Row, ...]
    now: datetime
    rate: int
    next_expiry: datetime | None
    score: Score
    debrief: str

    @property
    def finished(self) -> bool:
        """Whether the last step is behind."""
        return self.current is None


def take(play: Play) -> Snapshot:
    """Ask the play for everything (may wait for a call under way)."""
    lab = play.lab
    now = lab.clock.now()
    sessions = play.sessions()
    parents = {issued.access_key_id: issued.issued_to for issued in lab.ledger.sessions()}
    records = play.story.records()
    hidden = {actor.id for actor in play.actors() if actor.side == "defender"} | {"admin"}
    current = play.current
    return Snapshot(
        steps=play.steps,
        current=current,
        actions=play.actions(),
        records=records,
        rows=rows(sessions, play.cut_offs(), records, parents, now, hidden),
        now=now,
        rate=lab.clock.rate,
        next_expiry=min(
            (session.expires_at for session in sessions if session.expires_at > now),
            default=None,
        ),
        score=play.score,
        debrief=play.debrief if current is None else "",
    )
