"""A real headless Chromium, driven over its DevTools protocol; and what stands on its screen."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

PATIENCE_SECONDS = 180.0

# The page keeps its terminal to itself. The first thing it sets on the object that has it is
# `websocket_url`, and whoever sets a property sets it through the prototype first.
_SHOW_TERMINAL = """
Object.defineProperty(Object.prototype, "websocket_url", {
    configurable: true,
    set(value) {
        window.shown = this;
        Object.defineProperty(this, "websocket_url", {value, writable: true, enumerable: true});
    },
});
"""
_READ_SCREEN = """
(() => {
    const terminal = window.shown && window.shown.terminal;
    if (!terminal) return "";
    const buffer = terminal.buffer.active, lines = [];
    for (let i = 0; i < terminal.rows; i++)
        lines.push(buffer.getLine(buffer.viewportY + i).translateToString(true));
    return lines.join("\\n");
})()
"""
_KEYS = {
    "Enter": ("Enter", "\r", 13),
    "Escape": ("Escape", "", 27),
    "/": ("/", "/", 191),
    "-": ("-", "-", 189),
}
"""Name → key, text, and Windows's code of the key."""


def find_chromium() -> str | None:
    """A Chromium or Chrome on PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


class Page:
    """One page of a browser."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.problems: list[str] = []
        """Exceptions and errors that the page has reported."""

    async def listen(self) -> None:
        """Take in what the browser says, until it goes."""
        async for message in self._socket:
            told = message.json()
            if (waiting := self._waiting.pop(told.get("id", 0), None)) is not None:
                waiting.set_result(told)
            elif told.get("method") == "Runtime.exceptionThrown":
                self.problems.append(str(told["params"]["exceptionDetails"]))

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(PATIENCE_SECONDS):
            told = await waiting
        assert "error" not in told, told
        result: dict[str, Any] = told["result"]
        return result

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        told = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return told["result"].get("value")

    async def screen(self) -> str:
        """The text on the terminal in the page."""
        return str(await self.evaluate(_READ_SCREEN) or "")

    async def until(self, text: str, *, gone: bool = False) -> str:
        """Wait for a text to be on the screen, or no longer; returns the whole screen."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while (text in (shown := await self.screen())) == gone:
            assert loop.time() < deadline, f"still waiting for {text!r}:\n{shown}"
            await asyncio.sleep(0.1)
        return shown

    async def until_it_has_the_keys(self) -> None:
        """Wait until what is typed goes to the lab, without a click."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while await self.evaluate("document.activeElement.className") != "xterm-helper-textarea":
            assert loop.time() < deadline, "the page leaves the keyboard to itself"
            await asyncio.sleep(0.05)

    async def press(self, *keys: str) -> None:
        """Press keys, as on a keyboard."""
        for name in keys:
            key, text, code = _KEYS.get(name, (name, name, ord(name[0].upper())))
            common = {"key": key, "windowsVirtualKeyCode": code}
            await self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
            await self.ask("Input.dispatchKeyEvent", type="keyUp", **common)


@asynccontextmanager
async def open_page(url: str, folder: Path) -> AsyncIterator[Page]:
    """Open a page in a browser of its own.

    Args:
        url: what to open.
        folder: for the browser's profile.
    """
    path = find_chromium()
    assert path is not None
    # It leaves a socket there when it is ended; a socket's path must be short.
    own = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    browser = subprocess.Popen(
        [
            path,
            "--headless=new",
            "--no-sandbox",  # it may run as root in a container
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--remote-debugging-port=0",
            "--window-size=1200,800",
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        env=os.environ | {"TMPDIR": own.name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = await asyncio.to_thread(_devtools_address, browser)
        async with ClientSession() as session:
            async with session.get(f"http://{address}/json/list") as listed:
                pages = [each for each in await listed.json() if each["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as ws:
                page = Page(ws)
                listener = asyncio.create_task(page.listen())
                await page.ask("Page.enable")
                await page.ask("Runtime.enable")
                await page.ask("Page.addScriptToEvaluateOnNewDocument", source=_SHOW_TERMINAL)
                await page.ask("Page.navigate", url=url)
                yield page
                listener.cancel()
    finally:
        browser.terminate()
        try:
            await asyncio.to_thread(browser.communicate, timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            browser.kill()
        own.cleanup()


def _devtools_address(browser: subprocess.Popen[str]) -> str:
    """Where it listens, as it says itself."""
    assert browser.stderr is not None
    seen = []
    for line in browser.stderr:
        seen.append(line)
        if "DevTools listening on ws://" in line:
            return line.partition("ws://")[2].partition("/")[0]
    raise AssertionError(f"the browser ended: {''.join(seen)}")
