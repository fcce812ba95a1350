"""What S3 says of a bucket policy that it doesn't save.

S3 checks more of a policy than IAM does, and in words of its own; all are 400
`MalformedPolicy`.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.gateway.actions.s3_names import ON_BUCKET, ON_OBJECT
from simulator.gateway.iam_rules import unknown_principal
from simulator.gateway.stages import AwsError, Caller, Operation
from simulator.gateway.world import World
from simulator.iam import MalformedPolicyDocument, Policy, parse_policy
from simulator.iam.matching import glob
from simulator.iam.statement import Statement

_ARN = "arn:aws:s3:::"
_NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"
_BROKEN_JSON = "This policy contains invalid Json"
_IN_S3S_WORDS = {
    "Syntax errors in policy.": "Invalid policy syntax.",
    "Policy statement must contain actions.": "Missing required field Action",
    "Policy statement must contain resources.": "Missing required field Resource",
}
"""What S3 says where IAM says something else of the same mistake."""
_OF_ELEMENT = {
    "Action": "Policy has invalid action",
    "NotAction": "Policy has invalid action",
    "Resource": "Policy has invalid resource",
    "NotResource": "Policy has invalid resource",
    "AWS": "Invalid principal in policy",
}
"""What S3 says of all other mistakes in an element, where IAM has many texts."""


def check_bucket_policy(operation: Operation, caller: Caller, world: World) -> None:
    """Refuse what S3 refuses: form, principals, actions, resources, and what does not fit.

    Raises:
        AwsError: 400 `MalformedPolicy`, or `MissingRequestBodyError`.
    """
    bucket = str(operation.parameters.get("Bucket"))
    if world.lookup.bucket_account(bucket) is None:
        return  # that there is no such bucket is told by the service itself
    text = str(operation.parameters.get("Policy") or "")
    if not text:
        raise AwsError("MissingRequestBodyError", "Request Body is empty")
    policy = _parsed(text)
    if unknown_principal(policy.document, world) is not None:
        raise _malformed("Invalid principal in policy")
    for statement in policy.statements:
        _check_statement(statement, bucket)


def _parsed(text: str) -> Policy:
    if not text.startswith("{"):
        raise _malformed(_NOT_JSON)
    try:
        return parse_policy(text, "resource")
    except MalformedPolicyDocument as error:
        if error.place.startswith("line "):
            raise _malformed(f"{_BROKEN_JSON} ({error.place})") from error
        element = error.place.rpartition(".")[2]
        message = _IN_S3S_WORDS.get(error.message) or _OF_ELEMENT.get(element, error.message)
        place = f" ({error.place})" if error.place else ""
        raise _malformed(f"{message}{place}") from error


def _check_statement(statement: Statement, bucket: str) -> None:
    named = [tuple(_named_by(pattern)) for pattern in statement.actions]
    if not all(named):
        raise _malformed("Policy has invalid action")
    if not statement.resources:
        raise _malformed("Missing required field Resource")
    if not all(_may_be_of(resource, bucket) for resource in statement.resources):
        raise _malformed("Policy has invalid resource")
    if statement.not_action or statement.not_resource:
        return
    reached = frozenset[str]().union(*map(_actions_on, statement.resources))
    if not all(reached.intersection(actions) for actions in named):
        raise _malformed("Action does not apply to any resource(s) in statement")


def _named_by(pattern: str) -> Iterator[str]:
    """The actions of S3 that a value of `Action` names, whatever its letters' case."""
    vendor, _, name = pattern.lower().partition(":")
    if pattern == "*":
        name = "*"
    elif vendor != "s3":
        return
    matches = glob(name)
    yield from (action for action in _ACTIONS if matches(action))


def _may_be_of(resource: str, bucket: str) -> bool:
    """Whether a resource can be this bucket or in it; a variable is told by each request."""
    if not resource.startswith(_ARN):
        return False
    named = resource.removeprefix(_ARN).partition("/")[0]
    return "${" in named or glob(named)(bucket)


def _actions_on(resource: str) -> frozenset[str]:
    """The actions on what a resource can be: a bucket's ARN has no slash, an object's has."""
    rest = _VARIABLE.sub("*", resource.removeprefix(_ARN))
    if "/" in rest:
        return _LOWER_ON_OBJECT
    return _ACTIONS if "*" in rest else _LOWER_ON_BUCKET


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicy", message)


_LOWER_ON_BUCKET = frozenset(name.lower() for name in ON_BUCKET)
_LOWER_ON_OBJECT = frozenset(name.lower() for name in ON_OBJECT)
_ACTIONS = _LOWER_ON_BUCKET | _LOWER_ON_OBJECT
_VARIABLE = re.compile(r"\$\{[^}]*\}")
