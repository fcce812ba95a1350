"""Who acts in the lab: a name, three values, and a real boto3 client. Nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from simulator.clients import Clients, acting
from simulator.egress import loopback_only

if TYPE_CHECKING:
    from simulator.sts.ledger import Credential
    from simulator.trail import Record

ACTOR_HEADER = "X-Stslab-Actor"
"""Carries the lab's pass, an actor's name and its address; the gateway ignores it without
the pass, which never leaves the process."""

_GONE = (
    HTTPClientError,
    NoConnectionError,
    IncompleteReadError,
    ResponseParserError,
    HTTPError,
)
"""What a call ends with whose answer never came, or broke off: botocore hands on urllib3's own
error when that happens in the body, or tries to parse the half it has."""


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

    @classmethod
    def from_credential(cls, credential: Credential) -> Keys:
        """From what the ledger, or IAM, knows of a key."""
        return cls(
            credential.access_key_id,
            credential.secret_access_key,
            credential.session_token,
            credential.expires_at,
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
        """The same as shell lines for a second terminal, and where `stslab clock` asks."""
        values = {"STSLAB_ENDPOINT": endpoint_url} | self.environment(endpoint_url, region)
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
        clients: Clients,
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
        self._shared = clients
        self._lab_pass = lab_pass
        self._find_record = find_record
        self._keys = keys

    @property
    def endpoint_url(self) -> str:
        """Where this actor's calls go."""
        return self._shared.endpoint_url

    @property
    def host(self) -> str:
        """The lab's own address, which is beyond loopback where it was told to listen there."""
        return str(urlsplit(self.endpoint_url).hostname)

    @property
    def keys(self) -> Keys | None:
        """The values this actor signs with; ``None``: unsigned. Settable."""
        return self._keys

    @keys.setter
    def keys(self, keys: Keys | None) -> None:
        self._keys = keys

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client at the lab's endpoint with this actor's keys, and nobody's config.

        It keeps the keys the actor holds now, whatever they hold later.
        """
        return self._shared.own(service, region or self.region, self._keys, self._stamp)

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
            EndpointGoneError: nobody answers at the endpoint, or the answer breaks off.
        """
        keys = self._keys
        client = self._shared.shared(service, self.region, signed=keys is not None)
        try:
            with loopback_only(self.host), acting(keys, self._stamp):
                response = client._make_api_call(operation, dict(parameters or {}))
            metadata = response.pop("ResponseMetadata")
            for name, value in response.items():
                if hasattr(value, "read"):
                    response[name] = value.read()
        except _GONE as gone:
            raise self._gone(gone) from gone
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
        record = self._find_record(_request_id(metadata))
        return CallResult(True, response, None, None, metadata["HTTPStatusCode"], record)

    def fetch(self, url: str) -> CallResult:
        """Open a URL of the endpoint as anybody would: unsigned, nothing but the URL.

        Args:
            url: usually a presigned one; its answer's body comes as ``{"Body": bytes}``.

        Raises:
            ValueError: the URL leads away from the endpoint.
            EndpointGoneError: nobody answers at the endpoint, or the answer breaks off.
        """
        if not url.startswith(f"{self.endpoint_url}/"):
            raise ValueError(f"{url!r} isn't a URL of the lab at {self.endpoint_url}")
        address = urlsplit(self.endpoint_url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
        try:
            connection.request("GET", url.removeprefix(self.endpoint_url), headers=self._headers())
            response = connection.getresponse()
            body = response.read()
        except (HTTPException, OSError) as gone:
            raise self._gone(gone) from gone
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

    def _gone(self, why: Exception) -> EndpointGoneError:
        reason = " ".join(str(why).split())
        return EndpointGoneError(f"the lab's endpoint {self.endpoint_url} doesn't answer: {reason}")

    def _stamp(self, request: Any) -> None:
        """Say who acts and from where; after signing, as none of it is signed."""
        for name, value in self._headers().items():
            request.headers[name] = value

    def _headers(self) -> dict[str, str]:
        stamp = {"name": self.name, "ip": self.source_ip}
        headers = {ACTOR_HEADER: f"{self._lab_pass} {json.dumps(stamp)}"}
        return headers | ({"User-Agent": self.user_agent} if self.user_agent else {})


def _request_id(metadata: Mapping[str, Any]) -> str:
    headers = metadata.get("HTTPHeaders", {})
    return str(headers.get("x-amzn-requestid") or headers.get("x-amz-request-id", ""))


__all__ = ["ACTOR_HEADER", "Actor", "CallResult", "EndpointGoneError", "Keys"]
