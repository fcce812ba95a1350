"""Wildcard patterns over actions, strings and ARNs.

Patterns become closures once, so that matching costs no parsing. No regular expressions:
compiling one costs more than most decisions, and a hostile pattern could make one backtrack
without end; everything here takes at most length of pattern times length of text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

Matcher = Callable[[str], bool]
"""Says whether a text matches."""

Part = tuple[str, bool]
"""A stretch of pattern: its text, and whether ``*`` and ``?`` in it are wildcards."""

_Piece = tuple[str | None, ...]
"""Characters between two ``*``; ``None`` stands for ``?``."""

ARN_SEGMENTS = 6


def matches_all(_text: str) -> bool:
    """Match everything: the pattern ``*``."""
    return True


@lru_cache(maxsize=4096)
def glob(pattern: str) -> Matcher:
    """Compile a pattern of literal characters, ``*`` (any run) and ``?`` (any one)."""
    if "?" in pattern:
        return glob_parts(((pattern, True),))
    first = pattern.find("*")
    if first < 0:
        return pattern.__eq__
    if first == len(pattern) - 1:
        prefix = pattern[:-1]
        return (lambda text: text.startswith(prefix)) if prefix else matches_all
    return _plain_pieces(pattern.split("*"))


def glob_parts(parts: Iterable[Part]) -> Matcher:
    """Compile a pattern of which some parts are literal whatever characters they have."""
    return _pieces(_split(parts))


def _plain_pieces(pieces: list[str]) -> Matcher:
    head, *middle, tail = pieces
    least = len(head) + len(tail)

    def matches(text: str) -> bool:
        if len(text) < least or not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = len(head), len(text) - len(tail)
        for piece in middle:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return matches


def _split(parts: Iterable[Part]) -> list[_Piece]:
    """Cut a pattern at its ``*`` wildcards."""
    pieces: list[_Piece] = []
    piece: list[str | None] = []
    for text, wild in parts:
        for character in text:
            if wild and character == "*":
                pieces.append(tuple(piece))
                piece = []
            else:
                piece.append(None if wild and character == "?" else character)
    pieces.append(tuple(piece))
    return pieces


def _fits(piece: _Piece, text: str, at: int) -> bool:
    return all(wanted is None or wanted == text[at + offset] for offset, wanted in enumerate(piece))


def _pieces(pieces: list[_Piece]) -> Matcher:
    if all(None not in piece for piece in pieces):
        plain = ["".join(c for c in piece if c is not None) for piece in pieces]
        return plain[0].__eq__ if len(plain) == 1 else _plain_pieces(plain)
    head, tail = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return lambda text: len(text) == len(head) and _fits(head, text, 0)
    middle = pieces[1:-1]

    def matches(text: str) -> bool:
        end = len(text) - len(tail)
        at = len(head)
        if end < at or not _fits(head, text, 0) or not _fits(tail, text, end):
            return False
        for piece in middle:
            while at + len(piece) <= end and not _fits(piece, text, at):
                at += 1
            at += len(piece)
            if at > end:
                return False
        return True

    return matches


# --- ARNs ---------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def resource_pattern(pattern: str) -> Matcher:
    """Compile a value of `Resource`: ``*`` or an ARN with wildcards, case-sensitive.

    A ``*`` that ends a segment may reach beyond the colon, one inside a segment may not; an
    ARN with fewer than six fields is completed with wildcards.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    return resource_parts(((pattern, True),)) if pattern != "*" else matches_all


def resource_parts(parts: tuple[Part, ...]) -> Matcher:
    """As `resource_pattern`, for a pattern with literal parts (variables filled in)."""
    if parts == (("*", True),):
        return matches_all
    colons = sum(text.count(":") for text, _ in parts)
    missing = ARN_SEGMENTS - 1 - colons
    if missing > 0:
        parts = (*parts, (":*" * missing, True))
    if not _star_inside_segment(parts):
        if len(parts) == 1:
            return glob(parts[0][0])
        return glob_parts(parts)
    tokens = _tokens(parts)
    return lambda text: _simulate(tokens, text)


def _star_inside_segment(parts: tuple[Part, ...]) -> bool:
    """Whether one of the first five segments has a ``*`` that does not end it."""
    colons = 0
    star = False
    for text, wild in parts:
        for character in text:
            if character == ":":
                colons += 1
                star = False
                if colons == ARN_SEGMENTS - 1:
                    return False
            elif star and not (wild and character == "*"):
                return True
            elif wild and character == "*":
                star = True
    return False


_ONE, _ANY, _WITHIN = "?", "*", "*within"
"""Kinds of wildcard token: one character, any run, any run without a colon."""


def _tokens(parts: tuple[Part, ...]) -> list[tuple[str, str]]:
    """Pairs of kind and character; the kind is empty for a literal character."""
    characters = [(character, wild) for text, wild in parts for character in text]
    tokens: list[tuple[str, str]] = []
    colons = 0
    for index, (character, wild) in enumerate(characters):
        colons += character == ":"
        if wild and character == "?":
            tokens.append((_ONE, ""))
        elif wild and character == "*":
            following = characters[index + 1][0] if index + 1 < len(characters) else ":"
            free = colons >= ARN_SEGMENTS - 1 or following in ":*"
            tokens.append((_ANY if free else _WITHIN, ""))
        else:
            tokens.append(("", character))
    return tokens


def _simulate(tokens: list[tuple[str, str]], text: str) -> bool:
    """Run the pattern as a set of positions, one step a character."""
    positions = _closure(tokens, {0})
    for character in text:
        following: set[int] = set()
        for position in positions:
            if position == len(tokens):
                continue
            kind, literal = tokens[position]
            if kind == _ANY or (kind == _WITHIN and character != ":"):
                following.add(position)
            elif kind == _ONE or (not kind and literal == character):
                following.add(position + 1)
        positions = _closure(tokens, following)
        if not positions:
            return False
    return len(tokens) in positions


def _closure(tokens: list[tuple[str, str]], positions: set[int]) -> set[int]:
    """Add what can be reached by letting a run be empty."""
    reached = set(positions)
    for position in positions:
        while position < len(tokens) and tokens[position][0] in (_ANY, _WITHIN):
            position += 1
            reached.add(position)
    return reached


def arn_parts(parts: tuple[Part, ...]) -> Matcher:
    """Compile a value of the ARN operators: each of the six fields is matched by itself.

    A value that is no ARN matches nothing; ``*`` alone matches every ARN.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    if parts == (("*", True),):
        return lambda text: text.count(":") >= ARN_SEGMENTS - 1 and text.startswith("arn:")
    segments: list[list[Part]] = [[]]
    for text, wild in parts:
        pieces = text.split(":", ARN_SEGMENTS - len(segments))
        segments[-1].append((pieces[0], wild))
        segments.extend([(piece, wild)] for piece in pieces[1:])
    if len(segments) < ARN_SEGMENTS:
        return lambda text: False
    matchers = tuple(
        glob(segment[0][0]) if len(segment) == 1 and segment[0][1] else glob_parts(segment)
        for segment in segments
    )

    def matches(text: str) -> bool:
        fields = text.split(":", ARN_SEGMENTS - 1)
        return len(fields) == ARN_SEGMENTS and all(
            matcher(field) for matcher, field in zip(matchers, fields, strict=True)
        )

    return matches
