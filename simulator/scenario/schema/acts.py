"""What can happen in a scenario: calls, leaks, time, what others sign; the key says which."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    Discriminator,
    Field,
    Tag,
)

from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    Assertion,
    AssertionAct,
    Environment,
    EnvironmentAct,
    FetchAct,
    Metadata,
    MetadataAct,
    PresignAct,
    Presigned,
    Token,
    TokenAct,
)
from simulator.scenario.values import Duration, Reference, Slug, Strict


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


def by_key(kind: str, keys: tuple[str, ...]) -> Discriminator:
    """Tells the members of a union apart by which of some keys they have.

    Each is tagged with its key in angle brackets, which no field of a file can be called, so
    that an error's place can be told from the model's own.

    Args:
        kind: what the members are, for the message: ``act``, ``step``.
        keys: the most telling first.
    """

    def tag(value: Any) -> str | None:
        for key in keys:
            if (key in value) if isinstance(value, dict) else hasattr(value, key):
                return f"<{key}>"
        return None

    article = "an" if kind[0] in "aeiou" else "a"
    says = f"{article} {kind} has one of the keys {', '.join(keys)}"
    return Discriminator(tag, custom_error_type=kind, custom_error_message=says)


ACTS = (
    CallAct, LeakAct, AdvanceAct, TokenAct, AssertionAct, PresignAct, FetchAct,
    MetadataAct, EnvironmentAct, RestartAct,
)  # fmt: skip
"""Every kind of :data:`Act`, for ``isinstance``."""

_Act = (
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
)

Act = Annotated[_Act, by_key("act", _KEYS)]
"""Something that happens. The key says what."""

SolutionAct = Annotated[_Act | Annotated[ActionAct, Tag("<do>")], by_key("act", _KEYS)]
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
