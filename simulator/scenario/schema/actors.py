"""The people and programs of a scenario."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from simulator.scenario.schema.calls import CallAct
from simulator.scenario.values import Interval, Line, Strict


class Workload(Strict):
    """What a workload actor does all day."""

    every: Interval = Field(
        default=timedelta(minutes=1), description="How often it works, in lab time."
    )
    does: list[CallAct] = Field(description="The calls of one round of work.")
    instance: str | None = Field(
        default=None, description="It runs on this instance and has its credentials from IMDS."
    )
    function: str | None = Field(
        default=None, description="It is this function: new credentials at each cold start."
    )
    client: Literal["refreshing", "naive"] = Field(
        default="refreshing",
        description="`refreshing` renews before expiry, as SDKs do; `naive` keeps its first.",
    )


class ActorSpec(Strict):
    """One of the people (or programs) in the story."""

    name: Line = Field(description="Display name.")
    about: Line = Field(description="Who this is, one line.")
    side: Literal["defender", "user", "attacker", "workload"] = Field(
        default="user", description="Whose side: `user` is a legitimate one."
    )
    signs_as: str | None = Field(
        default=None,
        description="IAM user of the world whose access key is the actor's own; in another"
        " account `account/user`. Without it the actor holds nothing.",
    )
    source_ip: str = Field(default="198.51.100.10", description="aws:SourceIp of the calls.")
    user_agent: str | None = Field(default=None, description="User-Agent of the calls.")
    workload: Workload | None = Field(
        default=None, description="For the side `workload`: what it does by itself."
    )
