"""Run a scenario without a screen: the learner's part is done as its solutions say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.clock import wall
from simulator.scenario.case.desk import deduce
from simulator.scenario.play import Play
from simulator.scenario.play.offers import GO_ON
from simulator.scenario.schema import PredictStep, Question, Scenario
from simulator.scenario.states import StepState, TerminalLine
from simulator.scenario.values import iso_milliseconds
from simulator.trail import Record

Told = Callable[[StepState], None]


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How a run went.

    Attributes:
        scenario: what was run.
        passed: no expectation failed, and the end was reached.
        started: lab time at the start, UTC.
        ended: lab time at the end, UTC.
        seconds: real seconds it took.
        steps: every step as it ended.
        calls: the trail of the story: not the building of the world, not the checks' calls.
        lines: every actor's terminal, in order.
        seed: what chose, in a scenario that is different each time.
        debrief: the debrief, placeholders filled in.
        error: why it could not be played to its end, one line; else ``""``.
    """

    scenario: Scenario
    passed: bool
    started: datetime
    ended: datetime
    seconds: float
    steps: tuple[StepState, ...]
    calls: tuple[Record, ...]
    lines: tuple[TerminalLine, ...]
    seed: int | None = None
    debrief: str = ""
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        """One element of the list that ``stslab run --format json`` prints."""
        return {
            "scenario": self.scenario.id,
            "passed": self.passed,
            "started": iso_milliseconds(self.started),
            "ended": iso_milliseconds(self.ended),
            "steps": [
                {"kind": step.kind, "title": step.title, "passed": step.status == "done"}
                for step in self.steps
            ],
            "calls": [
                {
                    "at": iso_milliseconds(record.at),
                    "actor": record.actor,
                    "action": record.action,
                    "resource": record.resource,
                    "outcome": record.outcome,
                    "error_code": record.error_code,
                    "why": record.why,
                }
                for record in self.calls
            ],
        }


def as_json(results: Sequence[ScenarioResult]) -> list[dict[str, Any]]:
    """What ``stslab run --format json`` prints."""
    return [result.as_json() for result in results]


def run_scenario(
    scenario: Scenario, *, seed: int | None = None, on_step: Told | None = None
) -> ScenarioResult:
    """Play a scenario to its end, on a lab of its own.

    Args:
        scenario: what to run.
        seed: for scenarios that are different each time.
        on_step: told of each step when it is over, for progress.

    Raises:
        LabError: another lab is open in this process.
        WorldError: the world cannot be built.
    """
    began = wall()
    with Play(scenario, seed=seed) as play:
        started = play.lab.clock.now()
        error = ""
        for _ in range(3 * len(scenario.steps) + 1):
            state = play.current
            if state is None:
                break
            take(play, state)
            after = play.steps[state.index]
            if on_step and after.status in ("done", "failed"):
                on_step(after)
        else:
            error = "the story doesn't come to an end"
        return ScenarioResult(
            scenario=play.scenario,
            seed=play.seed,
            passed=play.finished and play.passed and not error,
            started=started,
            ended=play.lab.clock.now(),
            seconds=(wall() - began).total_seconds(),
            steps=play.steps,
            calls=play.story.records(),
            lines=play.terminal(),
            debrief=play.debrief,
            error=error,
        )


def take(play: Play, state: StepState) -> None:
    """Do the learner's part in the current step."""
    if state.kind == "task":
        play.solve()
    elif isinstance(state.step, Question) and state.answer is None:
        case = play.scenario.case
        if case and isinstance(state.step, PredictStep):
            play.answer(deduce(play.story, case, state.step.options))
        else:
            play.answer(state.step.right)
    else:
        play.do(GO_ON)
