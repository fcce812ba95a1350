"""What a request must be allowed: IAM action, resource and condition keys of each check.

The maps are data, a module a service, following the Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.gateway.actions import (
    apigateway,
    awslambda,
    dynamodb,
    ec2,
    general,
    iam,
    kms,
    logs,
    organizations,
    s3,
    s3control,
    secretsmanager,
    sns,
    sqs,
    ssm,
    sts,
)
from simulator.gateway.actions.lookup import Lookup
from simulator.gateway.actions.rules import Asked, Rules, Table
from simulator.gateway.recognition.models import needs_no_signature
from simulator.gateway.recognition.parameters import is_malformed
from simulator.gateway.stages import AwsError, Check, Operation, WireRequest

__all__ = ["Lookup", "checks_for"]


def _from_table(table: Table) -> Callable[[Asked], Rules]:
    return lambda asked: table.get(asked.operation.name) or general.rules(asked)


_RULES: Mapping[str, Callable[[Asked], Rules]] = {
    "apigateway": apigateway.rules,
    "dynamodb": dynamodb.rules,
    "ec2": ec2.rules,
    "iam": iam.rules,
    "kms": kms.rules,
    "lambda": awslambda.rules,
    "logs": logs.rules,
    "organizations": organizations.rules,
    "s3": s3.rules,
    "s3control": s3control.rules,
    "s3-object-lambda": s3.rules,
    "s3express": s3.rules,
    "secretsmanager": secretsmanager.rules,
    "sns": sns.rules,
    "sqs": sqs.rules,
    "ssm": ssm.rules,
    "sts": _from_table(sts.RULES),
}

_PERMISSIONLESS: Mapping[str, frozenset[str]] = {
    "s3": s3.PERMISSIONLESS,
    "sts": sts.PERMISSIONLESS,
}
"""Operations that no policy governs."""


def _is_free(operation: Operation) -> bool:
    """Whether no policy governs an operation.

    That goes for all that is called unsigned, but for STS's, which trust policies govern:
    https://docs.aws.amazon.com/cognito/latest/developerguide/resource-permissions.html
    """
    if operation.name in _PERMISSIONLESS.get(operation.service, ()):
        return True
    return operation.service != "sts" and needs_no_signature(operation.service, operation.name)


def checks_for(
    operation: Operation,
    wire: WireRequest,
    lookup: Lookup,
    account: str,
    username: str | None = None,
    source_identity: str | None = None,
) -> tuple[Check, ...]:
    """Everything that must be allowed for an operation, once its caller is known.

    Args:
        operation: what `identify` found.
        wire: the same request.
        lookup: the state of the world.
        account: the caller's account; for an anonymous caller, the one the lab serves.
        username: the caller's name where it is an IAM user.
        source_identity: what the caller's session carries, which a chained `AssumeRole`
            hands on.

    Returns:
        The checks, empty only for operations that need no permission.

    Raises:
        AwsError: the request is too broken to say what it touches.
    """
    if _is_free(operation):
        return ()
    if operation.protocol == "json" and not operation.parameters and is_malformed(wire):
        raise AwsError("SerializationException", "", 400)
    asked = Asked(operation, wire, lookup, account, username, source_identity)
    rules = _RULES.get(_table_of(operation), general.rules)(asked)
    checks = tuple(check for rule in rules for check in rule.checks(asked))
    # A request that names nothing (`GetParameters` of no parameter) is not free for that.
    return checks or (Check(rules[0].action, "*"),)


def _table_of(operation: Operation) -> str:
    # S3 Control signs as S3 but is another API: plain rest-xml.
    is_control = operation.service == "s3" and operation.protocol == "rest-xml"
    return "s3control" if is_control else operation.service
