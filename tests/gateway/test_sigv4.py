"""The signature itself, against values published by AWS and bytes sent by real clients."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.gateway.authenticate import authenticate
from simulator.gateway.sigv4 import (
    canonical_headers,
    canonical_query,
    s3_path,
    same,
    service_path,
)
from simulator.gateway.stages import AwsError, WireRequest
from tests.gateway.wires import (
    SESSION,
    USER,
    Keys,
    credentials,
    operation,
    sent_by_boto3,
    signed,
    wire,
)

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
EXAMPLE = replace(
    USER,
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
DAY = datetime(2013, 5, 24, tzinfo=UTC)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
BUCKET = "http://examplebucket.s3.amazonaws.com"


def published(names: str, signature: str) -> str:
    return (
        "AWS4-HMAC-SHA256 "
        "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={names},Signature={signature}"
    )


PUBLISHED = {
    "get object": wire(
        "GET",
        BUCKET + "/test.txt",
        {
            "Authorization": published(
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            "Range": "bytes=0-9",
            "x-amz-content-sha256": EMPTY,
            "x-amz-date": "20130524T000000Z",
        },
        at=DAY,
    ),
    "put object, signed with Date": wire(
        "PUT",
        BUCKET + "/test%24file.text",
        {
            "Authorization": published(
                "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            "Date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-date": "20130524T000000Z",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "x-amz-content-sha256": (
                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
            ),
        },
        b"Welcome to Amazon S3.",
        at=DAY,
    ),
    "get bucket lifecycle": wire(
        "GET",
        BUCKET + "/?lifecycle",
        {
            "Authorization": published(
                "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            "x-amz-date": "20130524T000000Z",
            "x-amz-content-sha256": EMPTY,
        },
        at=DAY,
    ),
    "list objects": wire(
        "GET",
        BUCKET + "/?prefix=J&max-keys=2",
        {
            "Authorization": published(
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
            "x-amz-date": "20130524T000000Z",
            "x-amz-content-sha256": EMPTY,
        },
        at=DAY,
    ),
    "presigned get object": wire(
        "GET",
        BUCKET + "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date="
        "20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        at=DAY,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_examples_aws_publishes_are_accepted(name: str) -> None:
    caller = authenticate(PUBLISHED[name], operation("s3", protocol="s3"), Keys((EXAMPLE,)))
    assert caller.credential is EXAMPLE


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_examples_aws_publishes_are_refused_with_another_secret(name: str) -> None:
    stranger = replace(EXAMPLE, secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ")
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        authenticate(PUBLISHED[name], operation("s3", protocol="s3"), Keys((stranger,)))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("/example/..", "/"),
        ("/example/../..", "/"),
        ("/./", "/"),
        ("/./example", "/example"),
        ("//example//", "/example/"),
        ("/example space/", "/example%20space/"),
        ("/example%20space/", "/example%2520space/"),
        ("/a:b", "/a%3Ab"),
        ("/~-._", "/~-._"),
        ("/a/./b/../c", "/a/c"),
    ],
)
def test_paths_are_normalised_and_encoded_twice_outside_s3(raw: str, canonical: str) -> None:
    assert service_path(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("", "/"),
        ("//a//../b/./", "//a//../b/./"),
        ("/a%20b", "/a%20b"),
        ("/a b", "/a%20b"),
        ("/%c3%a9", "/%C3%A9"),
        ("/é", "/%E9"),  # one Latin-1 byte on the wire
        ("/a%2Fb", "/a%2Fb"),
        ("/%252F", "/%252F"),
        ("/%7Ea%2D", "/~a-"),
        ("/a%2Bb=c", "/a%2Bb%3Dc"),
        ("/a+b", "/a%20b"),  # as the CanonicalRequest in S3's SignatureDoesNotMatch shows it
        ("/100%", "/100%25"),
    ],
)
def test_paths_are_encoded_once_in_s3(raw: str, canonical: str) -> None:
    assert s3_path(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("", ""),
        ("acl", "acl="),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=10&a=1&a", "a=&a=1&a=10&a=2"),
        ("a-=1&a=1", "a=1&a-=1"),
        ("B=1&a=1&A=1", "A=1&B=1&a=1"),
        ("x=a+b", "x=a%20b"),
        ("x=a%2bb", "x=a%2Bb"),
        ("x=a=b==", "x=a%3Db%3D%3D"),
        ("x=%7e/%2F", "x=~%2F%2F"),
        ("&&x=1&", "x=1"),
        ("=v", "=v"),
    ],
)
def test_queries_are_decoded_encoded_and_sorted(raw: str, canonical: str) -> None:
    assert canonical_query(raw) == canonical


def test_only_a_presigned_query_leaves_its_signature_out() -> None:
    assert canonical_query("X-Amz-Signature=ab&a=1", presigned=True) == "a=1"
    assert canonical_query("X-Amz-Signature=ab&a=1") == "X-Amz-Signature=ab&a=1"


def test_header_values_are_trimmed_and_blanks_in_them_made_one() -> None:
    headers = {"b": "  x \t y  ", "a": "1,  2", "empty": ""}
    assert canonical_headers(headers, ("b", "empty", "a")) == "a:1, 2\nb:x y\nempty:\n"


def test_a_header_sent_twice_is_accepted_however_the_server_joined_it() -> None:
    """waitress joins repeated headers with a comma and a blank; clients sign without."""
    headers = {"x-amz-meta-tag": "a,b", "x-amz-meta-text": "c, d"}
    signer = S3SigV4Auth(credentials(USER), "s3", "us-east-1")
    request = signed(signer, "PUT", headers={"x-amz-meta-tag": "a,b"})
    joined = replace(request, headers={**request.headers, "x-amz-meta-tag": "a, b"})
    op = operation("s3", protocol="s3")
    assert authenticate(joined, op, Keys()).credential is USER
    other = replace(request, headers={**request.headers, "x-amz-meta-tag": "b, a"})
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        authenticate(other, op, Keys())
    assert authenticate(signed(signer, "PUT", headers=headers), op, Keys()).credential is USER


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "b"), ("a", ""), ("", "a"), ("a", "a "), ("é", "e"), ("a", "A"), ("\ud800", "?")],
)
def test_different_secrets_are_never_the_same(one: str, other: str) -> None:
    assert not same(one, other)
    assert same(one, one)


@pytest.fixture(scope="module")
def recorder() -> Iterator[tuple[str, list[WireRequest]]]:
    """An HTTP server that keeps what reaches it and answers everything with 404."""
    seen: list[WireRequest] = []

    class Keep(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            now = datetime.now(UTC)
            seen.append(WireRequest(self.command, self.path, headers, body, "127.0.0.1", now, now))
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


ODD_KEYS = (
    "a b+c/é/%2F//x?y=1&z",
    "../up/./here/..",
    "/leading//double/",
    "~!@#$^&*()_-=[]{}|;:'\",.<>`\\",
    "日本語/🙂",
    "%00%zz%",
    "ends with blank ",
    "?",
    "#fragment",
)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_are_signed_as_they_arrive_over_a_socket(
    recorder: tuple[str, list[WireRequest]], key: str
) -> None:
    endpoint, seen = recorder
    make_client: Any = boto3.client
    s3 = make_client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id=SESSION.access_key_id,
        aws_secret_access_key=SESSION.secret_access_key,
        aws_session_token=SESSION.session_token,
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )
    seen.clear()
    for call, more in (
        (s3.put_object, {"Body": b"x" * 30}),
        (s3.get_object, {"ResponseContentDisposition": 'attachment; filename="a b+c.txt"'}),
        (s3.get_object_tagging, {}),
    ):
        with pytest.raises(ClientError, match="404"):
            call(Bucket="logs", Key=key, **more)
    assert len(seen) == 3
    current = replace(SESSION, expires_at=None)
    for request in seen:
        caller = authenticate(request, operation("s3", protocol="s3"), Keys((current,)))
        assert caller.credential is current


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_are_accepted_in_virtual_host_style(key: str) -> None:
    request = sent_by_boto3(
        "s3",
        "get_object",
        SESSION,
        config={"s3": {"addressing_style": "virtual"}},
        endpoint="http://s3.localhost:5000",
        Bucket="logs",
        Key=key,
    )
    assert request.host == "logs.s3.localhost:5000"
    caller = authenticate(request, operation("s3", protocol="s3"), Keys())
    assert caller.credential is SESSION
