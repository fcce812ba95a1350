"""Where in a policy's text its statements stand, as IAM's policy simulator tells.

Its positions are those of the reader between two tokens: a statement begins right after the
bracket or statement before it, white space and comma included, and ends after its own brace.
Source: AWS CLI Command Reference, examples of ``iam simulate-custom-policy`` and
``simulate-principal-policy``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


class Position(NamedTuple):
    """A place in a text: line and column, both from 1."""

    line: int
    column: int


Span = tuple[Position, Position]


def statement_spans(text: str) -> tuple[Span, ...]:
    """Start and end of each statement, in the document's order.

    Args:
        text: a policy document that was read already, so it is JSON and an object.
    """
    found: tuple[tuple[int, int], ...] = ()
    at = _after(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _decode(text, at)
        at = _after(text, _after(text, at) + 1)  # past the colon
        if name == "Statement":
            found = tuple(_statements(text, at))
        _, at = _decode(text, at)
        at = _after(text, at)
        if text[at] == ",":
            at = _after(text, at + 1)
    return tuple((_position(text, start), _position(text, end)) for start, end in found)


def _statements(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Offsets of the statements of the value that begins at `at`."""
    if text[at] == "{":
        yield at + 1, _decode(text, at)[1]
        return
    start = at + 1
    while text[_after(text, start)] != "]":
        begins = _after(text, start)
        if text[begins] == ",":
            begins = _after(text, begins + 1)
        _, end = _decode(text, begins)
        yield start, end
        start = end


def _after(text: str, at: int) -> int:
    """The first offset from `at` on that is not white space."""
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _position(text: str, offset: int) -> Position:
    before = text[:offset]
    return Position(before.count("\n") + 1, offset - before.rfind("\n"))
