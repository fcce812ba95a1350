"""Play: one scenario being played, on a running lab, by a learner.

A screen makes a :class:`Play`, calls :meth:`Play.open` on a worker thread, renders
:attr:`Play.steps` and :meth:`Play.actions`, and listens with :meth:`Play.subscribe`.
Nothing here knows of a screen.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType

from simulator.actors import Keys
from simulator.lab import ADMINISTRATOR, Lab
from simulator.scenario.case.desk import defend
from simulator.scenario.play import sessions
from simulator.scenario.play.offers import GO_ON, document_of, go_on, task_actions
from simulator.scenario.play.stepping import (
    Progress,
    meet_goals,
    run_check,
    score_of,
    state_of,
    told,
)
from simulator.scenario.schema import (
    CheckStep,
    PredictStep,
    QuizStep,
    Scenario,
    SceneStep,
    TaskStep,
)
from simulator.scenario.schema.acts import (
    ACTS,
    Act,
    ActionAct,
    actor_of,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.states import (
    Action,
    ActorState,
    ClockMoved,
    CutOff,
    Finished,
    PlayEvent,
    RecordSeen,
    Restarted,
    Score,
    SessionState,
    StepChanged,
    StepState,
    TerminalLine,
    TerminalWritten,
)
from simulator.scenario.story.deeds import StoryError
from simulator.scenario.story.story import Story
from simulator.scenario.varying import new_seed, vary
from simulator.trail import Record


class Play:
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
        self.scenario = vary(scenario, self.seed or 0) if varies else scenario
        self.live = live
        self._lab: Lab | None = None
        self._story: Story | None = None
        self._at = 0
        self._deepest = 0
        self._progress = [Progress() for _ in scenario.steps]
        self._work = threading.RLock()
        self._state = threading.RLock()
        self._busy = False
        self._heard = 0
        self._clock_moved = threading.Event()
        self._events: deque[PlayEvent] = deque()
        self._callbacks: list[Callable[[PlayEvent], None]] = []
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
            self._post(Restarted())

    def back_to_checkpoint(self) -> None:
        """To the start of the current task, or, untouched, of the one before (*blocking*)."""
        with self._working():
            target = self._checkpoint()
            self.lab.reset()
            self._tell(target)
            self._post(Restarted())

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

    # -- what is ------------------------------------------------------------------------
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
        story = self.story
        return sessions.session_states(self.lab.ledger, story.records(), story.holdings())

    def cut_offs(self) -> tuple[CutOff, ...]:
        """Every cut-off now in force, newest last."""
        return sessions.cut_offs(self.lab.trail.records())

    # -- what the learner does ----------------------------------------------------------
    def actions(self) -> tuple[Action, ...]:
        """What the learner can do now.

        ``tell``, ``call``, ``leak``, ``advance`` and ``check`` steps offer one: ``continue``
        (its label says what will happen). A task offers its actions. A predict or quiz
        offers none before :meth:`answer`, and ``continue`` after it.
        """
        with self._state:
            if self.finished or self._story is None:
                return ()
            step, progress = self.scenario.steps[self._at], self._progress[self._at]
            if isinstance(step, TaskStep):
                return task_actions(step, self._story, progress.done)
            if isinstance(step, PredictStep | QuizStep):
                if progress.answer is None:
                    return ()
                return (go_on("Go on" if progress.revealed else "See what happens"),)
            if isinstance(step, CallAct):
                name = self.scenario.actors[step.actor].name
                label = f"{name}: {self._step_state(self._at).title}"
                return (go_on(label, self._story.command(step), step.actor),)
            if isinstance(step, (*ACTS, CheckStep, SceneStep)):
                return (go_on(self._step_state(self._at).title),)
            return (go_on("Go on"),)

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
            step = None if self.finished else self.scenario.steps[self._at]
            if not isinstance(step, PredictStep | QuizStep) or not (
                0 <= choice < len(step.options)
            ):
                raise ValueError(f"there is no option {choice} now")
            progress = self._progress[self._at]
            if progress.answer is None:
                progress.answer = choice
                progress.revealed = isinstance(step, QuizStep)
            self._changed(self._at)
        self._flush()

    def hint(self) -> str | None:
        """Open the next hint of the current task; ``None`` when there is no other."""
        with self._state:
            step = None if self.finished else self.scenario.steps[self._at]
            progress = None if self.finished else self._progress[self._at]
            if not isinstance(step, TaskStep) or progress is None:
                return None
            if progress.hints_open >= len(step.hints):
                return None
            progress.hints_open += 1
            self._changed(self._at)
            text = told(step.hints[progress.hints_open - 1], self._story)
        self._flush()
        return text

    def solve(self) -> None:
        """Have the current task done as its solution says (*blocking*).

        Does nothing where the current step is no task.
        """
        with self._working():
            step = None if self.finished else self.scenario.steps[self._at]
            if not isinstance(step, TaskStep):
                return
            at = self._at
            self._progress[at].solved = True
            failure = self._solution(step)
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
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    # -- going on -----------------------------------------------------------------------
    def _tell(self, target: int) -> None:
        """Begin in a fresh world and perform what lies before a step."""
        self.story.begin()
        self._heard = self.lab.trail.next_sequence - 1
        for index, step in enumerate(self.scenario.steps):
            kept = self._progress[index]
            if index >= target:
                self._progress[index] = Progress()
                continue
            kept.began = self.lab.trail.next_sequence
            kept.lines_from = kept.lines_to = len(self.terminal())
            self._deepest = index
            if isinstance(step, ACTS):
                self._act(step)
            elif isinstance(step, SceneStep):
                self._acts(step.happens)
            elif isinstance(step, TaskStep):
                self._solution(step)
            elif isinstance(step, CheckStep) and step.closes_case:
                run_check(step, self.story, {})
            kept.status = "done"
            kept.revealed = kept.answer is not None
        self._heard = self.lab.trail.next_sequence - 1
        self._enter(min(target, len(self.scenario.steps)))

    def _checkpoint(self) -> int:
        tasks = [i for i, step in enumerate(self.scenario.steps) if isinstance(step, TaskStep)]
        if not self.finished and self._at in tasks:
            progress = self._progress[self._at]
            if self.lab.trail.next_sequence > progress.began or progress.done:
                return self._at
        return max((i for i in tasks if i < self._at), default=0)

    def _enter(self, index: int) -> None:
        with self._state:
            self._at = index
            if self.finished:
                self._post(Finished(self.passed, self.score))
                return
            progress = self._progress[index]
            self._deepest = index
            progress.status = "current"
            progress.began = self.lab.trail.next_sequence
            progress.lines_from = progress.lines_to = len(self.terminal())
            progress.text = told(getattr(self.scenario.steps[index], "text", ""), self._story)
            self._changed(index)

    def _complete(self, index: int, failure: str = "") -> None:
        with self._state:
            progress = self._progress[index]
            progress.status = "failed" if failure else "done"
            progress.failure = failure
            self._changed(index)
            before = self._progress[index - 1] if index else progress
            asked = index > 0 and isinstance(self.scenario.steps[index - 1], PredictStep)
            if asked and before.answer is not None and not before.revealed:
                before.revealed = True
                before.status = "current"
                self._at = index - 1
                self._changed(index - 1)
                return
            waiting = (i for i, each in enumerate(self._progress) if each.status == "waiting")
            self._enter(next(waiting, len(self._progress)))

    def _go_on(self) -> None:
        at = self._at
        step, progress = self.scenario.steps[at], self._progress[at]
        if isinstance(step, PredictStep) and not progress.revealed:
            if at + 1 < len(self.scenario.steps):
                with self._state:
                    progress.status = "done"
                    self._changed(at)
                    self._enter(at + 1)
                if isinstance(self.scenario.steps[at + 1], (*ACTS, CheckStep, SceneStep)):
                    self._go_on()
                return
            progress.revealed = True
        failure = ""
        if isinstance(step, ACTS):
            failure = self._act(step)
        elif isinstance(step, SceneStep):
            failure = self._acts(step.happens)
        elif isinstance(step, CheckStep):
            failure = run_check(step, self.story, self._began())
        self._complete(at, failure)

    def _began(self) -> dict[str, int]:
        steps = zip(self.scenario.steps, self._progress, strict=True)
        return {step.id: progress.began for step, progress in steps if step.id}

    def _do_action(self, action_id: str, document: str | None) -> None:
        step, at = self.scenario.steps[self._at], self._at
        assert isinstance(step, TaskStep)
        spec = next(each for each in step.actions if each.id == action_id)
        failure = ""
        for act in spec.does:
            carried = document_of(act, self.story) if document is not None else None
            failure = self._act(act, {carried[0]: document} if carried else None)
            if carried:
                document = None
            if failure:
                break
        with self._state:
            self._progress[at].done.add(action_id)
            # What the author says of it may be wrong of an action that went otherwise.
            self._progress[at].says = "" if failure else told(spec.says, self._story)
            self._progress[at].failure = failure
            self._changed(at)
        self._judge()

    def _solution(self, step: TaskStep) -> str:
        """Perform a task's solution; why it went wrong, or nothing."""
        if step.defender and self.scenario.case:
            defend(self.story, self.scenario.case)
            return ""
        actions = {spec.id: spec.does for spec in step.actions}
        acts: list[Act] = []
        for each in step.solution:
            acts += actions.get(each.do, []) if isinstance(each, ActionAct) else [each]
        return self._acts(acts)

    def _acts(self, acts: Sequence[Act]) -> str:
        """Perform acts in order, up to the first that isn't as expected; why, or nothing."""
        return next((failure for act in acts if (failure := self._act(act))), "")

    def _act(self, act: Act, parameters: Mapping[str, object] | None = None) -> str:
        """Perform one act; why it isn't what the scenario expects, or nothing."""
        try:
            if isinstance(act, CallAct):
                return self.story.call(act, parameters=parameters).failure
            return self.story.perform(act).failure
        except StoryError as error:
            self.story.remark(actor_of(act) or "", str(error))
            return str(error)
        finally:
            self._flush()

    def _judge(self) -> None:
        """Complete the current task if the trail shows its goals."""
        with self._state:
            if self.finished:
                return
            step, progress = self.scenario.steps[self._at], self._progress[self._at]
            if not isinstance(step, TaskStep) or progress.status != "current":
                return
            before = len(progress.met)
            if meet_goals(step, progress, self.story):
                self._complete(self._at)
            elif len(progress.met) > before:
                self._changed(self._at)

    # -- what is heard ------------------------------------------------------------------
    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._work:
            outer, self._busy = self._busy, True
            try:
                yield
            finally:
                self._busy = outer
                if not outer:
                    self._listen()
        self._flush()

    def _recorded(self, record: Record) -> None:
        self._post(RecordSeen(record))
        if not self._busy:
            self._listen()
        self._flush()

    def _listen(self) -> None:
        """Take in what was recorded and was not ours: calls from outside."""
        with self._state:
            if self._lab is None or self._story is None:
                return
            for record in self._lab.trail.records(self._heard):
                self._heard = record.sequence
                if record.actor == ADMINISTRATOR and record.event.get("readOnly"):
                    self._story.hide(record)
                elif not self._story.made(record):
                    self._story.overheard(record)
        self._judge()

    def _line(self, line: TerminalLine) -> None:
        self._post(TerminalWritten(line))
        self._progress[self._deepest].lines_to = len(self.terminal())

    def _moved(self, now: datetime) -> None:
        self._post(ClockMoved(now))
        self._flush()
        self._clock_moved.set()

    def _let_work(self) -> None:
        """Have workloads work when somebody else moves the clock, or it runs by itself."""
        while self._clock_moved.wait():
            self._clock_moved.clear()
            if self._lab is None:
                return
            # Only after the moment's own doing: an act that moves time has them work itself.
            if self.story.crew.due:
                with self._working():
                    if self._lab is not None:
                        self.story.crew.work()

    def _step_state(self, index: int) -> StepState:
        return state_of(index, self.scenario.steps[index], self._progress[index], self._story)

    def _changed(self, index: int) -> None:
        self._post(StepChanged(self._step_state(index)))

    def _post(self, event: PlayEvent) -> None:
        self._events.append(event)

    def _flush(self) -> None:
        """Tell the callbacks. Never called with the state lock held: they may need it."""
        while self._events:
            try:
                event = self._events.popleft()
            except IndexError:
                return
            for callback in tuple(self._callbacks):
                callback(event)
