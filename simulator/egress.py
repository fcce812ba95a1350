"""Nothing leaves loopback, and moto's work not even the process: a guard for a thread.

moto delivers some things over HTTP (an SNS subscription's endpoint, a Firehose destination, an
API Gateway integration). While the guard is on, a thread that looks up or connects to a host it
may not reach is stopped by Python's audit events before a packet is sent.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Any

_guarded = threading.local()
_ANYWHERE = object()
"""The reach of a thread that is not guarded."""


class EgressRefusedError(PermissionError):
    """Something tried to reach a host that it may not."""


def loopback_only(*besides: str) -> AbstractContextManager[None]:
    """Keep this thread on loopback, and the hosts named, while the block runs."""
    return _within(frozenset(besides))


def no_network() -> AbstractContextManager[None]:
    """Keep this thread from connecting to anything while the block runs.

    While the lab answers a call it answers nobody else: whom it waited for could be itself.
    """
    return _within(None)


@contextmanager
def _within(reach: frozenset[str] | None) -> Iterator[None]:
    _install()
    before = getattr(_guarded, "reach", _ANYWHERE)
    _guarded.reach = reach
    try:
        yield
    finally:
        _guarded.reach = before


@lru_cache(maxsize=1)
def _install() -> None:
    # An audit hook cannot be taken away again; it does nothing where no guard is on.
    sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event not in _HOST_OF:
        return
    reach: Any = getattr(_guarded, "reach", _ANYWHERE)
    host = None if reach is _ANYWHERE else _HOST_OF[event](args)
    if host is None or (reach and host in reach):
        return
    if not _is_loopback(host):
        raise EgressRefusedError(f"the lab never leaves loopback, and {host} is not on it")
    if reach is None:
        raise EgressRefusedError(f"the lab delivers nothing over the network, not even to {host}")


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
