"""The main scenario on the screen, to its end, by keys alone, on real calls."""

from __future__ import annotations

import pytest

from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import running
from tui.app import StslabApp

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_leaked_session_is_finished_by_keyboard_alone(
    size: tuple[int, int], progress: ProgressStore
) -> None:
    app = StslabApp("leaked-session", progress=progress)
    async with running(app, size) as driver:
        await driver.open()
        await driver.play_to_the_end()
        lab = driver.lab
        assert all(step.status == "done" for step in lab.play.steps)
        mallory = [call.outcome for call in lab.play.story.records() if call.actor == "mallory"]
        assert mallory[0] == "allowed"
        assert mallory[-2:] == ["denied", "refused"]
        await driver.until(lambda: progress.of("leaked-session").times == 1, "progress to be kept")
