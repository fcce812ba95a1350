"""Workloads: programs with a machine's credentials, through a leak and a revoke."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator.scenario.checking import check_file
from simulator.scenario.loading import load
from simulator.scenario.play import Play
from simulator.scenario.running import run_scenario
from simulator.scenario.schema.acts import Act
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.states import PlayEvent, RecordSeen
from simulator.scenario.story.story import Story
from simulator.trail import Record
from tests.scenario.conftest import Write
from tests.serving import PATIENCE_SECONDS

SHOP = """\
id: shop
title: Shop
chapter: Test
level: beginner
minutes: 1
teaches: [nothing]
pace: 0s
actors:
  shop:
    name: Shop
    about: The web shop.
    side: workload
    workload:
      instance: web1
      every: 10m
      CLIENT
      does:
        - {as: shop, call: s3.ListObjectsV2, parameters: {Bucket: shelf}}
  report:
    name: Report
    about: A function.
    side: workload
    workload:
      function: nightly
      every: 1h
      does:
        - {as: report, call: s3.ListObjectsV2, parameters: {Bucket: shelf}}
  dana: {name: Dana, about: Security., side: defender, signs_as: dana}
  mallory: {name: Mallory, about: Elsewhere., side: attacker, source_ip: 203.0.113.66}
world:
  users:
    dana:
      policies:
        All: [{Effect: Allow, Action: "*", Resource: "*"}]
  roles:
    Web:
      trust:
        - Effect: Allow
          Principal: {Service: [ec2.amazonaws.com, lambda.amazonaws.com]}
          Action: sts:AssumeRole
      policies:
        Read: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
  instance_profiles: {web: Web}
  instances:
    web1: {profile: web, http_tokens: TOKENS}
  functions:
    nightly: {role: Web}
  buckets:
    shelf: {objects: {a.txt: hello}}
steps:
  - advance: 1h
  - metadata: {instance: web1, as: mallory, version: 1, status: STATUS, save: stolen}
  - environment: {function: nightly, as: mallory, save: from_env}
  - call: s3.ListObjectsV2
    as: mallory
    using: WHICH
    parameters: {Bucket: shelf}
    expect: allowed
  - call: iam.PutRolePolicy
    as: dana
    parameters:
      RoleName: Web
      PolicyName: AWSRevokeOlderSessions
      PolicyDocument:
        - Effect: Deny
          Action: ["*"]
          Resource: ["*"]
          Condition: {DateLessThan: {"aws:TokenIssueTime": "{{ now }}"}}
    after: 345ms
  - advance: 30m
  - call: s3.ListObjectsV2
    as: mallory
    using: WHICH
    parameters: {Bucket: shelf}
    expect: denied
  - call: ec2.StopInstances
    as: dana
    parameters: {InstanceIds: ["{{ instances.web1.InstanceId }}"]}
  - advance: 20m
  - call: ec2.StartInstances
    as: dana
    parameters: {InstanceIds: ["{{ instances.web1.InstanceId }}"]}
  - restart: report
  - advance: 60m
""".replace(
    "      PolicyDocument:\n        - Effect",
    '      PolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n        - Effect',
)


def text(*, tokens: str = "optional", client: str = "client: refreshing") -> str:
    stolen = tokens == "optional"
    return (
        SHOP.replace("TOKENS", tokens)
        .replace("CLIENT", client)
        .replace("STATUS", "200" if stolen else "401")
        .replace("WHICH", "stolen" if stolen else "from_env")
    )


def outcomes(calls: tuple[Record, ...], actor: str) -> list[str]:
    return [each.outcome for each in calls if each.actor == actor]


def test_a_workload_works_when_its_time_comes_and_suffers_a_revoke(write: Write) -> None:
    path = write(text())
    assert [str(each) for each in check_file(path) if each.severity == "error"] == []
    result = run_scenario(load(path))
    assert [step.failure for step in result.steps if step.failure] == []
    # Six rounds, then the revoke: three denied; stopped for two; six with new credentials.
    assert outcomes(result.calls, "shop") == ["allowed"] * 6 + ["denied"] * 3 + ["allowed"] * 6
    assert outcomes(result.calls, "report") == ["allowed", "allowed"]
    assert outcomes(result.calls, "mallory") == ["allowed", "denied"]
    minutes = [each.at.minute for each in result.calls if each.actor == "shop"][:6]
    assert minutes == [10, 20, 30, 40, 50, 0]


def test_an_instance_that_wants_a_token_gives_nothing_to_a_bare_get(write: Write) -> None:
    result = run_scenario(load(write(text(tokens="required"))))
    assert [step.failure for step in result.steps if step.failure] == []
    assert any("401 Unauthorized" in line.output for line in result.lines)


@pytest.fixture
def story(write: Write) -> Iterator[Story]:
    """Only the shop, untouched."""
    with Play(load(write(text()))) as play:
        yield play.story


def later(story: Story, duration: str) -> None:
    story.perform(load_act({"advance": duration}))


def load_act(value: dict[str, object]) -> Act:
    from pydantic import TypeAdapter

    found: Act = TypeAdapter(Act).validate_python(value)
    return found


def test_a_refreshing_client_has_new_credentials_before_the_old_ones_end(story: Story) -> None:
    before = story.keys("shop")
    later(story, "4h")
    assert story.keys("shop") == before
    later(story, "6h")
    after = story.keys("shop")
    assert after is not None
    assert before is not None
    assert after.access_key_id != before.access_key_id
    assert set(outcomes(story.records(), "shop")) == {"allowed"}


def test_a_naive_client_works_until_its_first_credentials_expire(write: Write) -> None:
    with Play(load(write(text(client="client: naive")))) as play:
        later(play.story, "7h")
        seen = outcomes(play.story.records(), "shop")
    assert seen == ["allowed"] * 35 + ["refused"] * 7


def test_a_restarted_program_forgets_what_it_had_cached(story: Story) -> None:
    story.call(
        CallAct.model_validate(
            {
                "as": "dana",
                "call": "ec2.DescribeInstances",
                "parameters": {},
            }
        )
    )
    later(story, "5h30m")
    later(story, "10m")
    first = story.keys("shop")
    story.perform(load_act({"restart": "shop"}))
    later(story, "10m")
    assert story.keys("shop") != first


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("instance: web1\n", "instance: web2\n", "no instance 'web2'; did you mean 'web1'"),
        ("function: nightly\n", "function: nighty\n", "did you mean 'nightly'"),
        ("every: 10m", "every: 0s", "every: an interval is at least 1s"),
        ("restart: report", "restart: dana", "there is no workload 'dana'"),
        ("instance: web1, as", "instance: web9, as", "no instance 'web9'; did you mean 'web1'"),
        ("      instance: web1\n", "", "name one"),
        ("- {as: shop, call", "- {as: dana, call", "are made by 'shop' itself"),
    ],
)
def test_mistakes_in_workloads_are_found(write: Write, was: str, becomes: str, said: str) -> None:
    assert was in text()
    found = [str(each) for each in check_file(write(text().replace(was, becomes, 1)))]
    assert any(said in each for each in found), found


def test_workloads_work_when_the_clock_is_moved_by_hand(write: Write) -> None:
    with Play(load(write(text()))) as play:
        worked = threading.Event()

        def heard(event: PlayEvent) -> None:
            if isinstance(event, RecordSeen) and event.record.actor == "shop":
                worked.set()

        play.subscribe(heard)
        play.lab.clock.advance(timedelta(minutes=10))
        assert worked.wait(timeout=PATIENCE_SECONDS)
