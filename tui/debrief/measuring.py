"""The remedies of a scenario, measured in a process of its own.

A process has one lab and one time, and the lab that was just played is still open in this one.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tui.debrief.keeping import remedies_from_json

if TYPE_CHECKING:
    from simulator.scenario.matrix import Row

_ROOT = str(Path(__file__).parent.parent.parent)


class MeasureError(Exception):
    """The remedies could not be measured; the text says why, in one line."""


class Measurement:
    """One run of ``stslab matrix``; `run` blocks, `cancel` may be called from any thread.

    Args:
        scenario: its id, or the path of its file.
    """

    def __init__(self, scenario: str) -> None:
        self._scenario = scenario
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = threading.Event()

    def run(self) -> tuple[Row, ...]:
        """Measure; some seconds a remedy (blocking).

        Returns:
            A row for each remedy; nothing if it was cancelled.

        Raises:
            MeasureError: the scenario has no remedies, or its incident cannot be played.
        """
        with self._lock:
            if self._cancelled.is_set():
                return ()
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "tui", "matrix", self._scenario, "--format", "json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=_ROOT,
            )
        out, said = process.communicate()
        if self._cancelled.is_set():
            return ()
        if process.returncode != 0:
            lines = said.strip().splitlines() or [f"exit code {process.returncode}"]
            raise MeasureError(lines[-1])
        try:
            return remedies_from_json(out)
        except ValueError as error:
            raise MeasureError(str(error)) from None

    def cancel(self) -> None:
        """End it."""
        with self._lock:
            self._cancelled.set()
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
