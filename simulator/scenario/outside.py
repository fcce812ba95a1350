"""Acts that are no AWS calls: what identity providers sign, presigned URLs, opening them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ParamValidationError

from simulator.identity_providers.saml import Statement
from simulator.scenario.acts import AssertionAct, PresignAct, TokenAct
from simulator.scenario.commands import prepared

if TYPE_CHECKING:
    from simulator.scenario.story import Story


class OutsideError(Exception):
    """The act asks for something the world doesn't have."""


def sign_token(story: Story, act: TokenAct) -> tuple[str, str]:
    """Have an OIDC provider sign a JWT; returns the remark for the terminal, and the token."""
    asked = act.token
    provider = story.lab.world.identity_providers.oidc(asked.provider)
    token = provider.token(
        story.filled(asked.subject),
        now=story.lab.clock.now(),
        audience=story.filled(asked.audience),
        lifetime=asked.lifetime,
        claims=story.filled(asked.claims),
    )
    about = f"sub={story.filled(asked.subject)} aud={story.filled(asked.audience)}"
    remark = f"got a token from {asked.provider}: {about}"
    if asked.tampered:
        changes = story.filled(asked.tampered)
        token = _rewritten(token, changes)
        remark += "; changed " + " ".join(f"{name}={value}" for name, value in changes.items())
    return remark, token


def sign_assertion(story: Story, act: AssertionAct) -> tuple[str, str]:
    """Have a SAML provider sign an assertion; returns the remark, and the base64 response.

    Raises:
        OutsideError: the world has no such provider or role.
    """
    asked = act.assertion
    names = story.names()
    try:
        registered, role = names["saml"][asked.provider], names["roles"][asked.role]
    except KeyError as error:
        raise OutsideError(f"the world has no provider or role {error}") from None
    statement = Statement(
        subject=story.filled(asked.subject),
        roles=[(role["Arn"], registered["Arn"])],
        session_name=story.filled(asked.session_name),
        session_duration=asked.session_duration,
        source_identity=asked.source_identity,
        tags=story.filled(asked.tags),
    )
    provider = story.lab.world.identity_providers.saml(registered["Issuer"])
    signed = provider.response(statement, now=story.lab.clock.now())
    remark = f"got an assertion from {asked.provider} for {asked.subject}"
    if asked.tampered:
        signed = _tampered(signed, story.filled(asked.tampered))
        remark += ", and changed it"
    return remark, signed


def presign(story: Story, act: PresignAct) -> tuple[str, str]:
    """Sign a request into a URL; returns the AWS CLI command that does so, and the URL.

    Raises:
        OutsideError: the parameters are wrong, or the signer has no key.
    """
    asked = act.presign
    service, _, operation = asked.call.partition(".")
    signer = story.actor(asked.actor, asked.using)
    if signer.keys is None:
        raise OutsideError(f"{asked.actor} has no key to sign with")
    parameters = prepared(service, operation, story.filled(asked.parameters))
    seconds = int(asked.expires.total_seconds())
    try:
        url: Any = signer.client(service).generate_presigned_url(
            xform_name(operation), Params=parameters, ExpiresIn=seconds
        )
    except ParamValidationError as error:
        raise OutsideError(" ".join(str(error).split())) from None
    where = f"s3://{parameters.get('Bucket')}/{parameters.get('Key', '')}"
    return f"aws s3 presign {where} --expires-in {seconds}", str(url)


def _rewritten(token: str, claims: Mapping[str, Any]) -> str:
    """The token with other claims and its old signature."""
    head, body, signature = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    changed = json.dumps({**content, **claims}, separators=(",", ":")).encode()
    return ".".join((head, base64.urlsafe_b64encode(changed).decode().rstrip("="), signature))


def _tampered(signed: str, changes: dict[str, str]) -> str:
    text = base64.b64decode(signed).decode()
    for was, becomes in changes.items():
        if was not in text:
            raise OutsideError(f"the assertion doesn't contain {was!r}")
        text = text.replace(was, becomes)
    return base64.b64encode(text.encode()).decode()
