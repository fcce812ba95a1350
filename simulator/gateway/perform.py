"""Fourth stage: do what was asked. STS is the lab's own; every other service is moto's."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from simulator.egress import EgressRefusedError, no_network
from simulator.gateway import iam_pages
from simulator.gateway.effects import after, before
from simulator.gateway.handlers import Own
from simulator.gateway.recognition.canonical import canonical
from simulator.gateway.s3_answers import check_expected_owners, mail_safe
from simulator.gateway.stages import AwsError, Call, Caller, Operation, WireRequest, WireResponse
from simulator.gateway.world import World

_log = logging.getLogger(__name__)


def perform(call: Call, world: World, own: Mapping[tuple[str, str], Own]) -> WireResponse:
    """Carry out an authorized request and return the answer.

    Args:
        call: what to do, and who asks; the request's body is decoded.
        world: where it happens.
        own: the operations the lab answers itself, by service and operation name.

    Raises:
        AwsError: the service refuses, or moto cannot do it.
    """
    operation = call.operation
    if handler := own.get((operation.service, operation.name)):
        return handler.perform(call, world)
    if operation.protocol == "s3":
        check_expected_owners(operation, call.wire, world.lookup)
    then = before(operation, call.caller, world)
    if iam_pages.is_paged(operation):
        whole = _moto(operation, iam_pages.asking_for_all(call.wire), call.caller, world)
        return iam_pages.page(operation, whole)
    response = _moto(operation, call.wire, call.caller, world)
    after(operation, response, then, world)
    return response


def _moto(operation: Operation, wire: WireRequest, caller: Caller, world: World) -> WireResponse:
    key = caller.credential.access_key_id if caller.credential else ""
    environ = _environ(operation, canonical(operation, wire, key), caller, world)
    try:
        with no_network():
            status, headers, body = world.backend.perform(environ)
    except NotImplementedError as error:
        raise AwsError(
            "NotImplemented", f"The lab's backend does not do {operation.name}: {error}", 501
        ) from error
    except Exception as error:
        if (refused := _behind(error)) is not None:
            raise AwsError("InvalidParameterValue", f"Not delivered: {refused}", 400) from error
        _log.debug("moto failed on %s:%s", operation.service, operation.name, exc_info=True)
        raise AwsError(
            "ValidationError",
            f"The lab's backend could not read this {operation.name} request "
            f"({type(error).__name__}: {error})",
            400,
        ) from error
    if status == 200 and (operation.service, operation.name) in _NO_CONTENT:
        return WireResponse(204, (), b"")
    kept = tuple((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP)
    if operation.protocol == "s3" and operation.name in _WITH_METADATA:
        kept = tuple(
            (name, mail_safe(value) if name.lower().startswith("x-amz-meta-") else value)
            for name, value in kept
        )
    if operation.protocol == "json" and 400 < status < 500:
        status = 400  # whatever is wrong with a request, the JSON protocols have one status
    return WireResponse(status, kept, body)


def _behind(error: BaseException | None) -> EgressRefusedError | None:
    """The guard's error, of which an HTTP client and then moto have made others."""
    while error is not None and not isinstance(error, EgressRefusedError):
        error = error.__cause__ or error.__context__
    return error


def _environ(
    operation: Operation, wire: WireRequest, caller: Caller, world: World
) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": wire.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(wire.raw_path, encoding="latin-1"),
        "RAW_URI": wire.target,
        "REQUEST_URI": wire.target,
        "QUERY_STRING": wire.raw_query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": wire.remote_addr,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(wire.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in wire.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    environ["CONTENT_LENGTH"] = str(len(wire.body))
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = _account(operation, caller, world)
    return environ


def _account(operation: Operation, caller: Caller, world: World) -> str:
    """The account whose state a call works on: the resource's owner, else the caller's."""
    own = caller.account or world.account
    if operation.protocol == "s3":
        if operation.name == "CreateBucket":
            return own
        # CopyObject also reads elsewhere; its work is done where the bucket in the path is.
        return world.lookup.bucket_account(str(operation.parameters.get("Bucket"))) or own
    if (operation.service, operation.name) == ("kms", "ReEncrypt") and operation.checks:
        # The source key may be anywhere; the work is done where the destination is.
        return operation.checks[-1].resource_account or own
    owners = (check.resource_account for check in operation.checks)
    return next((owner for owner in owners if owner), own)


_WITH_METADATA = frozenset({"GetObject", "HeadObject"})
_NO_CONTENT = frozenset({("s3", "PutBucketPolicy")})
"""Answered by 204 with nothing in it, where moto answers 200 and ``null``.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html, examples
"""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "server", "date"})
