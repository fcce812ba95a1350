"""The HTTP server: waitress in a thread of this process, on loopback.

waitress reads a request whole before anybody serves it: a client that hangs half-way holds up
nobody. See CONTRIBUTING's dependency table for why it was chosen.

Requests are served on the thread that reads them. Each holds the clock from end to end, so of
waitress's workers only one could ever work; what they did was to be woken for each request, which
cost as much as a denied call itself.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import threading
from collections import deque
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import WSGITask

MAX_BODY_BYTES = 128 * 1024 * 1024

_SMALL = 64 * 1024
_NEVER = 2**62
_STOP_SECONDS = 2
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}
"""Where to find a server that listens on every address."""

_log = logging.getLogger(__name__)


class ServerError(Exception):
    """The server cannot listen; the text says why and what to do."""


class _Task(WSGITask):  # type: ignore[misc]
    """The answer to a request; where it is small, head and body are sent together."""

    wrote_header: bool

    def write(self, data: bytes) -> None:
        """Write some of the body, after the head."""
        whole = not self.wrote_header and self.has_body and len(data) == self.content_length
        if not whole or len(data) > _SMALL:
            super().write(data)
            return
        self.channel.write_soon(self.build_response_header() + data)
        self.wrote_header = True
        self.content_bytes_written = len(data)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection on which a request that announces an empty body is answered."""

    task_class = _Task

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


class _Queue:
    """Connections with a request to serve; takes the place of waitress's workers."""

    def __init__(self) -> None:
        self._waiting: deque[_Channel] = deque()

    @property
    def ready(self) -> bool:
        """Whether somebody can be served now."""
        return any(not _behind(channel) for channel in self._waiting)

    def add_task(self, channel: _Channel) -> None:
        """A request has been read (waitress calls this, also for the next of several)."""
        self._waiting.append(channel)

    def serve(self) -> None:
        """Serve one request of each connection that has one and has taken its last answer."""
        for _ in range(len(self._waiting)):
            channel = self._waiting.popleft()
            if _behind(channel):
                self._waiting.append(channel)
                continue
            try:
                channel.service()
            except BaseException:
                # waitress answers for an `Exception`; what goes beyond costs the connection.
                _log.exception("a request ended its connection")
                channel.handle_close()


def _behind(channel: _Channel) -> bool:
    """Whether a client asks for more before it has read its last answer."""
    return bool(channel.total_outbufs_len)


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
        self._queue = _Queue()
        try:
            self._server = create_server(
                application,
                map=self._map,
                host=host,
                port=port,
                _dispatcher=self._queue,
                # There, a worker would wait until the loop has sent some; here it is the loop.
                outbuf_high_watermark=_NEVER,
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
        # With this, workers wake the loop.
        self._server.pull_trigger = lambda: None
        self.host = host
        self.port: int = self._server.effective_port
        self.failure = ""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lab-server", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the server's thread is running and takes connections."""
        return self._thread.is_alive() and bool(self._server.accepting)

    @property
    def url(self) -> str:
        """Where it answers: ``http://127.0.0.1:4599``; on every address, also that of loopback."""
        host = _LOOPBACK_OF.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Close every socket and end the thread."""
        self._stopping = True
        if self._thread.is_alive():
            # Sockets belong to the loop's thread; the trigger runs this there. It may have run,
            # and closed the trigger itself, before the trigger is pulled.
            with contextlib.suppress(OSError):
                self._server.trigger.pull_trigger(self._close)
            self._thread.join(timeout=_STOP_SECONDS)
        # Also where a request is still being served: nobody waits for its answer any more.
        self._close()

    def _close(self) -> None:
        wasyncore.close_all(self._map, ignore_all=True)

    def _run(self) -> None:
        try:
            while self._server.accepting:
                # poll, where there is one: select knows no file descriptor beyond 1023.
                timeout = 0 if self._queue.ready else 1
                wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)
                self._queue.serve()
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
