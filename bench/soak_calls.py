"""Signed requests of a soak's clients, over plain connections: quicker than a boto3 client each.

The signer is botocore's own.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.soak_model import REVOKE, URL_SECONDS, Answer, Ask, Holder

BUCKET = "soak"
REGION = "us-east-1"
_VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}
_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")


class Client:
    """One client with one connection that it keeps, drops, or leaves half-way."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._connection = http.client.HTTPConnection(host, port, timeout=60)

    def call(self, ask: Ask) -> tuple[Answer, str]:
        """Make a call; the answer and its request id."""
        method, path, headers, body = _request(ask, "{}:{}".format(*self._address))
        return self.send(method, path, headers, body)

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[Answer, str]:
        """Send a request as it is; the answer and its request id."""
        self._connection.request(method, path, body, dict(headers))
        response = self._connection.getresponse()
        content = response.read()
        values = dict(_ELEMENT.findall(content.decode())) if content.lstrip()[:1] == b"<" else {}
        code = values.get("Code", "?") if response.status >= 400 else ""
        request_id = response.headers.get("x-amzn-RequestId") or response.headers.get(
            "x-amz-request-id", ""
        )
        return Answer(response.status, code, content, values), str(request_id)

    def leave_half_way(self) -> None:
        """Begin a request, send half of it, and go."""
        self._connection.connect()
        self._connection.sock.sendall(b"PUT /soak/half HTTP/1.1\r\nHost: x\r\nContent-Length: 9")
        self._connection.close()

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self._connection.close()


def presigned(holder: Holder, key: str, host: str) -> tuple[str, datetime]:
    """The path and query of a URL for an object, and the lab time it was signed at."""
    request = AWSRequest("GET", f"http://{host}/{BUCKET}/{key}")
    S3SigV4QueryAuth(_credentials(holder), "s3", REGION, expires=URL_SECONDS).add_auth(request)
    url = request.prepare().url
    found = re.search(r"X-Amz-Date=(\w+)", url)
    assert found is not None
    signed_at = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return url.removeprefix(f"http://{host}"), signed_at


def _request(ask: Ask, host: str) -> tuple[str, str, dict[str, str], bytes]:
    if ask.operation in _S3:
        method, path, body = _S3[ask.operation](ask)
        headers: dict[str, str] = {}
        signer: Any = S3SigV4Auth(_credentials(ask.holder), "s3", REGION)
    else:
        service = "sts" if ask.operation in _STS else "iam"
        given = _STS[ask.operation](ask) if service == "sts" else _iam(ask)
        form = {"Action": ask.operation, "Version": _VERSIONS[service], **given}
        method, path, body = "POST", "/", urlencode(form).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        signer = SigV4Auth(_credentials(ask.holder), service, REGION)
    request = AWSRequest(method, f"http://{host}{path}", headers, body)
    signer.add_auth(request)
    return method, path, {name: str(value) for name, value in request.headers.items()}, body


def _credentials(holder: Holder) -> Any:
    return Credentials(holder.key, holder.secret, holder.token or None)


_S3: dict[str, Any] = {
    "ListBuckets": lambda ask: ("GET", "/", b""),
    "GetObject": lambda ask: ("GET", f"/{BUCKET}/{quote(ask.target)}", b""),
    "PutObject": lambda ask: ("PUT", f"/{BUCKET}/{quote(ask.target)}", ask.detail.encode()),
    "PutBucketPolicy": lambda ask: ("PUT", f"/{BUCKET}?policy=", CLOSED.encode()),
    "DeleteBucketPolicy": lambda ask: ("DELETE", f"/{BUCKET}?policy=", b""),
}
_STS: dict[str, Any] = {
    "GetCallerIdentity": lambda ask: {},
    "GetSessionToken": lambda ask: {"DurationSeconds": ask.seconds},
    "AssumeRole": lambda ask: {
        "RoleArn": f"arn:aws:iam::111122223333:role/{ask.target}",
        "RoleSessionName": ask.detail,
        "DurationSeconds": ask.seconds,
    },
}


def _iam(ask: Ask) -> dict[str, str]:
    kind = "RoleName" if "Role" in ask.operation else "UserName"
    given = {kind: ask.target}
    if ask.operation == "CreateRole":
        given["AssumeRolePolicyDocument"] = TRUST
    if ask.operation.endswith("Policy"):
        given["PolicyName"] = ask.detail
    if ask.operation.startswith("Put"):
        given["PolicyDocument"] = policy_text(ask)
    if ask.operation in ("UpdateAccessKey", "DeleteAccessKey"):
        key, _, status = ask.detail.partition(" ")
        given["AccessKeyId"] = key
        if status:
            given["Status"] = status
    return given


def policy_text(ask: Ask) -> str:
    """The document that a `PutRolePolicy` or `PutUserPolicy` puts."""
    if ask.detail == REVOKE:
        assert ask.cut_off is not None
        cut_off = ask.cut_off.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ask.cut_off:%f}"[:3] + "Z"
        condition = {"DateLessThan": {"aws:TokenIssueTime": cut_off}}
        return _document(Effect="Deny", Action=["*"], Resource=["*"], Condition=condition)
    if ask.operation == "PutUserPolicy":
        return _document(Effect="Deny", Action="*", Resource="*")
    return _document(Effect="Allow", Action="s3:*", Resource="*")


def _document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = _document(
    Effect="Allow",
    Principal={"AWS": "arn:aws:iam::111122223333:root"},
    Action="sts:AssumeRole",
)
MAY_ASSUME = _document(Effect="Allow", Action=["s3:*", "sts:AssumeRole"], Resource="*")
CLOSED: str = _document(
    Effect="Deny", Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{BUCKET}/*"
)
