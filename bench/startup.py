"""How long until something is there, against importing Textual alone."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator

from bench.measuring import Result, in_turns
from simulator.scenario.catalogue import entries

PEER = '`python -c "import textual.app"`'
WIDTH, HEIGHT = 120, 40


def measure() -> Iterator[Result]:
    """Two rows."""
    ours, theirs = in_turns(_help, _import_textual, 9, 2)
    yield Result("`stslab --help`", PEER, ours * 1000, theirs * 1000, "ms", 1.5)
    ours, theirs = in_turns(_first_screen, _import_textual, 7, 1)
    yield Result(
        "`stslab`, until the catalogue is there", PEER, ours * 1000, theirs * 1000, "ms", 4
    )


def _help() -> None:
    subprocess.run([sys.executable, "-m", "tui", "--help"], check=True, stdout=subprocess.DEVNULL)


def _import_textual() -> None:
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)


def _first_screen() -> None:
    """Until the first scenario's title has been drawn."""
    title = next(each.head.title for each in entries() if each.head).encode()
    screen, keyboard = pty.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "tui"],
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            env=os.environ | {"HOME": home, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(keyboard)
        drawn = b""
        while title not in drawn:
            assert select.select([screen], [], [], 30)[0], "nothing was drawn"
            drawn += os.read(screen, 65536)
        process.kill()
        process.wait()
        os.close(screen)
