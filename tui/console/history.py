"""What was typed before, with up and down."""

from __future__ import annotations

_LONGEST = 500


class History:
    """Lines, oldest first, and a place among them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._at = 0
        self._draft = ""

    def add(self, line: str) -> None:
        """Remember a line; the place is after it again."""
        if line and (not self._lines or self._lines[-1] != line):
            self._lines.append(line)
            del self._lines[:-_LONGEST]
        self._at = len(self._lines)
        self._draft = ""

    def move(self, step: int, typed: str) -> str:
        """The line before or after; what was being typed comes back at the end.

        Args:
            step: -1 for the one before, 1 for the one after.
            typed: what stands there now.
        """
        if self._at == len(self._lines):
            self._draft = typed
        self._at = min(max(self._at + step, 0), len(self._lines))
        return self._draft if self._at == len(self._lines) else self._lines[self._at]
