"""`AssumeRoleWithSAML`: into a role with a signed assertion of a registered provider.

Source: STS API Reference, AssumeRoleWithSAML; IAM User Guide, "Configure SAML assertions for
the authentication response", "IAM and AWS STS condition context keys" (SAML federation).
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from simulator.backend import RoleView
from simulator.backend.registered import saml_metadata
from simulator.gateway.stages import AwsError, Call, ContextValue, Presented, WireResponse
from simulator.gateway.world import World
from simulator.identity_providers.saml import ATTRIBUTES
from simulator.sts.assertions import Assertion, invalid, read_response
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer
from simulator.sts.roles import check_role_arn, find_role, open_session, session_seconds
from simulator.sts.tags import SessionTags, session_tags, tag_request_context
from simulator.sts.web_identity import extra_checks

_NAME_ID_FORMAT = re.compile(r"urn:oasis:names:tc:SAML:2\.0:nameid-format:")
_SESSION_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
_TAG_PREFIX = "PrincipalTag:"
_SESSION_SECONDS = range(900, 43_200 + 1)


def prepare(call: Call, world: World) -> Presented:
    """Verify the assertion, and say what it proves.

    Raises:
        AwsError: `ValidationError`, `InvalidIdentityToken`, `ExpiredTokenException`, or
            `AccessDenied` where the assertion does not offer this role.
    """
    check_parameters(call.operation)
    check_role_arn(str(call.operation.parameters["RoleArn"]))
    parameters = call.operation.parameters
    provider = str(parameters["PrincipalArn"])
    metadata = saml_metadata(provider)
    if metadata is None:
        raise invalid("Specified provider doesn't exist")
    assertion = read_response(str(parameters["SAMLAssertion"]), metadata, call.wire.at)
    _check_role_offered(assertion, str(parameters["RoleArn"]), provider)
    tags, source_identity = _tags(assertion), _source_identity(assertion)
    name = _session_name(assertion)
    return Presented(
        context={
            **saml_context(assertion, provider),
            "sts:RoleSessionName": name,
            **tag_request_context(tags),
            **({"sts:SourceIdentity": source_identity} if source_identity else {}),
        },
        federated=provider,
        facts={"assertion": assertion, "tags": tags, "source_identity": source_identity},
        checks=extra_checks(call, tags, source_identity),
    )


def assume_role_with_saml(call: Call, world: World) -> WireResponse:
    """Issue a session of the role; the trust policy has allowed it already."""
    parameters, facts = call.operation.parameters, call.presented.facts
    assertion: Assertion = facts["assertion"]
    provider = str(parameters["PrincipalArn"])
    role = find_role(parameters["RoleArn"], world)
    context = saml_context(assertion, provider)
    result = open_session(
        call.operation,
        world,
        call.wire.at,
        role,
        kind="saml",
        seconds=_seconds(call, assertion, role),
        session_name=_session_name(assertion),
        tags=facts["tags"],
        source_identity=facts["source_identity"],
        federated_provider=provider,
        federated_keys=context,
    )
    return answer(
        "AssumeRoleWithSAML",
        {
            **result,
            "Subject": assertion.subject,
            "SubjectType": context["SAML:sub_type"],
            "Issuer": assertion.issuer,
            "Audience": assertion.recipient,
            "NameQualifier": context["SAML:namequalifier"],
        },
    )


def saml_context(assertion: Assertion, provider: str) -> dict[str, ContextValue]:
    """The ``SAML:…`` condition keys of an assertion."""
    account, _, name = provider.partition("::")[2].partition(":saml-provider/")
    document = f"{account}/{name}"
    digest = hashlib.sha1(f"{assertion.issuer}{document}".encode(), usedforsecurity=False).digest()
    return {
        "SAML:aud": assertion.recipient,
        "SAML:iss": assertion.issuer,
        "SAML:sub": assertion.subject,
        "SAML:sub_type": _NAME_ID_FORMAT.sub("", assertion.subject_format),
        "SAML:namequalifier": base64.b64encode(digest).decode(),
        "SAML:doc": document,
    }


def _check_role_offered(assertion: Assertion, role: str, provider: str) -> None:
    """The `Role` attribute must hold the pair of role and provider, in either order."""
    pairs = {
        frozenset(part.strip() for part in value.split(","))
        for value in assertion.attributes.get("Role", ())
    }
    if not pairs:
        raise invalid("Role is required in AuthnResponse")
    if frozenset((role, provider)) not in pairs:
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)


def _session_name(assertion: Assertion) -> str:
    name = assertion.first("RoleSessionName")
    if not name:
        raise invalid("RoleSessionName is required in AuthnResponse")
    if not _SESSION_NAME.fullmatch(name):
        raise invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    return name


def _source_identity(assertion: Assertion) -> str | None:
    identity = assertion.first("SourceIdentity")
    if identity is None:
        return None
    if not _SESSION_NAME.fullmatch(identity) or identity.startswith("aws:"):
        raise invalid(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        )
    return identity


def _tags(assertion: Assertion) -> SessionTags:
    passed = [
        (name.removeprefix(_TAG_PREFIX), values[0])
        for name, values in assertion.attributes.items()
        if name.startswith(_TAG_PREFIX) and values
    ]
    return session_tags(passed, assertion.attributes.get("TransitiveTagKeys", ()))


def _seconds(call: Call, assertion: Assertion, role: RoleView) -> int:
    """The shortest of `DurationSeconds`, `SessionDuration` and `SessionNotOnOrAfter`."""
    asked: Any = call.operation.parameters.get("DurationSeconds")
    offered = assertion.first("SessionDuration")
    if offered is not None and not _is_session_duration(offered):
        raise invalid(f"{ATTRIBUTES}SessionDuration in AuthnResponse must be 900 to 43200")
    limits = [int(each) for each in (asked, offered) if each is not None]
    seconds = session_seconds(min(limits) if limits else None, role)
    if assertion.session_ends is not None:
        left = int((assertion.session_ends - call.wire.at).total_seconds())
        seconds = max(1, min(seconds, left))
    return seconds


def _is_session_duration(text: str) -> bool:
    return re.fullmatch("[0-9]{3,5}", text) is not None and int(text) in _SESSION_SECONDS
