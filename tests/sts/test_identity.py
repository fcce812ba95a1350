"""Calls of STS that issue nothing."""

from __future__ import annotations

import json
import re

import pytest

from simulator import Lab
from simulator.actors import Keys
from tests.conftest import ACCOUNT, Town, done, policy
from tests.sts.documents import permit, statement, trusting


def test_get_caller_identity_cannot_be_denied(lab: Lab, town: Town) -> None:
    alice = town.user("alice", policy(statement("*", effect="Deny")))
    identity = done(alice.call("sts", "GetCallerIdentity"))
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"


def test_get_access_key_info_tells_the_account_of_any_key(lab: Lab, town: Town) -> None:
    partner = lab.administrator("444455556666")
    alice = town.user("alice")
    session = town.session(alice, town.role("App", trusting(f"arn:aws:iam::{ACCOUNT}:user/alice")))
    for actor, account in ((partner, "444455556666"), (alice, ACCOUNT), (session, ACCOUNT)):
        assert actor.keys is not None
        given = {"AccessKeyId": actor.keys.access_key_id}
        assert done(lab.admin.call("sts", "GetAccessKeyInfo", given))["Account"] == account


def test_get_access_key_info_is_a_permission(lab: Lab, town: Town) -> None:
    given = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    refused = town.user("alice").call("sts", "GetAccessKeyInfo", given)
    assert refused.error_code == "AccessDenied"


def test_what_ec2_encodes_decode_authorization_message_decodes(lab: Lab, town: Town) -> None:
    alice = town.user("alice", permit("sts:DecodeAuthorizationMessage"))
    refused = alice.call("ec2", "DescribeInstances")
    assert (refused.status, refused.error_code) == (403, "UnauthorizedOperation")
    stopped = alice.call("ec2", "StopInstances", {"InstanceIds": ["i-0123456789abcdef0"]})
    found = re.search(r"Encoded authorization failure message: (\S+)", str(stopped.error_message))
    assert found is not None
    answer = done(alice.call("sts", "DecodeAuthorizationMessage", {"EncodedMessage": found[1]}))
    decoded = json.loads(answer["DecodedMessage"])
    assert decoded["allowed"] is False
    assert decoded["context"]["action"] == "ec2:StopInstances"
    assert decoded["context"]["principal"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"


def test_a_message_nobody_encoded_is_invalid(lab: Lab) -> None:
    refused = lab.admin.call("sts", "DecodeAuthorizationMessage", {"EncodedMessage": "abc"})
    assert (refused.status, refused.error_code) == (400, "InvalidAuthorizationMessageException")


@pytest.mark.parametrize("operation", ["AssumeRoot"])
def test_what_the_lab_does_not_do_is_refused_and_not_pretended(lab: Lab, operation: str) -> None:
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    given = {"TargetPrincipal": ACCOUNT, "TaskPolicyArn": task}
    refused = lab.admin.call("sts", operation, given)
    assert (refused.status, refused.error_code) == (501, "NotImplemented")


def test_a_token_that_belongs_to_another_session_is_refused(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    first, second = town.session(alice, role), town.session(alice, role)
    assert first.keys is not None
    assert second.keys is not None
    mixed = Keys(first.keys.access_key_id, first.keys.secret_access_key, second.keys.session_token)
    refused = lab.actor("thief", keys=mixed).call("sts", "GetCallerIdentity")
    assert (refused.status, refused.error_code) == (403, "InvalidClientTokenId")
