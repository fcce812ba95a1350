"""The lab in a real browser: `stslab web`, played with the keyboard of headless Chromium."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment, free_port
from tests.tui.chromium import find_chromium, open_page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium"),
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where `stslab web` is, with a home of its own."""
    port = free_port()
    process = subprocess.Popen(
        [*STSLAB, "web", "--port", str(port)],
        env=bare_environment(tmp_path / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "the lab is at" in process.stderr.readline()
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
        except ConnectionRefusedError:
            continue
        break
    yield f"http://127.0.0.1:{port}/"
    process.terminate()
    process.communicate(timeout=PATIENCE_SECONDS)


async def test_in_a_browser_the_first_task_of_the_leaked_session_is_done_and_the_denial_seen(
    address: str, tmp_path: Path
) -> None:
    async with open_page(address, tmp_path / "profile") as page:
        await page.until("The life of AWS temporary credentials")
        await page.until_it_has_the_keys()
        await page.press("/")
        await page.until("s Sandbox", gone=True)  # the keys are the search's now
        await page.press(*"leaked-session")
        await page.until("The first session", gone=True)
        await page.press("Enter")
        await page.until("Monday, 06:00 UTC")
        await page.press("n")
        await page.until("See that Alice's own key opens nothing")
        await page.press("1")
        shown = await page.until("Become App")
        assert "AccessDenied" in shown
        assert "✗ denied" in shown
        assert page.problems == []


async def test_in_a_browser_why_and_the_console_open_and_close_by_keys(
    address: str, tmp_path: Path
) -> None:
    async with open_page(address, tmp_path / "profile") as page:
        await page.until("The life of AWS temporary credentials")
        await page.until_it_has_the_keys()
        await page.press("s")
        await page.until("Alice assumes App")
        await page.press("2")
        await page.until("An error occurred (AccessDenied)")
        await page.press("w")
        await page.until("Evaluation")
        await page.press("Escape")
        await page.until("Alice assumes App")
        await page.press("c")
        await page.until("alice own $")
        await page.press(*"who", "Enter")
        await page.until("mallory nothing")
        assert page.problems == []
