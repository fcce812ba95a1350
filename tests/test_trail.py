"""The trail: CloudTrail's form, no secrets, a bounded memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from simulator import Lab
from simulator.actors import Keys
from simulator.sts.issuing import root_key
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
    lab.admin.call(
        "iam",
        "UploadServerCertificate",
        {"ServerCertificateName": "c", "CertificateBody": "public", "PrivateKey": "hunter2"},
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


def test_the_trail_tells_what_a_change_brought_about_without_secrets(lab: Lab) -> None:
    made = lab.admin.call("iam", "CreateUser", {"UserName": "alice", "Path": "/team/"})
    user = done(made)["User"]
    assert made.record.event["responseElements"] == {
        "user": {
            "path": "/team/",
            "userName": "alice",
            "userId": user["UserId"],
            "arn": f"arn:aws:iam::{ACCOUNT}:user/team/alice",
            "createDate": "2021-08-09T06:00:00Z",
        }
    }
    keyed = lab.admin.call("iam", "CreateAccessKey", {"UserName": "alice"})
    key = done(keyed)["AccessKey"]
    assert keyed.record.event["responseElements"]["accessKey"] == {
        "userName": "alice",
        "accessKeyId": key["AccessKeyId"],
        "status": "Active",
        "createDate": "2021-08-09T06:00:00Z",
    }
    assert lab.admin.call("iam", "ListUsers").record.event["responseElements"] is None


def test_a_session_that_is_made_is_told_of_with_whose_it_is(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:*"))
    policy = allow("s3:*")
    event = alice.call("sts", "GetFederationToken", {"Name": "bob", "Policy": policy}).record.event
    elements = event["responseElements"]
    assert elements["credentials"]["sessionToken"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert set(elements["credentials"]) == {"accessKeyId", "sessionToken", "expiration"}
    bob = {
        "federatedUserId": f"{ACCOUNT}:bob",
        "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    }
    assert elements["federatedUser"] == bob
    assert elements["packedPolicySize"] > 0


def test_a_users_session_token_is_recorded_as_the_user_with_a_session(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("s3:*"))
    credentials = done(alice.call("sts", "GetSessionToken"))["Credentials"]
    session = lab.actor("alice", keys=Keys.from_response(credentials))
    identity = session.call("s3", "ListBuckets").record.event["userIdentity"]
    assert (identity["type"], identity["userName"]) == ("IAMUser", "alice")
    assert identity["sessionContext"] == {
        "attributes": {"creationDate": "2021-08-09T06:00:00Z", "mfaAuthenticated": "false"}
    }


def test_ec2s_errors_say_in_the_trail_whose_fault_they_were(town: Town) -> None:
    denied = town.user("alice").call("ec2", "DescribeInstances")
    assert denied.error_code == "UnauthorizedOperation"
    assert denied.record.event["errorCode"] == "Client.UnauthorizedOperation"
    assert denied.record.error_code == "UnauthorizedOperation"


def test_calls_for_objects_and_items_are_data_events_and_others_management(
    lab: Lab, town: Town
) -> None:
    town.bucket("papers", k="1")
    for service, operation, given, category in (
        ("s3", "GetObject", {"Bucket": "papers", "Key": "k"}, "Data"),
        ("s3", "ListObjectsV2", {"Bucket": "papers"}, "Data"),
        ("s3", "GetBucketPolicy", {"Bucket": "papers"}, "Management"),
        ("s3", "ListBuckets", {}, "Management"),
        ("dynamodb", "GetItem", {"TableName": "t", "Key": {"k": {"S": "1"}}}, "Data"),
        ("dynamodb", "ListTables", {}, "Management"),
        ("sts", "GetCallerIdentity", {}, "Management"),
    ):
        event = lab.admin.call(service, operation, given).record.event
        assert (operation, event["eventCategory"]) == (operation, category)
        assert event["managementEvent"] is (category == "Management")


def test_assuming_another_accounts_role_is_an_event_both_accounts_have(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    mine, theirs = town.role("App", trust(ROOT)), "arn:aws:iam::444455556666:role/App"
    for role, shared in ((mine, False), (theirs, True)):
        given = {"RoleArn": role, "RoleSessionName": "work"}
        event = alice.call("sts", "AssumeRole", given).record.event
        assert ("sharedEventID" in event) is shared


def test_roots_own_session_is_recorded_as_root(lab: Lab) -> None:
    key = root_key(lab.world, ACCOUNT)
    root = lab.actor("root", keys=Keys(key.access_key_id, key.secret_access_key))
    credentials = done(root.call("sts", "GetSessionToken"))["Credentials"]
    session = lab.actor("root", keys=Keys.from_response(credentials))
    identity = session.call("s3", "ListBuckets").record.event["userIdentity"]
    assert (identity["type"], identity["principalId"]) == ("Root", ACCOUNT)
    assert "userName" not in identity
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
