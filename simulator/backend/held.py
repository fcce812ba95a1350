"""Where moto holds what an account has. Looking there creates nothing.

moto's own dictionaries make an empty backend for whoever is asked for, so that asking for roles
of many accounts would fill memory, and raise for a region that AWS doesn't have.
"""

from __future__ import annotations

from functools import cache
from typing import Any

PARTITION = "aws"
"""The place of what has no region: IAM, S3, Organizations."""


@cache
def backends_of(service: str) -> Any:
    """Moto's backends of a service: account → region → backend.

    Args:
        service: moto's name of it.
    """
    if service == "lambda":
        # The one that runs no containers: see `simulator.backend.adapt`.
        from moto.awslambda_simple.models import lambda_simple_backends

        return lambda_simple_backends
    from moto.backends import get_backend

    found: Any = get_backend
    return found(service)


def held(service: str, account: str, region: str = PARTITION) -> Any:
    """Moto's backend of a service in an account and region; ``None``: nobody has used it."""
    accounts = backends_of(service)
    # dict.get does not create the region's backend as subscription would.
    return accounts[account].get(region) if account in accounts else None


def latest_function(account: str, region: str, name: str) -> Any:
    """Moto's Lambda function of this name, as it is now; ``None``: there is none."""
    backend = held("lambda", account, region)
    versions = backend._lambdas._functions.get(name) if backend is not None else None
    return versions["latest"] if versions else None
