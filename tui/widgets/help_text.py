"""Help as it is read: the little markdown that help texts use, drawn as one block of text.

Textual's own Markdown makes a widget of every paragraph and every cell of a table, which takes
longer than a key may.
"""

from __future__ import annotations

import re

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.inline import inline

_GAP = 2
_BOLD = re.compile(r"\*\*(.+?)\*\*|\*(.+?)\*", re.DOTALL)


class HelpText(Widget):
    """Titles, paragraphs, and tables of keys and what they do."""

    def __init__(self, text: str) -> None:
        """Show a text.

        Args:
            text: markdown of titles (``##``), paragraphs and tables; code, bold and italics.
        """
        super().__init__()
        self._text = text
        self._drawn: tuple[int, Content] = (-1, Content())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text takes at this width."""
        return len(self._at(width).plain.splitlines())

    def render(self) -> Content:
        """The text, wrapped."""
        return self._at(self.content_size.width)

    def _at(self, width: int) -> Content:
        if self._drawn[0] != width:
            self._drawn = (width, help_content(self._text, width))
        return self._drawn[1]


def help_content(text: str, width: int) -> Content:
    """A help text, no line of it longer than `width`."""
    blocks = [block for block in text.split("\n\n") if block.strip()]
    return Content("\n\n").join(_block(block.strip(), max(width, 20)) for block in blocks)


def _block(block: str, width: int) -> Content:
    if block.startswith("#"):
        return Content.styled(block.lstrip("# "), "bold $now")
    if block.startswith("|"):
        return _table(block, width)
    return Content("\n").join(_styled(" ".join(block.splitlines())).wrap(width))


def _table(block: str, width: int) -> Content:
    """Two columns; the second wraps beside the first."""
    head, _, *rows = (_cells(line) for line in block.splitlines())
    room = max(_styled(first).cell_length for first, _ in (head, *rows)) + _GAP
    lines = [Content.styled(f"{head[0]:{room}}{head[1]}", "$quiet")]
    for first, second in rows:
        left = _styled(first, "bold")
        for number, line in enumerate(_styled(second).wrap(max(width - room, 10))):
            beside = left if number == 0 else Content()
            lines.append(beside.pad_right(room - beside.cell_length) + line)
    return Content("\n").join(lines)


def _cells(line: str) -> tuple[str, str]:
    first, _, second = line.strip().strip("|").partition("|")
    return first.strip(), second.strip()


def _styled(text: str, style: str = "") -> Content:
    """Code between backticks, bold and italics."""
    parts: list[Content] = []
    end = 0
    for found in _BOLD.finditer(text):
        parts.append(inline(text[end : found.start()], style))
        bold, italic = found.groups()
        parts.append(inline(bold or italic, f"{style} {'bold' if bold else 'italic'}".strip()))
        end = found.end()
    return Content("").join([*parts, inline(text[end:], style)])
