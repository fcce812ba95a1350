"""Calls whose bodies come in chunks are authorized for what is inside, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from simulator import Lab
from simulator.actors import Actor
from tests.conftest import Town, allow, done, policy
from tests.serving import PATIENCE_SECONDS

UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
MODES = [UNSIGNED, SIGNED, f"{SIGNED}-TRAILER"]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Lab() as lab:
        yield Town(lab)


def send(
    lab: Lab, who: Actor, method: str, target: str, body: bytes, mode: str, **more: str
) -> tuple[int, str]:
    """One S3 request with its body in chunks; status and body of the answer."""
    assert who.keys is not None
    trailing = mode.endswith("-TRAILER")
    headers = {
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": str(len(body)),
        **({"X-Amz-Trailer": "x-amz-checksum-crc32"} if trailing else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }

    class Streaming(S3SigV4Auth):
        def payload(self, request: AWSRequest) -> str:
            return mode

    request = AWSRequest(method, lab.endpoint_url + target, headers)
    keys = Credentials(who.keys.access_key_id, who.keys.secret_access_key, who.keys.session_token)
    signer: Any = Streaming(keys, "s3", "us-east-1")
    signer.add_auth(request)
    encoded = _chunked(who.keys.secret_access_key, dict(request.headers), body, mode)
    connection = http.client.HTTPConnection(
        lab.endpoint_url.removeprefix("http://"), timeout=PATIENCE_SECONDS
    )
    connection.request(method, target, encoded, dict(request.headers))
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def _chunked(secret: str, headers: dict[str, str], body: bytes, mode: str) -> bytes:
    """A body as S3's pages say it is sent, in one chunk and the empty last one."""
    date = headers["X-Amz-Date"]
    scope = f"{date[:8]}/us-east-1/s3/aws4_request"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    previous = headers["Authorization"].rpartition("=")[2]
    crc = "x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()

    def sign(kind: str, *hashes: str) -> str:
        lines = (f"AWS4-HMAC-SHA256-{kind}", date, scope, previous, *hashes)
        return hmac.digest(key, "\n".join(lines).encode(), "sha256").hex()

    encoded = b""
    for data in (body, b"") if body else (b"",):
        line = f"{len(data):x}"
        if mode != UNSIGNED:
            hashes = (hashlib.sha256(b"").hexdigest(), hashlib.sha256(data).hexdigest())
            previous = sign("PAYLOAD", *hashes)
            line += f";chunk-signature={previous}"
        encoded += line.encode() + b"\r\n" + (data + b"\r\n" if data else b"")
    if mode.endswith("-TRAILER"):
        encoded += crc.encode() + b"\r\n"
        if mode != UNSIGNED:
            last = sign("TRAILER", hashlib.sha256(f"{crc}\n".encode()).hexdigest())
            encoded += f"x-amz-trailer-signature:{last}\r\n".encode()
    return encoded + b"\r\n"


@pytest.mark.parametrize("mode", MODES)
def test_each_key_of_a_chunked_delete_is_authorized(town: Town, mode: str) -> None:
    bucket = f"b{MODES.index(mode)}-papers"
    town.bucket(bucket, mine="1", theirs="2")
    user = town.user(f"u{bucket}", allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine"))
    keys = "".join(f"<Object><Key>{key}</Key></Object>" for key in ("mine", "theirs"))
    md5 = base64.b64encode(hashlib.md5(f"<Delete>{keys}</Delete>".encode()).digest()).decode()
    body = f"<Delete>{keys}</Delete>".encode()
    status, answer = send(town.lab, user, "POST", f"/{bucket}?delete=", body, mode, Content_MD5=md5)
    assert status == 200, answer
    assert "<Deleted><Key>mine</Key>" in answer
    assert "<Key>theirs</Key><Code>AccessDenied</Code>" in answer
    record = town.lab.trail.records()[-1]
    assert [request.resource for request in record.requests] == [
        f"arn:aws:s3:::{bucket}/mine",
        f"arn:aws:s3:::{bucket}/theirs",
    ]
    left = done(town.lab.admin.call("s3", "ListObjectsV2", {"Bucket": bucket}))["Contents"]
    assert [each["Key"] for each in left] == ["theirs"]


@pytest.mark.parametrize("mode", MODES)
def test_a_chunked_bucket_policy_is_read_checked_and_enforced(town: Town, mode: str) -> None:
    bucket = f"p{MODES.index(mode)}-papers"
    town.bucket(bucket, k="1")
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    good = policy({**anybody, "Resource": f"arn:aws:s3:::{bucket}/*"}).encode()
    broken = policy({**anybody, "Effect": "Perhaps", "Resource": "*"}).encode()
    lab = town.lab
    status, answer = send(lab, lab.admin, "PUT", f"/{bucket}?policy=", broken, mode)
    assert (status, "<Code>MalformedPolicy</Code>" in answer) == (400, True)
    status, answer = send(lab, lab.admin, "PUT", f"/{bucket}?policy=", b"", mode)
    assert (status, "<Code>MissingRequestBodyError</Code>" in answer) == (400, True)
    assert send(lab, lab.admin, "PUT", f"/{bucket}?policy=", good, mode)[0] < 300
    assert town.user(f"u{bucket}").call("s3", "GetObject", {"Bucket": bucket, "Key": "k"}).ok


@pytest.mark.parametrize("calculation", ["when_supported", "when_required"])
def test_what_boto3_streams_and_deletes_is_authorized_by_key(town: Town, calculation: Any) -> None:
    bucket = f"boto-{calculation[-8:]}"
    town.bucket(bucket, theirs="2")
    statement = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"]}
    mine = policy({**statement, "Resource": f"arn:aws:s3:::{bucket}/mine*"})
    keys = town.user(f"u-{bucket}", mine).keys
    assert keys is not None
    make: Any = boto3.client
    client = make(
        "s3",
        region_name="us-east-1",
        endpoint_url=town.lab.endpoint_url,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(request_checksum_calculation=calculation, s3={"addressing_style": "path"}),
    )
    for algorithm in ("CRC32", "SHA256"):
        body = io.BytesIO(algorithm.encode() * 5000)
        client.put_object(
            Bucket=bucket, Key=f"mine-{algorithm}", Body=body, ChecksumAlgorithm=algorithm
        )
    names = ("mine-CRC32", "mine-SHA256", "theirs")
    answer = client.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": name} for name in names]},
        ChecksumAlgorithm="SHA256",
    )
    assert [each["Key"] for each in answer["Deleted"]] == ["mine-CRC32", "mine-SHA256"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("theirs", "AccessDenied")
    ]


def test_only_s3_unwraps_chunks(town: Town) -> None:
    """Another service's body is what was signed and authorized, whatever a header says of it."""
    lab, body = town.lab, json.dumps({"TableName": "secret", "Key": {"id": {"S": "1"}}}).encode()
    keys = town.user("reader", allow("dynamodb:*", "*")).keys
    assert keys is not None
    wrapped = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.GetItem",
        "Content-Type": "application/x-amz-json-1.0",
    }
    request = AWSRequest("POST", lab.endpoint_url + "/", headers, wrapped)
    signer: Any = SigV4Auth(
        Credentials(keys.access_key_id, keys.secret_access_key), "dynamodb", "us-east-1"
    )
    signer.add_auth(request)
    chunked = {
        "X-Amz-Content-SHA256": UNSIGNED,
        "X-Amz-Decoded-Content-Length": str(len(body)),
    }
    connection = http.client.HTTPConnection(
        lab.endpoint_url.removeprefix("http://"), timeout=PATIENCE_SECONDS
    )
    connection.request("POST", "/", wrapped, {**dict(request.headers), **chunked})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    assert (response.status, b"SerializationException" in answer) == (400, True), answer
