"""Lab time and its controls, in one line."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.formatting import day, hms, span

STEPS: tuple[tuple[str, int, str], ...] = (
    ("s", 1, "1 s"),
    ("m", 60, "1 min"),
    ("f", 900, "15 min"),
    ("h", 3600, "1 h"),
)
"""Key, seconds and name of each step of the clock."""
_WITH_DATE = 76
"""Cells that the whole line takes at its shortest."""


class ClockBar(Widget):
    """What time it is in the lab, whether it runs, and the keys that move it."""

    HELP: ClassVar[str] = """\
## Clock

Lab time is UTC and stands still until somebody moves it. It never goes back: restart the
lab for that.

| key | does |
| --- | --- |
| s m f h | forwards by 1 s, 1 min, 15 min, 1 h |
| e | on to the next expiry |
| space | run, pause |
| r | run at ×1, ×60, ×600 |
"""

    now: reactive[datetime | None] = reactive(None)
    rate: reactive[int] = reactive(0)
    """Lab seconds a real second; 0 while time stands."""
    speed: reactive[int] = reactive(60)
    """The rate at which time will run."""
    next_expiry: reactive[datetime | None] = reactive(None)

    def render(self) -> Content:
        """One line, shorter where there is less room."""
        if self.now is None:
            return Content("")
        wide = self.size.width >= 138
        parts = [
            Content.assemble(
                (f"{hms(self.now)} UTC", "bold $now"),
                (self._date(wide), "$quiet"),
            ),
            self._state(),
            Content("  " if wide else " ").join(self._steps(wide)),
            Content("  " if wide else " ").join(self._run()),
        ]
        return Content("    " if wide else "  ").join(parts)

    def _date(self, wide: bool) -> str:
        assert self.now is not None
        if wide:
            return f"  {day(self.now)}"
        return f"  {self.now.day} {self.now:%b}" if self.size.width >= _WITH_DATE else ""

    def _state(self) -> Content:
        if self.rate:
            return Content.styled(f"» ×{self.rate}", "bold $refused")
        return Content.styled("‖ frozen" if self.size.width >= 90 else "‖", "$quiet")

    def _steps(self, wide: bool) -> list[Content]:
        roomy = self.size.width >= 100
        parts = [
            _control(
                key,
                f"+{name}" if roomy else f"+{name.replace(' ', '')}",
                f"screen.step_time({seconds})",
            )
            for key, seconds, name in STEPS
        ]
        if self.next_expiry is not None and self.now is not None:
            left = f" (in {span(self.next_expiry - self.now)})" if wide else ""
            at = hms(self.next_expiry) if roomy else ""
            parts.append(_control("e", f"expiry {at}{left}".rstrip(), "screen.next_expiry"))
        return parts

    def _run(self) -> list[Content]:
        run = "pause" if self.rate else "run"
        space = "space" if self.size.width >= 100 else "␣"
        parts = [_control(space, run, "screen.toggle_time")]
        if not self.rate:
            parts.append(_control("r", f"×{self.speed}", "screen.change_speed"))
        return parts


def _control(key: str, text: str, action: str) -> Content:
    template = f"[@click={action}][bold $now]$key[/] [$quiet]$text[/][/]"
    return Content.from_markup(template, key=key, text=text)
