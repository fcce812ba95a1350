"""A play: steps, actions, answers and hints, and what it tells of them."""

from __future__ import annotations

import threading

import pytest

from simulator.scenario.loading import load
from simulator.scenario.play import Play
from simulator.scenario.states import (
    Finished,
    PlayEvent,
    RecordSeen,
    StepChanged,
    TerminalWritten,
)
from tests.scenario.conftest import SMALL, Write
from tests.scenario.playing import at_predict, at_task, here
from tests.serving import PATIENCE_SECONDS


def test_text_is_shown_with_its_placeholders_filled_in(play: Play) -> None:
    assert play.steps[0].text == "The account is 111122223333."
    assert play.debrief == "Account 111122223333."


def test_a_task_offers_its_actions_in_order_with_the_commands_they_run(play: Play) -> None:
    at_task(play)
    look, assume = play.actions()
    assert (look.id, assume.id) == ("look", "assume")
    assert look.command == "aws s3 ls s3://shelf/ --recursive"
    assert assume.command == (
        "aws sts assume-role --role-arn arn:aws:iam::111122223333:role/App"
        " --role-session-name alice"
    )


def test_a_wrong_action_is_really_made_and_the_task_stays_open(play: Play) -> None:
    at_task(play)
    play.do("look")
    assert here(play) == (1, "task", "current")
    assert play.terminal("alice")[-1].outcome == "denied"
    assert play.steps[1].says == "No."
    assert play.actions()[0].done


def test_the_right_action_completes_the_task_and_the_story_goes_on(play: Play) -> None:
    at_task(play)
    play.do("assume")
    assert play.steps[1].status == "done"
    assert play.steps[1].goals[0].met
    assert here(play) == (2, "leak", "current")


def test_the_leak_hands_over_the_three_values_and_nothing_else(play: Play) -> None:
    at_predict(play)
    assert play.credentials("mallory") == {"app": play.credentials("alice")["app"]}
    assert [each.holders for each in play.sessions()] == [("alice", "mallory")]


def test_a_predict_offers_nothing_before_the_answer(play: Play) -> None:
    at_predict(play)
    assert here(play) == (3, "predict", "current")
    assert play.actions() == ()


def test_a_predict_is_revealed_only_after_the_call_has_shown_it(play: Play) -> None:
    at_predict(play)
    play.answer(0)
    assert play.steps[3].correct is None
    assert [each.label for each in play.actions()] == ["See what happens"]
    play.do("continue")
    state = play.current
    assert state is not None
    assert (state.index, state.answer, state.correct, state.because) == (3, 0, 1, "It did.")
    assert play.steps[4].status == "done"
    play.do("continue")
    assert here(play) == (5, "quiz", "current")


def test_the_first_answer_counts(play: Play) -> None:
    at_predict(play)
    play.answer(0)
    play.answer(1)
    assert play.steps[3].answer == 0


@pytest.mark.parametrize("choice", [-1, 2])
def test_an_answer_that_is_no_option_is_refused(play: Play, choice: int) -> None:
    at_predict(play)
    with pytest.raises(ValueError, match="no option"):
        play.answer(choice)


def test_hints_open_one_by_one_and_cost_points(play: Play) -> None:
    at_task(play)
    assert play.hint() == "Ask STS."
    assert play.hint() == "As arn:aws:iam::111122223333:role/App."
    assert play.hint() is None
    assert play.steps[1].hints_open == 2
    play.do("assume")
    assert play.score.points == 6
    assert play.score.hints_used == 2


def test_a_solved_task_earns_nothing(play: Play) -> None:
    at_task(play)
    play.solve()
    assert here(play) == (2, "leak", "current")
    assert (play.score.points, play.score.solved_for_you) == (0, 1)


def test_what_a_wrong_action_taught_is_not_said_of_the_solution(play: Play) -> None:
    at_task(play)
    play.do("look")
    play.solve()
    assert play.steps[1].status == "done"
    assert play.steps[1].says == ""


def test_what_a_wrong_action_taught_is_not_said_of_a_call_from_outside(play: Play) -> None:
    at_task(play)
    play.do("look")
    keys = play.credentials("alice")["own"]
    own_tool = play.lab.actor("somebody", keys=keys).client("sts")
    own_tool.assume_role(RoleArn="arn:aws:iam::111122223333:role/App", RoleSessionName="cli")
    assert play.steps[1].status == "done"
    assert play.steps[1].says == ""


def test_a_solved_task_says_what_its_author_says_of_the_solution(write: Write) -> None:
    told = SMALL.replace(
        "            save: app\n    solution",
        "            save: app\n        says: Now she is App, in {{ account }}.\n    solution",
    )
    with Play(load(write(told))) as play:
        at_task(play)
        play.do("look")
        play.solve()
        assert play.steps[1].says == "Now she is App, in 111122223333."


def to_the_end(play: Play) -> None:
    at_predict(play)
    play.answer(1)
    play.do("continue")
    play.do("continue")
    play.answer(1)
    play.do("continue")
    play.do("continue")


def test_the_end_is_reached_with_full_points(play: Play) -> None:
    events: list[PlayEvent] = []
    play.subscribe(events.append)
    to_the_end(play)
    assert play.finished
    assert play.current is None
    assert play.actions() == ()
    assert (play.score.points, play.score.out_of) == (20, 20)
    assert events[-1] == Finished(passed=True, score=play.score)


def test_events_tell_of_records_terminals_and_steps(play: Play) -> None:
    events: list[PlayEvent] = []
    stop = play.subscribe(events.append)
    at_task(play)
    play.do("look")
    assert any(isinstance(each, RecordSeen) and each.record.actor == "alice" for each in events)
    assert any(isinstance(each, TerminalWritten) for each in events)
    assert any(isinstance(each, StepChanged) and each.state.index == 1 for each in events)
    stop()
    before = len(events)
    play.do("look")
    assert len(events) == before


def test_an_action_that_is_not_offered_is_a_key_error(play: Play) -> None:
    with pytest.raises(KeyError):
        play.do("assume")


def test_a_callback_may_wait_for_a_screen_that_reads_the_play(play: Play) -> None:
    """As a screen does: the callback hands over to another thread and waits for it."""
    stuck: list[PlayEvent] = []

    def render() -> None:
        assert play.steps
        play.actions()
        play.terminal()
        play.sessions()

    def wait(event: PlayEvent) -> None:
        screen = threading.Thread(target=render, daemon=True)
        screen.start()
        screen.join(timeout=PATIENCE_SECONDS)
        if screen.is_alive():
            stuck.append(event)

    play.subscribe(wait)
    at_task(play)
    play.do("look")
    keys = play.credentials("alice")["own"]
    outsider = play.lab.actor("somebody", keys=keys).client("sts")
    outsider.assume_role(RoleArn="arn:aws:iam::111122223333:role/App", RoleSessionName="cli")
    play.do("continue")
    play.answer(1)
    play.do("continue")
    assert stuck == []


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("", "Mallory: GetObject"),
        ("Mallory reads the file", "Mallory reads the file"),
        ("Now mallory's first call", "Now mallory's first call"),
        ("The file is read", "Mallory: The file is read"),
        ("Malloryan reading", "Mallory: Malloryan reading"),
    ],
)
def test_a_call_names_its_actor_once(write: Write, title: str, label: str) -> None:
    named = f"    title: {title}\n" if title else ""
    asked = SMALL[SMALL.index("  - predict:") : SMALL.index("  - call: s3.GetObject")]
    text = SMALL.replace(asked, "").replace("    as: mallory\n", f"{named}    as: mallory\n", 1)
    with Play(load(write(text))) as play:
        at_task(play)
        play.do("assume")
        play.do("continue")
        assert [action.label for action in play.actions()] == [label]
