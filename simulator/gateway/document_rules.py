"""What each service says of a policy document that it doesn't save.

A document must be one AWS would take, may name only users and roles that exist, and in some
services only actions of that service. S3's bucket policies have a file of their own.

Source: SDK error reports of each service; Secrets Manager User Guide, "Attach a permissions
policy to a secret"; SNS Developer Guide, "Invalid parameter: Policy statement action out of
service scope!".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.backend.organizations import policy_type_of
from simulator.gateway.iam_rules import unknown_principal
from simulator.gateway.stages import AwsError, Caller, Operation
from simulator.gateway.world import World
from simulator.iam import DocumentKind, MalformedPolicyDocument, Policy, parse_policy

Check = Callable[[Operation, Caller, World], None]


@dataclass(frozen=True, slots=True)
class Words:
    """How a service refuses a document.

    Attributes:
        code: the error's code.
        form: of what is no policy; ``None``: as IAM says it.
        principal: of a user or role that does not exist, who is put into ``{}``; ``None``: the
            service does not look.
        vendor: the service whose actions alone the document may name, if it looks.
        scope: of an action of another service.
        service: of what cannot be a service's principal, which is put into ``{}``; ``None``: it
            does not look.
    """

    code: str
    form: str | None = None
    principal: str | None = None
    vendor: str | None = None
    scope: str = ""
    service: str | None = None


IDENTITY = Words("MalformedPolicyDocument")
TRUST = Words(
    "MalformedPolicyDocument",
    principal='Invalid principal in policy: "AWS":"{}"',
    service='Invalid principal in policy: "SERVICE":"{}"',
)
ORGANIZATION = Words("MalformedPolicyDocumentException")
QUEUE = Words(
    "InvalidAttributeValue",
    "Invalid value for the parameter Policy.",
    "Invalid value for the parameter Policy.",
    "sqs",
    "Invalid value for the parameter Policy.",
)
TOPIC = Words(
    "InvalidParameter",
    "Invalid parameter: Policy Error: null",
    "Invalid parameter: Policy Error: PrincipalNotFound",
    "sns",
    "Invalid parameter: Policy statement action out of service scope!",
)
KEY = Words(
    "MalformedPolicyDocumentException",
    principal="Policy contains a statement with one or more invalid principals.",
)
SECRET = Words(
    "MalformedPolicyDocumentException",
    "This resource policy contains a syntax error.",
    "This resource policy contains an unsupported principal.",
)
TABLE = Words(
    "ValidationException",
    "One or more parameter values were invalid: Invalid policy document",
    "One or more parameter values were invalid: Invalid principal in policy document.",
)
_OF_NEW_TOPIC = "Invalid parameter: Attributes Reason: "


def document(parameter: str, kind: DocumentKind, words: Words) -> Check:
    """A check of the document in a parameter.

    Args:
        parameter: its name, or the way to it: ``Attributes.Policy``.
        kind: what the document is for.
        words: how the service refuses it.
    """

    def check(operation: Operation, caller: Caller, world: World) -> None:
        found = _at(operation.parameters, parameter)
        if found is not None:
            check_document(found, kind, words, world)

    return check


def check_document(given: object, kind: DocumentKind, words: Words, world: World) -> None:
    """Refuse a document that the service would.

    Raises:
        AwsError: 400, in the service's words and, where it is the form, with the place.
    """
    try:
        policy = parse_policy(given if isinstance(given, Mapping) else str(given), kind)
    except MalformedPolicyDocument as error:
        place = f" ({error.place})" if error.place else ""
        raise AwsError(words.code, f"{words.form or error.message}{place}") from error
    if words.vendor is not None and not _within(policy, words.vendor):
        raise AwsError(words.code, words.scope)
    if words.service is not None and (name := _no_service(policy)) is not None:
        raise AwsError(words.code, words.service.format(name))
    if words.principal is None:
        return
    unknown = unknown_principal(policy.document, world)
    if unknown is not None:
        raise AwsError(words.code, words.principal.format(unknown))


def check_topic_attribute(operation: Operation, caller: Caller, world: World) -> None:
    """`SetTopicAttributes`, where the attribute is the policy."""
    if operation.parameters.get("AttributeName") == "Policy":
        check_document(operation.parameters.get("AttributeValue", ""), "resource", TOPIC, world)


def check_new_topic(operation: Operation, caller: Caller, world: World) -> None:
    """`CreateTopic` says of each attribute that it is one."""
    attributes = operation.parameters.get("Attributes")
    if not isinstance(attributes, Mapping) or "Policy" not in attributes:
        return
    try:
        check_document(attributes["Policy"], "resource", TOPIC, world)
    except AwsError as error:
        text = error.message.removeprefix("Invalid parameter: ")
        raise AwsError(error.code, f"{_OF_NEW_TOPIC}{text}", error.status) from error


def check_function_principal(operation: Operation, caller: Caller, world: World) -> None:
    """`AddPermission`: a user or role must exist."""
    named = str(operation.parameters.get("Principal", ""))
    statement = {"Statement": {"Principal": {"AWS": named}}}
    if named.startswith("arn:") and unknown_principal(statement, world) is not None:
        raise AwsError(
            "InvalidParameterValueException",
            "The provided principal was invalid. Please check the principal and try again.",
        )


def check_organization_policy(operation: Operation, caller: Caller, world: World) -> None:
    """An SCP or RCP; the other kinds of policies are not IAM's."""
    given = operation.parameters
    asked = given.get("Type") or policy_type_of(str(given.get("PolicyId")))
    kind = _ORGANIZATION_POLICIES.get(str(asked))
    content = given.get("Content")
    if kind is not None and content:
        check_document(content, kind, ORGANIZATION, world)


def _at(parameters: Mapping[str, Any], path: str) -> Any:
    """The parameter at a path such as ``Attributes.Policy``; ``None`` where there is none."""
    found: Any = parameters
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found or None


def _within(policy: Policy, vendor: str) -> bool:
    """Whether all actions may be the service's own."""
    return all(
        action == "*" or action.lower().startswith(f"{vendor}:")
        for statement in policy.statements
        for action in statement.actions
    )


def _no_service(policy: Policy) -> str | None:
    """A principal that is none of AWS's services, by its form: there is no list of them all."""
    entries = (
        entry
        for statement in policy.statements
        for entry in (statement.principals.entries if statement.principals else ())
    )
    named = (value for kind, value in entries if kind == "Service")
    return next((name for name in named if not _SERVICE.fullmatch(name)), None)


_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal|aws\.com)")
_ORGANIZATION_POLICIES: Mapping[str, DocumentKind] = {
    "SERVICE_CONTROL_POLICY": "service-control",
    "RESOURCE_CONTROL_POLICY": "resource-control",
}
