"""Session policies: they narrow, never widen, and have limits."""

from __future__ import annotations

import pytest

from simulator import Lab
from simulator.actors import Keys
from tests.conftest import ACCOUNT, Town, done, policy
from tests.sts.assuming import ALICE, LIST, MARK, assume
from tests.sts.documents import permit, statement, trusting


def test_session_policies_narrow_and_never_widen(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(["s3:*", "sqs:*"]))
    document = permit([LIST, "sns:ListTopics"])
    answer = done(assume(alice, role, Policy=document))
    assert 0 < answer["PackedPolicySize"] < 100
    session = lab.actor("alice", keys=Keys.from_response(answer["Credentials"]))
    done(session.call("s3", "ListBuckets"))
    refused = session.call("sqs", "ListQueues")
    assert "because no session policy allows the sqs:ListQueues action" in str(
        refused.error_message
    )
    assert session.call("sns", "ListTopics").error_code in ("AccessDenied", "AuthorizationError")


def test_managed_session_policies_narrow_too(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(["s3:*", "sqs:*"]))
    given = {"PolicyName": "OnlyS3", "PolicyDocument": permit("s3:*")}
    arn = done(lab.admin.call("iam", "CreatePolicy", given))["Policy"]["Arn"]
    session = town.session(alice, role, PolicyArns=[{"arn": arn}])
    done(session.call("s3", "ListBuckets"))
    assert not session.call("sqs", "ListQueues").ok


@pytest.mark.parametrize("document", ["{", "[]", permit("s3:*").replace("Allow", "Perhaps")])
def test_a_session_policy_that_is_none_is_malformed(lab: Lab, town: Town, document: str) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    refused = assume(alice, role, Policy=document)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocument")


def test_policies_and_tags_together_may_be_too_large(lab: Lab, town: Town) -> None:
    alice = town.user("alice", MARK)
    actions = ["sts:AssumeRole", "sts:TagSession"]
    role = town.role("App", trusting(ALICE, actions))
    long = policy(*(statement("s3:GetObject", f"arn:aws:s3:::bucket-{n}/*") for n in range(20)))
    tags = [{"Key": f"key{n}", "Value": "v" * 200} for n in range(5)]
    done(assume(alice, role, Policy=long))
    refused = assume(alice, role, Policy=long, Tags=tags)
    assert (refused.status, refused.error_code) == (400, "PackedPolicyTooLarge")
    assert str(refused.error_message).startswith("Packed policy consumes 1")
    assert str(refused.error_message).endswith("% of allotted space, please use smaller policy.")
    many = [{"Key": f"key{n}", "Value": "v" * 200} for n in range(12)]
    refused = assume(alice, role, Tags=many)
    assert (refused.status, refused.error_code) == (400, "PackedPolicyTooLarge")
    assert str(refused.error_message).startswith("Packed size of session tags consumes 1")


def test_a_session_policy_of_more_than_2048_characters_is_refused(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    document = permit("s3:*") + " " * 2048
    assert assume(alice, role, Policy=document).error_code == "ValidationError"


def test_eleven_managed_session_policies_are_one_too_many(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE))
    arns = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/P{n}"} for n in range(11)]
    assert assume(alice, role, PolicyArns=arns).error_code == "ValidationError"
