"""Who may call in the console, and with which credentials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from simulator.actors import Keys
from simulator.awscli import Caller

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from simulator.trail import Record

OWN, UNSIGNED = "own", "nothing"


@dataclass(frozen=True, slots=True)
class Holder:
    """An actor with one of the credentials they hold.

    Attributes:
        actor: the actor's id: ``alice``.
        name: the actor's display name.
        credentials: what they are called: ``own``, ``app``; ``nothing`` for unsigned calls.
        keys: the three values; ``None`` for unsigned calls.
        source_ip: where the actor's calls come from.
    """

    actor: str
    name: str
    credentials: str
    keys: Keys | None
    source_ip: str

    @property
    def caller(self) -> Caller:
        """What the console takes."""
        return Caller(self.actor, self.keys, self.source_ip)

    @property
    def same(self) -> tuple[str, str]:
        """What makes it the same holder, though its keys be new."""
        return (self.actor, self.credentials)


class UnknownHolderError(Exception):
    """Nobody of that name, or nothing of that name; the text says what there is."""


def holders(play: Play, found: dict[str, dict[str, Keys]]) -> tuple[Holder, ...]:
    """Everybody with everything they hold (may wait for a call under way).

    Args:
        play: the story.
        found: what was issued in the console: actor → name → keys.
    """
    everybody: list[Holder] = []
    for actor in play.actors():
        held = {**found.get(actor.id, {}), **play.credentials(actor.id)}
        everybody += [
            Holder(actor.id, actor.name, name, keys, actor.source_ip)
            for name, keys in sorted(held.items(), key=lambda pair: pair[0] != OWN)
        ]
        if not held:
            everybody.append(Holder(actor.id, actor.name, UNSIGNED, None, actor.source_ip))
    return tuple(everybody)


def chosen(words: Sequence[str], known: Sequence[Holder]) -> Holder:
    """Whom ``as WORDS`` means.

    Args:
        words: an actor, and perhaps the name of credentials.
        known: everybody.

    Raises:
        UnknownHolderError: nobody, or nothing, of that name.
    """
    actors = list(dict.fromkeys(holder.actor for holder in known))
    if not words:
        raise UnknownHolderError(f"as whom? {', '.join(actors)}")
    theirs = [holder for holder in known if holder.actor == words[0].lower()]
    if not theirs:
        near = get_close_matches(words[0].lower(), actors, n=1)
        meant = f"; perhaps {near[0]}" if near else f"; there are {', '.join(actors)}"
        raise UnknownHolderError(f"nobody here is called {words[0]!r}{meant}")
    if len(words) == 1:
        return theirs[0]
    for holder in theirs:
        if holder.credentials == words[1]:
            return holder
    held = ", ".join(holder.credentials for holder in theirs)
    raise UnknownHolderError(f"{words[0]} holds no credentials called {words[1]!r}, but {held}")


def name_for(record: Record, taken: Sequence[str]) -> str:
    """A name for what a call in the console has issued: ``App``, ``App-2``."""
    role = str(record.parameters.get("RoleArn", "")).rpartition("/")[2]
    base = role or {"CreateAccessKey": "key"}.get(record.operation, record.operation)
    name, number = base, 2
    while name in taken:
        name = f"{base}-{number}"
        number += 1
    return name
