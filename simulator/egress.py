"""Nothing leaves loopback: a guard around the work moto does.

moto delivers some things over HTTP (an SNS subscription's endpoint, a Firehose destination, an
API Gateway integration).  While the guard is on, a thread that looks up or connects to another
host is stopped by Python's audit events before a packet is sent.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_guarded = threading.local()


class EgressRefusedError(PermissionError):
    """Something tried to leave loopback."""


@contextmanager
def loopback_only() -> Iterator[None]:
    """Keep this thread on loopback while the block runs."""
    _install()
    before = getattr(_guarded, "on", False)
    _guarded.on = True
    try:
        yield
    finally:
        _guarded.on = before


@lru_cache(maxsize=1)
def _install() -> None:
    # An audit hook cannot be taken away again; it does nothing outside `loopback_only`.
    sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event not in _HOST_OF or not getattr(_guarded, "on", False):
        return
    host = _HOST_OF[event](args)
    if host is not None and not _is_loopback(host):
        raise EgressRefusedError(f"the lab never leaves loopback, and {host} is not on it")


def _address(args: tuple[Any, ...]) -> str | None:
    address = args[1]
    return str(address[0]) if isinstance(address, tuple) else None  # a path: a Unix socket


def _name(args: tuple[Any, ...]) -> str | None:
    name = args[0]
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


_HOST_OF = {
    "socket.connect": _address,
    "socket.sendto": _address,
    "socket.getaddrinfo": _name,
    "socket.gethostbyname": _name,
}
