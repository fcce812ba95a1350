"""Play: one scenario being played, on a running lab, by a learner.

A screen makes a :class:`Play`, calls :meth:`Play.open` on a worker thread, renders
:attr:`Play.steps` and :meth:`Play.actions`, and listens with :meth:`Play.subscribe`.
Nothing here knows of a screen.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from simulator.scenario.states import (
    Action,
    ActorState,
    CutOff,
    PlayEvent,
    Score,
    SessionState,
    StepState,
    TerminalLine,
)

if TYPE_CHECKING:
    from simulator.lab import Lab
    from simulator.scenario.schema import Scenario


class Play:
    """One scenario being played.

    All methods may be called from any thread; those marked *blocking* make real calls and
    belong on a worker thread. They are serialised by a lock. Callbacks run on the thread
    that caused the event (a worker's, or the server's) and must not call back into blocking
    methods.
    """

    def __init__(self, scenario: Scenario, *, live: bool = False, seed: int | None = None) -> None:
        self.scenario = scenario
        self.live = live
        self.seed = seed

    # -- life ---------------------------------------------------------------------------
    def open(self, *, at_step: int = 0) -> None:
        """Start the lab, build the world and begin (*blocking*, about a second).

        Args:
            at_step: go on at this step: what lies before is performed as the scenario's
                solutions say (leaving and coming back loses nothing).
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop the lab (*blocking*). Safe to call twice, and before :meth:`open`."""
        raise NotImplementedError

    def restart(self) -> None:
        """A new world, the first step (*blocking*)."""
        raise NotImplementedError

    def back_to_checkpoint(self) -> None:
        """To the start of the current task, or, untouched, of the one before (*blocking*)."""
        raise NotImplementedError

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
        raise NotImplementedError

    @property
    def steps(self) -> tuple[StepState, ...]:
        """Every step with its state."""
        raise NotImplementedError

    @property
    def current(self) -> StepState | None:
        """The step the learner is at; ``None`` when finished."""
        raise NotImplementedError

    @property
    def finished(self) -> bool:
        """Whether the last step is behind us."""
        raise NotImplementedError

    @property
    def score(self) -> Score:
        """How it went so far."""
        raise NotImplementedError

    @property
    def debrief(self) -> str:
        """The scenario's debrief: markdown, placeholders filled in."""
        raise NotImplementedError

    def actors(self) -> tuple[ActorState, ...]:
        """Who is in the story, as the scenario lists them."""
        raise NotImplementedError

    def terminal(self, actor: str | None = None) -> tuple[TerminalLine, ...]:
        """The terminal of one actor, or of all together, oldest line first."""
        raise NotImplementedError

    def sessions(self) -> tuple[SessionState, ...]:
        """Every temporary credential issued in the story, oldest first."""
        raise NotImplementedError

    def cut_offs(self) -> tuple[CutOff, ...]:
        """Every cut-off now in force, newest last."""
        raise NotImplementedError

    # -- what the learner does ----------------------------------------------------------
    def actions(self) -> tuple[Action, ...]:
        """What the learner can do now.

        ``tell``, ``call``, ``leak``, ``advance`` and ``check`` steps offer one: ``continue``
        (its label says what will happen). A task offers its actions. A predict or quiz
        offers none before :meth:`answer`, and ``continue`` after it.
        """
        raise NotImplementedError

    def do(self, action_id: str, *, document: str | None = None) -> None:
        """Do one of :meth:`actions` (*blocking*, real calls).

        Args:
            action_id: :attr:`Action.id`.
            document: for a ``policy`` action, the learner's own policy document (JSON text)
                in place of :attr:`Action.document`. Sent as it is: AWS judges it.

        Raises:
            KeyError: there is no such action now.
        """
        raise NotImplementedError

    def answer(self, choice: int) -> None:
        """Commit to an option of the current predict or quiz. The first answer counts.

        Raises:
            ValueError: the current step has no such option.
        """
        raise NotImplementedError

    def hint(self) -> str | None:
        """Open the next hint of the current task; ``None`` when there is no other."""
        raise NotImplementedError

    def solve(self) -> None:
        """Have the current task done as its solution says (*blocking*)."""
        raise NotImplementedError

    def subscribe(self, callback: Callable[[PlayEvent], None]) -> Callable[[], None]:
        """Be told of every event; returns the function that ends it."""
        raise NotImplementedError
