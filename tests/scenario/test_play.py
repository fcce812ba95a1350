from __future__ import annotations

import threading
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from simulator.clock import wall
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.play import Play
from simulator.scenario.schema import Question, TaskStep
from simulator.scenario.states import (
    Finished,
    PlayEvent,
    RecordSeen,
    Restarted,
    StepChanged,
    TerminalWritten,
)


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


def test_text_is_shown_with_its_placeholders_filled_in(play: Play) -> None:
    assert play.steps[0].text == "The account is 111122223333."
    assert play.debrief == "Account 111122223333."


def test_a_task_offers_each_action_with_a_key_of_its_own(play: Play) -> None:
    at_task(play)
    look, assume = play.actions()
    assert (look.key, assume.key) == ("l", "a")
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


def test_a_call_from_outside_completes_the_task_and_can_be_used_later(play: Play) -> None:
    at_task(play)
    keys = play.credentials("alice")["own"]
    outsider = play.lab.actor("somebody", keys=keys).client("sts")
    outsider.assume_role(RoleArn="arn:aws:iam::111122223333:role/App", RoleSessionName="cli")
    assert here(play) == (2, "leak", "current")
    assert "app" in play.credentials("alice")
    assert play.terminal("alice")[-1].command.startswith("aws sts assume-role")
    play.do("continue")
    play.answer(1)
    play.do("continue")
    assert play.terminal("mallory")[-1].outcome == "allowed"


def test_a_long_term_key_made_from_outside_can_be_used_later_too() -> None:
    with Play(load_by_id("session-token-survives")) as play:
        at_step(play, "revoke")
        dana = play.lab.actor("somebody", keys=play.credentials("dana")["own"]).client("iam")
        made = dana.create_access_key(UserName="sam")["AccessKey"]
        assert play.credentials("dana")["renewed"].access_key_id == made["AccessKeyId"]


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


def test_what_a_thief_gets_from_outside_with_a_leaked_key_is_the_thiefs() -> None:
    with Play(load_by_id("session-token-survives")) as play:
        at_step(play, "exchange")
        mallory = play.lab.actor("somebody", keys=play.credentials("mallory")["sam"])
        mallory.client("sts").get_session_token(DurationSeconds=129600)
        spare = play.credentials("mallory")["spare"]
        assert "spare" not in play.credentials("sam")
        play.lab.actor("somebody", keys=spare).client("s3").list_objects_v2(
            Bucket="kibble-releases"
        )
        assert play.current is not None
        assert play.current.step.id != "exchange", "done, from outside alone"


def test_who_assumes_a_role_twice_from_outside_goes_on_with_the_second_session() -> None:
    with Play(load_by_id("the-cut-off")) as play:
        at_step(play, "repair")
        alice = play.lab.actor("somebody", keys=play.credentials("alice")["own"]).client("sts")
        role = {"RoleArn": "arn:aws:iam::111122223333:role/App", "RoleSessionName": "cli"}
        alice.assume_role(**role)
        too_old = play.credentials("alice")["good"]
        play.do("revoke")
        play.lab.clock.advance(timedelta(minutes=1))
        alice.assume_role(**role)
        assert play.credentials("alice")["good"] != too_old


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


def test_an_action_that_is_not_offered_is_a_key_error(play: Play) -> None:
    with pytest.raises(KeyError):
        play.do("assume")


def test_reading_the_world_as_administrator_is_no_part_of_the_story(play: Play) -> None:
    play.lab.admin.call("iam", "ListRoles")
    assert play.story.records() == ()
    assert play.terminal() == ()


def test_closing_twice_or_before_opening_is_harmless(play: Play) -> None:
    play.close()
    play.close()
    Play(play.scenario).close()


def at_revoke() -> Play:
    play = Play(load_by_id("leaked-session"))
    index = next(i for i, step in enumerate(play.scenario.steps) if step.id == "revoke")
    play.open(at_step=index)
    return play


def test_a_policy_action_shows_its_document_and_takes_the_learners_own() -> None:
    play = at_revoke()
    try:
        revoke = next(action for action in play.actions() if action.id == "revoke")
        assert revoke.kind == "policy"
        assert revoke.document is not None
        assert "aws:TokenIssueTime" in revoke.document
        play.do("revoke", document='{"Version": "2012-10-17", "Statement": [}')
        assert "MalformedPolicyDocument" in play.terminal("dana")[-1].output
        own = revoke.document.replace(
            str(play.lab.clock.now().year), str(play.lab.clock.now().year + 1)
        )
        play.do("revoke", document=own)
        assert play.terminal("dana")[-1].outcome == "allowed"
        assert [cut.at.year for cut in play.cut_offs()] == [2022]
    finally:
        play.close()


def test_a_cut_off_in_the_wrong_zone_stops_nobody_and_pressing_again_replaces_it() -> None:
    play = at_revoke()
    try:
        play.do("office-clock")
        play.do("mallory-tries")
        assert play.terminal("mallory")[-1].outcome == "allowed"
        current = play.current
        assert current is not None
        assert current.step.id == "revoke"
        play.do("revoke")
        play.do("mallory-tries")
        assert play.terminal("mallory")[-1].outcome == "denied"
        assert len(play.cut_offs()) == 1
        assert play.steps[current.index].status == "done"
    finally:
        play.close()


def test_a_live_play_opens_at_wall_time_and_runs(play: Play) -> None:
    scenario = play.scenario
    play.close()
    with Play(scenario, live=True) as live:
        assert abs((live.lab.clock.now() - wall()).total_seconds()) < 5
        assert live.lab.clock.rate == 1


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
        screen.join(timeout=5)
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


def test_calls_from_outside_during_an_action_are_all_heard(play: Play) -> None:
    at_task(play)
    keys = play.credentials("alice")["own"]
    client = play.lab.actor("somebody", keys=keys).client("sts")
    others = [threading.Thread(target=client.get_caller_identity) for _ in range(8)]
    for other in others:
        other.start()
    play.do("look")
    for other in others:
        other.join()
    commands = [line.command for line in play.terminal("alice")]
    assert commands.count("aws sts get-caller-identity") == 8
    assert commands.count("aws s3 ls s3://shelf/ --recursive") == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/", b""),
        ("POST", "/", b"\xff\x00garbage"),
        ("POST", "/", b"Action=NoSuchThing&Version=2011-06-15"),
        ("PUT", "/shelf/a.txt", b"x"),
        ("DELETE", "/%ff%00", b""),
    ],
)
def test_garbage_from_outside_leaves_the_play_as_it_was(
    play: Play, method: str, path: str, body: bytes
) -> None:
    at_task(play)
    address = urlsplit(play.lab.endpoint_url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.request(method, path, body=body)
    assert connection.getresponse().status < 500
    connection.close()
    assert here(play) == (1, "task", "current")
    play.do("assume")
    assert here(play) == (2, "leak", "current")
