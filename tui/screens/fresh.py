"""A screen is styled once before it is seen, and again only when the looks have changed."""

from __future__ import annotations

from textual import events


class Fresh:
    """For screens, named before Textual's own class.

    Textual styles a screen as it is mounted, and all of it again whenever it is pushed. A change
    of the looks reaches the screens that are seen (`Appearance.refresh_css`), and the others when
    they are shown.
    """

    looks: int | None = None
    """Which looks it is styled for, as the app counts them; ``None`` before it is seen."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Textual's handler comes after this one."""
        now: int = self.app.looks  # type: ignore[attr-defined]
        event.refresh_styles = self.looks is not None and self.looks != now
        self.looks = now
