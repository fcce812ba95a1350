"""Principals that are deleted, and made again under the same name."""

from __future__ import annotations

from simulator import Lab
from tests.conftest import Town, done
from tests.sts.assuming import ALICE, LIST, assume, update_trust
from tests.sts.documents import permit, trusting


def test_a_user_made_again_under_the_same_name_is_not_trusted(lab: Lab, town: Town) -> None:
    town.user("alice")
    role = town.role("App", trusting(ALICE))
    delete_user(lab, "alice")
    again = town.user("alice")
    assert assume(again, role).error_code == "AccessDenied"
    update_trust(lab, "App", trusting(ALICE))
    done(assume(again, role))


def test_a_deleted_principal_stands_in_the_trust_policy_as_its_unique_id(
    lab: Lab, town: Town
) -> None:
    town.user("alice")
    user_id = done(lab.admin.call("iam", "GetUser", {"UserName": "alice"}))["User"]["UserId"]
    assert user_id.startswith("AIDA")
    town.role("App", trusting(ALICE))
    delete_user(lab, "alice")
    role = done(lab.admin.call("iam", "GetRole", {"RoleName": "App"}))["Role"]
    document = role["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Principal"] == {"AWS": user_id}


def delete_user(lab: Lab, name: str) -> None:
    admin = lab.admin
    for key in done(admin.call("iam", "ListAccessKeys", {"UserName": name}))["AccessKeyMetadata"]:
        given = {"UserName": name, "AccessKeyId": key["AccessKeyId"]}
        done(admin.call("iam", "DeleteAccessKey", given))
    for each in done(admin.call("iam", "ListUserPolicies", {"UserName": name}))["PolicyNames"]:
        done(admin.call("iam", "DeleteUserPolicy", {"UserName": name, "PolicyName": each}))
    done(admin.call("iam", "DeleteUser", {"UserName": name}))


def test_a_deleted_roles_sessions_stop_and_a_role_of_the_same_name_does_not_revive_them(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    role = town.role("App", trusting(ALICE), permit(LIST))
    session = town.session(alice, role)
    admin = lab.admin
    done(admin.call("iam", "DeleteRolePolicy", {"RoleName": "App", "PolicyName": "own"}))
    done(admin.call("iam", "DeleteRole", {"RoleName": "App"}))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
    town.role("App", trusting(ALICE), permit(LIST))
    assert session.call("s3", "ListBuckets").error_code == "AccessDenied"
    done(town.session(alice, role).call("s3", "ListBuckets"))
