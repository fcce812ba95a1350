"""How a line of the console may go on: the console's own words, who there is, and `aws …`."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.awscli.completing import completions
from tui.console.holders import Holder

WORDS = ("as", "who", "why", "clear", "exit")
"""What the console understands beside ``aws``."""


def offered(before: str, known: Sequence[Holder]) -> Sequence[str]:
    """Everything that the word at the cursor may become.

    Args:
        before: the line up to the cursor.
        known: everybody who may call.
    """
    words = before.split()
    if words and words[0] == "as":
        place = len(words) - (not before.endswith(" "))
        names = [holder.actor for holder in known]
        if place >= 2:
            names = [each.credentials for each in known if each.actor == words[1]]
        begun = begun_word(before)
        return [name for name in dict.fromkeys(names) if name.startswith(begun)]
    own = [word for word in WORDS if words and len(words) == 1 and word.startswith(words[0])]
    return (*completions(before), *own)


def begun_word(before: str) -> str:
    """The word that the cursor stands behind; ``""`` after a space."""
    return "" if not before or before[-1].isspace() else before.split()[-1]
