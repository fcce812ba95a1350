"""How far a scenario is played."""

from __future__ import annotations

from simulator.scenario.play import Play
from simulator.scenario.schema import Question, TaskStep


def at_step(play: Play, step_id: str) -> None:
    """Play as the solutions say, up to a step."""
    while play.current is not None and play.current.step.id != step_id:
        current = play.current
        if isinstance(current.step, TaskStep):
            play.solve()
        elif isinstance(current.step, Question) and current.answer is None:
            play.answer(0)
        else:
            play.do("continue")


def at_task(play: Play) -> None:
    play.do("continue")


def at_predict(play: Play) -> None:
    at_task(play)
    play.do("assume")
    play.do("continue")


def here(play: Play) -> tuple[int, str, str]:
    state = play.current
    assert state is not None
    return state.index, state.kind, state.status
