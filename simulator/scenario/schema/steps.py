"""A step of the story: its kind is the key it has, ``tell``, ``task``, ``call`` …."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Tag, model_validator

from simulator.scenario.nearest import near
from simulator.scenario.schema.acts import (
    ACTS,
    Act,
    AdvanceAct,
    LeakAct,
    RestartAct,
    SolutionAct,
    by_key,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    AssertionAct,
    EnvironmentAct,
    FetchAct,
    MetadataAct,
    PresignAct,
    TokenAct,
)
from simulator.scenario.schema.patterns import Goal, Pattern
from simulator.scenario.values import Line, Slug, Strict

STEP_KEYS = (
    "tell", "task", "predict", "quiz", "check", "call", "leak", "advance",
    "token", "assertion", "presign", "fetch", "metadata", "environment", "restart", "scene",
)  # fmt: skip
"""The key that says which kind of step it is, most telling first."""


class StepBase(Strict):
    """What every step may have."""

    id: Slug | None = Field(default=None, description="A name for other steps to refer to.")


class ActStep(StepBase):
    """What every step may have in which an act happens."""

    title: Line | None = Field(
        default=None, description="One line; made from what happens if absent."
    )
    text: str = Field(default="", description="Markdown shown before it happens.")


class TellStep(StepBase):
    """Story: read, then go on."""

    tell: Line = Field(description="The headline.")
    text: str = Field(description="Markdown.")


class ActionSpec(Strict):
    """Something the TUI offers the learner in a task: the right thing, or a wrong one."""

    id: Slug = Field(description="Its name within the task.")
    label: Line = Field(description="What it is, as a button says it: `Alice assumes App`.")
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


class CallStep(ActStep, CallAct):
    """A call the story makes, with its expected outcome."""


class LeakStep(ActStep, LeakAct):
    """Credentials leak."""


class AdvanceStep(ActStep, AdvanceAct):
    """Lab time goes on."""


class TokenStep(ActStep, TokenAct):
    """An OIDC provider signs a JWT."""


class AssertionStep(ActStep, AssertionAct):
    """A SAML provider signs an assertion."""


class PresignStep(ActStep, PresignAct):
    """A presigned URL is made."""


class FetchStep(ActStep, FetchAct):
    """Somebody opens a URL, with its expected outcome."""


class MetadataStep(ActStep, MetadataAct):
    """Somebody reads an instance's credentials from IMDS."""


class EnvironmentStep(ActStep, EnvironmentAct):
    """Somebody reads a function's environment."""


class RestartStep(ActStep, RestartAct):
    """A workload's program is restarted."""


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
    by_key("step", STEP_KEYS),
]

HAPPENING = (*ACTS, CheckStep, SceneStep)
"""Steps in which something happens without the learner, for ``isinstance``."""


def kind_of(step: Step) -> str:
    """The kind of a step: ``tell``, ``task`` and so on."""
    return next(key for key in STEP_KEYS if hasattr(step, key))
