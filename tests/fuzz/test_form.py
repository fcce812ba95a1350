"""Whatever a browser's form says: an AWS error, or the upload its signer allowed; never a crash."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from simulator.gateway import posted
from simulator.gateway.errors import error_response
from simulator.gateway.identify import identify, identify_s3
from simulator.gateway.post_policy import read_policy
from simulator.gateway.recognition.multipart import Form
from simulator.gateway.stages import AwsError, WireRequest, WireResponse
from tests.fuzz import fuzzed
from tests.gateway.wires import ENDPOINT, SESSION, USER, Keys, wire

names = st.sampled_from(
    ["key", "Key", "policy", "x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date",
     "AWSAccessKeyId", "signature", "x-amz-security-token", "acl", "tagging", "Content-Type",
     "success_action_status", "success_action_redirect", "x-amz-meta-a", "x-amz-meta-\n", "x y",
     "x-amz-copy-source", "bucket", "x-ignore-me", ""]
)  # fmt: skip
values = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["in/${filename}", "../..", "/", "a\r\nb", "\x00", "<Tagging><Tag><Key>a</Key></Tag>",
         "<!DOCTYPE a>", "<a", "http://[::1", "http://h/?a", "201", "20210809T060000Z", "e30=",
         "99999999T999999Z", "AWS4-HMAC-SHA256", USER.access_key_id, str(SESSION.session_token),
         f"{SESSION.access_key_id}/20210809/us-east-1/s3/aws4_request", "0" * 64, "k" * 1100]
    ),
)  # fmt: skip
dispositions = st.sampled_from(
    ['form-data; name="{}"', "form-data; name={}", 'form-data; filename="f"; name="{}"', "{}", ""]
)
pieces = st.lists(st.tuples(dispositions, names, values), max_size=8)
endings = st.sampled_from(["--", "", "\r\n", "--\r\n", "x"])


def written(found: list[tuple[str, str, str]], file: bool, ending: str) -> bytes:
    parts = [(disposition.format(name), value) for disposition, name, value in found]
    if file:
        parts.append(('form-data; name="file"; filename="a/b\\c d.txt"', "content"))
    text = "".join(f"--x\r\nContent-Disposition: {d}\r\n\r\n{v}\r\n" for d, v in parts)
    return (text + f"--x{ending}").encode("utf-8", "replace")


def outcome(request: WireRequest) -> None:
    """Take a form through every stage before policies; an AWS error is fine."""
    asked = identify(request)
    try:
        caller = posted.authenticate(request, asked, Keys())
        assert caller.credential is None  # nobody here knows a secret
        put = posted.as_put(request, asked)
        found = identify_s3(put, asked)
        assert (found.name, found.parameters["Bucket"]) == ("PostObject", "b")
        assert found.parameters["Key"] == asked.parameters["Key"]
        assert unquote(put.raw_path) == f"/b/{asked.parameters['Key']}"
        stored = WireResponse(200, (("ETag", '"e"'),), b"")
        answer = posted.answered(request, asked, stored)
    except AwsError as error:
        answer = error_response(error, asked, request, "request-1")
        assert 400 <= answer.status < 500
    for pair in answer.headers:
        for text in pair:
            assert "\n" not in text
            text.encode("latin-1")


@fuzzed(300)
@given(
    found=pieces,
    file=st.booleans(),
    ending=endings,
    kind=st.sampled_from(
        ["multipart/form-data; boundary=x", 'multipart/form-data; boundary="x"',
         "multipart/form-data", "multipart/form-data; boundary=", "text/plain", ""]
    ),
)  # fmt: skip
def test_no_form_however_odd_crashes_or_lets_anybody_in(
    found: list[tuple[str, str, str]], file: bool, ending: str, kind: str
) -> None:
    body = written(found, file, ending)
    outcome(wire("POST", f"{ENDPOINT}/b", {"content-type": kind}, body))


@fuzzed(200)
@given(body=st.binary(max_size=200), kind=st.text(max_size=20))
def test_random_bytes_are_no_form(body: bytes, kind: str) -> None:
    header = f"multipart/form-data; boundary={kind}"
    outcome(wire("POST", f"{ENDPOINT}/b/", {"content-type": header}, body))


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["eq", "starts-with", "content-length-range", "$key", "$", "key", "k", "",
         "2021-08-09T06:00:00Z", "2021-02-30T00:00:00Z", "9999-12-31T23:59:59.999Z", "\ud800"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)  # fmt: skip


@fuzzed(300)
@given(
    document=json_values
    | st.fixed_dictionaries({"expiration": json_values, "conditions": st.lists(json_values)}),
    key=st.text(min_size=1, max_size=5),
)
def test_no_policy_document_however_odd_crashes(document: Any, key: str) -> None:
    try:
        policy = read_policy(base64.b64encode(json.dumps(document).encode()).decode())
        policy.check(Form({"key": key}, b""), "b", datetime(2021, 8, 9, 6, tzinfo=UTC))
    except AwsError:
        return
    # What no condition speaks of is not allowed, so it spoke of both.
    assert {"$key", "$bucket"} <= {name for _, name, _ in policy.conditions}
