"""`stslab` as a process, for tests of the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment


class Cli:
    """`stslab` in a process of its own, in an empty home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(
        self, *arguments: str, given: str | bytes = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*STSLAB, *arguments],
            input=given.encode() if isinstance(given, str) else given,
            env=bare_environment(self.home, **more),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, done.returncode, out, err)


@pytest.fixture
def stslab(tmp_path: Path) -> Cli:
    return Cli(tmp_path)
