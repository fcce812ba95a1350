"""How the app looks, and what the learner has set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.css.stylesheet import Stylesheet

from tui.screens.fresh import Fresh
from tui.settings import Settings, SettingsStore
from tui.themes import DARK, THEMES, following

if TYPE_CHECKING:
    from textual.theme import Theme

    from tui.screens.settings import SettingsScreen

_PRESENTER = "-presenter"


class Appearance(App[None]):
    """Themes, presenter mode and the other settings; each change holds at once and is kept.

    Args:
        settings: where they are kept.
    """

    def __init__(self, settings: SettingsStore) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self._settings = settings
        self._sheets: dict[frozenset[tuple[str, str]], Stylesheet] = {}
        self.theme = settings.settings.theme

    looks = 0
    """How often the looks have changed."""

    def get_screen(self, screen: Any, screen_class: Any = None) -> Any:
        """The screen, with the classes of its width and height before it is styled at all."""
        found = super().get_screen(screen, screen_class)
        if not found.is_running:
            for here, breakpoints in (
                (self.size.width, found.HORIZONTAL_BREAKPOINTS),
                (self.size.height, found.VERTICAL_BREAKPOINTS),
            ):
                fitting = [name for least, name in sorted(breakpoints or ()) if here >= least]
                found.set_class(bool(fitting), *fitting[-1:], update=False)
        return found

    def on_mount(self) -> None:
        """Everything as it was set, and a word about what cannot be read."""
        self.apply_settings(self._settings.settings)
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        if self._settings.problem:
            self.notify(self._settings.problem, title="Settings", severity="warning", timeout=10)

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return self._settings.settings

    # -- colours ------------------------------------------------------------------------
    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The lab's own colour names, for Textual's themes, which do not know them."""
        return DARK.variables

    def get_css_variables(self) -> dict[str, str]:
        """The colours; on a projector grey is not seen, so in presenter mode there is none."""
        variables = super().get_css_variables()
        if self.has_class(_PRESENTER):
            text = variables["foreground"]
            variables |= {
                "quiet": text,
                "line": variables["quiet"],
                "scrollbar": variables["quiet"],
                "scrollbar-hover": text,
                "footer-description-foreground": text,
            }
            self.theme_variables = variables
        return variables

    def refresh_css(self, animate: bool = True) -> None:
        """Textual's own styles every screen there is; ours those that are seen (see `Fresh`)."""
        self.stylesheet = stylesheet = self._sheet(self.get_css_variables())
        stylesheet.update_nodes([self], animate=animate)
        self.looks += 1
        for screen in reversed(self.screen_stack):
            stylesheet.update(screen, animate=animate)
            screen.refresh(layout=True)
            if isinstance(screen, Fresh):
                screen.looks = self.looks
            if not screen.is_modal:
                break

    def _sheet(self, variables: dict[str, str]) -> Stylesheet:
        """The stylesheet with these colours; parsing it takes longer than using it."""
        key = frozenset(variables.items())
        sheet = self._sheets.get(key)
        # A screen opened since may have brought rules of its own.
        if sheet is None or sheet.source != self.stylesheet.source:
            self._sheets[key] = sheet = self.stylesheet.copy()
            sheet.set_variables(variables)
            sheet.parse()
        return sheet

    def action_next_theme(self) -> None:
        """The next of the lab's themes."""
        self.theme = following(self.theme)
        self.notify(self.theme.removeprefix("stslab-"), title="Theme", timeout=1.5)

    def _theme_changed(self, theme: Theme) -> None:
        """However it was changed: by a key, in the palette, in the settings."""
        if theme.name != self.settings.theme and theme in THEMES:
            self._set(theme=theme.name)

    # -- settings -----------------------------------------------------------------------
    def action_settings(self) -> None:
        """What can be set."""
        from tui.screens.settings import SettingsScreen

        if not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.settings))

    def action_presenter(self) -> None:
        """Presenter mode on or off."""
        self._set(presenter=not self.settings.presenter)
        self.apply_settings(self.settings)

    def on_settings_screen_changed(self, message: SettingsScreen.Changed) -> None:
        """It holds at once."""
        self._set(**{message.field: message.value})
        self.theme = self.settings.theme
        self.apply_settings(self.settings)

    def _set(self, **to: object) -> None:
        if problem := self._settings.change(**to):
            self.notify(problem, title="Settings", severity="warning", timeout=6)

    def apply_settings(self, settings: Settings) -> None:
        """Let them hold."""
        self.animation_level = "none" if settings.reduced_motion else "full"
        if settings.presenter is not self.has_class(_PRESENTER):
            self.set_class(settings.presenter, _PRESENTER)
            self.refresh_css(animate=False)
