"""Who acts in the lab: a name, three values, and a real boto3 client. Nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from simulator.awsclient import isolated_session
from simulator.egress import loopback_only

if TYPE_CHECKING:
    from simulator.trail import Record

ACTOR_HEADER = "X-Stslab-Actor"
"""Carries the lab's pass, an actor's name and its address; the gateway ignores it without
the pass, which never leaves the process."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The three values. Whoever holds all three *is* the session."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expiration: datetime | None = None

    @classmethod
    def from_response(cls, credentials: Mapping[str, Any]) -> Keys:
        """From the `Credentials` of an STS answer, or the `AccessKey` of an IAM one."""
        expiration = credentials.get("Expiration")
        if isinstance(expiration, str):
            expiration = datetime.fromisoformat(expiration)
        return cls(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials.get("SessionToken"),
            expiration.astimezone(UTC) if expiration else None,
        )

    def environment(self, endpoint_url: str, region: str) -> dict[str, str]:
        """The variables with which the AWS CLI or an SDK uses these values in the lab."""
        values = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }
        if self.session_token:
            values["AWS_SESSION_TOKEN"] = self.session_token
        return values

    def export_lines(self, endpoint_url: str, region: str) -> str:
        """The same as shell lines for a second terminal."""
        values = self.environment(endpoint_url, region)
        lines = [f"export {name}={value}" for name, value in values.items()]
        if not self.session_token:
            lines.append("unset AWS_SESSION_TOKEN")
        return "\n".join(lines)


class EndpointGoneError(ConnectionError):
    """Nobody answers at the lab's endpoint; the text says where that was."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call came back with.

    Attributes:
        ok: no error.
        response: botocore's parsed answer; streaming bodies are read into ``bytes``.
        error_code: AWS's code.
        error_message: AWS's text.
        status: HTTP status.
        record: the trail's record of the call.
    """

    ok: bool
    response: dict[str, Any] | None
    error_code: str | None
    error_message: str | None
    status: int
    record: Record


class Actor:
    """Someone who signs requests with whatever `keys` they hold at the moment."""

    def __init__(
        self,
        name: str,
        *,
        endpoint_url: str,
        region: str,
        lab_pass: str,
        find_record: Callable[[str], Record],
        keys: Keys | None = None,
        source_ip: str | None = None,
        user_agent: str | None = None,
    ) -> None:
        self.name = name
        self.source_ip = source_ip
        self.user_agent = user_agent
        self.region = region
        self.endpoint_url = endpoint_url
        self._lab_pass = lab_pass
        self._find_record = find_record
        self._keys = keys
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    @property
    def keys(self) -> Keys | None:
        """The values this actor signs with; ``None``: unsigned. Settable."""
        return self._keys

    @keys.setter
    def keys(self, keys: Keys | None) -> None:
        with self._lock:
            if keys != self._keys:
                self._keys = keys
                self._clients.clear()

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client at the lab's endpoint with this actor's keys, and nobody's config."""
        at = (service, region or self.region)
        with self._lock:
            if at not in self._clients:
                self._clients[at] = self._make_client(*at)
            return self._clients[at]

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None
    ) -> CallResult:
        """Make one real, signed call; an AWS error is a result, not an exception.

        Args:
            service: boto3's name, ``s3``.
            operation: AWS's name, ``ListObjectsV2``.
            parameters: AWS's parameters.

        Raises:
            botocore.exceptions.ParamValidationError: the parameters are wrong.
            EndpointGoneError: nobody answers at the endpoint.
        """
        client = self.client(service)
        try:
            with loopback_only():
                response = client._make_api_call(operation, dict(parameters or {}))
        except (HTTPClientError, NoConnectionError) as gone:
            raise EndpointGoneError(
                f"the lab's endpoint {self.endpoint_url} doesn't answer: {gone}"
            ) from gone
        except ClientError as refused:
            metadata = refused.response["ResponseMetadata"]
            error = refused.response["Error"]
            return CallResult(
                False,
                None,
                error.get("Code"),
                error.get("Message"),
                metadata["HTTPStatusCode"],
                self._find_record(_request_id(metadata)),
            )
        metadata = response.pop("ResponseMetadata")
        for name, value in response.items():
            if hasattr(value, "read"):
                response[name] = value.read()
        record = self._find_record(_request_id(metadata))
        return CallResult(True, response, None, None, metadata["HTTPStatusCode"], record)

    def fetch(self, url: str) -> CallResult:
        """Open a URL of the endpoint as anybody would: unsigned, nothing but the URL.

        Args:
            url: usually a presigned one; its answer's body comes as ``{"Body": bytes}``.

        Raises:
            ValueError: the URL leads away from the endpoint.
            OSError: nobody answers at the endpoint.
        """
        if not url.startswith(f"{self.endpoint_url}/"):
            raise ValueError(f"{url!r} isn't a URL of the lab at {self.endpoint_url}")
        address = urlsplit(self.endpoint_url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=30)
        stamp = {"name": self.name, "ip": self.source_ip}
        headers = {ACTOR_HEADER: f"{self._lab_pass} {json.dumps(stamp)}"}
        if self.user_agent:
            headers["User-Agent"] = self.user_agent
        try:
            connection.request("GET", url.removeprefix(self.endpoint_url), headers=headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        names = {name.lower(): value for name, value in response.getheaders()}
        record = self._find_record(_request_id({"HTTPHeaders": names}))
        ok = response.status < 400
        return CallResult(
            ok,
            {"Body": body} if ok else None,
            record.error_code,
            record.error_message,
            response.status,
            record,
        )

    def _make_client(self, service: str, region: str) -> Any:
        session = isolated_session()
        keys = self._keys
        config = Config(
            region_name=region,
            signature_version=_signature(service) if keys else UNSIGNED,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            user_agent=self.user_agent,
            proxies={},
            inject_host_prefix=False,
            connect_timeout=5,
            read_timeout=30,
        )
        client = session.create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            aws_session_token=keys.session_token if keys else None,
            config=config,
        )
        client.meta.events.register("before-send", self._stamp)
        return client

    def _stamp(self, request: Any, **_: Any) -> None:
        # After signing, so that the header is no part of the signature.
        stamp = {"name": self.name, "ip": self.source_ip}
        request.headers[ACTOR_HEADER] = f"{self._lab_pass} {json.dumps(stamp)}"


def _signature(service: str) -> str | None:
    """Version 4 for S3 too: botocore still presigns its URLs with version 2."""
    return "s3v4" if service == "s3" else None


def _request_id(metadata: Mapping[str, Any]) -> str:
    headers = metadata.get("HTTPHeaders", {})
    return str(headers.get("x-amzn-requestid") or headers.get("x-amz-request-id", ""))


__all__ = ["ACTOR_HEADER", "Actor", "CallResult", "EndpointGoneError", "Keys"]
