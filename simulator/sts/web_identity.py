"""`AssumeRoleWithWebIdentity`: into a role with a JWT of a provider the account registered.

Source: STS API Reference, AssumeRoleWithWebIdentity; IAM User Guide, "Create a role for
OpenID Connect federation", "IAM and AWS STS condition context keys" (OIDC federation), "Pass
session tags in AWS STS" (AssumeRoleWithWebIdentity).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.backend.registered import RegisteredOidc, oidc_provider
from simulator.gateway.stages import AwsError, Call, Check, ContextValue, Presented, WireResponse
from simulator.gateway.world import World
from simulator.identity_providers.oidc import ALGORITHM, SOURCE_IDENTITY_CLAIM, TAGS_CLAIM
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer
from simulator.sts.roles import check_role_arn, find_role, open_session, session_seconds
from simulator.sts.tags import SessionTags, session_tags, tag_request_context

_NOT_A_JWT = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token whose signature, issuer, audience and times are right.

    Attributes:
        provider: the registered provider that issued it.
        audience: ``aud``, or ``azp`` where the token has one.
        subject: ``sub``.
        claims: all claims.
        tags: session tags in the token.
        source_identity: source identity in the token.
    """

    provider: RegisteredOidc
    audience: str
    subject: str
    claims: Mapping[str, Any]
    tags: SessionTags
    source_identity: str | None

    def context(self) -> dict[str, ContextValue]:
        """The provider's condition keys: ``<issuer>:aud``, ``:sub``, ``:amr``, ``:oaud``."""
        name = self.provider.name
        keys: dict[str, ContextValue] = {
            f"{name}:aud": self.audience,
            f"{name}:sub": self.subject,
        }
        if "amr" in self.claims:
            keys[f"{name}:amr"] = tuple(_texts(self.claims["amr"]))
        if "email" in self.claims:
            keys[f"{name}:email"] = str(self.claims["email"])
        if "azp" in self.claims:
            audiences = _texts(self.claims.get("aud"))
            keys[f"{name}:oaud"] = audiences[0] if len(audiences) == 1 else tuple(audiences)
        return keys


def prepare(call: Call, world: World) -> Presented:
    """Verify the token, and say what it proves.

    Raises:
        AwsError: `ValidationError`, `InvalidIdentityToken`, `ExpiredTokenException`, or
            `IDPRejectedClaim`.
    """
    check_parameters(call.operation)
    check_role_arn(str(call.operation.parameters["RoleArn"]))
    parameters = call.operation.parameters
    account = _account_of(str(parameters["RoleArn"]))
    token = verify_token(str(parameters["WebIdentityToken"]), account, world, call.wire.at)
    return Presented(
        context={
            **token.context(),
            **tag_request_context(token.tags),
            **({"sts:SourceIdentity": token.source_identity} if token.source_identity else {}),
        },
        federated=token.provider.arn,
        facts={"token": token},
        checks=extra_checks(call, token.tags, token.source_identity),
    )


def assume_role_with_web_identity(call: Call, world: World) -> WireResponse:
    """Issue a session of the role; the trust policy has allowed it already."""
    parameters = call.operation.parameters
    token: VerifiedToken = call.presented.facts["token"]
    role = find_role(parameters["RoleArn"], world)
    result = open_session(
        call.operation,
        world,
        call.wire.at,
        role,
        kind="web-identity",
        seconds=session_seconds(parameters.get("DurationSeconds"), role),
        session_name=parameters["RoleSessionName"],
        tags=token.tags,
        source_identity=token.source_identity,
        federated_provider=token.provider.arn,
        federated_keys=token.context(),
    )
    return answer(
        "AssumeRoleWithWebIdentity",
        {
            **result,
            "SubjectFromWebIdentityToken": token.subject,
            "Provider": token.provider.arn,
            "Audience": token.audience,
        },
    )


def verify_token(text: str, account: str, world: World, now: datetime) -> VerifiedToken:
    """Check a token as AWS does: issuer, audience, key, signature, times.

    Args:
        text: the JWT.
        account: 12 digits; where its issuer must be registered.
        world: where that is looked up, and which providers the lab runs.
        now: lab time.

    Raises:
        AwsError: `InvalidIdentityToken`, `ExpiredTokenException`, `IDPRejectedClaim`.
    """
    import jwt

    try:
        header = jwt.get_unverified_header(text)
        claims = jwt.decode(text, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError) as error:
        raise _invalid(_NOT_A_JWT) from error
    issuer = str(claims.get("iss", ""))
    registered = oidc_provider(account, issuer.partition("://")[2].rstrip("/"))
    if registered is None:
        raise _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
    audiences = _texts(claims.get("azp", claims.get("aud")))
    accepted = [audience for audience in audiences if audience in registered.client_ids]
    if not accepted:
        raise _invalid("Incorrect token audience")
    provider = world.identity_providers.find_oidc(issuer)
    # Nothing leaves this machine: only keys of providers the lab runs can be had.
    if provider is None or header.get("kid") != provider.key_id:
        raise _invalid(_NO_KEY)
    try:
        key = jwt.PyJWK(provider.key_set()["keys"][0])
        jwt.decode(text, key, algorithms=[ALGORITHM], options=_SIGNATURE_ALONE)
    except jwt.InvalidTokenError as error:
        raise _invalid("The token's signature could not be verified") from error
    _check_times(claims, now)
    if str(claims.get("jti")) in provider.withdrawn:
        raise AwsError("IDPRejectedClaim", "The identity provider rejected the claim", 403)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise _invalid("Missing a required claim: sub")
    tags = _tags(claims.get(TAGS_CLAIM))
    source = claims.get(SOURCE_IDENTITY_CLAIM)
    return VerifiedToken(
        registered, accepted[0], subject, claims, tags, str(source) if source else None
    )


def extra_checks(call: Call, tags: SessionTags, source_identity: str | None) -> tuple[Check, ...]:
    """What the trust policy must allow besides, for what the proof carries."""
    arn = str(call.operation.parameters["RoleArn"])
    wanted = {"sts:TagSession": tags.values, "sts:SetSourceIdentity": source_identity}
    own = next((check for check in call.operation.checks if check.resource == arn), None)
    if own is None:
        return ()
    return tuple(
        Check(action, arn, own.context, own.resource_account)
        for action, needed in wanted.items()
        if needed
    )


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """`exp`, `iat` and `nbf` by lab time, without leeway."""
    at = now.timestamp()
    try:
        expires, issued = float(claims["exp"]), float(claims["iat"])
        begins = float(claims.get("nbf", issued))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _invalid("Missing a required claim: exp or iat") from error
    if at >= expires:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(at)} must be before the expiration "
            f"date/time {int(expires)}",
        )
    if at < max(issued, begins):
        raise _invalid("The ID Token is not valid yet")


def _tags(claim: Any) -> SessionTags:
    if not isinstance(claim, Mapping):
        return SessionTags()
    tags = claim.get("principal_tags")
    passed = [
        (str(key), value)
        for key, values in (tags.items() if isinstance(tags, Mapping) else ())
        for value in _texts(values)[:1]
    ]
    return session_tags(passed, _texts(claim.get("transitive_tag_keys")))


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _account_of(role_arn: str) -> str:
    parts = role_arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message, 400)


_SIGNATURE_ALONE: Any = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_sub": False,
    "verify_jti": False,
    "verify_iss": False,
}
