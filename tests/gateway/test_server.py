"""The HTTP server by itself, under a plain WSGI application."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from simulator.gateway import server as module
from simulator.gateway.server import Server
from tests.serving import PATIENCE_SECONDS

MIB = 1024 * 1024
BIG = b"0123456789abcdef" * (20 * MIB // 16)


class Pages:
    """Answers with what its pages give, and remembers who asked."""

    def __init__(self, **pages: Callable[[], bytes]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        name = environ["PATH_INFO"].strip("/")
        self.asked.append(name)
        body = self.pages[name]()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]


@contextlib.contextmanager
def serving(pages: Pages) -> Iterator[Server]:
    server = Server(pages, "127.0.0.1", 0)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def connected(server: Server) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=PATIENCE_SECONDS)


def asking(*names: str) -> bytes:
    return b"".join(f"GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for name in names)


def get(server: Server, name: str) -> bytes:
    """What a page answers on a new connection."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", f"/{name}")
        return connection.getresponse().read()


def answers(client: socket.socket, count: int) -> list[bytes]:
    """The bodies of so many answers on one connection."""
    bodies = []
    with client.makefile("rb") as stream:
        for _ in range(count):
            head = b"".join(iter(stream.readline, b"\r\n"))
            length = next(
                int(line.partition(b":")[2])
                for line in head.splitlines()
                if line.lower().startswith(b"content-length")
            )
            bodies.append(stream.read(length))
    return bodies


def test_a_small_answer_arrives_in_one_piece() -> None:
    with serving(Pages(hello=lambda: b"hello")) as server, connected(server) as client:
        client.sendall(asking("hello"))
        head, _, body = client.recv(MIB).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n")
    assert body == b"hello"


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, len(BIG)])
def test_an_answer_of_any_size_arrives_whole(size: int) -> None:
    with serving(Pages(some=lambda: BIG[:size])) as server:
        assert get(server, "some") == BIG[:size]


def test_requests_sent_at_once_are_answered_in_order() -> None:
    pages = Pages(a=lambda: b"first", b=lambda: b"second", c=lambda: b"")
    with serving(pages) as server, connected(server) as client:
        client.sendall(asking("a", "b", "c", "a"))
        assert answers(client, 4) == [b"first", b"second", b"", b"first"]


def test_a_client_that_does_not_read_holds_up_nobody_and_gets_one_answer_at_a_time() -> None:
    pages = Pages(big=lambda: BIG, small=lambda: b"small")
    with serving(pages) as server, connected(server) as client:
        client.sendall(asking("big", "big", "small"))
        assert [get(server, "small") for _ in range(3)] == [b"small"] * 3
        assert pages.asked.count("big") == 1
        assert answers(client, 3) == [BIG, BIG, b"small"]
    assert pages.asked.count("big") == 2


def test_a_client_that_leaves_in_the_middle_of_its_answers_leaves_nothing() -> None:
    pages = Pages(big=lambda: BIG, small=lambda: b"small")
    with serving(pages) as server:
        kept = len(server._map)
        with connected(server) as client:
            client.sendall(asking("big", "big"))
            assert client.recv(100)
        for _ in range(3):
            assert get(server, "small") == b"small"
        # Its connection's end is read in the round in which the second call's beginning is.
        assert len(server._map) <= kept + 1
    assert pages.asked.count("big") == 1


def test_what_goes_beyond_an_exception_costs_a_connection_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def leave() -> bytes:
        raise SystemExit

    with serving(Pages(leave=leave, small=lambda: b"small")) as server:
        with connected(server) as client:
            client.sendall(asking("leave"))
            assert client.recv(100) == b""
        assert get(server, "small") == b"small"
        assert server.alive
    assert "a request ended its connection" in caplog.text


def test_a_server_stopped_while_it_serves_gives_its_port_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.01)
    begun, free = threading.Event(), threading.Event()

    def held() -> bytes:
        begun.set()
        assert free.wait(PATIENCE_SECONDS)
        return b"late"

    with serving(Pages(held=held)) as server, connected(server) as client:
        client.sendall(asking("held"))
        assert begun.wait(PATIENCE_SECONDS)
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            connected(server)
        free.set()
        server._thread.join(PATIENCE_SECONDS)
        assert not server.alive
        assert server.failure == ""
