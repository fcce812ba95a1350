"""The trail: CloudTrail's form, no secrets, a bounded memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from simulator import Lab
from simulator.trail import Trail
from tests.conftest import ACCOUNT, Town, allow, done, trust

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def test_a_role_sessions_call_is_recorded_as_cloudtrail_would(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    role = town.role("App", trust(ROOT), allow("s3:ListBucket", "arn:aws:s3:::bkt-1"))
    town.bucket("bkt-1")
    session = town.session(alice, role, "work")
    lab.clock.advance(timedelta(minutes=1))
    thief = lab.actor("thief", keys=session.keys, source_ip="203.0.113.66")
    event = thief.call("s3", "ListObjectsV2", {"Bucket": "bkt-1"}).record.event
    assert session.keys is not None
    identity = event["userIdentity"]
    unique_id = identity["principalId"].partition(":")[0]
    assert event["eventTime"] == "2021-08-09T06:01:00Z"
    assert (event["eventSource"], event["eventName"]) == ("s3.amazonaws.com", "ListObjectsV2")
    assert event["sourceIPAddress"] == "203.0.113.66"
    assert event["requestParameters"]["bucket"] == "bkt-1"
    assert "errorCode" not in event
    assert identity == {
        "type": "AssumedRole",
        "principalId": f"{unique_id}:work",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/work",
        "accountId": ACCOUNT,
        "accessKeyId": session.keys.access_key_id,
        "sessionContext": {
            "attributes": {"creationDate": "2021-08-09T06:00:00Z", "mfaAuthenticated": "false"},
            "sessionIssuer": {
                "type": "Role",
                "principalId": unique_id,
                "arn": role,
                "accountId": ACCOUNT,
                "userName": "App",
            },
        },
    }


def test_a_denied_and_a_refused_call_carry_the_error_the_caller_got(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    denied = alice.call("dynamodb", "ListTables")
    assert denied.record.event["errorCode"] == denied.error_code == "AccessDeniedException"
    assert denied.record.event["errorMessage"] == denied.error_message
    assert alice.keys is not None
    forged = lab.actor("eve", keys=type(alice.keys)(alice.keys.access_key_id, "x" * 40))
    refused = forged.call("sts", "GetCallerIdentity")
    assert refused.record.outcome == "refused"
    assert refused.record.event["errorCode"] == "SignatureDoesNotMatch"
    assert refused.record.access_key_id == alice.keys.access_key_id


def test_no_secret_or_token_is_in_the_trail(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    session = town.session(alice, town.role("App", trust(ROOT)))
    done(
        lab.admin.call("secretsmanager", "CreateSecret", {"Name": "db", "SecretString": "hunter2"})
    )
    done(
        lab.admin.call(
            "ssm", "PutParameter", {"Name": "p", "Value": "hunter2", "Type": "SecureString"}
        )
    )
    text = json.dumps(lab.trail.cloudtrail(), default=str)
    assert alice.keys is not None
    assert session.keys is not None
    assert session.keys.session_token is not None
    for secret in (
        alice.keys.secret_access_key,
        session.keys.secret_access_key,
        session.keys.session_token,
        "hunter2",
    ):
        assert secret not in text
    assert session.keys.access_key_id in text


def test_the_oldest_records_are_forgotten_and_numbering_goes_on(lab: Lab) -> None:
    trail = Trail(limit=3)
    first = lab.admin.call("sts", "GetCallerIdentity").record
    for _ in range(5):
        trail.append(replace(first, sequence=trail.next_sequence))
    assert len(trail) == 3
    assert trail.next_sequence == 6
    assert len(trail.records(after=4)) == 1
    assert trail.records(after=5) == ()
    assert len(trail.records(after=0)) == 3
