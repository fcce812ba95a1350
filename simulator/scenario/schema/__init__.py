"""What a scenario file may say; from it `stslab schema` makes the JSON Schema."""

from __future__ import annotations

from simulator.scenario.schema.actors import ActorSpec, Workload
from simulator.scenario.schema.scenario import Head, Incident, Remedy, Scenario, json_schema
from simulator.scenario.schema.steps import (
    HAPPENING,
    STEP_KEYS,
    ActionSpec,
    CheckStep,
    PredictStep,
    Question,
    QuizStep,
    SceneStep,
    Step,
    TaskStep,
    kind_of,
)
from simulator.scenario.schema.titles import title_of

__all__ = [
    "HAPPENING",
    "STEP_KEYS",
    "ActionSpec",
    "ActorSpec",
    "CheckStep",
    "Head",
    "Incident",
    "PredictStep",
    "Question",
    "QuizStep",
    "Remedy",
    "Scenario",
    "SceneStep",
    "Step",
    "TaskStep",
    "Workload",
    "json_schema",
    "kind_of",
    "title_of",
]
