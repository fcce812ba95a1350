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

IMAGES = Path(__file__).parent / "images"
SIZE = (132, 40)
PATIENCE_SECONDS = 60
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def _until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await pilot.pause(0.02)
    await pilot.pause(0.2)


def _play_on(play: Play, to: str) -> None:
    """Do the learner's part until the step with this id is the current one."""
    while (state := play.current) is not None and getattr(state.step, "id", None) != to:
        take(play, state)


async def _lab(pilot: Pilot[None], app: StslabApp, to: str) -> LabScreen:
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


async def make_pictures() -> None:
    """Export every picture."""
    app = StslabApp()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.2)
        _save(app, "catalogue")
    app = StslabApp("leaked-session")
    async with app.run_test(size=SIZE) as pilot:
        await _lab(pilot, app, "recover")
        _save(app, "lab")
        await pilot.press("w")
        await pilot.pause(0.3)
        _save(app, "why")


if __name__ == "__main__":
    asyncio.run(make_pictures())
