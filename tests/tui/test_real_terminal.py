"""What only a real terminal shows: it is put back at the end, and printed to in between."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment


class Terminal:
    """`stslab` on a terminal of its own, 100 × 32."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 32, 100, 0, 0))
        self.process = subprocess.Popen(
            [*STSLAB, *arguments],
            env={**bare_environment(home), "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def press(self, keys: str, *, until: str) -> str:
        """Type, and read on until something is shown; what was shown meanwhile."""
        os.write(self._ours, keys.encode())
        shown, ends = b"", time.monotonic() + PATIENCE_SECONDS
        while until.encode() not in shown:
            ready, _, _ = select.select([self._ours], [], [], ends - time.monotonic())
            assert ready, f"{until!r} was never shown"
            shown += os.read(self._ours, 65536)
        return shown.decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        os.close(self._ours)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path, "play", "first-session")
    yield opened
    opened.close()


def test_the_lines_are_printed_in_full_and_enter_or_ctrl_c_goes_back(terminal: Terminal) -> None:
    terminal.press("", until="Kibble")
    terminal.press("y", until="Credentials for your own tools")
    printed = terminal.press("p", until="Enter goes back to the lab.")
    lines = printed.replace("\r", "").splitlines()
    assert any(line.startswith("export AWS_SECRET_ACCESS_KEY=") for line in lines)
    assert "unset AWS_SESSION_TOKEN" in lines
    terminal.press("\n", until="Credentials for your own tools")
    terminal.press("p", until="Enter goes back to the lab.")
    terminal.process.send_signal(signal.SIGINT)
    terminal.press("", until="Credentials for your own tools")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_lab_that_is_told_to_end_puts_the_terminal_back(
    terminal: Terminal, number: signal.Signals
) -> None:
    terminal.press("", until="Kibble")
    terminal.process.send_signal(number)
    shown = terminal.press("", until="\x1b[?1049l")  # back from the alternate screen
    assert "Traceback" not in shown
    assert terminal.process.wait(PATIENCE_SECONDS) == 0
