"""Browser uploads to S3: forms signed by boto3's `generate_presigned_post`, sent by anybody."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor
from simulator.gateway.post_policy import read_policy
from simulator.gateway.stages import AwsError
from tests.conftest import ACCOUNT, Town, allow, done, policy, trust
from tests.gateway.wires import plain_s3
from tests.serving import PATIENCE_SECONDS

VERSIONS: dict[str, dict[str, Any]] = {"s3v4": {"signature_version": "s3v4"}, "as boto3 comes": {}}
BOUNDARY = "----fence"
Fields = dict[str, str]


class Direct(urllib.request.HTTPRedirectHandler):
    """Follows nothing."""

    def redirect_request(self, *_: Any) -> None:
        return None


def written(fields: Mapping[str, str], content: bytes = b"1,2,3", filename: str = "a.csv") -> bytes:
    """A form as browsers write it, its file at the end."""
    line = "--{}\r\nContent-Disposition: form-data; name={!r}\r\n\r\n{}\r\n"
    head = "".join(line.format(BOUNDARY, n, v).replace("'", '"') for n, v in fields.items())
    head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"'
    return head.encode() + b"\r\n\r\n" + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def post(
    url: str,
    body: bytes,
    kind: str = f"multipart/form-data; boundary={BOUNDARY}",
    headers: Mapping[str, str] | None = None,
) -> Any:
    """What comes back for a form; no credentials but what is in it, or in further headers."""
    asked = urllib.request.Request(url, body, {"Content-Type": kind, **(headers or {})})
    try:
        answer = urllib.request.build_opener(Direct).open(asked, timeout=PATIENCE_SECONDS)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.read().decode(), dict(answer.headers)


def sign(
    lab: Lab, actor: Actor, version: str = "s3v4", key: str = "in/${filename}", **more: Any
) -> tuple[str, Fields]:
    """A form for uploads to ``drop``, and where to send it."""
    client = plain_s3(lab, actor, **VERSIONS[version])
    signed = client.generate_presigned_post("drop", key, ExpiresIn=600, **more)
    return signed["url"], signed["fields"]


def upload(lab: Lab, actor: Actor, version: str = "s3v4", **more: Any) -> tuple[int, str]:
    url, fields = sign(lab, actor, version, **more)
    status, body, _ = post(url, written(fields))
    return status, body


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Lab, Actor]]:
    """A lab in which nothing is revoked, and a session that may put objects."""
    with Lab() as lab:
        yield lab, drop_box(lab)


def drop_box(lab: Lab) -> Actor:
    town = Town(lab)
    alice = town.user("alice", allow("sts:AssumeRole"))
    town.bucket("drop")
    may = allow("s3:PutObject*", "arn:aws:s3:::drop/in/*")
    return town.session(alice, town.role("App", trust(f"arn:aws:iam::{ACCOUNT}:root"), may))


@pytest.mark.parametrize("version", VERSIONS)
def test_whoever_holds_the_form_uploads_as_its_signer(
    shared: tuple[Lab, Actor], version: str
) -> None:
    lab, session = shared
    binary = bytes(range(256)) + b"\r\n--" + BOUNDARY[:-1].encode() + b"\r\n"
    more = {"Content-Type": "text/csv", "x-amz-meta-note": "hello"}
    conditions = [["starts-with", "$content-type", "text/"], {"x-amz-meta-note": "hello"}]
    url, fields = sign(lab, session, version, Fields=more, Conditions=conditions)
    status, body, headers = post(url, written(fields, binary, "C:\\new\\é (1).csv"))
    assert (status, body) == (204, "")
    found = done(lab.admin.call("s3", "GetObject", {"Bucket": "drop", "Key": "in/é (1).csv"}))
    assert found["Body"] == binary
    assert (found["ContentType"], found["ETag"]) == ("text/csv", headers["Etag"])
    assert [*found["Metadata"].values()] == ["hello"]
    record = next(r for r in reversed(lab.trail.records()) if r.operation == "PostObject")
    assert session.keys
    assert record.access_key_id == session.keys.access_key_id
    assert (record.action, record.outcome) == ("s3:PutObject", "allowed")
    assert record.requests[0].context["s3:authType"] == "POST"


def test_what_the_signer_may_not_write_the_form_does_not_either(
    shared: tuple[Lab, Actor],
) -> None:
    status, body = upload(*shared, key="out/x")
    assert status == 403
    assert "&quot;arn:aws:s3:::drop/out/x&quot;" in body or '"arn:aws:s3:::drop/out/x"' in body


def without(fields: Fields, *names: str) -> Fields:
    return {name: value for name, value in fields.items() if name not in names}


def with_policy(fields: Fields, change: Callable[[Any], Any]) -> Fields:
    document = json.loads(base64.b64decode(fields["policy"]))
    change(document)
    return {**fields, "policy": base64.b64encode(json.dumps(document).encode()).decode()}


TAMPERED: dict[str, tuple[Callable[[Fields], Fields], int, str, str]] = {
    "another key": (
        lambda f: {**f, "key": "out/x"},
        403, "AccessDenied",
        'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "in/"]',
    ),
    "a field that was not signed": (
        lambda f: {**f, "acl": "public-read"},
        403, "AccessDenied", "Invalid according to Policy: Extra input fields: acl",
    ),
    "a later end": (
        lambda f: with_policy(f, lambda d: d.update(expiration="2030-01-01T00:00:00Z")),
        403, "SignatureDoesNotMatch", "The request signature we calculated does not match",
    ),
    "another signature": (
        lambda f: {**f, "x-amz-signature": "0" * 64},
        403, "SignatureDoesNotMatch", "The request signature we calculated does not match",
    ),
    "no token": (
        lambda f: without(f, "x-amz-security-token"),
        403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist",
    ),
    "another token": (
        lambda f: {**f, "x-amz-security-token": "x"},
        400, "InvalidToken", "The provided token is malformed or otherwise invalid.",
    ),
    "no signature": (
        lambda f: without(f, "x-amz-signature"),
        400, "InvalidArgument", "Bucket POST must contain a field named 'X-Amz-Signature'.",
    ),
    "no policy": (
        lambda f: without(f, "policy"),
        400, "InvalidArgument", "Bucket POST must contain a field named 'Policy'.",
    ),
    "nothing signed": (
        lambda f: {"key": f["key"]}, 403, "AccessDenied", "",
    ),
    "a policy nobody signed": (
        lambda f: {"key": f["key"], "policy": f["policy"]}, 403, "AccessDenied", "Access Denied",
    ),
    "no key": (
        lambda f: without(f, "key"),
        400, "InvalidArgument", "Bucket POST must contain a field named 'key'.",
    ),
    "another service": (
        lambda f: {**f, "x-amz-credential": f["x-amz-credential"].replace("/s3/", "/iam/")},
        400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter",
    ),
    "an older day": (
        lambda f: {**f, "x-amz-date": "20210808T060000Z"},
        400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter",
    ),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERED)
def test_a_form_that_says_something_else_is_refused(
    shared: tuple[Lab, Actor], tampering: str
) -> None:
    change, status, code, text = TAMPERED[tampering]
    url, fields = sign(*shared)
    found, body, _ = post(url, written(change(fields)))
    assert (found, f"<Code>{code}</Code>" in body) == (status, True), body
    assert text.replace('"', "&quot;") in body or text in body


@pytest.mark.parametrize(
    ("size", "status", "code"),
    [(1, 400, "EntityTooSmall"), (2, 204, ""), (4, 204, ""), (5, 400, "EntityTooLarge")],
)
def test_a_range_of_sizes_is_kept(
    shared: tuple[Lab, Actor], size: int, status: int, code: str
) -> None:
    url, fields = sign(*shared, Conditions=[["content-length-range", 2, 4]])
    found, body, _ = post(url, written(fields, b"x" * size))
    assert (found, code in body) == (status, True)


def test_the_form_says_how_it_is_answered_and_tags_what_it_makes(
    shared: tuple[Lab, Actor],
) -> None:
    lab, session = shared
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1 2</Value></Tag></TagSet></Tagging>"
    more = {"success_action_status": "201", "tagging": tags}
    url, fields = sign(lab, session, Fields=more, Conditions=[{n: v} for n, v in more.items()])
    status, body, headers = post(url, written(fields))
    assert (status, headers["Location"]) == (201, f"{lab.endpoint_url}/drop/in%2Fa.csv")
    assert "<Bucket>drop</Bucket><Key>in/a.csv</Key><ETag>" in body
    found = done(lab.admin.call("s3", "GetObjectTagging", {"Bucket": "drop", "Key": "in/a.csv"}))
    assert found["TagSet"] == [{"Key": "a", "Value": "1 2"}]

    there = {"success_action_redirect": "http://127.0.0.1/done?a=b"}
    url, fields = sign(lab, session, Fields=there, Conditions=[there])
    status, _, headers = post(url, written(fields))
    assert status == 303
    assert headers["Location"].startswith("http://127.0.0.1/done?a=b&bucket=drop&key=in%2Fa.csv&")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("{", "Invalid JSON."),
        ("[]", "Invalid JSON."),
        ('{"conditions": []}', "Policy missing expiration."),
        ('{"expiration": "2030-01-01T00:00:00Z"}', "Policy missing conditions."),
        ('{"expiration": "soon", "conditions": []}', "Invalid 'expiration' value: 'soon'"),
        (
            '{"expiration": "2030-01-01T00:00:00Z", "conditions": [{}]}',
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
    ],
)
def test_a_policy_nobody_can_read_is_refused(document: str, text: str) -> None:
    with pytest.raises(AwsError) as caught:
        read_policy(base64.b64encode(document.encode()).decode())
    assert (caught.value.code, caught.value.message) == (
        "InvalidPolicyDocument",
        f"Invalid Policy: {text}",
    )


FORM = f"multipart/form-data; boundary={BOUNDARY}"
GOOD = written({"key": "in/x"})


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/x-www-form-urlencoded", b"key=k", 412, "PreconditionFailed"),
        ("multipart/form-data", GOOD, 400, "MalformedPOSTRequest"),
        (FORM, b"", 400, "MalformedPOSTRequest"),
        (FORM, b"key=k&file=x", 400, "MalformedPOSTRequest"),
        (FORM, GOOD[:-20], 400, "MalformedPOSTRequest"),
        (FORM, GOOD.replace(b'"file"', b'"other"'), 400, "InvalidArgument"),
        (FORM, written({"key": "k" * 1025}), 400, "KeyTooLongError"),
        (FORM, written({"x-ignore-a": "x" * 20_500, "key": "k"}), 400, "MaxPostPreDataLength"),
    ],
)
def test_what_is_no_form_is_refused(
    shared: tuple[Lab, Actor], kind: str, body: bytes, status: int, code: str
) -> None:
    found, text, _ = post(f"{shared[0].endpoint_url}/drop", body, kind)
    assert (found, f"<Code>{code}" in text) == (status, True), text


def test_a_form_does_not_copy_what_it_names(shared: tuple[Lab, Actor]) -> None:
    more = {"x-amz-copy-source": "/drop/secret"}
    url, fields = sign(*shared, Fields=more, Conditions=[more])
    assert post(url, written(fields))[0] == 204
    found = shared[0].admin.call("s3", "GetObject", {"Bucket": "drop", "Key": "in/a.csv"})
    assert done(found)["Body"] == b"1,2,3"


def test_a_refused_form_is_on_the_trail_under_the_key_it_claims(
    shared: tuple[Lab, Actor],
) -> None:
    lab, session = shared
    assert session.keys
    stranger = lab.actor("x", keys=replace(session.keys, access_key_id="AKIANOBODYNOBODYNOBO"))
    assert upload(lab, stranger)[0] == 403
    record = lab.trail.records()[-1]
    assert (record.access_key_id, record.operation, record.outcome) == (
        "AKIANOBODYNOBODYNOBO", "PostObject", "refused",
    )  # fmt: skip
    assert record.resource == "arn:aws:s3:::drop/in/a.csv"


@pytest.mark.parametrize(
    ("authorization", "text"),
    [
        ("Bearer token", "Unsupported Authorization Type"),
        (
            "AWS4-HMAC-SHA256 Credential=AKIA/20210809/us-east-1/s3/aws4_request, "
            f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
            "Only one auth mechanism allowed",
        ),
    ],
)
def test_a_form_that_comes_with_an_authorization_header_is_refused(
    shared: tuple[Lab, Actor], authorization: str, text: str
) -> None:
    lab, session = shared
    url, fields = sign(lab, session)
    headers = {"Authorization": authorization, "X-Amz-Date": "20210809T060000Z"}
    status, body, _ = post(url, written(fields), headers=headers)
    assert status == 400
    assert f"<Code>InvalidArgument</Code><Message>{text}" in body


def test_metadata_that_is_not_ascii_comes_back_encoded_for_mail(
    shared: tuple[Lab, Actor],
) -> None:
    lab, session = shared
    name = {"x-amz-meta-name": "é"}
    conditions = [["starts-with", "$x-amz-meta-name", ""]]
    url, fields = sign(lab, session, key="in/posted", Fields=name, Conditions=conditions)
    assert post(url, written(fields))[0] == 204
    # A header's bytes are read as Latin-1, as S3's documentation shows.
    Town(lab).bucket("open")
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject"}
    document = policy({**anybody, "Resource": "arn:aws:s3:::open/*"})
    done(lab.admin.call("s3", "PutBucketPolicy", {"Bucket": "open", "Policy": document}))
    sent = {"x-amz-meta-name": "ÄMÄZÕÑ S3".encode().decode("latin-1")}
    put = urllib.request.Request(f"{lab.endpoint_url}/open/put", b"", sent, method="PUT")
    with urllib.request.urlopen(put, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200
    for bucket, key, value in (
        ("drop", "in/posted", "=?UTF-8?B?w6k=?="),
        ("open", "put", "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="),
    ):
        head = done(lab.admin.call("s3", "HeadObject", {"Bucket": bucket, "Key": key}))
        assert {each.lower(): text for each, text in head["Metadata"].items()} == {"name": value}
