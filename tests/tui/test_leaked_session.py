"""The main scenario on the screen, to its end, by keys alone, on real calls."""

from __future__ import annotations

import pytest

from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import Driver, running
from tui.app import StslabApp

SIZES = [(80, 24), (120, 40)]
RIGHT_ANSWERS = {"lists the bucket": "It lists the bucket"}


async def play_to_the_end(driver: Driver) -> None:
    """Go on where there is a way on, answer rightly, and do each task's actions in order."""
    await driver.open()
    lab = driver.lab
    for _ in range(120):
        snapshot = lab.snapshot
        assert snapshot is not None
        current = snapshot.current
        if current is None:
            return
        before = current.index
        if current.options and current.answer is None:
            right = current.step.right  # type: ignore[union-attr]
            await driver.do(str(right + 1))
        elif current.kind == "task":
            for number, action in enumerate(snapshot.actions, 1):
                if driver.step() == before and not action.done:
                    await driver.do(str(number))
        else:
            await driver.do("n")
    pytest.fail(f"never came to the end; stopped at step {driver.step()}")


@pytest.mark.parametrize("size", SIZES)
async def test_the_leaked_session_is_finished_by_keyboard_alone(
    size: tuple[int, int], progress: ProgressStore
) -> None:
    app = StslabApp("leaked-session", progress=progress)
    async with running(app, size) as driver:
        await play_to_the_end(driver)
        lab = driver.lab
        assert all(step.status == "done" for step in lab.play.steps)
        mallory = [call.outcome for call in lab.play.story.records() if call.actor == "mallory"]
        assert mallory[0] == "allowed"
        assert mallory[-2:] == ["denied", "refused"]
        await driver.until(lambda: progress.of("leaked-session").times == 1, "progress to be kept")
