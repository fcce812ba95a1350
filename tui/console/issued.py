"""Credentials that commands in the console were issued: one can call with them from now on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.actors import Keys
from tui.console.holders import Holder, holders, name_for

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.trail import Record


class Issued:
    """What the console found in the ledger, beside what the play itself knows.

    Args:
        play: open; its methods may wait for a call under way, so these belong on a worker.
    """

    def __init__(self, play: Play) -> None:
        self._play = play
        self._found: dict[str, dict[str, Keys]] = {}

    def holders(self) -> tuple[Holder, ...]:
        """Everybody with everything they hold."""
        return holders(self._play, self._found)

    def forget_gone(self) -> None:
        """Drop what a restart of the lab has taken away."""
        ledger = self._play.lab.ledger
        for held in tuple(self._found.values()):
            for name, keys in tuple(held.items()):
                if not ledger.find(keys.access_key_id):
                    del held[name]

    def keep(self, actor: str, records: Sequence[Record]) -> None:
        """Keep what an actor's calls were issued, under names of its own."""
        ledger = self._play.lab.ledger
        mine = self._found.setdefault(actor, {})
        told = self._play.credentials(actor)
        held = {keys.access_key_id for keys in told.values()}
        for record in records:
            issued = ledger.find(record.issued_key) if record.issued_key else None
            if issued is not None and issued.access_key_id not in held:
                mine[name_for(record, [*mine, *told])] = Keys.from_credential(issued)
