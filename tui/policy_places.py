"""Where in the text of a document an element stands, though the rest of it be wrong."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+|\n')
_LINE = re.compile(r"^line (\d+)")


def line_of(text: str, place: str) -> int | None:
    """The line, from 0, of a place as `MalformedPolicyDocument` names it.

    Args:
        text: the document as typed.
        place: ``line 3 column 7`` or ``Statement[0].Condition.StringEqualz``; where there
            is no such element, the line of the nearest one around it.

    Returns:
        ``None`` where the place names nothing in the text.
    """
    named = _LINE.match(place)
    if named:
        return int(named[1]) - 1
    lines = _lines(text)
    while place:
        if place in lines:
            return lines[place]
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return 0 if text.strip() else None


def _lines(text: str) -> dict[str, int]:
    """The line of every element by its path."""
    found: dict[str, int] = {}
    around: list[tuple[str, int | None]] = []
    """The path of each object or list that is open; for a list the index of its item."""
    path, key, line = "", "", 0
    for token in _TOKEN.findall(text):
        if token == "\n":
            line += 1
        elif token in "{[":
            path = _inside(around, key)
            found.setdefault(path, line)
            around.append((path, 0 if token == "[" else None))
            key = ""
        elif token in "}]":
            if around:
                around.pop()
            key = ""
        elif token == ",":
            if around and around[-1][1] is not None:
                around[-1] = (around[-1][0], around[-1][1] + 1)
            key = ""
        elif token != ":":
            if around and around[-1][1] is None and not key:
                key = token.strip('"')
            found.setdefault(_inside(around, key), line)
    return found


def _inside(around: list[tuple[str, int | None]], key: str) -> str:
    if not around:
        return ""
    path, index = around[-1]
    if index is not None:
        return f"{path}[{index}]"
    return f"{path}.{key}" if path else key
