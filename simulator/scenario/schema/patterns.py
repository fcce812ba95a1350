"""Patterns over trail records: how calls are recognised, whoever made them."""

from __future__ import annotations

from typing import Any

from pydantic import (
    Field,
)

from simulator.scenario.schema.calls import OutcomeName
from simulator.scenario.values import Name, Reference, Strict


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
        description="Keep what the latest matching call issued under this name (as `save` of a call"
        " does), so that later steps can use it even if the learner called from outside.",
    )
    to: str | None = Field(
        default=None,
        description="With `save`: who is handed it as well, if the call came from outside; whom"
        " a new access key is made for.",
    )
