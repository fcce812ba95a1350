"""The capstone: a case for each seed, a thief who goes on, a defender who only reads the trail."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from simulator.scenario.case.defender import investigate
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.checking import check
from simulator.scenario.loading import load_source
from simulator.scenario.play import Play
from simulator.scenario.play.offers import GO_ON
from simulator.scenario.running import ScenarioResult, run_scenario
from simulator.scenario.schema import Scenario
from simulator.scenario.varying import vary
from simulator.trail import Record

SEEDS = (1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 14, 19, 20)
ACCOUNT = "111122223333"


@lru_cache
def incident() -> Scenario:
    return load_by_id("incident")


@lru_cache
def ran(seed: int) -> ScenarioResult:
    return run_scenario(incident(), seed=seed)


def thiefs(result: ScenarioResult) -> list[Record]:
    assert result.scenario.case
    return [each for each in result.calls if each.source_ip == result.scenario.case.lair]


def step(result: ScenarioResult, kind: str) -> Any:
    return next(each for each in result.steps if each.kind == kind)


def to_the_task(play: Play) -> None:
    play.do(GO_ON)
    play.answer(0)
    play.do(GO_ON)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_defender_contains_every_case_from_the_trail_alone(seed: int) -> None:
    result = ran(seed)
    assert [each.failure for each in result.steps if each.failure] == []
    assert result.passed
    predict = step(result, "predict")
    assert predict.answer == predict.correct, "found whose session it was"
    report = next(
        each.sequence
        for each in result.calls
        if each.actor == "dana" and "Put" in each.operation and each.service == "s3"
    )
    # The thief tries everything once more when the case is closed, and gets nothing at all.
    after = [each for each in thiefs(result) if each.sequence > report]
    assert after
    assert all(each.error_code for each in after)


def test_the_seeds_tried_have_every_kind_of_victim_and_foothold() -> None:
    cases = [vary(incident(), seed).case for seed in SEEDS]
    assert {case.victim for case in cases if case} == set(incident().vary["victim"])
    assert {kind for case in cases if case for kind in case.footholds.split()} == {
        "key", "user", "trust",
    }  # fmt: skip


def test_the_same_seed_is_the_same_case_and_another_is_not() -> None:
    def told(result: ScenarioResult) -> list[tuple[Any, ...]]:
        return [(each.at, each.actor, each.operation, each.outcome) for each in result.calls]

    again = run_scenario(incident(), seed=SEEDS[0])
    assert told(again) == told(ran(SEEDS[0]))
    assert told(again) != told(ran(SEEDS[1]))


def test_the_thief_is_in_the_trail_under_other_peoples_names() -> None:
    result = ran(6)
    names = {each.actor for each in thiefs(result) if each.principal_arn}
    assert "thief" not in {each.actor for each in result.calls}
    assert "priya" in names, "the victim's own name"


def test_the_alarm_finds_the_thief_at_work() -> None:
    with Play(incident(), seed=6) as play:
        case = play.story.crew.case
        assert case
        assert play.lab.clock.now() == case.alarm
        late = [each for each in play.story.records() if each.source_ip == case.case.lair][-3:]
        assert {each.outcome for each in late} == {"allowed"}


def test_doing_nothing_lets_the_thief_go_on_and_fails_the_check() -> None:
    with Play(incident(), seed=6) as play:
        to_the_task(play)
        for _ in range(5):
            play.do("watch")
        play.do("report")
        while play.current and play.current.kind != "tell":
            play.do(GO_ON)
        check = next(each for each in play.steps if each.kind == "check")
        case = play.story.crew.case
        assert case
        assert case.score
        assert check.status == "failed"
        assert "ways in still work" in check.failure
        # The two sessions have ended by themselves meanwhile; what was left behind hasn't.
        assert case.score.footholds == len(case.case.footholds.split()) == 3
        assert case.score.attacker_calls >= 8
        assert case.score.points < 40


def test_a_revoke_before_the_ways_back_are_closed_is_only_a_pause() -> None:
    with Play(incident(), seed=6) as play:
        to_the_task(play)
        for role in ("reports", "support", "deploy"):
            play.do(f"revoke-{role}")
        before = play.lab.trail.next_sequence
        play.do("watch")
        play.do("watch")
        case = play.story.crew.case
        assert case
        assert any(
            each.source_ip == case.case.lair and each.outcome == "allowed" and not each.error_code
            for each in play.lab.trail.records(before)
        )


def test_a_learner_can_do_it_with_what_is_offered() -> None:
    # Seed 6: Priya's session; a second key for Bob, a user created, Support's trust opened.
    with Play(incident(), seed=6) as play:
        to_the_task(play)
        for action in (
            "trust-support", "key-bob", "key-planted",
            "revoke-support", "revoke-deploy", "revoke-reports", "watch", "report",
        ):  # fmt: skip
            play.do(action)
        while not play.finished:
            play.do(GO_ON)
        assert play.passed
        case = play.story.crew.case
        assert case
        assert case.score
        assert (case.score.footholds, case.score.idle) == (0, 0)
        assert f"{case.score.points}" in next(
            each.text for each in play.steps if each.title.startswith("The count")
        )
        assert play.score.out_of == 115
        assert play.score.points >= case.score.points


def test_the_story_does_not_name_the_thief_before_the_end() -> None:
    with Play(incident(), seed=6) as play:
        facts = play.story.names()["case"]
        assert set(facts) == {"seed", "alarm"}
        assert all("actor" not in each for each in play.story.names()["trail"])
        assert "thief" not in {each.id for each in play.actors()}


def entry(**more: Any) -> dict[str, Any]:
    return {
        "at": 0, "operation": "GetObject", "outcome": "allowed", "error_code": None,
        "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/ann", "access_key_id": "ASIA1",
        "issued_key": None, "source_ip": "198.51.100.1", "parameters": {}, **more,
    }  # fmt: skip


def test_somebody_who_has_always_worked_from_abroad_is_no_thief() -> None:
    trail = [entry(source_ip="203.0.113.1"), entry(source_ip="203.0.113.1")]
    assert investigate(trail, ["198.51.100.0/24"], ACCOUNT).stolen == {}


def test_a_session_in_two_places_is_stolen_and_what_it_was_given_too() -> None:
    trail = [
        entry(),
        entry(source_ip="203.0.113.1", operation="CreateAccessKey", issued_key="AKIA2",
              parameters={"UserName": "bob"}),
    ]  # fmt: skip
    found = investigate(trail, ["198.51.100.0/24"], ACCOUNT)
    assert set(found.stolen) == {"ASIA1"}
    assert found.keys == {"AKIA2": "bob"}
    assert set(found.roles) == {"App"}


@pytest.fixture
def bent() -> Any:
    scenario, source = load_source(next(iter(_path())))
    return lambda **more: [
        each.message
        for each in check(
            scenario.model_copy(
                update={
                    "vary": {},
                    "case": scenario.case.model_copy(  # type: ignore[union-attr]
                        update={
                            "victim": "alice",
                            "key_user": "bob",
                            "planted": "monitoring",
                            "footholds": "key",
                            **more,
                        }
                    ),
                }
            ),
            source,
        )
        if "there is no" in each.message
    ]


def _path() -> Iterator[Any]:
    from simulator.scenario.catalogue import find

    yield find("incident").path


def test_a_case_is_checked_with_the_nearest_name(bent: Any) -> None:
    assert not [each for each in bent() if "foothold" in each or "role" in each]
    assert "there is no role 'Deplay'; did you mean 'Deploy'?" in bent(chain="Deplay")
    assert "there is no foothold 'keys'; did you mean 'key'?" in bent(footholds="keys")
    assert "there is no actor 'alise'; did you mean 'alice'?" in bent(victim="alise")
