"""How far the small scenario is played."""

from __future__ import annotations

from simulator.scenario.play import Play


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
