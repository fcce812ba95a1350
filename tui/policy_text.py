"""A policy document as lines of JSON that know which element they show."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Where in a document: ``("Statement", 0, "Condition", "DateLessThan")``."""

_ONE_LINE = 56
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of JSON.

    Attributes:
        text: with its indent and comma.
        path: the element it shows, or whose bracket it closes.
    """

    text: str
    path: Path

    def within(self, path: Path) -> bool:
        """Whether the line belongs to the element at this path."""
        return self.path[: len(path)] == path


def policy_lines(document: Any) -> tuple[Line, ...]:
    """The document's lines; short lists and objects of plain values stay on one."""
    return tuple(_lines(document, (), "", "", 0))


def statement_path(document: Any, index: int) -> Path:
    """The path of a statement; a document may have one without a list."""
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    return ("Statement", index) if isinstance(statements, list) else ("Statement",)


def _lines(value: Any, path: Path, head: str, tail: str, depth: int) -> Iterator[Line]:
    indent = _INDENT * depth
    if not isinstance(value, (Mapping, list)) or not value or _short(value, head):
        yield Line(f"{indent}{head}{json.dumps(value, ensure_ascii=False)}{tail}", path)
        return
    opening, closing = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    yield Line(f"{indent}{head}{opening}", path)
    members = _members(value)
    for number, (key, child) in enumerate(members):
        comma = "," if number + 1 < len(members) else ""
        name = f"{json.dumps(key)}: " if isinstance(key, str) else ""
        yield from _lines(child, (*path, key), name, comma, depth + 1)
    yield Line(f"{indent}{closing}{tail}", path)


def _members(value: Mapping[str, Any] | Sequence[Any]) -> list[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        return [(str(key), child) for key, child in value.items()]
    return list(enumerate(value))


def _short(value: Mapping[str, Any] | Sequence[Any], head: str) -> bool:
    """A list of plain values that fits on a line."""
    if isinstance(value, Mapping) or any(isinstance(child, (Mapping, list)) for child in value):
        return False
    return len(head) + len(json.dumps(value)) <= _ONE_LINE
