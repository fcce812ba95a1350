"""The footer: what works now, and never half a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widgets import Footer

if TYPE_CHECKING:
    from textual.widgets._footer import FooterKey

_ALWAYS = frozenset({"app.help", "help", "app.quit", "quit"})
"""Where everything else is told, and the way out."""


class Keys(Footer):
    """Textual's footer, without the command palette, that leaves out what does not fit.

    What is left out, from the right, is in the help and in the palette; help and quit stay.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def on_resize(self) -> None:
        """More or less room."""
        self._fit()

    async def recompose(self) -> None:
        """Other keys."""
        await super().recompose()
        self._fit()

    def _fit(self) -> None:
        keys = [cast("FooterKey", key) for key in self.query("FooterKey")]
        room = self.size.width - sum(_width(key) for key in keys if key.action in _ALWAYS)
        full = False
        for key in keys:
            if key.action in _ALWAYS:
                continue
            room -= _width(key)
            full = full or room < 0
            key.display = not full


def _width(key: FooterKey) -> int:
    return key.render().cell_len
