"""Makes the pictures of README and docs from the lab itself: ``make pictures``.

Each picture is the real screen, after real calls, exported by Textual as SVG.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from simulator.scenario.play import Play
from simulator.scenario.running import take
from tui.app import StslabApp
from tui.screens.lab import LabScreen
from tui.screens.why import WhyScreen

IMAGES = Path(__file__).parent / "images"
SIZE = (132, 40)
PATIENCE_SECONDS = 60
SETTLE_SECONDS = 1.0
"""Scrolling and the footer come a little after what they are about."""
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def _until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await pilot.pause(0.02)
    await pilot.pause(SETTLE_SECONDS)


_WALK = (
    ("walk-02", "assume"),
    ("walk-03", "Mallory takes the customers"),
    ("walk-04", "restore"),
    ("walk-05", "Alice still has the session"),
)
"""Stills between the catalogue and Why: a name, and the step at which it is taken."""


def _play_on(play: Play, to: str) -> None:
    """Do the learner's part until the step with this id, or this title, is the current one."""
    while (state := play.current) is not None:
        if getattr(state.step, "id", None) == to or state.title.startswith(to):
            return
        take(play, state)
    raise ValueError(f"the story has no step {to!r}, or it is past")


async def _lab(pilot: Pilot[None], app: StslabApp, to: str) -> LabScreen:
    await _until(pilot, lambda: isinstance(app.screen, LabScreen) and bool(app.screen.snapshot))
    await _until(pilot, lambda: isinstance(app.screen, LabScreen) and app.screen.at_rest)
    lab = app.screen
    assert isinstance(lab, LabScreen)
    await asyncio.to_thread(_play_on, lab.play, to)
    await _until(pilot, lambda: lab.at_rest)
    return lab


def _save(app: StslabApp, name: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    # Textual names a web font's address; the pictures, like the lab, ask nobody for anything.
    svg = _WEB_FONT.sub("", app.export_screenshot(title="stslab"))
    (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


async def _catalogue() -> None:
    app = StslabApp()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(SETTLE_SECONDS)
        _save(app, "catalogue")
        _save(app, "walk-01")


async def _leaked_session() -> None:
    app = StslabApp("leaked-session")
    async with app.run_test(size=SIZE) as pilot:
        for name, step in _WALK:
            await _lab(pilot, app, step)
            _save(app, name)
        # Mallory's denied call is the last so far; one step on, Alice's is.
        await _why(pilot, app, "walk-06")
        await pilot.press("escape")
        await _lab(pilot, app, "recover")
        _save(app, "lab")
        await _why(pilot, app, "why")


async def _why(pilot: Pilot[None], app: StslabApp, name: str) -> None:
    await pilot.press("w")
    await _until(pilot, lambda: isinstance(app.screen, WhyScreen))
    _save(app, name)


async def make_pictures() -> None:
    """Export every picture, as a learner sees them who has only begun."""
    await _catalogue()
    await _leaked_session()


if __name__ == "__main__":
    asyncio.run(make_pictures())
