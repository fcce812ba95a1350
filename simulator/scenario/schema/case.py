"""A case of the capstone: people at work, and one thief among them whom nobody points out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field

from simulator.scenario.schema.calls import OperationName
from simulator.scenario.values import Duration, Interval, Strict


class CaseCall(Strict):
    """A call somebody of the case makes."""

    call: OperationName
    parameters: dict[str, Any] = Field(default_factory=dict, description="AWS's parameters.")


class Routine(Strict):
    """What an honest actor does all day, unasked."""

    role: str | None = Field(
        default=None, description="The role they work as; without it, with their own key."
    )
    every: Interval = Field(
        default=timedelta(minutes=15), description="About how often they work, in lab time."
    )
    does: list[CaseCall] = Field(min_length=1, description="Their work; it should succeed.")
    odd: list[CaseCall] = Field(
        default_factory=list, description="What they try now and then, whether it works or not."
    )
    once: list[CaseCall] = Field(
        default_factory=list, description="Done once before the alarm, when the seed says."
    )
    addresses: list[str] = Field(
        default_factory=list, description="Where else they may call from, beside `source_ip`."
    )


class Case(Strict):
    """An investigation, made from a seed.

    The thief takes the victim's session, chains it into a role, leaves footholds, and goes on
    until the last of them is closed. Everybody works by the lab's clock.
    """

    seed: int = Field(default=0, description="Set when the scenario is opened.")
    history: Duration = Field(
        default=timedelta(hours=3), description="How long the trail is when the alarm comes."
    )
    company: list[str] = Field(description="The company's own address ranges.")
    honest: dict[str, Routine] = Field(description="What each honest actor does.")
    noise: dict[str, Routine] = Field(
        default_factory=dict, description="What other actors do, which nobody counts."
    )
    victim: str = Field(description="Whose session is stolen: an actor.")
    lair: str = Field(description="The thief's address.")
    agent: str = Field(description="The thief's User-Agent.")
    chain: str = Field(description="The role the thief goes on to.")
    footholds: str = Field(description="What the thief leaves: of `key user trust`, some.")
    key_user: str = Field(description="The user who gets a second key.")
    planted: str = Field(description="The user who is created.")
    trust_role: str = Field(description="The role whose trust policy gets a statement more.")
    outsider: str = Field(description="A user of another account: `elsewhere/mule`.")
    loot: dict[str, CaseCall] = Field(
        description="What the thief reads: by the role's name, or the planted user's."
    )
