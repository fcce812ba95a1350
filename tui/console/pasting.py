"""Pasted text as the commands in it: a quoted policy may go over many lines."""

from __future__ import annotations

import shlex


def commands_in(text: str) -> tuple[tuple[str, ...], str]:
    r"""The whole commands of a text, and what is left for its reader to finish.

    A line goes on below where a quote is open, as a JSON document's is, and after ``\``.

    Args:
        text: as it was pasted, or the line so far with what was pasted behind it.
    """
    *ended, left = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    commands: list[str] = []
    begun = ""
    for line in ended:
        begun = f"{begun} {line.strip()}" if begun else line.strip()
        if begun.endswith("\\"):
            begun = begun[:-1].rstrip()
        elif _whole(begun):
            commands += [begun] if begun else []
            begun = ""
    return tuple(commands), f"{begun} {left.strip()}".strip() if begun else left


def _whole(line: str) -> bool:
    """Whether no quote is left open."""
    try:
        shlex.split(line)
    except ValueError:
        return False
    return True
