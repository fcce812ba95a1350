"""Scenarios that are different each time, and a defender who only reads the trail."""

from __future__ import annotations

import pytest

from simulator.scenario.checking import check_file
from simulator.scenario.loading import load
from simulator.scenario.play import Play
from simulator.scenario.running import ScenarioResult, run_scenario
from tests.scenario.conftest import Write

HUNT = """\
id: hunt
title: Hunt
chapter: Test
level: advanced
minutes: 1
teaches: [nothing]
vary:
  victim: [ann, ben, cem]
  lair: [203.0.113.5, 203.0.113.6]
actors:
  ann: {name: Ann, about: Works., signs_as: ann}
  ben: {name: Ben, about: Works., signs_as: ben}
  cem: {name: Cem, about: Works., signs_as: cem}
  dana: {name: Dana, about: Security., side: defender, signs_as: dana}
  thief: {name: Thief, about: Does not., side: attacker, source_ip: "{{ lair }}"}
world:
  groups:
    staff:
      policies:
        Read: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]
  users:
    ann: {groups: [staff]}
    ben: {groups: [staff]}
    cem: {groups: [staff]}
    dana:
      policies:
        Keys: [{Effect: Allow, Action: "iam:UpdateAccessKey", Resource: "*"}]
  buckets:
    shelf: {objects: {a.txt: hello}}
steps:
  - scene: An hour of business
    shuffled: true
    happens:
      - {as: ann, call: s3.ListObjectsV2, parameters: {Bucket: shelf}}
      - {as: ben, call: s3.ListObjectsV2, parameters: {Bucket: shelf}}
      - {as: cem, call: s3.ListObjectsV2, parameters: {Bucket: shelf}}
      - leak: {credentials: own, from: "{{ victim }}", to: thief}
  - call: s3.ListObjectsV2
    title: In the night
    as: thief
    using: "{{ victim }}"
    parameters: {Bucket: shelf}
  - task: Stop the key that was used from elsewhere
    goal:
      - {as: dana, operation: UpdateAccessKey, outcome: allowed}
    hints: [Look at the addresses.]
    solution:
      - as: dana
        call: iam.UpdateAccessKey
        parameters:
          UserName: >-
            {{ trail[?starts_with(source_ip, '203.0.113.')] | [0].parts.user }}
          AccessKeyId: >-
            {{ trail[?starts_with(source_ip, '203.0.113.')] | [0].access_key_id }}
          Status: Inactive
        expect: allowed
  - predict: Does it still work?
    options: ["Yes", "No"]
    answer: 1
    because: It is inactive.
  - call: s3.ListObjectsV2
    as: thief
    using: "{{ victim }}"
    parameters: {Bucket: shelf}
    expect: refused
"""


def text() -> str:
    user = "          UserName: >-\n            {{ trail[?starts_with(source_ip, '203.0.113.')]"
    assert user in HUNT
    return HUNT.replace(" | [0].parts.user }}", " | [0].user }}")


def order(result: ScenarioResult) -> list[tuple[str, str]]:
    return [(each.actor, each.source_ip) for each in result.calls]


def thieves_key(result: ScenarioResult) -> str | None:
    return next(each.access_key_id for each in result.calls if each.actor == "thief")


def test_the_same_seed_tells_the_same_story(write: Write) -> None:
    scenario = load(write(text()))
    first, second = (run_scenario(scenario, seed=7) for _ in range(2))
    assert first.passed
    assert (first.seed, order(first)) == (7, order(second))


def test_seeds_differ_in_the_victim_the_place_and_the_order(write: Write) -> None:
    scenario = load(write(text()))
    results = [run_scenario(scenario, seed=seed) for seed in range(1, 9)]
    assert all(result.passed for result in results), [
        [step.failure for step in result.steps if step.failure] for result in results
    ]
    assert len({tuple(order(result)) for result in results}) > 3
    victims = {
        next(each.actor for each in result.calls if each.access_key_id == thieves_key(result))
        for result in results
    }
    assert len(victims) > 1


def test_a_seed_is_chosen_and_shown_where_none_is_given(write: Write) -> None:
    with Play(load(write(text()))) as play:
        assert play.seed is not None
        assert 1 <= play.seed < 10_000


def test_what_varies_is_checked_in_every_form(write: Write) -> None:
    assert [str(each) for each in check_file(write(text())) if each.severity == "error"] == []
    found = check_file(write(text().replace("[ann, ben, cem]", "[ann, ben, cen]")))
    assert any("no actor 'cen'; did you mean 'cem'" in each.message for each in found)


def test_the_trail_does_not_say_who_it_was_in_truth(write: Write) -> None:
    with Play(load(write(text())), seed=1) as play:
        play.do("continue")
        assert all("actor" not in each for each in play.story.names()["trail"])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_restart_keeps_the_seed(write: Write, seed: int) -> None:
    with Play(load(write(text())), seed=seed) as play:
        play.do("continue")
        before = [each.actor for each in play.story.records()]
        play.restart()
        play.do("continue")
        assert [each.actor for each in play.story.records()] == before
