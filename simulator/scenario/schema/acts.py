"""What can happen in a scenario: calls, leaks, time; and how calls are recognised."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from simulator.scenario.values import Duration, Name, Reference, Slug, Strict

OperationName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9-]+\.[A-Z][A-Za-z0-9]+$"),
    Field(
        description="boto3's service name and AWS's operation name: `s3.ListObjectsV2`,"
        " `sts.AssumeRole`.",
        examples=["sts.AssumeRole", "s3.ListObjectsV2", "iam.PutRolePolicy"],
    ),
]

OutcomeName = Literal["allowed", "denied", "refused"]


class Expectation(Strict):
    """What a call must come to."""

    outcome: OutcomeName | None = Field(
        default=None,
        description="`allowed`, `denied` by policy, or `refused` by authentication.",
    )
    error_code: str | None = Field(
        default=None, description="AWS's error code; `*` and `?` are wildcards."
    )
    message: str | None = Field(
        default=None, description="AWS's error text; `*` and `?` are wildcards."
    )
    returns: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict,
        description="JMESPath into the answer → the value there; in text, `*` and `?` are"
        " wildcards.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"outcome": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        short = {"type": "string", "enum": ["allowed", "denied", "refused"]}
        return {"anyOf": [short, handler.resolve_ref_schema(handler(core))]}


class CallAct(Strict):
    """One real, signed call by an actor."""

    call: OperationName
    actor: str = Field(alias="as", description="Who calls: a name of `actors`.")
    using: Reference | None = Field(
        default=None,
        description="With which credentials: a name the actor holds (by `save` or a leak)."
        " Without it, the actor's own key; an actor without one calls unsigned.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="AWS's parameters. A mapping where AWS wants text (a policy document) is"
        " sent as JSON. {{ … }} is filled in first.",
    )
    after: Duration | None = Field(
        default=None, description="Lab time that passes before it, instead of the `pace`."
    )
    save: Name | None = Field(
        default=None,
        description="Keep the answer under this name: {{ name.Credentials.Expiration }}. If it"
        " holds credentials, the actor holds them from now on: `using: name`.",
    )
    expect: Expectation | None = Field(
        default=None,
        description="What the call must come to; `run` fails when it does not."
        " A plain `allowed`, `denied` or `refused` will do.",
    )


class LeakPath(Strict):
    """From whom to whom credentials leak."""

    credentials: Reference = Field(
        description="Name of the credentials, as the first actor holds them."
    )
    giver: str = Field(alias="from", description="Who loses them (and keeps them): an actor.")
    taker: str = Field(alias="to", description="Who gets the three values: an actor.")
    after: Duration = Field(
        default=timedelta(0), description="Lab time that passes before they leak."
    )
    without_token: bool = Field(
        default=False, description="Only two of the three values: `SessionToken` is left behind."
    )
    how: str = Field(
        default="", description="How it came about, one line, shown in both terminals."
    )


class LeakAct(Strict):
    """Credentials get into other hands: only the three values, nothing else."""

    leak: LeakPath = Field(description="What leaks, from whom, to whom.")


class Until(Strict):
    """A moment to move the clock to."""

    to: str = Field(
        description="The moment, usually from a saved answer:"
        " `{{ app.Credentials.Expiration }}`. If it has passed, nothing happens."
    )
    plus: Duration = Field(default=timedelta(0), description="This much later.")


class AdvanceAct(Strict):
    """Lab time goes on."""

    advance: Duration | Until = Field(description="How far: `15m`; or to a moment.")


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


class RestartAct(Strict):
    """A workload's program is restarted: it forgets the credentials it had cached."""

    restart: str = Field(description="The workload: an actor.")


class ActionAct(Strict):
    """One of the task's own actions, by its id."""

    do: Slug = Field(description="Id of an action of this task.")


_KEYS = (
    "call", "leak", "advance", "token", "assertion", "presign", "fetch",
    "metadata", "environment", "restart", "do",
)  # fmt: skip


def _kind(value: Any) -> str | None:
    for key in _KEYS:
        if (key in value) if isinstance(value, dict) else hasattr(value, key):
            return f"<{key}>"
    return None


_SAYS = f"an act has one of the keys {', '.join(_KEYS)}"

Act = Annotated[
    Annotated[CallAct, Tag("<call>")]
    | Annotated[LeakAct, Tag("<leak>")]
    | Annotated[AdvanceAct, Tag("<advance>")]
    | Annotated[TokenAct, Tag("<token>")]
    | Annotated[AssertionAct, Tag("<assertion>")]
    | Annotated[PresignAct, Tag("<presign>")]
    | Annotated[FetchAct, Tag("<fetch>")]
    | Annotated[MetadataAct, Tag("<metadata>")]
    | Annotated[EnvironmentAct, Tag("<environment>")]
    | Annotated[RestartAct, Tag("<restart>")],
    Discriminator(_kind, custom_error_type="act", custom_error_message=_SAYS),
]
"""Something that happens. The key says what."""

SolutionAct = Annotated[
    Annotated[CallAct, Tag("<call>")]
    | Annotated[LeakAct, Tag("<leak>")]
    | Annotated[AdvanceAct, Tag("<advance>")]
    | Annotated[TokenAct, Tag("<token>")]
    | Annotated[AssertionAct, Tag("<assertion>")]
    | Annotated[PresignAct, Tag("<presign>")]
    | Annotated[FetchAct, Tag("<fetch>")]
    | Annotated[MetadataAct, Tag("<metadata>")]
    | Annotated[EnvironmentAct, Tag("<environment>")]
    | Annotated[RestartAct, Tag("<restart>")]
    | Annotated[ActionAct, Tag("<do>")],
    Discriminator(_kind, custom_error_type="act", custom_error_message=_SAYS),
]
"""The same, or an action of the task."""


def actor_of(act: Any) -> str | None:
    """Who acts; ``None`` where it is nobody's doing (time, or an action by its id)."""
    if isinstance(act, CallAct | FetchAct):
        return act.actor
    if isinstance(act, LeakAct):
        return act.leak.giver
    if isinstance(act, RestartAct):
        return act.restart
    inner = saving_part(act)
    return str(inner.actor) if inner is not None else None


Saving = Token | Assertion | Presigned | Metadata | Environment


def saving_part(act: Any) -> Saving | None:
    """The part of an act that has its ``save``, where it isn't the act itself."""
    for kind, part in _SAVING.items():
        if isinstance(act, kind):
            found: Saving = getattr(act, part)
            return found
    return None


_SAVING: dict[type, str] = {
    TokenAct: "token",
    AssertionAct: "assertion",
    PresignAct: "presign",
    MetadataAct: "metadata",
    EnvironmentAct: "environment",
}


class Pattern(Strict):
    """A pattern over trail records: every field given must match.

    It does not matter who made the call or how: a key in the TUI, the console pane, or your
    own AWS CLI. In text, `*` and `?` are wildcards.
    """

    text: str = Field(default="", description="The goal in words; made from the pattern if empty.")
    actor: str | None = Field(
        default=None,
        alias="as",
        description="Who called: a name of `actors`. A call from outside the lab counts as the"
        " actor's if it was signed with a credential the actor holds.",
    )
    using: Reference | None = Field(
        default=None, description="Signed with the credentials of this name, whoever holds them."
    )
    principal: str | None = Field(default=None, description="The caller's ARN.")
    action: str | list[str] | None = Field(
        default=None, description="The IAM action that decided: `s3:ListBucket`; one of a list."
    )
    operation: str | list[str] | None = Field(
        default=None, description="AWS's operation name: `ListObjectsV2`; one of a list."
    )
    resource: str | None = Field(default=None, description="ARN of the resource that decided.")
    outcome: OutcomeName | None = Field(
        default=None,
        description="The outcome. `allowed` without `error_code` means: and without an error.",
    )
    error_code: str | None = Field(default=None, description="AWS's error code.")
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Request parameters that must be there, nested as AWS has them; text in"
        " JSON form (a policy document) is compared as JSON.",
    )
    source_ip: str | None = Field(default=None, description="Where the call came from.")


class Goal(Pattern):
    """One thing a task wants to see in the trail."""

    save: Name | None = Field(
        default=None,
        description="Keep what the matching call issued under this name (as `save` of a call"
        " does), so that later steps can use it even if the learner called from outside.",
    )
