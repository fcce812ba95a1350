"""A user who is renamed stays who it is: keys, sessions, tags, trust; over real HTTP."""

from __future__ import annotations

from simulator import Lab
from simulator.actors import Keys
from tests.conftest import ACCOUNT, Town, allow, done, policy, trust


def test_a_renamed_user_keeps_keys_sessions_tags_and_the_trust_of_roles(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice", allow("s3:*"))
    admin = lab.admin
    tags = {"UserName": "alice", "Tags": [{"Key": "team", "Value": "shop"}]}
    done(admin.call("iam", "TagUser", tags))
    role = town.role("App", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    credentials = done(alice.call("sts", "GetSessionToken"))["Credentials"]
    session = lab.actor("session", keys=Keys.from_response(credentials))
    before = done(alice.call("sts", "GetCallerIdentity"))
    renamed = {"UserName": "alice", "NewUserName": "alicia", "NewPath": "/team/"}
    done(admin.call("iam", "UpdateUser", renamed))
    arn = f"arn:aws:iam::{ACCOUNT}:user/team/alicia"
    for actor in (alice, session):
        identity = done(actor.call("sts", "GetCallerIdentity"))
        assert (identity["Arn"], identity["UserId"]) == (arn, before["UserId"])
        assert actor.call("s3", "ListBuckets").ok
    done(alice.call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "work"}))
    document = done(admin.call("iam", "GetRole", {"RoleName": "App"}))["Role"]
    statement = document["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"AWS": arn}
    kept = done(admin.call("iam", "ListUserTags", {"UserName": "alicia"}))["Tags"]
    assert kept == tags["Tags"]
    done(admin.call("iam", "CreateUser", {"UserName": "alice"}))
    anew = done(admin.call("iam", "ListAccessKeys", {"UserName": "alice"}))
    assert anew["AccessKeyMetadata"] == []


def test_a_federated_user_keeps_what_its_renamed_maker_is_granted(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:GetFederationToken"))
    town.bucket("papers", note="kept")
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    granted = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:*"}
    document = policy({**granted, "Resource": "arn:aws:s3:::papers/*"})
    done(lab.admin.call("s3", "PutBucketPolicy", {"Bucket": "papers", "Policy": document}))
    asked = {"Name": "fred", "Policy": allow("s3:*")}
    made = done(alice.call("sts", "GetFederationToken", asked))["Credentials"]
    fred = lab.actor("fred", keys=Keys.from_response(made))
    note = {"Bucket": "papers", "Key": "note"}
    done(fred.call("s3", "GetObject", note))
    done(lab.admin.call("iam", "UpdateUser", {"UserName": "alice", "NewUserName": "alicia"}))
    seen = fred.call("s3", "GetObject", note)
    assert done(seen)["Body"] == b"kept"
    issuer = seen.record.event["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert (issuer["arn"], issuer["userName"]) == (f"{arn[:-5]}alicia", "alicia")


def test_a_user_or_group_cannot_take_anothers_name(lab: Lab, town: Town) -> None:
    for kind in ("User", "Group"):
        for name in ("one", "two"):
            done(lab.admin.call("iam", f"Create{kind}", {f"{kind}Name": name}))
        given = {f"{kind}Name": "one", f"New{kind}Name": "TWO"}
        refused = lab.admin.call("iam", f"Update{kind}", given)
        assert (refused.status, refused.error_code) == (409, "EntityAlreadyExists")
        assert refused.error_message == f"{kind} with name TWO already exists."
        given = {f"{kind}Name": "one", f"New{kind}Name": "One"}
        done(lab.admin.call("iam", f"Update{kind}", given))
