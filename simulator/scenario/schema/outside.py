"""Acts that are no AWS calls: what identity providers sign, URLs, metadata, environments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import (
    Field,
)

from simulator.scenario.schema.calls import Expectation, OperationName
from simulator.scenario.values import Duration, Name, Reference, Strict


class Token(Strict):
    """A JWT to be issued by an OIDC provider of the world."""

    provider: str = Field(description="The provider, as `oidc_providers` names it.")
    actor: str = Field(alias="for", description="Who gets the token: an actor.")
    subject: str = Field(description="The `sub` claim: `repo:kibble/site:ref:refs/heads/main`.")
    audience: str = Field(default="sts.amazonaws.com", description="The `aud` claim.")
    lifetime: Duration = Field(default=timedelta(minutes=10), description="Until `exp`.")
    claims: dict[str, Any] = Field(default_factory=dict, description="Further claims.")
    tampered: dict[str, Any] = Field(
        default_factory=dict, description="Claims written over *after* it was signed."
    )
    save: Name = Field(description="The token's name: {{ name }} is its text.")


class TokenAct(Strict):
    """An OIDC provider signs a JWT."""

    token: Token = Field(description="Which token, and for whom.")


class Assertion(Strict):
    """A SAML response to be signed by a provider of the world."""

    provider: str = Field(description="The provider, as `saml_providers` names it.")
    actor: str = Field(alias="for", description="Who gets the assertion: an actor.")
    subject: str = Field(description="The `NameID`.")
    role: str = Field(description="Name of the role it offers.")
    session_name: str = Field(description="The attribute `RoleSessionName`.")
    session_duration: Duration | None = Field(
        default=None, description="The attribute `SessionDuration`."
    )
    source_identity: str | None = Field(default=None, description="The attribute `SourceIdentity`.")
    tags: dict[str, str] = Field(default_factory=dict, description="`PrincipalTag:…` attributes.")
    tampered: dict[str, str] = Field(
        default_factory=dict,
        description="Text → text, replaced in the assertion *after* it was signed.",
    )
    save: Name = Field(description="The assertion's name: {{ name }} is it in base64.")


class AssertionAct(Strict):
    """A SAML provider signs an assertion."""

    assertion: Assertion = Field(description="Which assertion, and for whom.")


class Presigned(Strict):
    """A request to be signed into a URL."""

    call: OperationName
    actor: str = Field(alias="as", description="Who signs: an actor.")
    using: Reference | None = Field(default=None, description="With which credentials they hold.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="AWS's parameters.")
    expires: Duration = Field(default=timedelta(hours=1), description="`X-Amz-Expires`.")
    save: Name = Field(description="The URL's name: {{ name }} is its text.")


class PresignAct(Strict):
    """A presigned URL is made; no call is sent."""

    presign: Presigned = Field(description="What the URL will do.")


class FetchAct(Strict):
    """A URL is opened, unsigned: by anybody who has it."""

    fetch: str = Field(description="The URL: {{ name }} of a `presign`.")
    actor: str = Field(alias="as", description="Who opens it: an actor.")
    after: Duration | None = Field(
        default=None, description="Lab time that passes before it, instead of the `pace`."
    )
    expect: Expectation | None = Field(default=None, description="What it must come to.")


class Metadata(Strict):
    """An instance's credentials to be read from its metadata service."""

    instance: str = Field(description="The instance, as `instances` names it.")
    actor: str = Field(alias="as", description="Who gets the answer: an actor.")
    version: Literal[1, 2] = Field(
        default=2,
        description="`2` gets a token first (PUT, then GET with it); `1` is a bare GET, all that a"
        " server-side request forgery usually can.",
    )
    status: int = Field(default=200, description="HTTP status it must come to: 200, or 401.")
    save: Name | None = Field(
        default=None, description="The actor holds the credentials under this name."
    )


class MetadataAct(Strict):
    """Somebody reads an instance's credentials from IMDS, by real HTTP."""

    metadata: Metadata = Field(description="Whose metadata, and who reads it.")


class Environment(Strict):
    """A function's credentials to be read from its environment."""

    function: str = Field(description="The function, as `functions` names it.")
    actor: str = Field(alias="as", description="Who gets to see it: an actor.")
    cold_start: bool = Field(
        default=False, description="The environment is a new one, and so are its credentials."
    )
    save: Name = Field(description="The actor holds the credentials under this name.")


class EnvironmentAct(Strict):
    """Somebody reads the variables of a function's environment."""

    environment: Environment = Field(description="Which function's, and who reads them.")
