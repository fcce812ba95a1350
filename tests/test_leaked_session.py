"""The main story on real calls: leak, trust policy, revoke, recovery, expiry."""

from __future__ import annotations

from datetime import timedelta

from simulator import Lab
from tests.conftest import ACCOUNT, Town, allow, done, policy, revoke, trust

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
READ = allow(["s3:ListBucket", "s3:GetObject"], ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"])


def test_a_stolen_session_outlives_the_trust_policy_and_dies_by_the_revoke(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    role = town.role("App", trust(ROOT), READ)
    town.bucket("reports", q2="1,2,3")

    denied = alice.call("s3", "ListObjectsV2", {"Bucket": "reports"})
    assert (denied.error_code, denied.status) == ("AccessDenied", 403)
    assert denied.error_message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: s3:ListBucket on "
        'resource: "arn:aws:s3:::reports" because no identity-based policy allows the '
        "s3:ListBucket action"
    )

    old = town.session(alice, role, "alice")
    attacker = lab.actor("attacker", keys=old.keys, source_ip="203.0.113.66")
    assert attacker.call("s3", "ListObjectsV2", {"Bucket": "reports"}).ok
    stolen = done(attacker.call("s3", "GetObject", {"Bucket": "reports", "Key": "q2"}))
    assert stolen["Body"] == b"1,2,3"

    lab.clock.advance(timedelta(minutes=5))
    nobody = policy({"Effect": "Deny", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"})
    change = {"RoleName": "App", "PolicyDocument": nobody}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", change))
    again = alice.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "alice"})
    assert (again.error_code, again.status) == ("AccessDenied", 403)
    assert attacker.call("s3", "ListObjectsV2", {"Bucket": "reports"}).ok

    done(
        lab.admin.call(
            "iam", "UpdateAssumeRolePolicy", {"RoleName": "App", "PolicyDocument": trust(ROOT)}
        )
    )
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke("2021-08-09T06:05:00.000Z"))
    for holder in (attacker, old):
        refused = holder.call("s3", "ListObjectsV2", {"Bucket": "reports"})
        assert refused.error_code == "AccessDenied"
        assert refused.error_message is not None
        assert refused.error_message.endswith("with an explicit deny in an identity-based policy")
        assert refused.record.outcome == "denied"
    assert attacker.call("sts", "GetCallerIdentity").ok

    fresh = town.session(alice, role, "alice")
    assert fresh.call("s3", "ListObjectsV2", {"Bucket": "reports"}).ok

    lab.clock.advance(timedelta(hours=1))
    expired = attacker.call("s3", "ListObjectsV2", {"Bucket": "reports"})
    assert (expired.error_code, expired.status) == ("ExpiredToken", 400)
    assert expired.record.outcome == "refused"
    assert attacker.call("sts", "GetCallerIdentity").error_code == "ExpiredToken"


def test_a_session_issued_in_the_same_second_as_the_cut_off_is_denied(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    role = town.role("App", trust(ROOT), allow("s3:ListAllMyBuckets"))
    session = town.session(alice, role)
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke("2021-08-09T06:00:00.500Z"))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
    lab.clock.advance(timedelta(seconds=1))
    assert town.session(alice, role).call("s3", "ListBuckets").ok


def test_a_long_term_key_is_not_caught_by_the_revoke_policy(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("s3:ListAllMyBuckets"))
    document = revoke("2021-08-09T07:00:00.000Z")
    done(
        lab.admin.call(
            "iam",
            "PutUserPolicy",
            {"UserName": "alice", "PolicyName": "revoke", "PolicyDocument": document},
        )
    )
    assert alice.call("s3", "ListBuckets").ok


def test_policies_of_long_ago_are_not_kept_for_their_time_to_bite(lab: Lab, town: Town) -> None:
    town.role("App", trust(ROOT))
    lab.propagation = timedelta(seconds=10)
    for number in range(20):
        lab.clock.advance(timedelta(seconds=4))
        town.put_role_policy("App", "own", allow(f"s3:Get{number}"))
    # Those of the last ten seconds, and the one before, which is what counts meanwhile.
    assert len(lab.world._history) == 4


def test_a_policy_change_takes_the_worlds_propagation_time_to_bite(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    role = town.role("App", trust(ROOT), allow("s3:ListAllMyBuckets"))
    session = town.session(alice, role)
    lab.propagation = timedelta(seconds=10)
    lab.clock.advance(timedelta(seconds=1))
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke("2021-08-09T06:00:01.000Z"))
    assert session.call("s3", "ListBuckets").ok
    lab.clock.advance(timedelta(seconds=9))
    assert session.call("s3", "ListBuckets").ok
    lab.clock.advance(timedelta(seconds=1))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
