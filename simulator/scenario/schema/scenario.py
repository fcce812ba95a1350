"""The whole scenario file: what the catalogue shows, the world, the people, the story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from simulator.clock import DEFAULT_START
from simulator.scenario.schema.actors import ActorSpec
from simulator.scenario.schema.acts import Act
from simulator.scenario.schema.case import Case
from simulator.scenario.schema.steps import Step
from simulator.scenario.schema.world import World
from simulator.scenario.values import Duration, Line, Moment, Name, Slug, Strict


class Incident(Strict):
    """The same trouble for every remedy of the matrix, in calls."""

    text: str = Field(default="", description="Markdown: what happened.")
    happens: list[Act] = Field(description="From an untouched world to the moment of detection.")
    attacker: list[Act] = Field(
        min_length=1,
        description="What the attacker tries after the remedy; calls and fetches count.",
    )
    legitimate: list[Act] = Field(
        default_factory=list,
        description="What legitimate users do after it, with the credentials they have.",
    )
    watch: Duration = Field(
        default=timedelta(0),
        description="So long the workloads' own calls are counted as legitimate ones, after the"
        " remedy; those of the last round also as the new sessions'.",
    )
    fresh: list[Act] = Field(
        default_factory=list, description="A legitimate user getting new credentials and working."
    )
    long_term: list[Act] = Field(
        default_factory=list, description="The attacker's calls with a long-term key, if any."
    )


class Remedy(Strict):
    """Something a defender may do about the incident."""

    id: Slug = Field(description="A name.")
    title: Line = Field(description="What is done, one line.")
    does: list[Act] = Field(description="What the defender does; nothing for `do nothing`.")
    undo: Line = Field(default="", description="How it is taken back, one line.")
    verdict: Literal["works", "fails", "harms"] | None = Field(
        default=None, description="What the author expects; a test compares it to the numbers."
    )


class Head(Strict):
    """What the catalogue shows; the first lines of the file."""

    id: Slug = Field(description="The scenario's id: `leaked-session`.")
    title: Line = Field(description="Its title.")
    chapter: Line = Field(description="The chapter of the catalogue: `II. The leak`.")
    level: Literal["beginner", "intermediate", "advanced"] = Field(description="How hard it is.")
    minutes: int = Field(ge=1, le=15, description="How long it takes a learner, in minutes.")
    summary: Line = Field(default="", description="One line for the catalogue.")
    teaches: list[Line] = Field(min_length=1, description="What one knows afterwards.")
    sources: list[str] = Field(
        default_factory=list, description="URLs: AWS's pages, public write-ups."
    )


class Scenario(Head):
    """A scenario: a world, the people in it, and a story in steps."""

    start: Moment = Field(default=DEFAULT_START, description="Lab time when it opens, UTC.")
    pace: Duration = Field(
        default=timedelta(seconds=47.345),
        description="Lab time that passes before each call: people take time. The clock is"
        " frozen otherwise. 0 keeps everything in one instant.",
    )
    case: Case | None = Field(default=None, description="An investigation, made from the seed.")
    vary: dict[Name, list[str]] = Field(
        default_factory=dict,
        description="Names, each with the texts it may stand for: {{ name }} is one of them, chosen"
        " by the seed when the scenario is opened, and the same to its end.",
    )
    actors: dict[str, ActorSpec] = Field(min_length=1, description="Who is in the story, by name.")
    world: World = Field(default_factory=World, description="What exists when it begins.")
    incident: Incident | None = Field(default=None, description="For the matrix of remedies.")
    remedies: list[Remedy] = Field(default_factory=list, description="What the matrix compares.")
    steps: list[Step] = Field(min_length=1, description="The story.")
    debrief: str = Field(default="", description="Markdown: three sentences worth remembering.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, with descriptions, for editors."""
    schema = Scenario.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
