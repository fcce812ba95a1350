"""A text area for JSON: coloured by what each thing is, one line marked as wrong."""

from __future__ import annotations

import re

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea

_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)'
    r'|(?P<string>"(?:[^"\\]|\\.)*"?)'
    r"|(?P<literal>\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*\b)"
    r"|(?P<mark>[{}\[\],:])"
)
_COLOURS = {"key": "now", "string": "allowed", "literal": "secondary", "mark": "quiet"}
"""What each kind of token is drawn in: names of the theme's colours."""


class JsonArea(TextArea):
    """Highlighted without tree-sitter, which would be a compiled dependency."""

    wrong: int | None = None
    """The line that is wrong, from 0."""

    def mark_wrong(self, line: int | None) -> None:
        """Mark a line, and no other."""
        if line != self.wrong:
            self.wrong = line
            self.notify_style_update()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """The line in its colours."""
        text = super().get_line(line_index)
        variables = self.app.theme_variables
        for found in _TOKEN.finditer(text.plain):
            colour = variables.get(_COLOURS[found.lastgroup or "mark"])
            if colour:
                text.stylize(Style(color=colour), *found.span())
        if line_index == self.wrong:
            colour = variables.get("denied")
            text.stylize(Style(color=colour, bold=True, underline=True), 0, len(text.plain))
        return text
