"""The footer: what works now, and never half a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.events import Click
    from textual.screen import Screen

_ALWAYS = frozenset({"app.help", "help", "app.quit", "quit"})
"""Where everything else is told, and the way out."""
_FIRST_TO_GO = ("settings", "command_palette", "leave", "zoom")
"""Left out before the others, which go from the right; Esc says what leaves."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the footer.

    Attributes:
        name: Textual's name of it.
        action: what it does.
        description: that, in a word or two.
        text: as it is drawn.
    """

    name: str
    action: str
    description: str
    text: Content


class Keys(Widget):
    """One line of keys: those that fit. A click presses one.

    What is left out is in the help and in the palette; help and quit stay. Where two keys do
    the same thing, the nearer one is shown.

    Textual's footer is a widget a key, made anew whenever the focus moves, which is most of what
    Tab would take; and it never lets go of the old ones.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()

    def on_mount(self) -> None:
        """Listen for other keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def render(self) -> Content:
        """As many as fit."""
        return Content("").join(key.text for key in self.shown)

    @property
    def shown(self) -> list[Key]:
        """Those that fit."""
        return fitting(self._keys, self.content_size.width)

    def on_click(self, event: Click) -> None:
        """Press the key under the pointer."""
        at = event.get_content_offset(self)
        left = 0
        for key in self.shown:
            if at is not None and left <= at.x < (left := left + key.text.cell_length):
                self.app.simulate_key(key.name)

    def _changed(self, screen: Screen[object]) -> None:
        found: dict[str, Key] = {}
        for _, binding, enabled, _ in screen.active_bindings.values():
            if binding.show and binding.action not in found:
                display = self.app.get_key_display(binding)
                text = _drawn(display, binding.description, enabled)
                found[binding.action] = Key(binding.key, binding.action, binding.description, text)
        if self._keys != (keys := tuple(found.values())):
            self._keys = keys
            self.refresh()


def fitting(keys: tuple[Key, ...], width: int) -> list[Key]:
    """Those of the keys that are shown where there is so much room."""
    said = {key.description: key for key in reversed(keys)}
    shown = [key for key in keys if said[key.description] is key]
    spare = [key for key in reversed(shown) if key.action not in _ALWAYS]
    spare.sort(key=lambda key: (*_FIRST_TO_GO, _name(key)).index(_name(key)))
    while spare and sum(key.text.cell_length for key in shown) > width:
        shown.remove(spare.pop(0))
    return shown


def _name(key: Key) -> str:
    return key.action.rpartition(".")[2]


def _drawn(display: str, description: str, enabled: bool) -> Content:
    text = Content.assemble(
        (f" {display} ", "bold $footer-key-foreground on $footer-key-background"),
        (f"{description} ", "$footer-description-foreground on $footer-description-background"),
    )
    return text if enabled else text.stylize("dim")
