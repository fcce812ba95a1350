"""Links, new keys and reboots: tasks that tools from outside do, with no key pressed in the lab."""

from __future__ import annotations

import urllib.request
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from simulator.actors import Keys
from simulator.clock import iso
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.play import Play
from tests.conftest import revoke
from tests.scenario.playing import at_step
from tests.serving import PATIENCE_SECONDS

ROLE = {"RoleArn": "arn:aws:iam::111122223333:role/App", "RoleSessionName": "cli"}
CATALOGUE = {"Bucket": "kibble-reports", "Key": "catalogue/autumn-2021.txt"}


def test_links_signed_and_opened_by_tools_from_outside_do_the_tasks_of_presigned() -> None:
    with Play(load_by_id("presigned")) as play:
        at_step(play, "link")
        by_session = next(each for each in play.actions() if each.id == "session")
        made = "aws s3 presign s3://kibble-reports/catalogue/autumn-2021.txt --expires-in 900"
        assert by_session.command.splitlines()[0] == made, "the lab shows how one does it"
        opened(play, play.credentials("alice")["app"])
        assert moved_on(play, "link")

        at_step(play, "stop")
        play.lab.clock.advance(timedelta(minutes=1))
        cut_off = revoke(iso(play.lab.clock.now()))
        client(play, play.credentials("dana")["own"], "iam").put_role_policy(
            RoleName="App", PolicyName="AWSRevokeOlderSessions", PolicyDocument=cut_off
        )
        assert not moved_on(play, "stop")
        with pytest.raises(HTTPError, match="403"):
            opened(play, play.credentials("mallory")["app"])
        assert moved_on(play, "stop")

        at_step(play, "deadline")
        play.lab.clock.advance(timedelta(minutes=1))
        client(play, play.credentials("alice")["own"], "sts").assume_role(**ROLE)
        opened(play, play.credentials("alice")["fresh"])
        assert moved_on(play, "deadline")

        at_step(play, "the end")
        assert play.finished, "the checks at the end hold, too"


@pytest.mark.parametrize(
    ("scenario", "step", "user", "bucket"),
    [
        ("session-token-survives", "revoke", "sam", "kibble-releases"),
        ("federation-token-survives", "stop", "backup", "kibble-backups"),
    ],
)
def test_a_key_that_dana_makes_from_outside_is_handed_to_whom_it_is_for(
    scenario: str, step: str, user: str, bucket: str
) -> None:
    with Play(load_by_id(scenario)) as play:
        at_step(play, step)
        dana = client(play, play.credentials("dana")["own"], "iam")
        dana.create_access_key(UserName=user)
        renewed = play.credentials(user)["renewed"]
        client(play, renewed, "s3").list_objects_v2(Bucket=bucket)
        assert play.current is not None
        met = {goal.text for goal in play.current.goals if goal.met}
        assert any("makes a new key" in text for text in met)
        assert any("with the new key" in text for text in met)


def client(play: Play, keys: Keys, service: str) -> Any:
    """Somebody's tool, from outside, with the values of somebody in the story."""
    return play.lab.actor("a tool", keys=keys).client(service)


def opened(play: Play, keys: Keys) -> bytes:
    """What a link to the catalogue gives, opened by whatever opens links."""
    url = client(play, keys, "s3").generate_presigned_url("get_object", Params=CATALOGUE)
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return bytes(answer.read())


def moved_on(play: Play, step_id: str) -> bool:
    return play.current is None or play.current.step.id != step_id
