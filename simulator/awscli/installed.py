"""The AWS CLI that is installed, run with the lab's credentials and nothing of the user's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO

from simulator.actors import Keys
from simulator.awscli.answers import KILLED, MOST_OUTPUT, Ran, UsageError

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "PYTHONUTF8")
_CHUNK = 8192


def installed_cli() -> str | None:
    """The path of ``aws``; ``None`` where it is not installed."""
    return shutil.which("aws")


def environment_for(keys: Keys | None, endpoint_url: str, region: str, home: str) -> dict[str, str]:
    """All the variables the CLI gets: the lab's, and what a program needs to start.

    Args:
        keys: what the actor holds; ``None``: the call is not signed.
        endpoint_url: the lab's.
        region: the default one.
        home: an empty folder in the place of the user's.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = (
        keys.environment(endpoint_url, region)
        if keys is not None
        else {"AWS_ENDPOINT_URL": endpoint_url, "AWS_DEFAULT_REGION": region}
    )
    return (
        kept
        | {
            "HOME": home,
            "USERPROFILE": home,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "AWS_CLI_AUTO_PROMPT": "off",
            "NO_PROXY": "*",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        | own
    )


def check_stays(arguments: Sequence[str], endpoint_url: str) -> None:
    """Refuse what would lead out of the lab.

    Raises:
        UsageError: another endpoint, or a command that talks to no endpoint of the lab.
    """
    words = list(arguments)
    for place, word in enumerate(words):
        name, is_set, value = word.partition("=")
        # The CLI takes abbreviations: --endpoint is --endpoint-url.
        if len(name) > 3 and "--endpoint-url".startswith(name):
            given = value if is_set else "".join(words[place + 1 : place + 2])
            if given.rstrip("/") != endpoint_url:
                raise UsageError(f"the lab's console calls {endpoint_url} and nothing else")
    first = next((word for word in words if not word.startswith("-")), "")
    if first in _LEADS_OUT:
        raise UsageError(f"aws {first}: {_LEADS_OUT[first]}")


_WITH_PROGRESS = [["s3", "cp"], ["s3", "mv"], ["s3", "sync"]]

_LEADS_OUT = {
    "configure": "nothing to configure here: who calls is chosen with `as NAME`",
    "sso": "there is no sign-in page in the lab",
    "login": "there is no sign-in page in the lab",
    "logout": "there is no sign-in page in the lab",
}


class InstalledRun:
    """One run of the CLI; `run` blocks, `kill` may be called from any thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = threading.Event()

    def run(
        self, arguments: Sequence[str], keys: Keys | None, endpoint_url: str, region: str
    ) -> Ran:
        """Run ``aws`` with these arguments (blocking).

        Raises:
            UsageError: the command would lead out of the lab.
            OSError: the CLI cannot be started.
        """
        check_stays(arguments, endpoint_url)
        words = [self._path, *arguments]
        if keys is None:
            words.append("--no-sign-request")
        if [word for word in arguments if not word.startswith("-")][:2] in _WITH_PROGRESS:
            words.append("--no-progress")
        with tempfile.TemporaryDirectory(prefix="stslab-home-") as home:
            environment = environment_for(keys, endpoint_url, region, home)
            return self._ran(words, environment)

    def _ran(self, words: Sequence[str], environment: Mapping[str, str]) -> Ran:
        with self._lock:
            if self._killed.is_set():
                return Ran(KILLED)
            process = self._process = subprocess.Popen(
                words,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        assert process.stdout is not None
        assert process.stderr is not None
        err = _Reader(process.stderr)
        out = _Reader(process.stdout)
        err.join()
        out.join()
        code = process.wait()
        if self._killed.is_set():
            code = KILLED
        return Ran(code, out.text, err.text, out.cut or err.cut)

    def kill(self) -> None:
        """End it, and whatever it has started."""
        with self._lock:
            self._killed.set()
            if self._process is None or self._process.poll() is not None:
                return
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()


class _Reader(threading.Thread):
    """Reads a pipe to its end, and keeps no more than is wanted."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._kept = bytearray()
        self.cut = False
        self.start()

    def run(self) -> None:
        """Until the other end is closed."""
        with self._pipe:
            while chunk := self._pipe.read(_CHUNK):
                room = MOST_OUTPUT - len(self._kept)
                self._kept += chunk[:room]
                self.cut = self.cut or len(chunk) > room

    @property
    def text(self) -> str:
        """What was read."""
        return self._kept.decode("utf-8", "replace")
