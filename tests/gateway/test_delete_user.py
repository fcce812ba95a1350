"""A user who still has something cannot be deleted, as on AWS."""

from __future__ import annotations

from simulator import Lab
from tests.conftest import Town, done

ALICE = {"UserName": "alice"}


def refusal(lab: Lab) -> tuple[str | None, str | None, int]:
    result = lab.admin.call("iam", "DeleteUser", ALICE)
    return result.error_code, result.error_message, result.status


def test_a_user_is_deleted_only_when_keys_password_and_groups_are_gone(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    assert alice.keys is not None
    iam = lab.admin.client("iam")
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="alice")
    iam.create_login_profile(UserName="alice", Password="correct horse 1")
    key = {**ALICE, "AccessKeyId": alice.keys.access_key_id}
    for must, operation, parameters in (
        ("delete access keys", "DeleteAccessKey", key),
        ("delete login profile", "DeleteLoginProfile", ALICE),
        ("remove users from group", "RemoveUserFromGroup", {**ALICE, "GroupName": "staff"}),
    ):
        assert refusal(lab) == ("DeleteConflict", f"Cannot delete entity, must {must} first.", 409)
        done(lab.admin.call("iam", operation, parameters))
    done(lab.admin.call("iam", "DeleteUser", ALICE))
    assert lab.admin.call("iam", "GetUser", ALICE).error_code == "NoSuchEntity"


def test_passwords_for_single_services_are_asked_for_before_a_user_goes_and_there_are_none(
    lab: Lab, town: Town
) -> None:
    town.user("alice")
    listed = done(lab.admin.call("iam", "ListServiceSpecificCredentials", ALICE))
    assert listed["ServiceSpecificCredentials"] == []
    nobody = lab.admin.call("iam", "ListServiceSpecificCredentials", {"UserName": "nobody"})
    assert (nobody.status, nobody.error_code) == (404, "NoSuchEntity")
