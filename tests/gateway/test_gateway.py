"""The gateway as a whole: control API, hostile bytes, many clients at once."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator import Lab
from simulator.gateway.server import Server, ServerError
from tests.conftest import Town, allow, done, revoke, trust
from tests.serving import PATIENCE_SECONDS


def address(lab: Lab) -> tuple[str, int]:
    host, _, port = lab.endpoint_url.removeprefix("http://").partition(":")
    return host, int(port)


def ask(
    lab: Lab, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """One control request; status and JSON."""
    connection = http.client.HTTPConnection(*address(lab), timeout=PATIENCE_SECONDS)
    content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
    connection.request(method, path, content, headers)
    response = connection.getresponse()
    found = json.loads(response.read())
    connection.close()
    return response.status, found


def raw(lab: Lab, sent: bytes) -> bytes:
    """What comes back for these bytes, until the server closes or has answered once."""
    with socket.create_connection(address(lab), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(4096)


def test_a_client_that_waits_for_100_continue_with_an_empty_body_is_answered(lab: Lab) -> None:
    with socket.create_connection(address(lab), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(
            b"PUT /_stslab/clock HTTP/1.1\r\nHost: lab\r\nExpect: 100-continue\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")


# -- control --------------------------------------------------------------------------------


def test_the_clock_is_read_advanced_and_set(lab: Lab) -> None:
    assert ask(lab, "GET", "/_stslab/clock") == (200, {"now": "2021-08-09T06:00:00Z"})
    moved = ask(lab, "POST", "/_stslab/clock", {"advance_seconds": 900})
    assert moved == (200, {"now": "2021-08-09T06:15:00Z"})
    assert ask(lab, "POST", "/_stslab/clock", {"set": "2021-08-09T07:00:00Z"})[0] == 200
    assert lab.clock.now().hour == 7


@pytest.mark.parametrize(
    "body",
    [
        {"advance_seconds": -1},
        {"advance_seconds": "soon"},
        {"advance_seconds": "5"},
        {"advance_seconds": True},
        {"advance_seconds": 1e300},
        {"advance_seconds": float("nan")},
        {"set": "yesterday"},
        {"set": "1999-01-01T00:00:00Z"},
        {"set": "9999-12-31T23:59:59-23:00"},
        {"advance_seconds": 1, "set": "2021-08-09T07:00:00Z"},
        {"jump": 1},
        b"{",
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_bad_move_of_the_clock_is_refused_and_moves_nothing(lab: Lab, body: Any) -> None:
    before = lab.clock.now()
    status, answer = ask(lab, "POST", "/_stslab/clock", body)
    assert status == 400
    assert answer["error"]
    assert lab.clock.now() == before


def test_a_method_the_control_api_does_not_have_is_told_from_a_path(lab: Lab) -> None:
    assert ask(lab, "DELETE", "/_stslab/clock")[0] == 405
    assert ask(lab, "GET", "/_stslab/clocks")[0] == 404


def test_the_trail_is_read_from_any_record_on(lab: Lab, town: Town) -> None:
    town.user("alice")
    status, answer = ask(lab, "GET", "/_stslab/events?after=1")
    assert status == 200
    assert [event["sequence"] for event in answer["events"]] == [2]
    assert answer["events"][0]["event"]["eventName"] == "CreateAccessKey"
    assert ask(lab, "GET", "/_stslab/events?after=x")[0] == 400


def test_a_reset_empties_the_world(lab: Lab, town: Town) -> None:
    town.bucket("bkt-1")
    lab.clock.advance(timedelta(hours=1))
    assert ask(lab, "POST", "/_stslab/reset") == (200, {"now": "2021-08-09T06:00:00Z"})
    assert done(lab.admin.call("s3", "ListBuckets"))["Buckets"] == []


def test_the_administrators_key_outlives_a_reset(lab: Lab) -> None:
    keys = lab.admin.keys
    assert ask(lab, "POST", "/_stslab/reset")[0] == 200
    assert lab.actor("outside", keys=keys).call("iam", "ListUsers").ok


def test_a_web_page_and_a_foreign_host_cannot_use_the_control_api(lab: Lab) -> None:
    assert ask(lab, "POST", "/_stslab/reset", Origin="https://example.com")[0] == 403
    assert ask(lab, "GET", "/_stslab/clock", Host="evil.example")[0] == 403
    assert ask(lab, "GET", "/_stslab/nothing")[0] == 404


def test_a_server_open_to_others_wants_its_token(lab: Lab) -> None:
    lab.gateway.control.token = "s3cret"
    assert ask(lab, "GET", "/_stslab/clock")[0] == 403
    assert ask(lab, "GET", "/_stslab/clock", **{"X-Stslab-Token": "wrong"})[0] == 403
    assert ask(lab, "GET", "/_stslab/clock", **{"X-Stslab-Token": "s3cret"})[0] == 200


# -- who says who is acting -----------------------------------------------------------------


def test_only_the_lab_can_say_who_acts_and_from_where(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("s3:*"))
    forged = lab.actor("alice", keys=alice.keys, source_ip="10.9.9.9")
    forged._lab_pass = "guessed"
    record = forged.call("s3", "ListBuckets").record
    assert (record.actor, record.source_ip) == ("alice", "127.0.0.1")
    honest = lab.actor("somebody", keys=alice.keys, source_ip="10.9.9.9")
    record = honest.call("s3", "ListBuckets").record
    assert (record.actor, record.source_ip) == ("somebody", "10.9.9.9")


# -- hostile bytes --------------------------------------------------------------------------

HOSTILE = [
    b"GARBAGE\r\n\r\n",
    b"\x00\xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /%00%ff%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n\xff\xff\xff\xff",
    b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: Foo.Bar\r\nContent-Length: 1\r\n\r\n{",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"PUT /b/k HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/c/s3/"
    b"aws4_request, SignedHeaders=host, Signature=x\r\nContent-Length: 0\r\n\r\n",
    b"GET /_stslab/../_stslab/clock HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("sent", HOSTILE, ids=range(len(HOSTILE)))
def test_garbage_is_answered_with_a_4xx_and_the_server_lives(lab: Lab, sent: bytes) -> None:
    answer = raw(lab, sent)
    status = answer.split(b" ", 2)[1]
    assert status.startswith(b"4"), answer
    assert b"Traceback" not in answer
    assert lab.admin.call("sts", "GetCallerIdentity").ok


HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
    authorization=HEADER | st.just("AWS4-HMAC-SHA256 Credential=AKIA/20210809/us-east-1/sts/a"),
    target=HEADER,
    body=st.binary(max_size=200),
)
def test_no_request_however_odd_ends_in_a_500(
    lab: Lab, method: str, path: str, authorization: str, target: str, body: bytes
) -> None:
    head = (
        f"{method} /{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n"
        f"X-Amz-Target: {target}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answer = raw(lab, head.encode() + body)
    assert answer.split(b" ", 2)[1][:1] in (b"2", b"3", b"4"), answer


# -- many at once ---------------------------------------------------------------------------


def test_sixteen_clients_at_once_get_sixteen_right_answers(lab: Lab, town: Town) -> None:
    people = [town.user(f"user{n}", allow("s3:*")) for n in range(16)]
    town.bucket("shared")
    wrong: list[str] = []

    def work(n: int) -> None:
        for i in range(6):
            body = f"{n}-{i}".encode()
            name = f"{n}/{i}"
            put = people[n].call("s3", "PutObject", {"Bucket": "shared", "Key": name, "Body": body})
            got = people[n].call("s3", "GetObject", {"Bucket": "shared", "Key": name})
            who = people[n].call("sts", "GetCallerIdentity")
            if not put.ok or done(got)["Body"] != body:
                wrong.append(name)
            if not done(who)["Arn"].endswith(f"user/user{n}"):
                wrong.append(done(who)["Arn"])

    with at_once(work, 16):
        pass
    assert wrong == []


def test_a_decision_never_mixes_two_pictures_of_the_world(lab: Lab, town: Town) -> None:
    """While the deny is put and taken away, each call is wholly before or wholly after."""
    alice = town.user("alice", allow("sts:AssumeRole"))
    role = town.role("App", trust(f"arn:aws:iam::{lab.account_id}:root"), allow("s3:*"))
    session = town.session(alice, role)
    lab.clock.advance(timedelta(minutes=1))
    odd: list[Any] = []

    def work(n: int) -> None:
        for _ in range(10):
            if n == 0:
                town.put_role_policy(
                    "App", "AWSRevokeOlderSessions", revoke("2021-08-09T06:01:00Z")
                )
                done(
                    lab.admin.call(
                        "iam",
                        "DeleteRolePolicy",
                        {"RoleName": "App", "PolicyName": "AWSRevokeOlderSessions"},
                    )
                )
            else:
                record = session.call("s3", "ListBuckets").record
                expected = "allowed" if record.decisions[0].allowed else "denied"
                if record.outcome != expected or record.error_code not in (None, "AccessDenied"):
                    odd.append(record)

    with at_once(work, 4):
        pass
    assert odd == []


@contextmanager
def at_once(work: Any, count: int) -> Iterator[None]:
    """Run `work(n)` in `count` threads and wait for all."""
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads)


# -- the server -----------------------------------------------------------------------------


def test_a_port_in_use_is_said_in_one_line(lab: Lab) -> None:
    host, port = address(lab)
    with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is in use"):
        Server(lab.gateway, host, port)


def test_a_stopped_lab_leaves_no_thread_and_no_socket() -> None:
    before = set(threading.enumerate())
    with Lab() as lab:
        assert lab.admin.call("sts", "GetCallerIdentity").ok
        listening = lab._server._server.socket
    assert set(threading.enumerate()) <= before
    # Its port may be somebody else's by now: the socket itself is asked.
    assert listening.fileno() == -1
    assert lab._server._map == {}


# -- policies are checked when they are saved -----------------------------------------------

BROKEN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Alow"}]}'


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("s3", "PutBucketPolicy", {"Bucket": "bkt-1", "Policy": BROKEN}, "MalformedPolicy"),
        (
            "sqs",
            "CreateQueue",
            {"QueueName": "q", "Attributes": {"Policy": BROKEN}},
            "InvalidAttributeValue",
        ),
        (
            "sns",
            "CreateTopic",
            {"Name": "t", "Attributes": {"Policy": BROKEN}},
            "InvalidParameter",
        ),
        ("kms", "CreateKey", {"Policy": BROKEN}, "MalformedPolicyDocumentException"),
        (
            "iam",
            "CreatePolicy",
            {"PolicyName": "p", "PolicyDocument": BROKEN},
            "MalformedPolicyDocument",
        ),
    ],
)
def test_a_broken_policy_is_refused_with_the_services_own_code(
    lab: Lab, town: Town, service: str, operation: str, parameters: dict[str, Any], code: str
) -> None:
    town.bucket("bkt-1")
    refused = lab.admin.call(service, operation, parameters)
    assert (refused.error_code, refused.status) == (code, 400)
    assert "Statement[0]" in str(refused.error_message)


def test_a_trust_policy_names_only_principals_that_exist(lab: Lab) -> None:
    nobody = f"arn:aws:iam::{lab.account_id}:user/nobody"
    role = {"RoleName": "App", "AssumeRolePolicyDocument": trust(nobody)}
    refused = lab.admin.call("iam", "CreateRole", role)
    assert refused.error_code == "MalformedPolicyDocument"
    assert refused.error_message == f'Invalid principal in policy: "AWS":"{nobody}"'
