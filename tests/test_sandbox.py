"""The sandbox: what its people can do, and that a saved world is the same told again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulator.awscli import Caller, Console
from simulator.sandbox import Sandbox, SavedWorldError, as_yaml, from_yaml
from simulator.scenario.loading import load
from simulator.trail import Record


@pytest.fixture(scope="module")
def opened() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    with sandbox:
        yield sandbox


@pytest.fixture
def sandbox(opened: Sandbox) -> Sandbox:
    opened.restart()
    return opened


def do(sandbox: Sandbox, *actions: str) -> Record:
    """Do these, each by its actor; the last call."""
    for action in actions:
        sandbox.become(action.partition("-")[0])
        sandbox.do(action)
    return sandbox.story.records()[-1]


def story(sandbox: Sandbox) -> list[tuple[object, ...]]:
    return [
        (call.at, call.actor, call.action, call.outcome, call.error_code)
        for call in sandbox.story.records()
    ]


def offered(sandbox: Sandbox, actor: str) -> set[str]:
    sandbox.become(actor)
    return {action.id for action in sandbox.actions()} - {"continue"}


LEAKED = ("alice-assume-app", "alice-list-app", "alice-leak-app", "mallory-list-alice-app")

REMEDIES = [
    ("dana-revoke-app", "denied", "dana-unrevoke-app"),
    ("dana-close-trust", "allowed", "dana-open-trust"),
    ("dana-detach", "denied", "dana-attach"),
    ("dana-bound", "denied", "dana-unbound"),
    ("dana-deactivate-alice", "allowed", "dana-activate-alice"),
]


@pytest.mark.parametrize(("remedy", "outcome", "undo"), REMEDIES)
def test_each_remedy_does_to_a_leaked_session_what_it_does_on_aws(
    sandbox: Sandbox, remedy: str, outcome: str, undo: str
) -> None:
    assert do(sandbox, *LEAKED).outcome == "allowed"
    assert do(sandbox, remedy, "mallory-list-alice-app").outcome == outcome
    assert do(sandbox, undo, "mallory-list-alice-app").outcome == "allowed"


def test_a_role_made_anew_under_the_same_name_takes_old_sessions_nowhere(sandbox: Sandbox) -> None:
    do(sandbox, *LEAKED)
    last = do(sandbox, "dana-delete-role", "dana-create-role", "mallory-list-alice-app")
    assert last.outcome != "allowed"
    assert do(sandbox, "alice-assume-app", "alice-list-app").outcome == "allowed"


def test_a_service_control_policy_stops_hop_in_the_member_and_not_app_in_the_management_account(
    sandbox: Sandbox,
) -> None:
    do(sandbox, *LEAKED, "mallory-hop-alice-app")
    assert do(sandbox, "mallory-list-hop").outcome == "allowed"
    assert do(sandbox, "dana-attach-scp", "mallory-list-hop").outcome == "denied"
    assert do(sandbox, "mallory-list-alice-app").outcome == "allowed"
    assert do(sandbox, "dana-detach-scp", "mallory-list-hop").outcome == "allowed"


def test_a_cut_off_on_app_does_not_reach_what_was_chained_from_it(sandbox: Sandbox) -> None:
    do(sandbox, *LEAKED, "mallory-hop-alice-app", "dana-revoke-app")
    assert do(sandbox, "mallory-list-alice-app").outcome == "denied"
    assert do(sandbox, "mallory-list-hop").outcome == "allowed"
    assert do(sandbox, "sam-revoke-hop", "mallory-list-hop").outcome == "denied"


def test_an_instance_gives_its_credentials_to_a_forged_request_until_it_wants_a_token(
    sandbox: Sandbox,
) -> None:
    assert do(sandbox, "mallory-ssrf", "mallory-list-web").outcome == "allowed"
    sandbox.restart()
    do(sandbox, "dana-require-imdsv2", "mallory-ssrf")
    assert "mallory-list-web" not in offered(sandbox, "mallory")
    assert do(sandbox, "web-fetch", "web-list").outcome == "allowed"


def test_only_what_is_possible_is_offered_and_every_key_is_another(sandbox: Sandbox) -> None:
    assert "alice-list-app" not in offered(sandbox, "alice")
    assert "dana-unbound" not in offered(sandbox, "dana")
    do(sandbox, "alice-assume-app", "dana-bound")
    assert "alice-list-app" in offered(sandbox, "alice")
    assert {"dana-unbound"} == offered(sandbox, "dana") & {"dana-bound", "dana-unbound"}
    with pytest.raises(KeyError):
        sandbox.do("dana-bound")


def test_what_was_refused_is_not_there_to_be_taken_back(sandbox: Sandbox) -> None:
    sandbox.become("dana")
    sandbox.do("dana-revoke-app", document='{"Version": "2012-10-17"}')
    assert sandbox.story.records()[-1].error_code == "MalformedPolicyDocument"
    assert "dana-unrevoke-app" not in offered(sandbox, "dana")
    sandbox.do("dana-revoke-app")
    assert "dana-unrevoke-app" in offered(sandbox, "dana")


def test_going_on_comes_to_everybody_and_makes_no_call(sandbox: Sandbox) -> None:
    sandbox.become("alice")
    seen = []
    for _ in sandbox.scenario.actors:
        seen.append(sandbox.who)
        sandbox.do("continue")
    assert seen == list(sandbox.scenario.actors)
    assert sandbox.who == "alice"
    assert sandbox.story.records() == ()
    assert not sandbox.unsaved


def test_every_action_can_be_done_by_somebody_at_some_time() -> None:
    from simulator.sandbox import free_play

    spec = load(free_play._WORLD)
    ids = {action.id for action in spec.steps[0].actions}  # type: ignore[union-attr]
    assert set(free_play._TAKES_BACK) | set(free_play._TAKES_BACK.values()) <= ids
    assert {each.partition("-")[0] for each in ids} == set(spec.actors)


def test_a_saved_world_is_the_same_told_again(sandbox: Sandbox) -> None:
    do(sandbox, *LEAKED, "mallory-ssrf", "mallory-list-web", "mallory-hop-alice-app")
    sandbox.lab.clock.advance(timedelta(minutes=5))
    do(sandbox, "dana-revoke-app", "mallory-list-alice-app", "dana-deactivate-alice")
    do(sandbox, "dana-attach-scp", "mallory-list-hop")
    before, now = story(sandbox), sandbox.lab.clock.now()
    keys = {name: key.access_key_id for name, key in sandbox.credentials("mallory").items()}
    cut = sandbox.cut_offs()
    text = as_yaml(sandbox.saved())
    assert sandbox.restore(from_yaml(text)) == 0
    assert story(sandbox) == before
    assert sandbox.lab.clock.now() == now
    assert [each.at for each in sandbox.cut_offs()] == [each.at for each in cut]
    again = sandbox.credentials("mallory")
    assert again.keys() == keys.keys()
    assert {key.access_key_id for key in again.values()}.isdisjoint(keys.values())
    assert as_yaml(sandbox.saved().model_copy(update={"names": {}, "saved": now})) == as_yaml(
        from_yaml(text).model_copy(update={"names": {}, "saved": now})
    )


def test_calls_of_the_console_and_of_outside_tools_are_saved_with_ids_made_new(
    sandbox: Sandbox,
) -> None:
    bob = sandbox.credentials("bob")["own"]
    dana = sandbox.credentials("dana")["own"]
    console = Console(sandbox.lab, None)
    app = f"arn:aws:iam::{sandbox.lab.account_id}:role/App"
    assume = f"aws sts assume-role --role-arn {app} --role-session-name bob"
    assert console.run(assume, Caller("bob", bob)).exit_code == 0
    assert "bob-list-app" in offered(sandbox, "bob")
    do(sandbox, "bob-list-app")
    # Outside: the lab's header is missing, the key says whose it is.
    outside = sandbox.lab.actor("", keys=dana).client("iam")
    outside.meta.events.register_last("before-send", _without_header)
    outside.update_access_key(UserName="bob", AccessKeyId=bob.access_key_id, Status="Inactive")
    assert do(sandbox, "bob-list-own").error_code == "InvalidAccessKeyId"
    before = story(sandbox)
    assert sandbox.restore(from_yaml(as_yaml(sandbox.saved()))) == 0
    assert story(sandbox) == before


def _without_header(request: object, **_: object) -> None:
    del request.headers["X-Stslab-Actor"]  # type: ignore[attr-defined]


def test_a_call_whose_body_the_trail_does_not_show_is_left_out_and_counted(
    sandbox: Sandbox,
) -> None:
    dana = Caller("dana", sandbox.credentials("dana")["own"])
    console = Console(sandbox.lab, None)
    assert console.run("aws s3 cp /etc/hostname s3://reports/x", dana).exit_code == 0
    world = sandbox.saved()
    assert (world.entries, world.left_out) == ([], 1)


def test_the_last_thing_is_taken_back_and_all_before_it_stands(sandbox: Sandbox) -> None:
    do(sandbox, *LEAKED)
    before = story(sandbox)
    do(sandbox, "dana-revoke-app")
    sandbox.back_to_checkpoint()
    assert story(sandbox) == before
    assert sandbox.cut_offs() == ()
    assert do(sandbox, "mallory-list-alice-app").outcome == "allowed"


def test_a_saved_world_holds_no_secret(sandbox: Sandbox) -> None:
    do(sandbox, *LEAKED)
    text = as_yaml(sandbox.saved())
    for actor in sandbox.scenario.actors:
        for keys in sandbox.credentials(actor).values():
            assert keys.secret_access_key not in text
            assert keys.session_token is None or keys.session_token not in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "not YAML at line"),
        ("title: x", "no saved sandbox"),
        ("sandbox: 99", "another version of the format: 99"),
        (
            "sandbox: 1\nsaved: 2021-08-09T06:00:00Z\nnow: 2021-08-09T06:00:00Z\nentries: 3",
            "entries",
        ),
        (
            "sandbox: 1\nsaved: 2021-08-09T06:00:00Z\nnow: 2021-08-09T06:00:00Z\n"
            "entries: [{at: 2021-08-09T06:00:00Z}]",
            "one of `do` and `call`",
        ),
        ("sandbox: !!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_a_file_that_is_no_saved_world_says_why_in_one_line(text: str, says: str) -> None:
    with pytest.raises(SavedWorldError) as refused:
        from_yaml(text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_entries_that_cannot_be_done_again_are_counted_and_the_rest_is_done(
    sandbox: Sandbox,
) -> None:
    do(sandbox, "alice-assume-app")
    text = as_yaml(sandbox.saved()).replace("entries:\n", (
        "entries:\n- {at: '2021-08-09T06:00:00Z', do: alice-fly}\n"
        "- {at: '2021-08-09T06:00:00Z', call: sts.AssumeRole, as: nobody, parameters: {}}\n"
    ))  # fmt: skip
    assert sandbox.restore(from_yaml(text)) == 2
    assert [call.action for call in sandbox.story.records()] == ["sts:AssumeRole"]
