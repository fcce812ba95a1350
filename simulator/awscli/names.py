"""The CLI's names: services, operations and parameters, from botocore's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from botocore import xform_name

from simulator.awscli.answers import UsageError
from simulator.awsclient import isolated_session

_RENAMED = {"s3api": "s3", "deploy": "codedeploy", "configservice": "config"}
"""The CLI's name of a service → boto3's."""

GLOBALS = (
    "--region", "--output", "--query", "--no-paginate", "--no-sign-request", "--cli-input-json",
    "--max-items", "--page-size", "--starting-token", "--no-cli-pager",
)  # fmt: skip


@lru_cache(maxsize=1)
def services() -> tuple[str, ...]:
    """Every service, as the CLI calls it."""
    own = {name: cli for cli, name in _RENAMED.items()}
    return tuple(
        sorted(
            {"s3", *(own.get(name, name) for name in isolated_session().get_available_services())}
        )
    )


def boto_name(service: str) -> str:
    """boto3's name of a service.

    Raises:
        UsageError: there is no such service.
    """
    if service not in services():
        raise UsageError(invalid("argument command", service, services()))
    return _RENAMED.get(service, service)


@lru_cache(maxsize=64)
def operations(service: str) -> Mapping[str, str]:
    """The CLI's operation names of a boto3 service → AWS's."""
    model = isolated_session().get_service_model(service)
    return {xform_name(name, "-"): name for name in model.operation_names}


def operation_model(service: str, operation: str) -> Any:
    """Botocore's model of an operation, by the CLI's name.

    Raises:
        UsageError: the service has no such operation.
    """
    known = operations(service)
    if operation not in known:
        raise UsageError(invalid("argument operation", operation, tuple(known)))
    return isolated_session().get_service_model(service).operation_model(known[operation])


def options(model: Any) -> dict[str, tuple[str, Any]]:
    """The options of an operation → the parameter's name and shape."""
    members = model.input_shape.members if model.input_shape else {}
    return {f"--{xform_name(name, '-')}": (name, shape) for name, shape in members.items()}


def required(model: Any) -> tuple[str, ...]:
    """The options that must be given."""
    names = model.input_shape.required_members if model.input_shape else ()
    return tuple(f"--{xform_name(name, '-')}" for name in names)


def invalid(what: str, given: str, known: Sequence[str]) -> str:
    """A name that is none, with the nearest that are."""
    near = get_close_matches(given, known, n=3, cutoff=0.6)
    meant = f"; perhaps {' or '.join(near)}" if near else ""
    return f"aws: error: {what}: Invalid choice: '{given}'{meant}"
