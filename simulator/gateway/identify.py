"""First stage: what a request asks for, told from its bytes alone.

Recognition follows botocore's service models, so it knows every operation botocore knows. The
caller is not known yet; what must be allowed is worked out afterwards, in
`simulator.gateway.actions`.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from botocore.model import OperationModel, ServiceModel

from simulator.gateway.recognition import parameters, rest, s3
from simulator.gateway.recognition.cbor import called_in_cbor
from simulator.gateway.recognition.models import models_for, operation_model, protocols_of
from simulator.gateway.recognition.multipart import read_form
from simulator.gateway.recognition.readonly import is_read_only
from simulator.gateway.recognition.scope import Scope, form_of, scope_of
from simulator.gateway.stages import AwsError, Operation, Protocol, WireRequest

_S3_CONTROL_PATH = "/v20180820/"
_S3_NAMES = frozenset({"s3", "s3express", "s3-object-lambda"})


class Unrecognised(AwsError):  # noqa: N818 - named like the AWS errors it stands for
    """No such service or operation.

    Attributes:
        protocol: how the answer is to be written, as far as the request shows.
        service: the signing name the request came under.
    """

    def __init__(
        self, protocol: Protocol, service: str, code: str, message: str, status: int = 400
    ) -> None:
        super().__init__(code, message, status)
        self.protocol: Protocol = protocol
        self.service = service


def identify(wire: WireRequest) -> Operation:
    """Tell the service, operation, protocol, region and parameters of a request.

    Returns:
        The operation, with ``checks`` still empty (`simulator.gateway.actions.checks_for`
        fills them in once the caller is known).

    Raises:
        Unrecognised: the service or operation does not exist.
    """
    scope = scope_of(wire)
    if scope.service in _S3_NAMES and not _is_s3_control(wire):
        return _s3(wire, scope)
    models = models_for("s3control" if scope.service == "s3" else scope.service)
    if not models:
        raise _no_such_service(wire, scope)
    if "x-amz-target" in wire.headers:
        return _json(wire, scope, models)
    if called := called_in_cbor(wire):
        return _cbor(wire, scope, models, *called)
    if any(protocols_of(model)[0].startswith("rest") for model in models):
        found = _rest(wire, scope, models)
        if found is not None:
            return found
    if not any(_speaks_form(model) for model in models):
        raise _no_such_operation(_as_protocol(models[0]), scope.service)
    return _form(wire, scope, models)


def _operation(scope: Scope, name: str, protocol: Protocol, found: dict[str, Any]) -> Operation:
    return Operation(
        service=scope.service,
        name=name,
        protocol=protocol,
        region=scope.region,
        parameters=found,
        read_only=is_read_only(scope.service, name),
    )


# Query and EC2 ----------------------------------------------------------------------------


_ONE_VERSION = frozenset({"iam", "sts"})
"""Services of a single API version, which refuse a call that doesn't name it."""


def _speaks_form(model: ServiceModel) -> bool:
    # SQS moved from query to JSON, and still answers the older form.
    return model.service_name == "sqs" or bool({"query", "ec2"} & set(protocols_of(model)))


def _form(wire: WireRequest, scope: Scope, models: tuple[ServiceModel, ...]) -> Operation:
    protocol: Protocol = "ec2" if scope.service == "ec2" else "query"
    form = form_of(wire)
    values = dict(reversed(form))  # of a name given twice, the first counts
    action, version = values.get("Action", ""), values.get("Version", "")
    if not action:
        raise Unrecognised(
            protocol, scope.service, "MissingAction", "The request is missing an action.", 400
        )
    candidates = [model for model in models if _speaks_form(model)]
    if scope.service in _ONE_VERSION:
        candidates = [model for model in candidates if model.metadata["apiVersion"] == version]
    candidates.sort(key=lambda model: model.metadata["apiVersion"] != version)
    for model in candidates:
        operation = operation_model(model, action)
        if operation is not None:
            found = parameters.from_form(operation, form)
            if scope.service == "sqs" and "QueueUrl" not in found and wire.raw_path.strip("/"):
                found["QueueUrl"] = f"http://{wire.host}{wire.raw_path}"
            return _operation(scope, action, protocol, found)
    if scope.service == "ec2":
        message = f"The action {action} is not valid for this web service."
    else:
        message = (
            f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}"
        )
    raise Unrecognised(protocol, scope.service, "InvalidAction", message, 400)


# JSON and CBOR ----------------------------------------------------------------------------


def _json(wire: WireRequest, scope: Scope, models: tuple[ServiceModel, ...]) -> Operation:
    prefix, _, name = wire.headers["x-amz-target"].rpartition(".")
    operation = _by_target(models, prefix, name)
    if operation is None:
        raise _no_such_operation("json", scope.service)
    return _operation(
        scope, operation.name, "json", parameters.from_json(parameters.plain_body(wire))
    )


def _cbor(
    wire: WireRequest, scope: Scope, models: tuple[ServiceModel, ...], prefix: str, name: str
) -> Operation:
    operation = _by_target(models, prefix, name)
    if operation is None:
        raise _no_such_operation("json", scope.service)
    return _operation(
        scope, operation.name, "json", parameters.from_cbor(parameters.plain_body(wire))
    )


def _by_target(models: tuple[ServiceModel, ...], prefix: str, name: str) -> OperationModel | None:
    for model in models:
        if model.metadata.get("targetPrefix") == prefix:
            operation = operation_model(model, name)
            if operation is not None:
                return operation
    return None


def _no_such_operation(protocol: Protocol, service: str) -> Unrecognised:
    if protocol in ("query", "ec2"):
        return Unrecognised(protocol, service, "InvalidAction", "Could not find operation", 400)
    status = 400 if protocol == "json" else 404
    return Unrecognised(protocol, service, "UnknownOperationException", "", status)


def _no_such_service(wire: WireRequest, scope: Scope) -> Unrecognised:
    protocol = _protocol_of_unknown(wire)
    # Who is asked for is only guessed of an unsigned request; that it is unsigned is sure.
    return (
        _not_signed(protocol) if not scope.signed else _no_such_operation(protocol, scope.service)
    )


def _not_signed(protocol: Protocol) -> Unrecognised:
    text = "Request is missing Authentication Token"
    return Unrecognised(protocol, "unknown", "MissingAuthenticationToken", text, 403)


def _protocol_of_unknown(wire: WireRequest) -> Protocol:
    if "x-amz-target" in wire.headers:
        return "json"
    return "query" if b"Action=" in wire.body else "rest-json"


def _as_protocol(model: ServiceModel) -> Protocol:
    known: dict[str, Protocol] = {
        "rest-json": "rest-json",
        "rest-xml": "rest-xml",
        "query": "query",
        "ec2": "ec2",
    }
    return known.get(protocols_of(model)[0], "json")


# REST and S3 ------------------------------------------------------------------------------


def _rest(wire: WireRequest, scope: Scope, models: tuple[ServiceModel, ...]) -> Operation | None:
    query = parameters.query_pairs(wire.raw_query)
    for model in models:
        if not protocols_of(model)[0].startswith("rest"):
            continue
        found = rest.match(
            model.service_name, wire.method, wire.raw_path, dict(query), wire.headers
        )
        if found is None:
            continue
        operation = model.operation_model(found.route.operation)
        return _operation(
            scope,
            operation.name,
            _as_protocol(model),
            parameters.from_rest(operation, wire, found.labels, query),
        )
    return None


def _is_s3_control(wire: WireRequest) -> bool:
    """S3 Control shares S3's signing name; its calls name an account, in header or host."""
    return wire.raw_path.startswith(_S3_CONTROL_PATH) and (
        "x-amz-account-id" in wire.headers or wire.host.partition(".")[0].isdigit()
    )


def _s3(wire: WireRequest, scope: Scope) -> Operation:
    query = parameters.query_pairs(wire.raw_query)
    values = dict(query)
    conflicting = sorted(s3.SUBRESOURCES & values.keys())
    if len(conflicting) > 1:
        raise Unrecognised(
            "s3",
            "s3",
            "InvalidArgument",
            f"Conflicting query string parameters: {', '.join(conflicting)}",
            400,
        )
    # An Object Lambda function answers at a host named after the route, not after a bucket.
    path = wire.raw_path if scope.service == "s3-object-lambda" else s3.path_style(wire)
    if wire.method == "OPTIONS":
        return _preflight(wire, scope, path)
    model = models_for("s3")[0]
    found = rest.match("s3", wire.method, path, values, wire.headers)
    if found is None and not scope.signed and _sends_json(wire):
        raise _not_signed("rest-json")
    if found is None and (not scope.signed or _sends_form(wire)):
        bucket, _, key = path.lstrip("/").partition("/")
        if wire.method == "POST" and bucket and not key and not conflicting:
            return _operation(scope, "PostObject", "s3", _posted(wire, unquote(bucket)))
    if found is None:
        raise Unrecognised(
            "s3",
            "s3",
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
        )
    operation = model.operation_model(found.route.operation)
    name = operation.name
    if scope.service == "s3express" and name == "ListBuckets":
        name = "ListDirectoryBuckets"
    return _operation(
        scope,
        name,
        "s3",
        parameters.from_rest(operation, wire, found.labels, query),
    )


def _posted(wire: WireRequest, bucket: str) -> dict[str, Any]:
    """A browser's upload: its fields are looked at when it is known who signed them."""
    with contextlib.suppress(AwsError):
        return {"Bucket": bucket, "Key": read_form(wire).key}
    return {"Bucket": bucket}


def identify_s3(wire: WireRequest, asked: Operation) -> Operation:
    """An S3 request again, after its body was unwrapped: the same operation, all parameters.

    Args:
        wire: the request as it would have been sent plainly.
        asked: what `identify` found in the request as it was sent.
    """
    return replace(_s3(wire, Scope(asked.service, asked.region)), name=asked.name)


def _sends_form(wire: WireRequest) -> bool:
    return wire.headers.get("content-type", "").startswith("multipart/form-data")


def _sends_json(wire: WireRequest) -> bool:
    """The request is some REST service's: S3 takes JSON only as an object's content."""
    return wire.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def _preflight(wire: WireRequest, scope: Scope, path: str) -> Operation:
    """A browser asking whether it may send a request: answered by the bucket's CORS rules.

    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
    """
    bucket, _, key = path.lstrip("/").partition("/")
    if not bucket or not {"origin", "access-control-request-method"} <= wire.headers.keys():
        message = "Insufficient information. Origin request header needed."
        raise Unrecognised("s3", "s3", "BadRequest", message, 400)
    return _operation(scope, "OptionsObject", "s3", {"Bucket": bucket, "Key": key})
