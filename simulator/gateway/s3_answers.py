"""Answers of S3 that policy evaluation shapes, not just opens or closes.

`DeleteObjects` is decided key by key, and tells of each in a 200; and only who may list a bucket
is told that a key isn't there.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from simulator.gateway.actions.lookup import Lookup
from simulator.gateway.authorize import Authorization
from simulator.gateway.stages import (
    AwsError,
    Call,
    Check,
    Operation,
    WireRequest,
    WireResponse,
)

Authorize = Callable[[Call], Authorization]
Refuse = Callable[[Authorization], str]
"""The text of a refusal."""

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_END = b"</DeleteResult>"
_DELETED = re.compile(rb"<Deleted>.*?</Deleted>\s*", re.DOTALL)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_READS_KEY = frozenset({"GetObject", "HeadObject"})


def mail_safe(value: str, text: str | None = None) -> str:
    """Metadata that is not ASCII, as S3 gives it back: encoded for mail (RFC 2047).

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata

    Args:
        value: the header's value.
        text: what is encoded, if that is not the value itself.
    """
    if value.isascii():
        return value
    return f"=?UTF-8?B?{base64.b64encode((text or value).encode()).decode()}?="


def deletes_many(call: Call) -> bool:
    """Whether a request is decided key by key."""
    return (call.operation.service, call.operation.name) == ("s3", "DeleteObjects")


def split(call: Call, authorize: Authorize, text: Refuse) -> tuple[Call, Authorization, bytes]:
    """Decide each object of a `DeleteObjects` by itself.

    Returns:
        The request for those that may be deleted, everything that was evaluated, and the
        ``<Error>`` elements of the others.
    """
    asked = [(check, authorize(_with(call, (check,)))) for check in call.operation.checks]
    may: list[Mapping[str, Any]] = []
    errors: list[str] = []
    for each in _objects(call):
        its = [found for check, found in asked if _is_for(check, each)]
        refused = next((found for found in its if found.refusal), None)
        if refused is not None:
            errors.append(_error(each, text(refused)))
        elif its:
            may.append(each)
    every = Authorization(
        tuple(check for check, _ in asked),
        tuple(request for _, found in asked for request in found.requests),
        tuple(decision for _, found in asked for decision in found.decisions),
    )
    return _only(call, may), every, "".join(errors).encode()


def with_errors(call: Call, response: WireResponse | None, errors: bytes) -> WireResponse:
    """The answer with its errors, and in quiet mode nothing else (moto knows no quiet mode).

    Args:
        call: the request.
        response: moto's answer; ``None``: nothing was left to delete.
        errors: from `split`.
    """
    if response is None:
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="{_NAMESPACE}">'
        body = head.encode() + errors + _END
        return WireResponse(200, (("Content-Type", "application/xml"),), body)
    if response.status >= 400 or _END not in response.body:
        return response
    told = _DELETED.sub(b"", response.body) if _is_quiet(call) else response.body
    return response.with_body(told.replace(_END, errors + _END))


def listing(call: Call, response: WireResponse) -> Call | None:
    """What must be allowed for a missing key to be admitted; ``None`` if nothing is missing."""
    operation = call.operation
    if operation.service != "s3" or operation.name not in _READS_KEY or response.status != 404:
        return None
    if response.body and b"<Code>NoSuchKey</Code>" not in response.body:
        return None
    bucket = f"arn:aws:s3:::{operation.parameters.get('Bucket')}"
    account = operation.checks[0].resource_account if operation.checks else None
    return _with(call, (Check("s3:ListBucket", bucket, {}, account),))


def no_such_bucket(call: Call, lookup: Lookup) -> AwsError | None:
    """What S3 tells whoever signs nothing of a bucket that isn't there: it is no secret (404).

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    operation = call.operation
    bucket = operation.parameters.get("Bucket")
    if call.caller.arn is not None or operation.service != "s3" or not bucket:
        return None
    if operation.name == "CreateBucket" or lookup.bucket_account(str(bucket)) is not None:
        return None
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404)


def check_expected_owners(operation: Operation, wire: WireRequest, lookup: Lookup) -> None:
    """Refuse a request for a bucket that is not the account's it is thought to be.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html

    Raises:
        AwsError: 403 `AccessDenied`; 400 `InvalidBucketOwnerAWSAccountID`.
    """
    buckets = {
        "x-amz-expected-bucket-owner": str(operation.parameters.get("Bucket")),
        "x-amz-source-expected-bucket-owner": _source_bucket(operation),
    }
    for header, bucket in buckets.items():
        expected = wire.headers.get(header)
        if expected is None:
            continue
        if not _ACCOUNT.fullmatch(expected):
            text = (
                "The value of the expected bucket owner parameter must be an AWS Account ID... "
                f"[{expected}]"
            )
            raise AwsError("InvalidBucketOwnerAWSAccountID", text)
        if lookup.bucket_account(bucket) not in (None, expected):
            raise AwsError("AccessDenied", "Access Denied", 403)


def _source_bucket(operation: Operation) -> str:
    source = unquote(str(operation.parameters.get("CopySource", "")))
    return source.lstrip("/").partition("/")[0]


def _with(call: Call, checks: tuple[Check, ...]) -> Call:
    return replace(call, operation=replace(call.operation, checks=checks))


def _objects(call: Call) -> list[Mapping[str, Any]]:
    wanted = call.operation.parameters.get("Delete")
    objects = wanted.get("Objects") if isinstance(wanted, Mapping) else None
    return [each for each in objects or () if isinstance(each, Mapping)]


def _is_quiet(call: Call) -> bool:
    return str(call.operation.parameters["Delete"].get("Quiet")).lower() == "true"


def _is_for(check: Check, each: Mapping[str, Any]) -> bool:
    version = each.get("VersionId") or None
    key = check.resource.partition("/")[2]
    return key == str(each.get("Key")) and check.context.get("s3:VersionId") == version


def _only(call: Call, objects: Sequence[Mapping[str, Any]]) -> Call:
    operation = call.operation
    delete = {**operation.parameters["Delete"], "Objects": list(objects)}
    quiet = "<Quiet>true</Quiet>" if _is_quiet(call) else ""
    items = "".join(f"<Object>{_named(each)}</Object>" for each in objects)
    body = f'<Delete xmlns="{_NAMESPACE}">{items}{quiet}</Delete>'.encode()
    parameters = {**operation.parameters, "Delete": delete}
    return replace(
        call,
        operation=replace(operation, parameters=parameters),
        wire=replace(call.wire, body=body),
    )


def _error(each: Mapping[str, Any], text: str) -> str:
    told = f"<Code>AccessDenied</Code><Message>{escape(text)}</Message>"
    return f"<Error>{_named(each)}{told}</Error>"


def _named(each: Mapping[str, Any]) -> str:
    version = each.get("VersionId") or None
    key = f"<Key>{escape(str(each.get('Key')))}</Key>"
    return key if version is None else f"{key}<VersionId>{escape(str(version))}</VersionId>"
