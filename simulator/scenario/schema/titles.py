"""What a step is called: as declared, or made from what it does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from simulator.scenario.schema.steps import AdvanceStep, CallStep, Step, kind_of
from simulator.scenario.values import spell_duration


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
