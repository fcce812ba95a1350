"""The lab's colours: dark, light, high-contrast and safe for colour-blind eyes.

Outcomes have names of their own (``$allowed``, ``$denied``, ``$refused``) so that a theme
can choose them freely; a symbol always stands beside the colour (see `tui.symbols`).
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DEFAULT: Final = "stslab-dark"


def _lab_variables(
    *, allowed: str, denied: str, refused: str, now: str, quiet: str, line: str
) -> dict[str, str]:
    """The lab's own names and the few Textual ones that depend on them."""
    return {
        "allowed": allowed,
        "denied": denied,
        "refused": refused,
        "now": now,
        "quiet": quiet,
        "line": line,
        "border": line,
        "border-blurred": line,
        "footer-background": "transparent",
        "footer-key-foreground": now,
        "footer-description-foreground": quiet,
        "footer-description-background": "transparent",
        "footer-item-background": "transparent",
    }


DARK = Theme(
    name=DEFAULT,
    dark=True,
    primary="#7fb4ca",
    secondary="#9d8cc7",
    accent="#7fb4ca",
    foreground="#d5dae3",
    background="#12161d",
    surface="#12161d",
    panel="#1d2430",
    success="#8fc98b",
    warning="#e2b55f",
    error="#ee7b7b",
    variables=_lab_variables(
        allowed="#8fc98b",
        denied="#ee7b7b",
        refused="#e2b55f",
        now="#7fb4ca",
        quiet="#8792a5",
        line="#333d4d",
    ),
)

LIGHT = Theme(
    name="stslab-light",
    dark=False,
    primary="#1f5f8b",
    secondary="#6a4c93",
    accent="#1f5f8b",
    foreground="#242a33",
    background="#faf9f6",
    surface="#faf9f6",
    panel="#ebe8e1",
    success="#22703a",
    warning="#855300",
    error="#b02a25",
    variables=_lab_variables(
        allowed="#22703a",
        denied="#b02a25",
        refused="#855300",
        now="#1f5f8b",
        quiet="#626b78",
        line="#cbc7bd",
    ),
)

CONTRAST = Theme(
    name="stslab-contrast",
    dark=True,
    primary="#ffff00",
    secondary="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    success="#4dff7c",
    warning="#ffd24d",
    error="#ff8080",
    text_alpha=1.0,
    variables=_lab_variables(
        allowed="#4dff7c",
        denied="#ff8080",
        refused="#ffd24d",
        now="#ffff00",
        quiet="#e0e0e0",
        line="#ffffff",
    ),
)

# Blue, vermilion and yellow of Okabe and Ito's palette, told apart by every common kind of
# colour blindness, and by brightness alone.
COLOUR_SAFE = Theme(
    name="stslab-colour-safe",
    dark=True,
    primary="#cc9fbf",
    secondary="#cc9fbf",
    accent="#cc9fbf",
    foreground="#dfe3ea",
    background="#14161a",
    surface="#14161a",
    panel="#22262d",
    success="#56b4e9",
    warning="#f0e442",
    error="#f08a3c",
    variables=_lab_variables(
        allowed="#56b4e9",
        denied="#f08a3c",
        refused="#f0e442",
        now="#cc9fbf",
        quiet="#8f98a6",
        line="#3b424d",
    ),
)

THEMES: Final = (DARK, LIGHT, CONTRAST, COLOUR_SAFE)
"""Every theme, in the order in which a key press goes through them."""


def following(name: str) -> str:
    """The theme after the one called ``name``; the first after the last or an unknown one."""
    names = [theme.name for theme in THEMES]
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
