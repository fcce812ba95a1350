"""How a call looks in a terminal: the AWS CLI's command line, and what it prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from botocore import xform_name

from simulator.actors import CallResult
from simulator.awsclient import isolated_session

_TOKEN_SHOWN = 24


def command_line(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    """The AWS CLI command that makes a call.

    ``aws s3 ls s3://petshop-reports/ --recursive``, ``aws sts assume-role --role-arn …``.

    Args:
        service: boto3's name, ``s3``.
        operation: AWS's name, ``ListObjectsV2``.
        parameters: AWS's parameters.
    """
    special = _COMMANDS.get((service, operation))
    short = special(parameters) if special else None
    if short:
        return short
    words = ["aws", "s3api" if service == "s3" else service, xform_name(operation, "-")]
    for name, value in parameters.items():
        if (service, operation, name) not in _FILE_ARGUMENTS:
            words += _option(xform_name(name, "-"), value)
    words += _TAILS.get((service, operation), [])
    return " ".join(words)


def output_text(service: str, operation: str, result: CallResult) -> str:
    """What the AWS CLI prints for a result: JSON, a listing, or the error on one line."""
    if not result.ok:
        return error_text(operation, result.error_code, result.error_message)
    response = dict(result.response or {})
    special = _OUTPUTS.get((service, operation))
    if special:
        return special(response)
    return (
        json.dumps(_shown(response), indent=4, default=_text, ensure_ascii=False)
        if response
        else ""
    )


def error_text(operation: str, code: str | None, message: str | None) -> str:
    """The AWS CLI's error line."""
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


def prepared(service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters ready for botocore: a mapping or list where AWS wants text becomes JSON."""
    strings = _string_members(service, operation)
    return {
        name: json.dumps(value) if name in strings and isinstance(value, Mapping | list) else value
        for name, value in parameters.items()
    }


def document_parameter(service: str, operation: str) -> str | None:
    """Name of the parameter that carries a policy document; ``None``: the call has none."""
    strings = _string_members(service, operation)
    return next((name for name in _DOCUMENTS if name in strings), None)


@lru_cache(maxsize=256)
def _string_members(service: str, operation: str) -> frozenset[str]:
    shape = isolated_session().get_service_model(service).operation_model(operation).input_shape
    members = shape.members if shape else {}
    return frozenset(name for name, member in members.items() if member.type_name == "string")


_DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument", "ResourcePolicy", "Policy", "Content")


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return [f"--{name}", *(shlex.quote(str(item)) for item in value)]
    if isinstance(value, Mapping | list):
        return [f"--{name}", shlex.quote(json.dumps(value, default=_text))]
    return [f"--{name}", shlex.quote(_text(value))]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _shown(value: Any) -> Any:
    """The answer with session tokens cut short: they run over several lines."""
    if isinstance(value, Mapping):
        return {
            name: f"{item[:_TOKEN_SHOWN]}…"
            if name == "SessionToken" and isinstance(item, str) and len(item) > _TOKEN_SHOWN
            else _shown(item)
            for name, item in value.items()
        }
    return [_shown(item) for item in value] if isinstance(value, list) else value


def _list_command(parameters: Mapping[str, Any]) -> str | None:
    if set(parameters) - {"Bucket", "Prefix", "Delimiter"}:
        return None
    where = shlex.quote(f"s3://{parameters.get('Bucket')}/{parameters.get('Prefix', '')}")
    return f"aws s3 ls {where}" + ("" if parameters.get("Delimiter") == "/" else " --recursive")


def _list_output(response: Mapping[str, Any]) -> str:
    lines = [f"{'PRE':>30} {each['Prefix']}" for each in response.get("CommonPrefixes", [])]
    lines += [
        f"{each['LastModified']:%Y-%m-%d %H:%M:%S} {each['Size']:>10} {each['Key']}"
        for each in response.get("Contents", [])
    ]
    return "\n".join(lines)


def _buckets_output(response: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{each['CreationDate']:%Y-%m-%d %H:%M:%S} {each['Name']}"
        for each in response.get("Buckets", [])
    )


def _object_output(response: Mapping[str, Any]) -> str:
    body = _text(response.get("Body", b"")).rstrip("\n")
    return f"{body}\n{response.get('ContentLength', len(body))}"


_COMMANDS: dict[tuple[str, str], Callable[[Mapping[str, Any]], str | None]] = {
    ("s3", "ListObjectsV2"): _list_command,
    ("s3", "ListBuckets"): lambda parameters: None if parameters else "aws s3 ls",
}
"""Calls whose everyday command is not the API's own."""

_TAILS: dict[tuple[str, str], list[str]] = {
    ("s3", "GetObject"): ["/dev/stdout", "--query", "ContentLength"],
    ("s3", "PutObject"): ["--body", "file"],
    ("lambda", "Invoke"): ["/dev/stdout"],
}

_FILE_ARGUMENTS = {("s3", "PutObject", "Body")}

_OUTPUTS: dict[tuple[str, str], Callable[[Mapping[str, Any]], str]] = {
    ("s3", "ListObjectsV2"): _list_output,
    ("s3", "ListBuckets"): _buckets_output,
    ("s3", "GetObject"): _object_output,
}
