"""A call in a scenario file, and what it must come to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from simulator.scenario.values import Duration, Name, Reference, Strict

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
