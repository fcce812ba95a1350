"""S3's older presigned URLs (Signature Version 2), which boto3 and the AWS CLI v1 still make.

Without further configuration both presign S3 URLs of us-east-1 this way, so a learner's own
tools would otherwise be refused.  Only the query form is taken; the header form is refused.

Source: Amazon S3 API Reference, "Signing and authenticating REST requests", query string
request authentication.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage
from typing import Any
from urllib.parse import SplitResult, parse_qsl

from botocore.auth import HmacV1Auth
from botocore.credentials import Credentials

from simulator.gateway.sigv4 import same
from simulator.gateway.stages import AwsError, WireRequest

USUAL_LIFETIME = timedelta(hours=1)
"""How long URLs and forms live unless their maker says otherwise, in boto3 and the AWS CLI."""
_PARTS = frozenset({"AWSAccessKeyId", "Signature", "Expires"})
_SIGNED_IN_QUERY = ("content-md5", "content-type")


class QueryClaim:
    """What a version 2 presigned URL says of itself.

    Attributes:
        access_key_id: who signed.
        token: the session token, where one was sent.
        expires_at: when the URL ends, UTC.
        signed_at: when it was signed, if its maker left the lifetime as boto3 and the AWS CLI
            do: the URL does not say, and there is nothing better to tell whose clock made it.
    """

    def __init__(self, wire: WireRequest, parameters: dict[str, str]) -> None:
        self._wire = wire
        self._parameters = parameters
        self._signature = parameters["Signature"]
        self.access_key_id = parameters["AWSAccessKeyId"]
        self.token = parameters.get("x-amz-security-token")
        try:
            self.expires_at = datetime.fromtimestamp(int(parameters["Expires"]), UTC)
            self.signed_at = self.expires_at - USUAL_LIFETIME
        except (ValueError, OverflowError, OSError) as error:
            text = f"Invalid date (should be seconds since epoch): {parameters['Expires'][:64]}"
            raise AwsError("AccessDenied", text, 403) from error

    def matches(self, secret_access_key: str, bucket: str) -> bool:
        """Whether the signature was made with this secret."""
        signer = _Signer(secret_access_key, self._parameters["Expires"])
        return any(
            same(signer.signature(self._wire, path, self._headers()), self._signature)
            for path in self._paths(bucket)
        )

    def _headers(self) -> HTTPMessage:
        """The headers that are part of the signature; in a URL they are query parameters."""
        headers = HTTPMessage()
        sent = {**self._wire.headers, **{k.lower(): v for k, v in self._parameters.items()}}
        for name, value in sent.items():
            if name.startswith("x-amz-") or name in _SIGNED_IN_QUERY:
                headers[name] = value
        return headers

    def _paths(self, bucket: str) -> Iterator[str]:
        """The resource's path with the bucket in it, however the bucket was addressed."""
        yield self._wire.raw_path
        yield f"/{bucket}{self._wire.raw_path}"


class _Signer(HmacV1Auth):
    """botocore's own signer, with the URL's `Expires` in the place of a date."""

    def __init__(self, secret_access_key: str, expires: str) -> None:
        super().__init__(Credentials("unused", secret_access_key))
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires

    def signature(self, wire: WireRequest, path: str, headers: HTTPMessage) -> str:
        split = SplitResult("http", wire.host, path, wire.raw_query, "")
        message: Any = headers  # the signer asks for every value of a name: get_all
        text = self.canonical_string(wire.method, split, message, auth_path=path)
        return str(self.sign_string(text))


def read_query_claim(wire: WireRequest) -> QueryClaim | None:
    """The claim of a version 2 presigned URL; ``None``: the request is none.

    Raises:
        AwsError: `AccessDenied` for a URL that leaves out a part.
    """
    if "AWSAccessKeyId=" not in wire.raw_query:
        return None
    parameters = dict(parse_qsl(wire.raw_query, keep_blank_values=True))
    if not parameters.keys() >= _PARTS:
        raise AwsError(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
            "parameters",
            403,
        )
    return QueryClaim(wire, parameters)
