"""The footer: what works now, and never half a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widgets import Footer

if TYPE_CHECKING:
    from textual.widgets._footer import FooterKey

_ALWAYS = frozenset({"app.help", "help", "app.quit", "quit"})
"""Where everything else is told, and the way out."""
_FIRST_TO_GO = frozenset({"leave", "zoom"})
"""Left out before the others, which go from the right; Esc leaves as well."""


class Keys(Footer):
    """Textual's footer, without the command palette, that leaves out what does not fit.

    What is left out is in the help and in the palette; help and quit stay. Where two keys do
    the same thing, the nearer one is shown.
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
        said = {key.description: key for key in reversed(keys)}
        shown = [key for key in keys if said[key.description] is key]
        spare = [key for key in reversed(shown) if key.action not in _ALWAYS]
        spare.sort(key=lambda key: key.action.rpartition(".")[2] not in _FIRST_TO_GO)
        while spare and sum(map(_width, shown)) > self.size.width:
            shown.remove(spare.pop(0))
        for key in keys:
            key.display = key in shown


def _width(key: FooterKey) -> int:
    return key.render().cell_len
