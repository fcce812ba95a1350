"""Acts that are no AWS calls: what identity providers sign, presigned URLs, opening them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.exceptions import ParamValidationError

from simulator.actors import Keys
from simulator.identity_providers.saml import Statement
from simulator.scenario.schema.outside import (
    AssertionAct,
    EnvironmentAct,
    MetadataAct,
    PresignAct,
    Presigned,
    TokenAct,
)
from simulator.scenario.story.commands import prepared
from simulator.scenario.story.deeds import StoryError
from simulator.workloads import WorkloadError, function_environment

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story


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
        StoryError: the world has no such provider or role.
    """
    asked = act.assertion
    names = story.names()
    try:
        registered, role = names["saml"][asked.provider], names["roles"][asked.role]
    except KeyError as error:
        raise StoryError(f"the world has no provider or role {error}") from None
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
        StoryError: the parameters are wrong, or the signer has no key.
    """
    asked = act.presign
    service, _, operation = asked.call.partition(".")
    signer = story.actor(asked.actor, asked.using)
    if signer.keys is None:
        raise StoryError(f"{asked.actor} has no key to sign with")
    parameters = prepared(service, operation, story.filled(asked.parameters))
    seconds = int(asked.expires.total_seconds())
    try:
        url: Any = signer.client(service).generate_presigned_url(
            xform_name(operation), Params=parameters, ExpiresIn=seconds
        )
    except ParamValidationError as error:
        raise StoryError(" ".join(str(error).split())) from None
    return presign_command(asked, parameters), str(url)


def presign_command(asked: Presigned, parameters: Mapping[str, Any]) -> str:
    """What makes a URL in a terminal: the AWS CLI presigns nothing but reading an object."""
    if asked.call != "s3.GetObject":
        return f"# a presigned URL for {asked.call}"
    where = f"s3://{parameters.get('Bucket')}/{parameters.get('Key', '')}"
    return f"aws s3 presign {where} --expires-in {int(asked.expires.total_seconds())}"


def read_metadata(story: Story, act: MetadataAct) -> tuple[str, str, int, Keys | None]:
    """Ask IMDS for the credentials of an instance's role, over HTTP.

    Returns:
        The last command, what it printed, the last HTTP status, and the credentials.

    Raises:
        StoryError: the world has no such instance.
    """
    asked = act.metadata
    instances = story.names()["instances"]
    if asked.instance not in instances:
        raise StoryError(f"the world has no instance {asked.instance!r}")
    base = story.lab.imds.url_of(instances[asked.instance]["InstanceId"])
    headers, option = {}, ""
    if asked.version == 2:
        status, token = _http(
            "PUT", f"{base}/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}
        )
        if status != HTTPStatus.OK:
            return f"curl -X PUT {_IMDS}/latest/api/token", token, status, None
        headers, option = {"X-aws-ec2-metadata-token": token}, ' -H "X-aws-ec2-metadata-token: …"'
    where = "/latest/meta-data/iam/security-credentials/"
    status, role = _http("GET", f"{base}{where}", headers)
    if status == HTTPStatus.OK:
        where += role.strip()
        status, text = _http("GET", f"{base}{where}", headers)
    else:
        text = role
    command = f"curl{option} {_IMDS}{where}"
    if status != HTTPStatus.OK:
        return command, f"{status} {HTTPStatus(status).phrase}", status, None
    found = json.loads(text)
    if "AccessKeyId" not in found:
        return command, text, status, None
    keys = Keys(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        found["Token"],
        datetime.fromisoformat(found["Expiration"]),
    )
    found["Token"] = f"{found['Token'][:24]}…"
    return command, json.dumps(found, indent=2, ensure_ascii=False), status, keys


def read_environment(story: Story, act: EnvironmentAct) -> tuple[str, str, Keys]:
    """The credentials in a function's environment; command, what it printed, and the keys.

    Raises:
        StoryError: the function has none.
    """
    asked = act.environment
    try:
        keys = function_environment(story.lab, asked.function, cold_start=asked.cold_start)
    except WorkloadError as error:
        raise StoryError(str(error)) from None
    token = (keys.session_token or "")[:24]
    lines = (
        f"AWS_ACCESS_KEY_ID={keys.access_key_id}",
        f"AWS_SECRET_ACCESS_KEY={keys.secret_access_key}",
        f"AWS_SESSION_TOKEN={token}…",
    )
    return "env | grep ^AWS_", "\n".join(lines), keys


def _http(method: str, url: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """One request to a URL on loopback; status and text."""
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
    try:
        connection.request(method, address.path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


_IMDS = "http://169.254.169.254"


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
            raise StoryError(f"the assertion doesn't contain {was!r}")
        text = text.replace(was, becomes)
    return base64.b64encode(text.encode()).decode()
