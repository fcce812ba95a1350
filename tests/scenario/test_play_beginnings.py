"""Opening, restarting, going back, closing."""

from __future__ import annotations

from simulator.clock import wall
from simulator.scenario.play import Play
from simulator.scenario.states import (
    PlayEvent,
    Restarted,
)
from tests.scenario.playing import at_predict, at_task, here
from tests.scenario.test_play import to_the_end


def test_a_restart_begins_a_new_world_at_the_start_time(play: Play) -> None:
    at_predict(play)
    events: list[PlayEvent] = []
    play.subscribe(events.append)
    play.restart()
    assert here(play) == (0, "tell", "current")
    assert play.lab.clock.now() == play.scenario.start
    assert play.sessions() == ()
    assert play.terminal() == ()
    assert Restarted() in events
    to_the_end(play)
    assert play.passed


def test_a_checkpoint_is_the_start_of_the_current_task_once_it_is_touched(play: Play) -> None:
    at_task(play)
    play.do("look")
    play.back_to_checkpoint()
    assert here(play) == (1, "task", "current")
    assert play.terminal() == ()
    assert not play.actions()[0].done


def test_a_checkpoint_is_the_last_task_from_a_later_step(play: Play) -> None:
    at_predict(play)
    play.back_to_checkpoint()
    assert here(play) == (1, "task", "current")
    assert "app" not in play.credentials("alice")
    to_the_rest = ["assume", "continue"]
    for action in to_the_rest:
        play.do(action)
    assert here(play) == (3, "predict", "current")


def test_opening_at_a_step_has_everything_before_it_done(play: Play) -> None:
    again = Play(play.scenario)
    play.close()
    again.open(at_step=3)
    try:
        assert here(again) == (3, "predict", "current")
        assert "app" in again.credentials("mallory")
        again.answer(1)
        again.do("continue")
        assert again.terminal("mallory")[-1].outcome == "allowed"
    finally:
        again.close()


def test_closing_twice_or_before_opening_is_harmless(play: Play) -> None:
    play.close()
    play.close()
    Play(play.scenario).close()


def test_a_live_play_opens_at_wall_time_and_runs(play: Play) -> None:
    scenario = play.scenario
    play.close()
    with Play(scenario, live=True) as live:
        assert abs((live.lab.clock.now() - wall()).total_seconds()) < 5
        assert live.lab.clock.rate == 1
