"""Whatever is asked of the control API: JSON, 200 or 4xx, and a lab that goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator import Lab
from simulator.clock import parse_time
from simulator.gateway.control import MAX_ADVANCE
from tests.fuzz import fuzzed
from tests.serving import PATIENCE_SECONDS

paths = st.one_of(
    st.sampled_from(
        ["clock", "events", "events?after=0", "events?after=-1", "events?after=99999999999999",
         "events?after=1&after=2", "events?x", "cloudtrail", "", "clock/", "token",
         "assertion", "saml-metadata", "clock?x=1", "../clock",
         "%63lock", "//clock", "clock%00", "clock;x"]
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
)  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["2021-08-09T07:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", "2021-08-09T07:00:00+25:00",
         "15m", 1e308, -0.0, 10**400]
    ),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["set", "advance_seconds", "x"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
wishes = st.dictionaries(
    st.sampled_from(
        [
            "set",
            "advance_seconds",
            "SET",
            "as",
            "name",
            "provider",
            "claims",
            "issuer",
            "attributes",
            "role_arn",
            "name_id",
        ]
    ),
    json_values,
    max_size=3,
)
bodies = st.one_of(
    st.binary(max_size=40), st.one_of(wishes, json_values).map(lambda v: json.dumps(v).encode())
)
headers = st.dictionaries(
    st.sampled_from(["Origin", "Host", "X-Stslab-Token", "X-Stslab-Actor", "Content-Type"]),
    st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=16),
        st.sampled_from(["localhost", "127.0.0.1:1", "[::1]", "evil.example", "null", "a b {"]),
    ),
    max_size=2,
)


@pytest.fixture(scope="module")
def serving() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


def ask(lab: Lab, method: str, path: str, body: bytes, sent: dict[str, str]) -> tuple[int, bytes]:
    connection = HTTPConnection(lab.endpoint_url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, f"/_stslab/{path}", body, sent)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@fuzzed(250)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=paths,
    body=bodies,
    sent=headers,
)
@example("POST", "clock", b'{"set": "0001-01-01T00:00:00+23:00"}', {})
@example("POST", "clock", b'{"set": "9999-12-31T23:59:59-23:00"}', {})
@example("POST", "clock", b'{"advance_seconds": 1e400}', {})
@example("POST", "clock", b'{"advance_seconds": "Infinity"}', {})
@example("POST", "clock", b'{"advance_seconds": ' + b"9" * 5_000 + b"}", {})
@example("POST", "clock", b'{"set": ' + b"[" * 50_000, {})
@example("GET", "clock", b"", {"X-Stslab-Actor": "\xff \xfe"})
def test_the_control_api_answers_anything_with_json_and_the_lab_goes_on(
    serving: Lab, method: str, path: str, body: bytes, sent: dict[str, str]
) -> None:
    before = serving.clock.now()
    status, content = ask(serving, method, path, body, sent)
    assert status in (200, 400, 403, 404, 405, 409)
    if method != "HEAD" and content.startswith(b"{"):
        answer: dict[str, Any] = json.loads(content)
        assert (status == 200) != ("error" in answer)
    after = serving.clock.now()
    # Time moves only where it was rightly asked to, and never back.
    if (method, path.partition("?")[0], status) != ("POST", "clock", 200):
        assert after == before
    assert before <= after <= before + MAX_ADVANCE
    assert serving.serving
    if after.year > 2100:
        serving.reset()


@fuzzed(100)
@given(
    host=st.one_of(
        st.sampled_from(
            ["localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80", "127.1", "0",
             "127.0.0.1@evil.example", "localhost:1:2", "[::1", "::1", "2130706433", ""]
        ),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=16),
    )
)  # fmt: skip
def test_no_foreign_host_name_passes_for_loopback(serving: Lab, host: str) -> None:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name.lower() in ("localhost", "[::1]") or name.startswith("127."):
        return
    status, _ = ask(serving, "POST", "clock", b'{"advance_seconds": 1}', {"Host": host})
    assert status in (400, 403)


def test_after_all_that_the_clock_still_tells_the_time(serving: Lab) -> None:
    status, content = ask(serving, "GET", "clock", b"", {})
    assert status == 200
    assert parse_time(json.loads(content)["now"]) == serving.clock.now()
