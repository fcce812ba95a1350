"""Requests as real signers write them, turned into what the gateway receives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from freezegun import freeze_time

from simulator import Lab
from simulator.actors import Actor
from simulator.gateway.stages import Operation, Protocol, WireRequest
from simulator.sts.ledger import Credential

LAB = datetime(2021, 8, 9, 6, tzinfo=UTC)
WALL = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOST = "127.0.0.1:5000"
ENDPOINT = f"http://{HOST}"

USER = Credential(
    access_key_id="AKIAUSERUSERUSERUSER",
    secret_access_key="u" * 40,
    session_token=None,
    kind="user",
    account="123456789012",
    arn="arn:aws:iam::123456789012:user/alice",
    principal_arn="arn:aws:iam::123456789012:user/alice",
    user_id="AIDAALICE",
    name="alice",
)
SESSION = Credential(
    access_key_id="ASIASESSIONSESSION00",
    secret_access_key="s" * 40,
    session_token="lab/token+with=signs",
    kind="role",
    account="123456789012",
    arn="arn:aws:sts::123456789012:assumed-role/App/alice",
    principal_arn="arn:aws:iam::123456789012:role/App",
    user_id="AROAAPP:alice",
    name="App",
    session_name="alice",
    issued_at=LAB,
    expires_at=datetime(2021, 8, 9, 7, tzinfo=UTC),
)


@dataclass(frozen=True)
class Keys:
    """A key store of a few credentials."""

    credentials: tuple[Credential, ...] = (USER, SESSION)

    def find(self, access_key_id: str) -> Credential | None:
        return next((c for c in self.credentials if c.access_key_id == access_key_id), None)


def operation(service: str, name: str = "Anything", protocol: Protocol = "query") -> Operation:
    return Operation(service, name, protocol, "us-east-1", {})


def credentials(credential: Credential) -> Credentials:
    return Credentials(
        credential.access_key_id, credential.secret_access_key, credential.session_token
    )


def wire(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    at: datetime = LAB,
    wall: datetime = WALL,
) -> WireRequest:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    sent.setdefault("host", parts.netloc)
    return WireRequest(method, target, sent, body, "127.0.0.1", at, wall)


def signed(
    signer: Any,
    method: str = "POST",
    url: str = ENDPOINT + "/",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    at: datetime = LAB,
) -> WireRequest:
    """The request as one of botocore's signers signs it at ``at``."""
    request = AWSRequest(method=method, url=url, headers=dict(headers or {}), data=body)
    with freeze_time(at):
        signer.add_auth(request)
    prepared = request.prepare()
    return wire(method, prepared.url, _texts(prepared.headers), body, at)


def _texts(headers: Any) -> dict[str, str]:
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }


class Captured(Exception):  # noqa: N818  (it is how a request is caught, not an error)
    def __init__(self, request: WireRequest) -> None:
        super().__init__()
        self.request = request


@contextmanager
def _caught(found: list[WireRequest]) -> Iterator[None]:
    try:
        yield
    except Captured as captured:
        found.append(captured.request)


def sent_by_boto3(
    service: str,
    call: str,
    credential: Credential = USER,
    at: datetime = LAB,
    config: Mapping[str, Any] | None = None,
    endpoint: str = ENDPOINT,
    **parameters: Any,
) -> WireRequest:
    """The request a real boto3 client would send, caught just before the socket."""
    make_client: Any = boto3.client
    client = make_client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=credential.access_key_id,
        aws_secret_access_key=credential.secret_access_key,
        aws_session_token=credential.session_token,
        config=Config(retries={"max_attempts": 0}, **(config or {})),
    )

    def catch(request: Any, **_: Any) -> AWSResponse:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        data = body if isinstance(body, bytes) else body.read()
        raise Captured(wire(request.method, request.url, _texts(request.headers), data, at))

    client.meta.events.register("before-send", catch)
    found: list[WireRequest] = []
    with freeze_time(at), _caught(found):
        getattr(client, call)(**parameters)
    return found[0]


def plain_s3(lab: Lab, actor: Actor, **config: Any) -> Any:
    """boto3's S3 client as it comes, nothing configured but the endpoint and what is named."""
    assert actor.keys is not None
    make: Any = boto3.client
    return make(
        "s3",
        region_name="us-east-1",
        endpoint_url=lab.endpoint_url,
        aws_access_key_id=actor.keys.access_key_id,
        aws_secret_access_key=actor.keys.secret_access_key,
        aws_session_token=actor.keys.session_token,
        config=Config(s3={"addressing_style": "path"}, **config),
    )


def with_header(request: WireRequest, name: str, value: str | None) -> WireRequest:
    """The same request with one header put in, changed or (``None``) left out."""
    headers = {**request.headers, name: value or ""}
    if value is None:
        del headers[name]
    return replace(request, headers=headers)
