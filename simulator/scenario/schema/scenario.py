"""The scenario file: one schema, from which `stslab schema` makes the JSON Schema.

A step's kind is the key it has: ``tell``, ``task``, ``call``, ``leak``, ``predict``,
``quiz``, ``advance``, ``check``, ``token``, ``assertion``, ``presign``, ``fetch``,
``metadata``, ``environment``, ``restart`` or ``scene``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from simulator.clock import DEFAULT_START
from simulator.scenario.placeholders import near
from simulator.scenario.schema.acts import (
    Act,
    AdvanceAct,
    AssertionAct,
    CallAct,
    EnvironmentAct,
    FetchAct,
    Goal,
    LeakAct,
    MetadataAct,
    Pattern,
    PresignAct,
    RestartAct,
    SolutionAct,
    TokenAct,
)
from simulator.scenario.schema.case import Case
from simulator.scenario.schema.world import World
from simulator.scenario.values import Duration, Moment, Name, Slug, Strict, spell_duration

STEP_KEYS = (
    "tell", "task", "predict", "quiz", "check", "call", "leak", "advance",
    "token", "assertion", "presign", "fetch", "metadata", "environment", "restart", "scene",
)  # fmt: skip
"""The key that says which kind of step it is, most telling first."""

Line = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\n]+$")]


class Workload(Strict):
    """What a workload actor does all day."""

    every: Duration = Field(
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


class StepBase(Strict):
    """What every step may have."""

    id: Slug | None = Field(default=None, description="A name for other steps to refer to.")


class TellStep(StepBase):
    """Story: read, then go on."""

    tell: Line = Field(description="The headline.")
    text: str = Field(description="Markdown.")


class ActionSpec(Strict):
    """Something the TUI offers the learner in a task: the right thing, or a wrong one."""

    id: Slug = Field(description="Its name within the task.")
    label: Line = Field(description="What it is, as a button says it: `Alice assumes App`.")
    key: str | None = Field(
        default=None, pattern=r"^[a-z0-9]$", description="The key that does it; else one is found."
    )
    does: list[Act] = Field(min_length=1, description="What happens.")
    says: str = Field(default="", description="Markdown shown after it: what to notice.")


class TaskStep(StepBase):
    """Something the learner must bring about; recognised from the trail."""

    task: Line = Field(description="What to do, one line.")
    text: str = Field(default="", description="Markdown: the story behind it.")
    goal: list[Goal] = Field(min_length=1, description="All of these must appear in the trail.")
    hints: list[str] = Field(default_factory=list, description="Markdown, opened one by one.")
    defender: bool = Field(
        default=False,
        description="In a case: `run` has it done by the scripted defender, who reads the trail.",
    )
    actions: list[ActionSpec] = Field(
        default_factory=list, description="What the TUI offers, right and wrong."
    )
    solution: list[SolutionAct] = Field(
        default_factory=list, description="What `stslab run` does to reach the goal."
    )


class CallStep(StepBase, CallAct):
    """A call the story makes, with its expected outcome."""

    title: Line | None = Field(default=None, description="One line; made from the call if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class LeakStep(StepBase, LeakAct):
    """Credentials leak."""

    title: Line | None = Field(default=None, description="One line; made from the leak if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class AdvanceStep(StepBase, AdvanceAct):
    """Lab time goes on."""

    title: Line | None = Field(default=None, description="One line; made from the time if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class TokenStep(StepBase, TokenAct):
    """An OIDC provider signs a JWT."""

    title: Line | None = Field(default=None, description="One line; made from the token if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class AssertionStep(StepBase, AssertionAct):
    """A SAML provider signs an assertion."""

    title: Line | None = Field(default=None, description="One line; made from it if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class PresignStep(StepBase, PresignAct):
    """A presigned URL is made."""

    title: Line | None = Field(default=None, description="One line; made from the call if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class FetchStep(StepBase, FetchAct):
    """Somebody opens a URL, with its expected outcome."""

    title: Line | None = Field(default=None, description="One line; made from it if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class MetadataStep(StepBase, MetadataAct):
    """Somebody reads an instance's credentials from IMDS."""

    title: Line | None = Field(default=None, description="One line; made from it if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class EnvironmentStep(StepBase, EnvironmentAct):
    """Somebody reads a function's environment."""

    title: Line | None = Field(default=None, description="One line; made from it if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class RestartStep(StepBase, RestartAct):
    """A workload's program is restarted."""

    title: Line | None = Field(default=None, description="One line; made from it if absent.")
    text: str = Field(default="", description="Markdown shown before it happens.")


class SceneStep(StepBase):
    """Many things at once: an hour of ordinary business, with or without a thief in it."""

    scene: Line = Field(description="What it is, one line.")
    text: str = Field(default="", description="Markdown shown before it happens.")
    happens: list[Act] = Field(min_length=1, description="What happens, in order.")
    shuffled: bool = Field(
        default=False, description="In an order that the seed decides; nothing may be saved."
    )


class Question(StepBase):
    """What predict and quiz have in common."""

    text: str = Field(default="", description="Markdown before the question.")
    options: list[Line] = Field(min_length=2, max_length=6, description="Answers to choose from.")
    answer: int | str = Field(
        union_mode="left_to_right", description="The right one: its text, or its number from 0."
    )
    because: str = Field(description="Markdown: why it is right; shown after the answer.")

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> Question:
        if isinstance(self.answer, int):
            known = 0 <= self.answer < len(self.options)
        else:
            known = self.answer in self.options or "{{" in self.answer
        if not known:
            meant = near(str(self.answer), self.options)
            raise ValueError(f"answer: {self.answer!r} is none of the options{meant}")
        twice = next((each for each in self.options if self.options.count(each) > 1), None)
        if twice:
            raise ValueError(f"options: {twice!r} comes twice")
        return self

    @property
    def right(self) -> int:
        """Index of the right option."""
        if isinstance(self.answer, int):
            return self.answer
        return self.options.index(self.answer)


class PredictStep(Question):
    """The learner commits to an answer before the call shows it."""

    predict: Line = Field(description="The question.")


class QuizStep(Question):
    """A question about what was seen."""

    quiz: Line = Field(description="The question.")


class TrailCheck(Pattern):
    """How many records of the trail match."""

    count: int | None = Field(default=None, ge=0, description="Exactly so many.")
    at_least: int = Field(default=1, ge=0, description="At least so many (if no `count`).")
    since: Slug | None = Field(
        default=None, description="Only records since the step of this id began."
    )


class CheckStep(StepBase):
    """A check on the world or the trail; the learner sees only its title and outcome."""

    check: Line = Field(description="What must be true.")
    closes_case: bool = Field(
        default=False,
        description="In a case: no way in is left to the thief, and everybody honest can work."
        " The case is scored: {{ case.points }} and so on.",
    )
    trail: list[TrailCheck] = Field(default_factory=list, description="What the trail must show.")
    calls: list[CallAct] = Field(
        default_factory=list,
        description="Calls by `admin`, with what they must come to; not part of the story.",
    )


def _kind(value: Any) -> str | None:
    for key in STEP_KEYS:
        if (key in value) if isinstance(value, dict) else hasattr(value, key):
            return f"<{key}>"
    return None


Step = Annotated[
    Annotated[TellStep, Tag("<tell>")]
    | Annotated[TaskStep, Tag("<task>")]
    | Annotated[PredictStep, Tag("<predict>")]
    | Annotated[QuizStep, Tag("<quiz>")]
    | Annotated[CheckStep, Tag("<check>")]
    | Annotated[CallStep, Tag("<call>")]
    | Annotated[LeakStep, Tag("<leak>")]
    | Annotated[AdvanceStep, Tag("<advance>")]
    | Annotated[TokenStep, Tag("<token>")]
    | Annotated[AssertionStep, Tag("<assertion>")]
    | Annotated[PresignStep, Tag("<presign>")]
    | Annotated[FetchStep, Tag("<fetch>")]
    | Annotated[MetadataStep, Tag("<metadata>")]
    | Annotated[EnvironmentStep, Tag("<environment>")]
    | Annotated[RestartStep, Tag("<restart>")]
    | Annotated[SceneStep, Tag("<scene>")],
    Discriminator(
        _kind,
        custom_error_type="step",
        custom_error_message=f"a step has one of the keys {', '.join(STEP_KEYS)}",
    ),
]


class Incident(Strict):
    """The same trouble for every remedy of the matrix, in calls."""

    text: str = Field(default="", description="Markdown: what happened.")
    happens: list[Act] = Field(description="From an untouched world to the moment of detection.")
    attacker: list[Act] = Field(
        description="What the attacker tries after the remedy; calls and fetches count."
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

    def step_index(self, step_id: str) -> int:
        """Position of the step with this id.

        Raises:
            KeyError: there is none.
        """
        for index, step in enumerate(self.steps):
            if step.id == step_id:
                return index
        raise KeyError(step_id)


def kind_of(step: Step) -> str:
    """The kind of a step: ``tell``, ``task`` and so on."""
    return str(_kind(step)).strip("<>")


def title_of(step: Step) -> str:
    """The step's title as declared, or made from what it does."""
    return str(_TITLES[kind_of(step)](step))


def _call_title(step: CallStep) -> str:
    return step.title or f"{step.actor}: {step.call.partition('.')[2]}"


def _advance_title(step: AdvanceStep) -> str:
    if step.title:
        return step.title
    if isinstance(step.advance, timedelta):
        return f"{spell_duration(step.advance)} later"
    return "Time goes on"


_TITLES: dict[str, Any] = {
    "tell": lambda step: step.tell,
    "task": lambda step: step.task,
    "predict": lambda step: step.predict,
    "quiz": lambda step: step.quiz,
    "check": lambda step: step.check,
    "call": _call_title,
    "leak": lambda step: (
        step.title or f"{step.leak.credentials} leaks from {step.leak.giver} to {step.leak.taker}"
    ),
    "token": lambda step: step.title or f"{step.token.provider} signs a token",
    "assertion": lambda step: step.title or f"{step.assertion.provider} signs an assertion",
    "presign": lambda step: step.title or f"{step.presign.actor} makes a presigned URL",
    "fetch": lambda step: step.title or f"{step.actor} opens the URL",
    "metadata": lambda step: (
        step.title or f"{step.metadata.actor} reads the metadata of {step.metadata.instance}"
    ),
    "environment": lambda step: (
        step.title
        or f"{step.environment.actor} reads the environment of {step.environment.function}"
    ),
    "restart": lambda step: step.title or f"{step.restart} is restarted",
    "scene": lambda step: step.scene,
    "advance": _advance_title,
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, with descriptions, for editors."""
    schema = Scenario.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
