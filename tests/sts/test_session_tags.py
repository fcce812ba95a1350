"""Session tags: who may set them, what they become, how they travel."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from tests.conftest import Town, done
from tests.sts.assuming import ALICE, ASSUME, LIST, MARK, ROOT, assume, update_trust
from tests.sts.documents import permit, trusting, when
from tests.sts.test_assume_role import TAGGED


def test_session_tags_need_tag_session_on_both_sides_and_become_principal_tags(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", permit("sts:AssumeRole"))
    mine = when("StringEquals", "aws:PrincipalTag/team", "shop")
    role = town.role("App", trusting(ROOT), permit(LIST, **mine))
    refused = assume(alice, role, **TAGGED)
    assert "sts:TagSession" in refused.error_message
    update_trust(lab, "App", trusting(ROOT, ["sts:AssumeRole", "sts:TagSession"]))
    assert assume(alice, role, **TAGGED).error_code == "AccessDenied"
    given = {"UserName": "alice", "PolicyName": "own", "PolicyDocument": ASSUME}
    done(lab.admin.call("iam", "PutUserPolicy", given))
    done(town.session(alice, role, **TAGGED).call("s3", "ListBuckets"))
    assert town.session(alice, role).call("s3", "ListBuckets").error_code == "AccessDenied"


def test_a_session_tag_overrides_the_roles_own(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    mine = when("StringEquals", "aws:PrincipalTag/team", "shop")
    both = ["sts:AssumeRole", "sts:TagSession"]
    own = [{"Key": "team", "Value": "office"}]
    role = town.role("App", trusting(ALICE, both), permit(LIST, **mine), Tags=own)
    assert not town.session(alice, role).call("s3", "ListBuckets").ok
    done(town.session(alice, role, **TAGGED).call("s3", "ListBuckets"))


def test_a_trust_policy_may_demand_tags_and_their_values(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    both = ["sts:AssumeRole", "sts:TagSession"]
    wanted = when("StringEquals", "aws:RequestTag/team", "shop")
    role = town.role("App", trusting(ALICE, both, **wanted))
    assert not assume(alice, role, Tags=[{"Key": "team", "Value": "office"}]).ok
    done(assume(alice, role, **TAGGED))


def test_transitive_tags_travel_along_a_chain_and_others_stay(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    both = ["sts:AssumeRole", "sts:TagSession"]
    first = town.role("First", trusting(ALICE, both), MARK)
    mine = when("StringEquals", "aws:PrincipalTag/team", "shop")
    second = town.role("Second", trusting(first, both), permit(LIST, **mine))
    stays = town.session(town.session(alice, first, **TAGGED), second)
    assert not stays.call("s3", "ListBuckets").ok
    carrier = town.session(alice, first, **TAGGED, TransitiveTagKeys=["team"])
    done(town.session(carrier, second).call("s3", "ListBuckets"))
    refused = assume(carrier, second, Tags=[{"Key": "Team", "Value": "office"}])
    assert (refused.status, refused.error_code) == (400, "InvalidParameterValue")


def test_a_role_must_trust_tag_session_for_the_tags_a_chain_brings(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    first = town.role("First", trusting(ALICE, ["sts:AssumeRole", "sts:TagSession"]), MARK)
    second = town.role("Second", trusting(first))
    carrier = town.session(alice, first, **TAGGED, TransitiveTagKeys=["team"])
    refused = assume(carrier, second)
    assert refused.error_code == "AccessDenied"
    assert "sts:TagSession" in refused.error_message


@pytest.mark.parametrize(
    "given",
    [
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
        {"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]},
        {"Tags": [{"Key": "aws:a", "Value": "1"}]},
    ],
)
def test_tags_that_cannot_be_are_refused(lab: Lab, town: Town, given: dict[str, Any]) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE, ["sts:AssumeRole", "sts:TagSession"]))
    refused = assume(alice, role, **given)
    assert (refused.status, refused.error_code) == (400, "InvalidParameterValue")


def test_a_trust_policy_alone_does_not_let_its_own_caller_tag_the_session(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE, ["sts:AssumeRole", "sts:TagSession"]))
    done(assume(alice, role))
    refused = assume(alice, role, **TAGGED)
    assert refused.error_code == "AccessDenied"
    assert "sts:TagSession" in refused.error_message
