"""How the app looks, and what the learner has set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

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
        self.theme = settings.settings.theme

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
                "footer-description-foreground": text,
            }
            self.theme_variables = variables
        return variables

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
