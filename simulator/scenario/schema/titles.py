"""What a step is called: as declared, or made from what it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from simulator.scenario.schema.steps import AdvanceStep, Step, kind_of
from simulator.scenario.values import spell_duration


def title_of(step: Step) -> str:
    """The step's title as declared, or made from what it does."""
    return getattr(step, "title", None) or TITLES[kind_of(step)](step)


def _advance(step: AdvanceStep) -> str:
    if isinstance(step.advance, timedelta):
        return f"{spell_duration(step.advance)} later"
    return "Time goes on"


TITLES: dict[str, Callable[[Any], str]] = {
    "tell": lambda step: step.tell,
    "task": lambda step: step.task,
    "predict": lambda step: step.predict,
    "quiz": lambda step: step.quiz,
    "check": lambda step: step.check,
    "scene": lambda step: step.scene,
    "call": lambda step: f"{step.actor}: {step.call.partition('.')[2]}",
    "leak": lambda step: (
        f"{step.leak.credentials} leaks from {step.leak.giver} to {step.leak.taker}"
    ),
    "advance": _advance,
    "token": lambda step: f"{step.token.provider} signs a token",
    "assertion": lambda step: f"{step.assertion.provider} signs an assertion",
    "presign": lambda step: f"{step.presign.actor} makes a presigned URL",
    "fetch": lambda step: f"{step.actor} opens the URL",
    "metadata": lambda step: (
        f"{step.metadata.actor} reads the metadata of {step.metadata.instance}"
    ),
    "environment": lambda step: (
        f"{step.environment.actor} reads the environment of {step.environment.function}"
    ),
    "restart": lambda step: f"{step.restart} is restarted",
}
"""The words of each kind of step that has no title of its own."""
