from __future__ import annotations
import pytest
from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import running
from tui.app import StslabApp

@pytest.mark.parametrize("story", ["first-session","who-may-assume","how-long","less-than-the-role","outside-identities","signed-assertions","waiting-it-out","the-cut-off","presigned"])
async def test_tmp(story: str, progress: ProgressStore) -> None:
    app = StslabApp(story, progress=progress)
    async with running(app, (80, 24)) as driver:
        await driver.open()
        await driver.play_to_the_end()
        print([ (s.title,s.failure) for s in driver.lab.play.steps if s.status!="done"])
        assert all(step.status == "done" for step in driver.lab.play.steps)
