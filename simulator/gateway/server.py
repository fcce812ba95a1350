"""The HTTP server: waitress in a thread of this process, on loopback.

waitress reads a request whole, on its own thread, before a worker sees it: a client that hangs
half-way holds up nobody. See CONTRIBUTING's dependency table for why it was chosen.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

THREADS = 8
MAX_BODY_BYTES = 128 * 1024 * 1024


class ServerError(Exception):
    """The server cannot listen; the text says why and what to do."""


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection on which a request that announces an empty body is answered."""

    def send_continue(self) -> None:
        """Tell the client to go on, unless there is nothing it could go on with.

        SDKs send ``Expect: 100-continue`` with every `PutObject`. waitress would wait for the
        body after saying so, and an empty one never comes (RFC 9110, section 10.1.1: a server
        may leave the 100 out when it has all of the request).
        """
        if self.request.completed:
            self.request.expect_continue = False
        else:
            super().send_continue()


class Server:
    """One WSGI application on one address, until `stop`.

    Attributes:
        host: the address.
        port: the port, also where a free one was asked for.
        failure: why the server's thread ended by itself, one line; ``""`` while it has not.
    """

    def __init__(self, application: Any, host: str, port: int) -> None:
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        self._map: dict[int, Any] = {}
        try:
            self._server = create_server(
                application,
                map=self._map,
                host=host,
                port=port,
                threads=THREADS,
                max_request_body_size=MAX_BODY_BYTES,
                channel_timeout=60,
                connection_limit=500,
                ident=None,
                expose_tracebacks=False,
                clear_untrusted_proxy_headers=False,
            )
        except OSError as error:
            raise ServerError(_explain(error, host, port)) from error
        except ValueError as error:
            raise ServerError(f"cannot listen on {host!r}: {error}") from error
        self._server.channel_class = _Channel
        self.host = host
        self.port: int = self._server.effective_port
        self.failure = ""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lab-server", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the server's thread is running and takes connections."""
        return self._thread.is_alive() and bool(self._server.accepting)

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Close every socket and end the threads."""
        self._stopping = True
        if self._thread.is_alive():
            # Sockets belong to the loop's thread; the trigger runs this there. It may have run,
            # and closed the trigger itself, before the trigger is pulled.
            with contextlib.suppress(OSError):
                self._server.trigger.pull_trigger(self._close)
            self._thread.join(timeout=5)
        else:
            self._close()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)

    def _close(self) -> None:
        wasyncore.close_all(self._map, ignore_all=True)

    def _run(self) -> None:
        try:
            while self._server.accepting:
                # poll, where there is one: select knows no file descriptor beyond 1023.
                wasyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)
            reason = "its socket was closed"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if not self._stopping:
            # Said by whoever looks at `alive`: a thread of a screen's process must not print.
            # Nobody is left to answer, so nobody shall wait for an answer.
            self.failure = reason
            self._close()


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; choose another with --port, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} needs more rights; choose one above 1023 with --port"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"
