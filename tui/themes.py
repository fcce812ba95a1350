"""The lab's colours: dark, light, high-contrast and safe for colour-blind eyes.

Outcomes have names of their own (``$allowed``, ``$denied``, ``$refused``) so that a theme
can choose them freely; a symbol always stands beside the colour (see `tui.symbols`).
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DEFAULT: Final = "stslab-dark"


def _theme(
    name: str,
    *,
    dark: bool = True,
    foreground: str,
    background: str,
    panel: str,
    now: str,
    secondary: str,
    allowed: str,
    denied: str,
    refused: str,
    quiet: str,
    line: str,
    text_alpha: float = 0.95,
) -> Theme:
    """A theme of few colours: Textual's own names are given the lab's, each said once."""
    return Theme(
        name=name,
        dark=dark,
        primary=now,
        secondary=secondary,
        accent=now,
        foreground=foreground,
        background=background,
        surface=background,
        panel=panel,
        success=allowed,
        warning=refused,
        error=denied,
        text_alpha=text_alpha,
        variables={
            "allowed": allowed,
            "denied": denied,
            "refused": refused,
            "now": now,
            "quiet": quiet,
            "line": line,
            "border": line,
            "border-blurred": line,
            # Here and not in the stylesheet: there they would be rules of every single widget.
            "scrollbar": line,
            "scrollbar-hover": quiet,
            "scrollbar-active": now,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "link-style": "none",
            "link-color": foreground,
            "link-style-hover": "underline",
            "link-color-hover": foreground,
            "link-background-hover": panel,
            "footer-background": "transparent",
            "footer-key-foreground": now,
            "footer-description-foreground": quiet,
            "footer-description-background": "transparent",
            "footer-item-background": "transparent",
        },
    )


DARK = _theme(
    DEFAULT,
    foreground="#d5dae3",
    background="#12161d",
    panel="#1d2430",
    now="#7fb4ca",
    secondary="#9d8cc7",
    allowed="#8fc98b",
    denied="#ee7b7b",
    refused="#e2b55f",
    quiet="#8792a5",
    line="#333d4d",
)

LIGHT = _theme(
    "stslab-light",
    dark=False,
    foreground="#242a33",
    background="#faf9f6",
    panel="#ebe8e1",
    now="#1f5f8b",
    secondary="#6a4c93",
    allowed="#22703a",
    denied="#b02a25",
    refused="#855300",
    quiet="#626b78",
    line="#cbc7bd",
)

CONTRAST = _theme(
    "stslab-contrast",
    foreground="#ffffff",
    background="#000000",
    panel="#262626",
    now="#ffff00",
    secondary="#ffffff",
    allowed="#4dff7c",
    denied="#ff8080",
    refused="#ffd24d",
    quiet="#e0e0e0",
    line="#ffffff",
    text_alpha=1.0,
)

# Blue, vermilion and yellow of Okabe and Ito's palette, told apart by every common kind of
# colour blindness, and by brightness alone.
COLOUR_SAFE = _theme(
    "stslab-colour-safe",
    foreground="#dfe3ea",
    background="#14161a",
    panel="#22262d",
    now="#cc9fbf",
    secondary="#cc9fbf",
    allowed="#56b4e9",
    denied="#f08a3c",
    refused="#f0e442",
    quiet="#8f98a6",
    line="#3b424d",
)

THEMES: Final = (DARK, LIGHT, CONTRAST, COLOUR_SAFE)
"""Every theme, in the order in which a key press goes through them."""


def following(name: str) -> str:
    """The theme after the one called ``name``; the first after the last or an unknown one."""
    names = [theme.name for theme in THEMES]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
