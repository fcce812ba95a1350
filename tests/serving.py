"""`stslab serve` in a process of its own, and outside tools pointed at it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STSLAB = (sys.executable, "-c", "from tui.cli import main; main()")
PATIENCE_SECONDS = 180


def free_port() -> int:
    """A port that nobody else gets by chance before it is listened on.

    It lies below those that systems hand out, and another process begins to look elsewhere.
    """
    first = os.getpid() * 7919
    for number in range(first, first + 100):
        port = 20_000 + number % 12_000
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def bare_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment with nothing of the user's AWS set-up in it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    root = str(Path(__file__).parent.parent)
    return (
        kept | {"HOME": str(home), "PYTHONPATH": root, "AWS_EC2_METADATA_DISABLED": "true"} | more
    )


@dataclass(frozen=True)
class Served:
    """A running endpoint.

    Attributes:
        ready: the line it printed.
        home: an empty home for the tools that call it.
        process: the server.
    """

    ready: Mapping[str, Any]
    home: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self.ready["endpoint_url"])

    def stslab(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `stslab` that knows this endpoint."""
        environment = bare_environment(self.home, STSLAB_ENDPOINT=self.url)
        return _run([*STSLAB, *arguments], environment)

    def move(self, *arguments: str) -> str:
        """Move lab time with `stslab clock`; returns the new time."""
        moved = self.stslab("clock", *arguments)
        assert moved.returncode == 0, moved.stderr
        return moved.stdout.strip()

    def variables(self, keys: Mapping[str, str | None]) -> dict[str, str]:
        """The environment of a tool that calls with these keys."""
        wanted = {name.upper(): value for name, value in keys.items() if value}
        return bare_environment(
            self.home,
            AWS_ENDPOINT_URL=self.url,
            AWS_DEFAULT_REGION=str(self.ready["region"]),
            AWS_MAX_ATTEMPTS="1",
            **wanted,
        )


@contextmanager
def serve(home: Path, *options: str) -> Iterator[Served]:
    """`stslab serve` on a free port until the end of the block."""
    process = subprocess.Popen(
        [*STSLAB, "serve", "--port", "0", "--format", "json", *options],
        env=bare_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    try:
        assert line, process.stderr.read()
        yield Served(json.loads(line), home, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)


@dataclass(frozen=True)
class AwsCli:
    """The real AWS CLI, as one person uses it.

    Attributes:
        served: the endpoint.
        keys: what the person holds.
    """

    served: Served
    keys: Mapping[str, str | None]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command, as typed after ``aws``."""
        command = [sys.executable, "-m", "awscli", "--output", "json", *arguments]
        return _run(command, self.served.variables(self.keys))

    def ok(self, *arguments: str) -> Any:
        """A command that must work; its answer."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def error(self, *arguments: str) -> str:
        """A command that AWS must refuse; the text after ``An error occurred``."""
        done = self.run(*arguments)
        # 255 from version 1 of the CLI, 254 from version 2.
        assert done.returncode in (254, 255), f"exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stderr.partition("An error occurred ")[2].strip()


def keys_of(credentials: Mapping[str, str]) -> dict[str, str | None]:
    """The `Credentials` of an STS answer (or an `AccessKey`), as the AWS CLI names them."""
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials.get("SessionToken"),
    }


def _run(
    command: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
