"""What may be wrong with this machine, each check by itself: `stslab doctor`."""

from __future__ import annotations

import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

Health = Literal["fine", "note", "wrong"]

TESTED_MOTO = (5, 2)
SERVE_PORT = 4599


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what was looked at, two words.
        health: ``note`` is for what limits the lab without breaking it.
        text: what was found, and what to do about it; one line.
    """

    name: str
    health: Health
    text: str


def examine() -> Iterator[Finding]:
    """Look at everything, one finding at a time; no check can break another."""
    for name, check in CHECKS.items():
        try:
            health, text = check()
        except Exception as error:  # a broken machine breaks checks, and that is the finding
            health, text = "wrong", f"{type(error).__name__}: {error}"
        yield Finding(name, health, " ".join(text.split()))


def _python() -> tuple[Health, str]:
    return "fine", f"{platform.python_version()} on {platform.system()}, {sys.executable}"


def _moto() -> tuple[Health, str]:
    version = metadata.version("moto")
    if tuple(int(part) for part in version.split(".")[:2]) != TESTED_MOTO:
        wanted = ".".join(map(str, TESTED_MOTO))
        return "wrong", f"moto {version}; the lab is built on {wanted}.x, reinstall it"
    return "fine", f"moto {version}"


def _loopback() -> tuple[Health, str]:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5),
    ):
        return "fine", "127.0.0.1 can be listened on and connected to"


def _port() -> tuple[Health, str]:
    try:
        with socket.create_server(("127.0.0.1", SERVE_PORT)):
            return "fine", f"{SERVE_PORT} is free for `stslab serve`"
    except OSError as error:
        return "note", f"{SERVE_PORT}: {error.strerror}; use `stslab serve --port N`"


def _lab() -> tuple[Health, str]:
    from simulator.lab import Lab

    began = time.perf_counter()
    lab = Lab()
    with lab:
        answer = lab.admin.call("sts", "GetCallerIdentity")
    if not answer.ok:
        return "wrong", f"the lab refused its own administrator: {answer.error_message}"
    return "fine", f"opened, answered one signed call and closed in {_seconds_since(began)} s"


def _scenarios() -> tuple[Health, str]:
    from simulator.scenario.catalogue import entries

    found = entries()
    broken = [entry.error for entry in found if entry.head is None]
    if broken:
        return "wrong", f"{len(broken)} of {len(found)} cannot be read: {broken[0]}"
    return ("fine" if found else "wrong"), f"{len(found)} can be read"


def _progress() -> tuple[Health, str]:
    from simulator.scenario.progress import ProgressStore

    store = ProgressStore()
    return ("note", store.warning) if store.warning else ("fine", f"kept in {store.path}")


def _aws_cli() -> tuple[Health, str]:
    found = shutil.which("aws")
    return ("fine", found) if found else ("note", "no `aws` on PATH; only needed for outside play")


def _seconds_since(began: float) -> str:
    return f"{time.perf_counter() - began:.1f}"


CHECKS: dict[str, Callable[[], tuple[Health, str]]] = {
    "Python": _python,
    "moto": _moto,
    "loopback": _loopback,
    "port": _port,
    "lab": _lab,
    "scenarios": _scenarios,
    "progress": _progress,
    "AWS CLI": _aws_cli,
}
"""Every check, by name; each returns its health and one line."""
