"""A server that has died under a lab: noticed by itself, started again by a key."""

from __future__ import annotations

from simulator.lab import Lab
from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.screens.dialogs import Confirm
from tui.widgets.status import LastCall


async def kill_the_server(driver: Driver, lab: Lab) -> None:
    """Close its socket under it, and wait until its thread has ended and the screen says so."""
    lab._server._server.socket.close()
    await driver.until(lambda: not lab.serving, "the server to die")
    await driver.until(lambda: isinstance(driver.app.screen, Confirm), "the question")
    await driver.pilot.pause()


async def test_a_dead_server_is_noticed_and_a_key_starts_it_again_with_nothing_lost() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        screen, lab = driver.lab, driver.lab.play.lab
        url, now = lab.endpoint_url, lab.clock.now()
        await kill_the_server(driver, lab)
        await driver.press("escape")
        assert screen.query_one(LastCall).stopped
        assert "has stopped" in str(screen.query_one(LastCall).render())
        await driver.press("1")  # whoever asks for a call is asked again
        await driver.until(lambda: isinstance(driver.app.screen, Confirm), "the question again")
        await driver.press("y")
        await driver.until(lambda: lab.serving and not screen.query_one(LastCall).stopped, "it")
        assert (lab.endpoint_url, lab.clock.now()) == (url, now)
        await driver.do("1")
        assert [call.outcome for call in screen.play.story.records()] == ["denied"]


async def test_a_restart_helps_without_the_question_having_been_answered() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        lab = driver.lab.play.lab
        await kill_the_server(driver, lab)
        await driver.press("escape", "R")
        await driver.pilot.pause()
        await driver.press("y")
        await driver.until(lambda: lab.serving, "the server")
        await driver.until(lambda: driver.step() == 0 and driver.lab.at_rest, "the first step")
