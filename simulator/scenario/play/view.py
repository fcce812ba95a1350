"""What there is to see of a play: what a screen renders, and a run reports."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from simulator.actors import Keys
from simulator.lab import Lab
from simulator.scenario.play import sessions
from simulator.scenario.play.offers import actions_at
from simulator.scenario.play.stepping import Progress, score_of, state_of, told
from simulator.scenario.schema import Scenario, Step
from simulator.scenario.states import (
    Action,
    ActorState,
    CutOff,
    Score,
    SessionState,
    StepState,
    TerminalLine,
)
from simulator.scenario.story.story import Story


class PlayView:
    """A play as it can be looked at, from any thread; nothing here changes it."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._lab: Lab | None = None
        self._story: Story | None = None
        self._at = 0
        self._progress = [Progress() for _ in scenario.steps]
        self._state = threading.RLock()

    @property
    def lab(self) -> Lab:
        """The running lab.

        Raises:
            RuntimeError: the play isn't open.
        """
        if self._lab is None:
            raise RuntimeError("the play isn't open")
        return self._lab

    @property
    def story(self) -> Story:
        """The story under way.

        Raises:
            RuntimeError: the play was never opened.
        """
        if self._story is None:
            raise RuntimeError("the play isn't open")
        return self._story

    @property
    def steps(self) -> tuple[StepState, ...]:
        """Every step with its state."""
        with self._state:
            return tuple(self._step_state(index) for index in range(len(self._progress)))

    @property
    def current(self) -> StepState | None:
        """The step the learner is at; ``None`` when finished."""
        with self._state:
            return None if self.finished else self._step_state(self._at)

    @property
    def finished(self) -> bool:
        """Whether the last step is behind us."""
        return self._at >= len(self._progress)

    @property
    def passed(self) -> bool:
        """Whether no step has failed so far."""
        return all(each.status != "failed" for each in self._progress)

    @property
    def score(self) -> Score:
        """How it went so far."""
        with self._state:
            score = score_of(self.scenario, self._progress)
            case = self._story.crew.case if self._story else None
            return case.added_to(score) if case else score

    @property
    def debrief(self) -> str:
        """The scenario's debrief: markdown, placeholders filled in."""
        return told(self.scenario.debrief, self._story)

    def actions(self) -> tuple[Action, ...]:
        """What the learner can do now.

        ``tell``, ``call``, ``leak``, ``advance`` and ``check`` steps offer one: ``continue``
        (its label says what will happen). A task offers its actions. A predict or quiz
        offers none before it is answered, and ``continue`` after it.
        """
        with self._state:
            if self.finished or self._story is None:
                return ()
            return actions_at(self.scenario.steps[self._at], self._progress[self._at], self._story)

    def actors(self) -> tuple[ActorState, ...]:
        """Who is in the story, as the scenario lists them."""
        held = self._story.holdings().keys if self._story else {}
        return tuple(
            ActorState(
                name, spec.name, spec.about, spec.side, spec.source_ip, tuple(held.get(name, ()))
            )
            for name, spec in self.scenario.actors.items()
        )

    def credentials(self, actor: str) -> Mapping[str, Keys]:
        """What an actor holds, by name: ``own``, ``app``; for export lines and the console."""
        return self.story.held(actor)

    def terminal(self, actor: str | None = None) -> tuple[TerminalLine, ...]:
        """The terminal of one actor, or of all together, oldest line first."""
        return self._story.lines(actor) if self._story else ()

    def sessions(self) -> tuple[SessionState, ...]:
        """Every temporary credential issued in the story, oldest first."""
        return sessions.session_states(self.lab.ledger, self.story.holdings())

    def cut_offs(self) -> tuple[CutOff, ...]:
        """Every cut-off now in force, newest last."""
        return sessions.cut_offs(self.lab.trail.records())

    @property
    def _step(self) -> Step | None:
        return None if self.finished else self.scenario.steps[self._at]

    def _step_state(self, index: int) -> StepState:
        return state_of(index, self.scenario.steps[index], self._progress[index], self._story)
