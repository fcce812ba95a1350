"""Play: one scenario being played, on a running lab, by a learner.

A screen makes a :class:`Play`, calls :meth:`Play.open` on a worker thread, renders
:attr:`Play.steps` and :meth:`Play.actions`, and listens with :meth:`Play.subscribe`.
Nothing here knows of a screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from simulator.lab import Lab
from simulator.scenario.play.course import Course
from simulator.scenario.play.doing import solution_says
from simulator.scenario.play.offers import GO_ON
from simulator.scenario.play.stepping import Progress, told
from simulator.scenario.schema import (
    PredictStep,
    QuizStep,
    Scenario,
    SceneStep,
    TaskStep,
)
from simulator.scenario.states import (
    PlayEvent,
    Restarted,
)
from simulator.scenario.story.story import Story
from simulator.scenario.varying import new_seed, vary


class Play(Course):
    """One scenario being played.

    All methods may be called from any thread; those marked *blocking* make real calls and
    belong on a worker thread. They are serialised by a lock. Callbacks run on the thread
    that caused the event (a worker's, or the server's), hold no lock of the play that the
    properties need, and must not call back into blocking methods.

    Args:
        scenario: what to play.
        live: open at wall time and let it run, for outside tools that judge `Expiration`
            by their own clock.
        seed: for scenarios that are different each time; without one, one is chosen, and
            :attr:`seed` says which. ``None`` remains where nothing varies.
    """

    def __init__(self, scenario: Scenario, *, live: bool = False, seed: int | None = None) -> None:
        varies = bool(scenario.vary or scenario.case) or any(
            isinstance(step, SceneStep) and step.shuffled for step in scenario.steps
        )
        self.seed = new_seed() if varies and seed is None else seed
        super().__init__(vary(scenario, self.seed or 0) if varies else scenario)
        self.live = live
        self._unsubscribe: list[Callable[[], None]] = []

    # -- life ---------------------------------------------------------------------------
    def open(self, *, at_step: int = 0) -> None:
        """Start the lab, build the world and begin (*blocking*, about a second).

        Args:
            at_step: go on at this step: what lies before is performed as the scenario's
                solutions say (leaving and coming back loses nothing).

        Raises:
            LabError: another lab is open in this process.
            WorldError: the world cannot be built.
        """
        with self._work:
            lab = Lab(self.scenario.start, live=self.live)
            lab.start()
            self._lab = lab
            self._story = Story(self.scenario, lab, paced=not self.live, on_line=self._line)
            try:
                self._tell(at_step)
            except BaseException:
                self.close()
                raise
            self._unsubscribe = [
                lab.trail.subscribe(self._recorded),
                lab.clock.subscribe(self._moved),
            ]
            if self.scenario.case or any(spec.workload for spec in self.scenario.actors.values()):
                threading.Thread(target=self._let_work, name="workloads", daemon=True).start()

    def close(self) -> None:
        """Stop the lab (*blocking*). Safe to call twice, and before :meth:`open`."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        with self._work:
            if self._lab is not None:
                self._lab.stop()
                self._lab = None
        self._clock_moved.set()

    def restart(self) -> None:
        """A new world, the first step (*blocking*)."""
        with self._working():
            self._progress = [Progress() for _ in self.scenario.steps]
            self.lab.reset()
            self._tell(0)
            self._events.post(Restarted())

    def back_to_checkpoint(self) -> None:
        """To the start of the current task, or, untouched, of the one before (*blocking*)."""
        with self._working():
            target = self._checkpoint()
            self.lab.reset()
            self._tell(target)
            self._events.post(Restarted())

    def __enter__(self) -> Play:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- what the learner does ----------------------------------------------------------
    def do(self, action_id: str, *, document: str | None = None) -> None:
        """Do one of :meth:`actions` (*blocking*, real calls).

        Args:
            action_id: :attr:`Action.id`.
            document: for a ``policy`` action, the learner's own policy document (JSON text)
                in place of :attr:`Action.document`. Sent as it is: AWS judges it.

        Raises:
            KeyError: there is no such action now.
        """
        with self._working():
            if action_id not in {action.id for action in self.actions()}:
                raise KeyError(action_id)
            if action_id == GO_ON:
                self._go_on()
            else:
                self._do_action(action_id, document)

    def answer(self, choice: int) -> None:
        """Commit to an option of the current predict or quiz. The first answer counts.

        Raises:
            ValueError: the current step has no such option.
        """
        with self._state:
            step = self._step
            if not isinstance(step, PredictStep | QuizStep) or not (
                0 <= choice < len(step.options)
            ):
                raise ValueError(f"there is no option {choice} now")
            progress = self._progress[self._at]
            if progress.answer is None:
                progress.answer = choice
                progress.revealed = isinstance(step, QuizStep)
            self._changed(self._at)
        self._events.flush()

    def hint(self) -> str | None:
        """Open the next hint of the current task; ``None`` when there is no other."""
        with self._state:
            step = self._step
            if not isinstance(step, TaskStep):
                return None
            progress = self._progress[self._at]
            if progress.hints_open >= len(step.hints):
                return None
            progress.hints_open += 1
            self._changed(self._at)
            text = told(step.hints[progress.hints_open - 1], self._story)
        self._events.flush()
        return text

    def solve(self) -> None:
        """Have the current task done as its solution says (*blocking*).

        Does nothing where the current step is no task.
        """
        with self._working():
            step = self._step
            if not isinstance(step, TaskStep):
                return
            at = self._at
            progress = self._progress[at]
            progress.solved = True
            failure = self._doing.solution(step)
            # What was said of an earlier, perhaps wrong, action is not what completes the task.
            progress.says = "" if failure else told(solution_says(step), self._story)
            self._judge()
            if self._progress[at].status == "current":
                missing = [goal.text for goal in self._step_state(at).goals if not goal.met]
                failure = failure or "not in the trail: " + "; ".join(missing)
                self._complete(at, failure)
            elif failure:
                self._progress[at].status = "failed"
                self._progress[at].failure = failure
                self._changed(at)

    def subscribe(self, callback: Callable[[PlayEvent], None]) -> Callable[[], None]:
        """Be told of every event; returns the function that ends it."""
        return self._events.subscribe(callback)
