"""Help: of the focused pane first, then of the screen, and of what that screen is as well."""

from __future__ import annotations

from tests.tui.conftest import running
from tui.app import StslabApp
from tui.screens.help import Help
from tui.widgets.help_text import HelpText


async def test_the_sandbox_helps_with_its_own_keys_and_the_labs_and_speaks_of_no_task() -> None:
    async with running(StslabApp("sandbox"), (80, 24)) as driver:
        await driver.open()
        await driver.press("question_mark")
        await driver.until(lambda: isinstance(driver.app.screen, Help), "help")
        text = driver.app.screen.query_one(HelpText)._text
        titles = [line for line in text.splitlines() if line.startswith("## ")]
        assert titles == ["## The sandbox", "## The lab"]
        for key in ("| n, a |", "| space, r |", "| g |"):
            assert key in text
        assert "hint" not in text
