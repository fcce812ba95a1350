"""What can happen in a scenario: calls, leaks, time; and how calls are recognised."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from simulator.scenario.values import Duration, Name, Slug, Strict

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


Expected = Annotated[
    Expectation,
    Field(json_schema_extra={"anyOf": [{"enum": ["allowed", "denied", "refused"]}, {}]}),
]


class CallAct(Strict):
    """One real, signed call by an actor."""

    call: OperationName
    actor: str = Field(alias="as", description="Who calls: a name of `actors`.")
    using: Name | None = Field(
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

    credentials: Name = Field(description="Name of the credentials, as the first actor holds them.")
    giver: str = Field(alias="from", description="Who loses them (and keeps them): an actor.")
    taker: str = Field(alias="to", description="Who gets the three values: an actor.")
    after: Duration = Field(
        default=timedelta(0), description="Lab time that passes before they leak."
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


class ActionAct(Strict):
    """One of the task's own actions, by its id."""

    do: Slug = Field(description="Id of an action of this task.")


def _kind(value: Any) -> str | None:
    for key in ("call", "leak", "advance", "do"):
        if (key in value) if isinstance(value, dict) else hasattr(value, key):
            return f"<{key}>"
    return None


Act = Annotated[
    Annotated[CallAct, Tag("<call>")]
    | Annotated[LeakAct, Tag("<leak>")]
    | Annotated[AdvanceAct, Tag("<advance>")],
    Discriminator(
        _kind,
        custom_error_type="act",
        custom_error_message="an act is a `call`, a `leak` or an `advance`",
    ),
]
"""Something that happens. The key says what."""

SolutionAct = Annotated[
    Annotated[CallAct, Tag("<call>")]
    | Annotated[LeakAct, Tag("<leak>")]
    | Annotated[AdvanceAct, Tag("<advance>")]
    | Annotated[ActionAct, Tag("<do>")],
    Discriminator(
        _kind,
        custom_error_type="act",
        custom_error_message="an act is a `call`, a `leak`, an `advance` or a `do`",
    ),
]
"""The same, or an action of the task."""


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
    using: Name | None = Field(
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
