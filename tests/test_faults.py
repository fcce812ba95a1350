"""What clients, the network and time can do to a running lab."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from simulator import Lab
from simulator.actors import Actor, EndpointGoneError, Keys
from simulator.clients import Clients
from simulator.clock import iso
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.play import Play
from simulator.trail import Record
from tests.conftest import Town, allow, done, trust
from tests.serving import PATIENCE_SECONDS, free_port

MIB = 1024 * 1024
HANGING = 200


def address(lab: Lab) -> tuple[str, int]:
    host, _, port = lab.endpoint_url.removeprefix("http://").partition(":")
    return host, int(port)


def take_the_socket_away(lab: Lab) -> None:
    """Close the server's listening socket behind its back, and wait for the consequences."""
    server = lab._server
    os.close(server._server.socket.detach())
    with contextlib.suppress(OSError):
        server._server.trigger.pull_trigger()
    server._thread.join(timeout=PATIENCE_SECONDS)


# -- the server's thread dies ---------------------------------------------------------------


def test_a_server_that_died_is_known_and_says_why(lab: Lab) -> None:
    before = (lab.serving, lab.failure)
    take_the_socket_away(lab)
    assert before == (True, "")
    assert (lab.serving, lab.failure) == (False, "its socket was closed")


def test_a_call_to_a_server_that_died_fails_at_once_and_in_one_line(lab: Lab) -> None:
    assert lab.admin.call("sts", "GetCallerIdentity").ok
    take_the_socket_away(lab)
    for _ in range(2):  # the connection that was kept, and a new one
        with pytest.raises(EndpointGoneError, match=r"endpoint http://127\.0\.0\.1:\d+ ") as gone:
            lab.admin.call("sts", "GetCallerIdentity")
        assert "\n" not in str(gone.value)
        # Not after waiting in vain: that ends as a timeout.
        assert not isinstance(gone.value.__cause__, (ConnectTimeoutError, ReadTimeoutError))


BROKEN_OFF = [
    (b"", "GetCallerIdentity"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n<Get", "GetCallerIdentity"),
    (b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2c\r\n<", "GetCallerIdentity"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\nhalf an object", "GetObject"),
]


@contextlib.contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """The URL of a server that says this to whoever comes first, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(MIB)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize(("answer", "operation"), BROKEN_OFF)
def test_an_answer_that_breaks_off_is_told_in_one_line(answer: bytes, operation: str) -> None:
    asked = {"GetObject": ("s3", {"Bucket": "bkt-1", "Key": "k"})}
    service, parameters = asked.get(operation, ("sts", {}))
    with answering(answer) as url, pytest.raises(EndpointGoneError) as gone:
        somebody_at(url).call(service, operation, parameters)
    assert str(gone.value).startswith(f"the lab's endpoint {url} doesn't answer: ")
    assert "\n" not in str(gone.value)


@pytest.mark.parametrize("answer", [answer for answer, _ in BROKEN_OFF])
def test_a_url_whose_answer_breaks_off_is_told_in_one_line(answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(EndpointGoneError, match="doesn't answer: "):
        somebody_at(url).fetch(f"{url}/bkt-1/k")


def somebody_at(url: str) -> Actor:
    """An actor at another endpoint than a lab's."""
    return Actor(
        "bob",
        clients=Clients(url),
        region="us-east-1",
        lab_pass="",
        find_record=lambda _: pytest.fail("nothing was recorded"),
        keys=Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    )


def test_a_server_that_died_is_replaced_and_the_world_goes_on() -> None:
    with Lab(port=free_port()) as lab:
        town = Town(lab)
        alice = town.user("alice", allow("s3:*"))
        town.bucket("bkt-1", note="kept")
        lab.clock.advance(timedelta(minutes=5))
        url, records = lab.endpoint_url, len(lab.trail)
        take_the_socket_away(lab)
        lab.serve_again()
        assert lab.serving
        assert lab.failure == ""
        assert lab.endpoint_url == url
        got = alice.call("s3", "GetObject", {"Bucket": "bkt-1", "Key": "note"})
        assert done(got)["Body"] == b"kept"
        assert got.record.sequence == records + 1
        assert iso(got.record.at) == "2021-08-09T06:05:00Z"


def test_a_story_whose_server_died_goes_on_after_a_restart() -> None:
    with Play(load_by_id("first-session")) as play:
        take_the_socket_away(play.lab)
        with pytest.raises(EndpointGoneError):
            play.lab.admin.call("sts", "GetCallerIdentity")
        play.restart()
        assert play.lab.serving
        assert play.lab.admin.call("sts", "GetCallerIdentity").ok


def test_a_lab_whose_server_died_can_be_stopped_and_leaves_nothing() -> None:
    before = set(threading.enumerate())
    with Lab() as lab:
        take_the_socket_away(lab)
    assert set(threading.enumerate()) <= before
    with Lab() as another:
        assert another.admin.call("sts", "GetCallerIdentity").ok


# -- clients that hang ----------------------------------------------------------------------

HALVES = [
    b"G",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"PUT /bkt-1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it",
    b"PUT /bkt-1/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nhalf",
    b"PUT /bkt-1/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
]


@contextlib.contextmanager
def hanging(lab: Lab, count: int) -> Iterator[list[socket.socket]]:
    """Connections that have sent half a request each."""
    with contextlib.ExitStack() as stack:
        found = []
        for number in range(count):
            one = stack.enter_context(
                socket.create_connection(address(lab), timeout=PATIENCE_SECONDS)
            )
            one.sendall(HALVES[number % len(HALVES)])
            found.append(one)
        yield found


def test_others_are_served_while_many_clients_hang_half_way_through(lab: Lab, town: Town) -> None:
    town.bucket("bkt-1")
    with hanging(lab, HANGING) as slow:
        for number in range(10):
            for one in slow[::5]:
                one.sendall(b"x")  # slow-loris: just enough to be kept
            name = {"Bucket": "bkt-1", "Key": f"{number}"}
            assert lab.admin.call("s3", "PutObject", {**name, "Body": b"here"}).ok
            assert done(lab.admin.call("s3", "GetObject", name))["Body"] == b"here"
    assert {record.error_code for record in lab.trail.records()} == {None}


def test_clients_that_left_half_way_leave_no_socket_and_no_record(lab: Lab) -> None:
    assert lab.admin.call("sts", "GetCallerIdentity").ok
    kept, records = len(lab._server._map), len(lab.trail)
    with hanging(lab, 50):
        pass
    for _ in range(20):
        # Each call takes the server's loop round at least once.
        assert lab.admin.call("sts", "GetCallerIdentity").ok
    assert len(lab._server._map) <= kept
    assert len(lab.trail) == records + 20


def test_more_descriptors_than_select_knows_are_no_trouble(lab: Lab) -> None:
    """select() ends at descriptor 1023, and a screen's process may have many open."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1300 and hard != resource.RLIM_INFINITY:
        pytest.skip("this machine allows too few files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1300), hard))
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(1030):
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            assert lab.actor("new", keys=lab.admin.keys).call("sts", "GetCallerIdentity").ok
        assert lab.serving
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# -- large bodies ---------------------------------------------------------------------------


def test_a_body_of_64_mib_arrives_whole_and_is_not_kept_in_the_trail(lab: Lab, town: Town) -> None:
    town.bucket("bkt-1")
    body = os.urandom(MIB) * 64
    put = lab.admin.call("s3", "PutObject", {"Bucket": "bkt-1", "Key": "large", "Body": body})
    assert put.ok
    assert len(repr(put.record.event)) < 10_000
    got = done(lab.admin.call("s3", "GetObject", {"Bucket": "bkt-1", "Key": "large"}))["Body"]
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest()


def test_what_is_overwritten_or_deleted_is_not_kept_in_memory(lab: Lab, town: Town) -> None:
    town.bucket("bkt-1")
    for number in range(30):
        name = {"Bucket": "bkt-1", "Key": f"{number % 3}"}
        assert lab.admin.call("s3", "PutObject", {**name, "Body": b"x" * MIB}).ok
    assert lab.admin.call("s3", "DeleteObject", {"Bucket": "bkt-1", "Key": "2"}).ok
    for _ in range(10):
        town.role("App", trust(f"arn:aws:iam::{lab.account_id}:root"))
        assert lab.admin.call("iam", "DeleteRole", {"RoleName": "App"}).ok
    gc.collect()
    kept = Counter(type(each).__qualname__ for each in gc.get_objects() if _is_motos(each))
    assert kept["FakeKey"] == 2
    assert kept["Role"] == 0


def _is_motos(thing: object) -> bool:
    return str(type(thing).__module__).startswith("moto.")


def test_a_body_beyond_what_is_taken_is_refused_before_it_is_sent(lab: Lab) -> None:
    with socket.create_connection(address(lab), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(
            b"PUT /bkt-1/k HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (129 * MIB)
        )
        assert connection.recv(4096).split(b" ")[1] == b"413"
    assert lab.admin.call("sts", "GetCallerIdentity").ok


# -- time moves while calls run -------------------------------------------------------------


def times_of(record: Record) -> set[str]:
    """Every time a call was given, to the second."""
    found = {iso(record.at), record.event["eventTime"]}
    for request in record.requests:
        found.add(str(request.context["aws:CurrentTime"]))
        epoch = int(str(request.context["aws:EpochTime"]))
        found.add(iso(datetime.fromtimestamp(epoch, record.at.tzinfo)))
    return found


@pytest.mark.parametrize("rate", [0, 600])
def test_a_call_sees_one_time_from_end_to_end_while_the_clock_moves(
    lab: Lab, town: Town, rate: int
) -> None:
    alice = town.user("alice", allow(["s3:*", "sts:AssumeRole"]))
    role = town.role("App", trust(f"arn:aws:iam::{lab.account_id}:root"), allow("s3:*"))
    town.bucket("bkt-1")
    lab.clock.run(rate)
    over = threading.Event()
    found: list[tuple[Record, set[str]]] = []

    def call(number: int) -> None:
        who = lab.actor(f"caller{number}", keys=alice.keys)
        for turn in range(8):
            given: dict[str, Any] = {"RoleArn": role, "RoleSessionName": f"s{turn}"}
            assumed = who.call("sts", "AssumeRole", given)
            ends = done(assumed)["Credentials"]["Expiration"]
            found.append((assumed.record, {iso(ends - timedelta(hours=1))}))
            session = lab.ledger.find(str(assumed.record.issued_key))
            assert session is not None
            assert session.issued_at is not None
            found.append((assumed.record, {iso(session.issued_at)}))
            name = {"Bucket": "bkt-1", "Key": f"{number}-{turn}"}
            put = who.call("s3", "PutObject", {**name, "Body": b"x"})
            written = done(lab.admin.call("s3", "HeadObject", name))["LastModified"]
            found.append((put.record, {iso(written)}))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(4)]

    moves: list[datetime | Exception] = []

    def move() -> None:
        while not over.is_set():
            try:
                moves.append(lab.clock.advance(timedelta(seconds=7)))
            except Exception as error:
                moves.append(error)
                return

    mover = threading.Thread(target=move)
    for thread in [*callers, mover]:
        thread.start()
    for thread in callers:
        thread.join(timeout=PATIENCE_SECONDS)
    over.set()
    mover.join(timeout=PATIENCE_SECONDS)
    assert not isinstance(moves[-1], Exception), moves[-1]
    assert len(found) == 4 * 8 * 3
    assert [record for record, more in found if len(times_of(record) | more) != 1] == []
    assert len({record.at for record, _ in found}) > 10, "the clock never moved meanwhile"
