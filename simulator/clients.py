"""The lab's botocore clients, shared by everybody who acts in it.

A botocore client costs tens of milliseconds and megabytes; people and their sessions come and
go by the dozen. So a lab has one client for each service and region, and whoever calls through
it signs with their own keys: the client asks for credentials at each request.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials

from simulator.awsclient import isolated_session

if TYPE_CHECKING:
    from simulator.actors import Keys

Stamp = Callable[[Any], None]
"""Marks a signed request with who acts."""

_acting = threading.local()


@contextmanager
def acting(keys: Keys | None, stamp: Stamp) -> Iterator[None]:
    """Sign this thread's requests with these keys, and stamp them, while the block runs."""
    before = getattr(_acting, "now", None)
    _acting.now = (keys, stamp)
    try:
        yield
    finally:
        _acting.now = before


class _ActingCredentials(Credentials):
    """Whatever keys the thread that signs is acting with."""

    def __init__(self) -> None:
        super().__init__("nobody", "nobody")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        keys, _ = _acting.now
        return ReadOnlyCredentials(
            keys.access_key_id, keys.secret_access_key, keys.session_token, None
        )


class Clients:
    """One client for each service, region and way of signing, made when first asked for."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._lock = threading.Lock()

    def shared(self, service: str, region: str, *, signed: bool) -> Any:
        """A client for calls made inside `acting`."""
        at = (service, region, signed)
        with self._lock:
            if at not in self._clients:
                self._clients[at] = self._make(*at)
            return self._clients[at]

    def own(self, service: str, region: str, keys: Keys | None, stamp: Stamp) -> Any:
        """A client that always signs with the same keys, for whoever wants to hold one."""
        client = make_client(self.endpoint_url, service, region, keys)
        client.meta.events.register("before-send", lambda request, **_: stamp(request))
        return client

    def close(self) -> None:
        """Let go of every client and its connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _make(self, service: str, region: str, signed: bool) -> Any:
        client = make_client(self.endpoint_url, service, region, None, signed=signed)
        if signed:
            client._request_signer._credentials = _ActingCredentials()
        client.meta.events.register("before-send", _stamp_acting)
        return client


def make_client(
    endpoint_url: str, service: str, region: str, keys: Keys | None, *, signed: bool | None = None
) -> Any:
    """A boto3 client with an explicit endpoint and keys, and nobody's configuration."""
    signs = signed if signed is not None else keys is not None
    config = Config(
        region_name=region,
        signature_version=_signature(service) if signs else UNSIGNED,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        proxies={},
        inject_host_prefix=False,
    )
    return isolated_session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=keys.access_key_id if keys else "nobody" if signs else None,
        aws_secret_access_key=keys.secret_access_key if keys else "nobody" if signs else None,
        aws_session_token=keys.session_token if keys else None,
        config=config,
    )


def _stamp_acting(request: Any, **_: Any) -> None:
    _, stamp = _acting.now
    stamp(request)


def _signature(service: str) -> str | None:
    """Version 4 for S3 too: botocore still presigns its URLs with version 2."""
    return "s3v4" if service == "s3" else None
