"""The source identity: set once, carried along a chain, trusted by name."""

from __future__ import annotations

from simulator import Lab
from simulator.actors import Keys
from tests.conftest import Town, done, policy
from tests.sts.assuming import ALICE, ASSUME, LIST, MARK, ROOT, assume, update_trust
from tests.sts.documents import permit, statement, trusting, when


def test_a_source_identity_needs_permission_on_both_sides_and_cannot_be_changed(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("sts:AssumeRole"))
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = town.role("First", trusting(ROOT), ASSUME)
    named = {"SourceIdentity": "alice"}
    assert assume(alice, first, **named).error_code == "AccessDenied"
    update_trust(lab, "First", trusting(ROOT, both))
    assert assume(alice, first, **named).error_code == "AccessDenied"
    given = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": ASSUME}
    done(lab.admin.call("iam", "PutUserPolicy", given))
    answer = done(assume(alice, first, **named))
    assert answer["SourceIdentity"] == "alice"
    session = lab.actor("alice", keys=Keys.from_response(answer["Credentials"]))
    second = town.role("Second", trusting(first, both))
    assert assume(session, second, SourceIdentity="bob").error_code == "AccessDenied"
    assert done(assume(session, second))["SourceIdentity"] == "alice"


def test_a_chain_stops_at_a_role_that_does_not_trust_source_identities(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", MARK)
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    first = town.role("First", trusting(ALICE, both), ASSUME)
    second = town.role("Second", trusting(first))
    session = town.session(alice, first, SourceIdentity="alice")
    assert "sts:SetSourceIdentity" in assume(session, second).error_message


def test_a_deny_on_the_source_identity_cuts_one_person_off(lab: Lab, town: Town) -> None:
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    alice, bob = town.user("alice", MARK), town.user("bob", MARK)
    role = town.role("App", trusting([ALICE, ALICE.replace("alice", "bob")], both), permit(LIST))
    sessions = {
        actor.name: town.session(actor, role, SourceIdentity=actor.name) for actor in (alice, bob)
    }
    town.put_role_policy(
        "App",
        "cut",
        policy(
            statement("*", effect="Deny", **when("StringEquals", "aws:SourceIdentity", "alice"))
        ),
    )
    assert not sessions["alice"].call("s3", "ListBuckets").ok
    done(sessions["bob"].call("s3", "ListBuckets"))
