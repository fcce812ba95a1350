"""Calls from outside count in a play, whoever made them and however."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.exceptions import ClientError

from simulator.clock import iso
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.play import Play
from tests.conftest import revoke
from tests.scenario.playing import at_step, at_task, here
from tests.serving import PATIENCE_SECONDS


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


def test_a_token_handed_to_somebody_of_the_story_makes_the_call_theirs() -> None:
    with Play(load_by_id("outside-identities")) as play:
        at_step(play, "deploy")
        token = _handed(play, "token", {"as": "job"})
        _bring(
            play,
            "AssumeRoleWithWebIdentity",
            {
                "RoleArn": "arn:aws:iam::111122223333:role/Deploy",
                "RoleSessionName": "deploy-1",
                "WebIdentityToken": token,
            },
        )
        assert play.terminal("job")[-1].outcome == "allowed"
        name, session = next(iter(play.credentials("job").items()))
        files = play.lab.actor("somebody", keys=session).client("s3")
        files.put_object(Bucket="kibble-shop", Key="index.html", Body=b"<h1>Kibble</h1>")
        assert here(play)[1] != "deploy", f"done, from outside alone, with {name}"


def test_an_assertion_handed_to_somebody_of_the_story_does_the_tasks_of_signed_assertions() -> None:
    with Play(load_by_id("signed-assertions")) as play:
        at_step(play, "sign-in")
        _sign_in(play)
        _read_the_ledger(play, "books")
        assert here(play)[0] > 1, "done, from outside alone"
        at_step(play, "stop")
        play.lab.clock.advance(timedelta(minutes=1))
        dana = play.lab.actor("somebody", keys=play.credentials("dana")["own"]).client("iam")
        dana.put_role_policy(
            RoleName="Books",
            PolicyName="AWSRevokeOlderSessions",
            PolicyDocument=revoke(iso(play.lab.clock.now())),
        )
        with pytest.raises(ClientError, match="explicit deny"):
            _read_the_ledger(play, "stolen", who="mallory")
        play.lab.clock.advance(timedelta(minutes=1))
        _sign_in(play)
        _read_the_ledger(play, "fresh")
        at_step(play, "the end")
        assert play.finished


def _sign_in(play: Play) -> None:
    _bring(
        play,
        "AssumeRoleWithSAML",
        {
            "RoleArn": "arn:aws:iam::111122223333:role/Books",
            "PrincipalArn": "arn:aws:iam::111122223333:saml-provider/Kibble",
            "SAMLAssertion": _handed(play, "assertion", {"as": "erin"}),
        },
    )


def _read_the_ledger(play: Play, name: str, who: str = "erin") -> None:
    files = play.lab.actor("somebody", keys=play.credentials(who)[name]).client("s3")
    files.get_object(Bucket="kibble-books", Key="ledger/2021-07.csv")


def _handed(play: Play, kind: str, asked: dict[str, str]) -> str:
    address = urlsplit(play.lab.endpoint_url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_SECONDS)
    connection.request("POST", f"/_stslab/{kind}", json.dumps(asked))
    return str(json.loads(connection.getresponse().read())[kind])


def _bring(play: Play, operation: str, parameters: dict[str, str]) -> None:
    """An unsigned call to STS as a tool from outside makes it: nothing says who it is."""
    address = urlsplit(play.lab.endpoint_url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_SECONDS)
    body = urlencode({"Action": operation, "Version": "2011-06-15", **parameters})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/", body, form)
    assert connection.getresponse().status == 200


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


def test_reading_the_world_as_administrator_is_no_part_of_the_story(play: Play) -> None:
    play.lab.admin.call("iam", "ListRoles")
    assert play.story.records() == ()
    assert play.terminal() == ()


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
    connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE_SECONDS)
    connection.request(method, path, body=body)
    assert connection.getresponse().status < 500
    connection.close()
    assert here(play) == (1, "task", "current")
    play.do("assume")
    assert here(play) == (2, "leak", "current")
