"""One line of text in which something stands as code, between backticks."""

from __future__ import annotations

from textual.content import Content


def inline(text: str, style: str = "") -> Content:
    """The text in a style, with what stands between backticks set off, as markdown does."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one is left over: it means itself
        return Content.styled(text, style)
    code = f"{style} on $panel".strip()
    return Content.assemble(
        *((piece, code if number % 2 else style) for number, piece in enumerate(pieces))
    )
