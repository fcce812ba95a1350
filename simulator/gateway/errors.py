"""How an error looks on the wire: AWS's code, status and body for each protocol.

The stages raise `AwsError` in its query spelling (`InvalidClientTokenId`, `AccessDenied`).
Two tables turn it into what a service of each protocol really answers: ``SPELLINGS`` for
codes, statuses and texts, ``WRITERS`` for bodies and headers.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from xml.sax.saxutils import escape

from simulator.gateway.stages import AwsError, Operation, Protocol, WireRequest, WireResponse

S3_ACCESS_KEY = "The AWS Access Key Id you provided does not exist in our records."
EC2_AUTH = "AWS was not able to validate the provided access credentials"

Elements = tuple[tuple[str, str], ...]
"""What S3 adds to an error: element names and their texts, in order."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one protocol spells an error.

    Attributes:
        code: the code on the wire.
        status: HTTP status; ``None``: as the error was raised.
        message: text; ``None``: as the error was raised.
        elements: S3's further elements.
    """

    code: str
    status: int | None = None
    message: str | None = None
    elements: Elements = ()


class DetailedError(AwsError):
    """An `AwsError` of which S3 says something else, or more.

    Attributes:
        s3: what S3 answers in its place.
    """

    def __init__(self, code: str, message: str, status: int = 400, *, s3: Spelling) -> None:
        super().__init__(code, message, status)
        self.s3 = s3


def _json_pair(code: str) -> Mapping[Protocol, Spelling]:
    """The JSON protocols' spelling of an authentication error; they differ in the status.

    AWS's pages give one status for both, but clients of Lambda report 403, where those of JSON
    services (Cognito, ECS) report 400: `UnrecognizedClientException` in
    https://github.com/iann0036/iamlive/issues/58, `ExpiredTokenException` in
    https://github.com/cloudquery/cq-provider-aws/pull/1171.
    """
    return {"json": Spelling(code, 400), "rest-json": Spelling(code, 403)}


_AUTH_FAILURE = Spelling("AuthFailure", 401, EC2_AUTH)

SPELLINGS: Mapping[str, Mapping[Protocol, Spelling]] = {
    "InvalidClientTokenId": {
        **_json_pair("UnrecognizedClientException"),
        "s3": Spelling("InvalidAccessKeyId", 403, S3_ACCESS_KEY),
        "ec2": _AUTH_FAILURE,
    },
    "ExpiredToken": {
        **_json_pair("ExpiredTokenException"),
        "s3": Spelling("ExpiredToken", 400, "The provided token has expired."),
        "ec2": Spelling("RequestExpired", 400, "Request has expired."),
    },
    "SignatureDoesNotMatch": {
        **_json_pair("InvalidSignatureException"),
        "ec2": _AUTH_FAILURE,
    },
    "MissingAuthenticationToken": {
        **_json_pair("MissingAuthenticationTokenException"),
        "s3": Spelling("AccessDenied", 403, "Access Denied"),
        "ec2": _AUTH_FAILURE,
    },
    "IncompleteSignature": {
        **_json_pair("IncompleteSignatureException"),
        "s3": Spelling("AuthorizationHeaderMalformed", 400),
        "ec2": _AUTH_FAILURE,
    },
    "AccessDenied": {
        **_json_pair("AccessDeniedException"),
        "ec2": Spelling("UnauthorizedOperation", 403),
    },
    "InvalidAction": {
        "json": Spelling("UnknownOperationException", 400),
        "rest-json": Spelling("UnknownOperationException", 404),
        "s3": Spelling("MethodNotAllowed", 405),
    },
    "InternalFailure": {
        "json": Spelling("InternalServerError", 500),
        "rest-json": Spelling("InternalServerError", 500),
        "s3": Spelling("InternalError", 500),
        "ec2": Spelling("InternalError", 500),
    },
}
"""Query code → protocol → its spelling.  A code or protocol not named stays as raised."""


def spell(error: AwsError, protocol: Protocol) -> Spelling:
    """The error as a service of this protocol writes it: code, status, text, elements."""
    if protocol == "s3" and isinstance(error, DetailedError):
        known = error.s3
    else:
        known = SPELLINGS.get(error.code, {}).get(protocol, Spelling(error.code))
    return Spelling(
        known.code,
        error.status if known.status is None else known.status,
        error.message if known.message is None else known.message,
        known.elements,
    )


XML_NAMESPACES: Mapping[str, str] = {
    "autoscaling": "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    "cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    "cloudfront": "http://cloudfront.amazonaws.com/doc/2020-05-31/",
    "elasticache": "http://elasticache.amazonaws.com/doc/2015-02-02/",
    "elasticbeanstalk": "http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/",
    "elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "monitoring": "http://monitoring.amazonaws.com/doc/2010-08-01/",
    "rds": "http://rds.amazonaws.com/doc/2014-10-31/",
    "redshift": "http://redshift.amazonaws.com/doc/2012-12-01/",
    "route53": "https://route53.amazonaws.com/doc/2013-04-01/",
    "sdb": "http://sdb.amazonaws.com/doc/2009-04-15/",
    "ses": "http://ses.amazonaws.com/doc/2010-12-01/",
    "sns": "http://sns.amazonaws.com/doc/2010-03-31/",
    "sqs": "http://queue.amazonaws.com/doc/2012-11-05/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
"""Signing name → the namespace of its query and rest-xml errors."""

QUERY_COMPATIBLE = frozenset({"sqs", "monitoring"})
"""JSON services that still tell old clients the query code (`x-amzn-query-error`)."""

XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a writer needs: the spelled error and where it belongs."""

    spelling: Spelling
    error: AwsError
    service: str
    wire: WireRequest
    request_id: str

    @property
    def code(self) -> str:
        return self.spelling.code

    @property
    def message(self) -> str:
        return self.spelling.message or ""


Body = tuple[tuple[tuple[str, str], ...], bytes]
"""Headers and body of an error."""


_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: str) -> str:
    """``value`` as XML text: escaped, without the characters XML has no way to write."""
    return escape(_UNWRITABLE.sub("\ufffd", value))


def _query(answer: _Answer) -> Body:
    """``<ErrorResponse>``: STS, IAM, and the rest-xml services but S3."""
    namespace = XML_NAMESPACES.get(answer.service)
    opening = f'<ErrorResponse xmlns="{namespace}">' if namespace else "<ErrorResponse>"
    body = (
        f"{opening}\n  <Error>\n    <Type>{answer.error.fault}</Type>\n"
        f"    <Code>{_text(answer.code)}</Code>\n"
        f"    <Message>{_text(answer.message)}</Message>\n  </Error>\n"
        f"  <RequestId>{_text(answer.request_id)}</RequestId>\n</ErrorResponse>\n"
    )
    return (
        (("Content-Type", "text/xml"), ("x-amzn-RequestId", answer.request_id)),
        body.encode(),
    )


def _rest_xml(answer: _Answer) -> Body:
    """As query, after an XML declaration: CloudFront, Route 53."""
    headers, body = _query(answer)
    return headers, XML_HEAD.encode() + body


def _ec2(answer: _Answer) -> Body:
    """``<Response><Errors>`` with ``RequestID``."""
    body = (
        f"{XML_HEAD}<Response><Errors><Error><Code>{_text(answer.code)}</Code>"
        f"<Message>{_text(answer.message)}</Message></Error></Errors>"
        f"<RequestID>{_text(answer.request_id)}</RequestID></Response>"
    )
    return (
        (("Content-Type", "text/xml;charset=UTF-8"), ("x-amzn-RequestId", answer.request_id)),
        body.encode(),
    )


def host_id(request_id: str) -> str:
    """S3's second id (`x-amz-id-2`), which belongs to the request id."""
    return base64.b64encode(hashlib.sha384(request_id.encode()).digest()).decode()


def _s3(answer: _Answer) -> Body:
    """``<Error>``; the answer to a HEAD has no body."""
    host = host_id(answer.request_id)
    headers = (
        ("Content-Type", "application/xml"),
        ("x-amz-request-id", answer.request_id),
        ("x-amz-id-2", host),
    )
    if answer.wire.method == "HEAD":
        return headers, b""
    elements = (
        ("Code", answer.code),
        ("Message", answer.message),
        *answer.spelling.elements,
        ("Resource", answer.wire.raw_path),
        ("RequestId", answer.request_id),
        ("HostId", host),
    )
    inner = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in elements)
    return headers, f"{XML_HEAD}<Error>{inner}</Error>".encode()


def _json_headers(answer: _Answer, content_type: str) -> tuple[tuple[str, str], ...]:
    headers = [("Content-Type", content_type), ("x-amzn-RequestId", answer.request_id)]
    if answer.service in QUERY_COMPATIBLE:
        headers.append(("x-amzn-query-error", f"{answer.error.code};{answer.error.fault}"))
    return tuple(headers)


def _json(answer: _Answer) -> Body:
    """``__type`` and ``message``, in the JSON version the request came in."""
    asked = answer.wire.headers.get("content-type", "").partition(";")[0].strip()
    content_type = asked if asked.startswith("application/x-amz-json-") else _JSON_DEFAULT
    # Access denials are modelled by services, which write a capital M; the shared front end,
    # which refuses signatures, writes a small one.  Clients read either.
    key = "Message" if answer.error.code == "AccessDenied" else "message"
    body = json.dumps({"__type": answer.code, key: answer.message})
    return _json_headers(answer, content_type), body.encode()


_JSON_DEFAULT = "application/x-amz-json-1.1"


def _rest_json(answer: _Answer) -> Body:
    """The code in a header, the text in the body: Lambda."""
    key = "Message" if answer.error.code == "AccessDenied" else "message"
    headers = (
        *_json_headers(answer, "application/json"),
        ("x-amzn-ErrorType", answer.code),
    )
    return headers, json.dumps({key: answer.message}).encode()


def _cbor(answer: _Answer) -> Body:
    """A CBOR map of the same two members: Smithy RPC v2."""
    members = (("__type", answer.code), ("message", answer.message))
    headers = (*_json_headers(answer, "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"))
    return headers, cbor_map(members)


def cbor_map(members: tuple[tuple[str, str], ...]) -> bytes:
    """A map of up to 23 texts (RFC 8949, 3.1: major type 5)."""
    head = bytes([0xA0 | len(members)])
    return head + b"".join(_cbor_text(text) for member in members for text in member)


def _cbor_text(text: str) -> bytes:
    """A text string, with its length in four bytes (RFC 8949, 3.1: major type 3)."""
    data = text.encode("utf-8", "replace")
    return b"\x7a" + len(data).to_bytes(4, "big") + data


WRITERS: Mapping[Protocol, Callable[[_Answer], Body]] = {
    "query": _query,
    "rest-xml": _rest_xml,
    "ec2": _ec2,
    "s3": _s3,
    "json": _json,
    "rest-json": _rest_json,
}


def error_response(
    error: AwsError, operation: Operation | None, wire: WireRequest, request_id: str
) -> WireResponse:
    """The answer to a request that failed.

    Args:
        error: what went wrong, in its query spelling.
        operation: what was asked for; ``None``: it could not be told, and S3 answers, as
            AWS's catch-all does.
        wire: the request, for its method, path and content type.
        request_id: goes into the headers and, in XML, into the body.

    Returns:
        Status, headers (content type and request ids; the server adds the length) and body.
    """
    protocol: Protocol = operation.protocol if operation else "s3"
    service = operation.service if operation else "s3"
    spelling = spell(error, protocol)
    answer = _Answer(spelling, error, service, wire, request_id)
    # CBOR is a wire form of JSON services: same codes and statuses.
    cbor = protocol == "json" and wire.headers.get("smithy-protocol") == "rpc-v2-cbor"
    headers, body = (_cbor if cbor else WRITERS[protocol])(answer)
    return WireResponse(spelling.status or error.status, headers, body)


def error_in(response: WireResponse) -> tuple[str | None, str | None]:
    """The error code and text inside an answer of moto's, whatever its protocol."""
    text = response.body.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        code = str(found.get("__type") or found.get("code") or "").rpartition("#")[2]
        header = next(
            (value for name, value in response.headers if name.lower() == "x-amzn-errortype"), ""
        )
        return (code or header.partition(":")[0] or str(response.status)), found.get(
            "message", found.get("Message")
        )
    code_found = re.search(r"<Code>(.*?)</Code>", text, re.DOTALL)
    message = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    return (
        code_found[1].strip() if code_found else str(response.status),
        unescape(message[1].strip()) if message else None,
    )
