"""A lab on a screen, driven by keys alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from simulator.scenario.progress import ProgressStore
from tui.app import StslabApp
from tui.screens.lab import LabScreen

PATIENCE_SECONDS = 20.0


class Driver:
    """Presses keys, and waits for what the screen comes to show."""

    def __init__(self, app: StslabApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the app work until the condition holds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while not condition():
            assert loop.time() < deadline, f"still waiting: {what}"
            await self.pilot.pause(0.01)

    @property
    def lab(self) -> LabScreen:
        screen = self.app.screen
        assert isinstance(screen, LabScreen), f"the lab is not in front, but {screen}"
        return screen

    async def open(self) -> None:
        """Wait for the lab to stand."""
        await self.until(lambda: isinstance(self.app.screen, LabScreen), "the lab to open")
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was asked for is done and shown."""
        await self.pilot.pause()
        await self.until(lambda: self.lab.at_rest, "calls to end")

    async def do(self, key: str) -> None:
        """Press a key and wait for what it sets off."""
        await self.press(key)
        await self.settled()

    def step(self) -> int:
        """Index of the current step; one past the last at the end."""
        snapshot = self.lab.snapshot
        assert snapshot is not None
        return snapshot.current.index if snapshot.current else len(snapshot.steps)


@asynccontextmanager
async def running(app: StslabApp, size: tuple[int, int]) -> AsyncIterator[Driver]:
    async with app.run_test(size=size) as pilot:
        yield Driver(app, pilot)


@pytest.fixture
def progress(tmp_path: Path) -> ProgressStore:
    return ProgressStore(tmp_path / "progress.sqlite3")
