"""Short ways to write a policy and a question in the tests of the evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.iam import (
    AttachedPolicy,
    ContextValue,
    Decision,
    DocumentKind,
    PolicySet,
    Request,
    evaluate,
    parse_policy,
)

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
APP = f"arn:aws:iam::{ACCOUNT}:role/App"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/App/alice"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OBJECT = "arn:aws:s3:::data-prod/report.csv"

Statement = dict[str, Any]


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> Statement:
    """An Allow statement; further elements by keyword."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> Statement:
    """A Deny statement; further elements by keyword."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trusts(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> Statement:
    """A statement of a trust policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def document(*statements: Statement, version: str | None = "2012-10-17") -> dict[str, Any]:
    """A policy document."""
    body: dict[str, Any] = {"Statement": list(statements)}
    return body if version is None else {"Version": version, **body}


def attached(
    *statements: Statement, kind: DocumentKind = "identity", version: str | None = "2012-10-17"
) -> AttachedPolicy:
    """A policy, attached."""
    return AttachedPolicy(parse_policy(document(*statements, version=version), kind), "test")


def ask(
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    *,
    principal: str = SESSION,
    resource_account: str = ACCOUNT,
    context: Mapping[str, ContextValue] | None = None,
    identity: Sequence[Statement] = (),
    session: Sequence[Statement] | None = None,
    boundary: Sequence[Statement] | None = None,
    resource_policy: Sequence[Statement] | None = None,
    trust: Sequence[Statement] | None = None,
    service_control: Sequence[Sequence[Statement]] = (),
    resource_control: Sequence[Sequence[Statement]] = (),
    version: str | None = "2012-10-17",
    federated: str | None = None,
    federated_by: str | None = None,
) -> Decision:
    """Decide a request by policies given as statements."""
    of_resource = attached(*resource_policy, kind="resource") if resource_policy else None
    if trust is not None:
        of_resource = attached(*trust, kind="trust")
    policies = PolicySet(
        identity=(attached(*identity, version=version),) if identity else (),
        session=None if session is None else (attached(*session, kind="session"),),
        boundary=None if boundary is None else attached(*boundary, kind="boundary"),
        resource=of_resource,
        service_control=tuple(
            (attached(*level, kind="service-control"),) for level in service_control
        ),
        resource_control=tuple(
            (attached(*level, kind="resource-control"),) for level in resource_control
        ),
    )
    request = Request(
        principal,
        action,
        resource,
        resource_account,
        context or {},
        federated=federated,
        federated_by=federated_by,
    )
    return evaluate(request, policies)


def holds(
    operator: str,
    key: str,
    values: Any,
    context: Mapping[str, ContextValue],
    version: str = "2012-10-17",
) -> bool:
    """Whether a condition is met, seen from the decision it makes."""
    statement = allow(Condition={operator: {key: values}})
    return ask(identity=[statement], context=context, version=version).allowed
