"""IAM's conflicts, quotas and pages, over real HTTP, each in IAM's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import CallResult
from tests.conftest import ACCOUNT, Town, allow, done, trust
from tests.sts.assuming import unchecked

POLICY = f"arn:aws:iam::{ACCOUNT}:policy/Shared"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One lab with a user, a role, a group with a user in it, and an attached policy."""
    with Lab() as running:
        town = Town(running)
        town.user("alice")
        town.role("App", trust(ACCOUNT))
        for operation, given in (
            ("CreateGroup", {"GroupName": "team"}),
            ("AddUserToGroup", {"GroupName": "team", "UserName": "alice"}),
            ("CreatePolicy", {"PolicyName": "Shared", "PolicyDocument": allow("s3:*")}),
            ("AttachUserPolicy", {"UserName": "alice", "PolicyArn": POLICY}),
        ):
            done(running.admin.call("iam", operation, given))
        yield running


def long(characters: int) -> str:
    """A policy of more than that many characters."""
    return allow("s3:*", [f"arn:aws:s3:::{'b' * 60}{number}" for number in range(characters // 60)])


def iam(lab: Lab, operation: str, **given: Any) -> CallResult:
    return lab.admin.call("iam", operation, given)


REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    (
        "CreateUser",
        {"UserName": "ALICE"},
        409,
        "EntityAlreadyExists",
        "User with name ALICE already exists.",
    ),
    (
        "CreateGroup",
        {"GroupName": "team"},
        409,
        "EntityAlreadyExists",
        "Group with name team already exists.",
    ),
    (
        "CreateRole",
        {"RoleName": "app", "AssumeRolePolicyDocument": trust(ACCOUNT)},
        409,
        "EntityAlreadyExists",
        "Role with name app already exists.",
    ),
    (
        "CreateRole",
        {
            "RoleName": "New",
            "AssumeRolePolicyDocument": trust(ACCOUNT),
            "PermissionsBoundary": f"{POLICY}x",
        },
        404,
        "NoSuchEntity",
        f"Scope ARN: {POLICY}x does not exist or is not attachable.",
    ),
    (
        "PutRolePermissionsBoundary",
        {"RoleName": "App", "PermissionsBoundary": f"{POLICY}x"},
        404,
        "NoSuchEntity",
        f"Scope ARN: {POLICY}x does not exist or is not attachable.",
    ),
    (
        "DeletePolicy",
        {"PolicyArn": POLICY},
        409,
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    ),
    (
        "DeleteGroup",
        {"GroupName": "team"},
        409,
        "DeleteConflict",
        "Cannot delete entity, must remove users from group first.",
    ),
    ("GetPolicy", {"PolicyArn": f"{POLICY}x"}, 404, "NoSuchEntity", f"Policy {POLICY}x was not"),
    *(
        (operation, given, 404, "NoSuchEntity", f"The {kind} policy with name none cannot be")
        for kind, named in (
            ("user", {"UserName": "alice"}),
            ("group", {"GroupName": "team"}),
            ("role", {"RoleName": "App"}),
        )
        for operation, given in (
            (f"Get{kind.title()}Policy", {**named, "PolicyName": "none"}),
            (f"Delete{kind.title()}Policy", {**named, "PolicyName": "none"}),
        )
    ),
    *(
        (
            f"Put{kind.title()}Policy",
            {**named, "PolicyName": "long", "PolicyDocument": long(size)},
            409,
            "LimitExceeded",
            f"Maximum policy size of {size} bytes exceeded for {kind} {name}",
        )
        for kind, size, name, named in (
            ("user", 2048, "alice", {"UserName": "alice"}),
            ("group", 5120, "team", {"GroupName": "team"}),
            ("role", 10240, "App", {"RoleName": "App"}),
        )
    ),
    (
        "CreatePolicy",
        {"PolicyName": "Long", "PolicyDocument": long(6144)},
        409,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    ),
    (
        "UpdateAssumeRolePolicy",
        {
            "RoleName": "App",
            "PolicyDocument": trust([f"arn:aws:iam::{n}:root" for n in range(10**11, 10**11 + 80)]),
        },
        409,
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    ),
    (
        "CreateOpenIDConnectProvider",
        {"Url": "http://idp.example.com"},
        400,
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
    ),
    (
        "CreateSAMLProvider",
        {"Name": "idp", "SAMLMetadataDocument": "<EntityList/>" + " " * 1000},
        400,
        "InvalidInput",
        "Could not parse metadata",
    ),
    (
        "CreateUser",
        {"UserName": "a b"},
        400,
        "ValidationError",
        "The specified value for userName is invalid. It must contain only alphanumeric "
        "characters and/or the following: +=,.@_-",
    ),
]


@pytest.mark.parametrize(("operation", "given", "status", "code", "text"), REFUSED)
def test_iam_refuses_what_conflicts_or_is_too_much(
    lab: Lab, operation: str, given: dict[str, Any], status: int, code: str, text: str
) -> None:
    refused = iam(lab, operation, **given)
    assert (refused.status, refused.error_code) == (status, code)
    assert (refused.error_message or "").startswith(text)


def test_a_policy_with_versions_is_deleted_once_they_are(lab: Lab) -> None:
    made = {"PolicyName": "Twice", "PolicyDocument": allow("s3:*")}
    arn = done(iam(lab, "CreatePolicy", **made))["Policy"]["Arn"]
    done(iam(lab, "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("sqs:*")))
    refused = iam(lab, "DeletePolicy", PolicyArn=arn)
    assert refused.error_code == "DeleteConflict"
    assert (refused.error_message or "").startswith("This policy has more than one version.")
    done(iam(lab, "DeletePolicyVersion", PolicyArn=arn, VersionId="v2"))
    done(iam(lab, "DeletePolicy", PolicyArn=arn))


def test_a_user_has_one_password(lab: Lab) -> None:
    done(iam(lab, "CreateUser", UserName="bob"))
    password = {"UserName": "bob", "Password": "Correct-horse-1"}
    done(iam(lab, "CreateLoginProfile", **password))
    refused = iam(lab, "CreateLoginProfile", **password)
    assert (refused.status, refused.error_code) == (409, "EntityAlreadyExists")
    assert refused.error_message == "Login Profile for user bob already exists."


def test_a_provider_is_registered_once(lab: Lab) -> None:
    done(iam(lab, "CreateOpenIDConnectProvider", Url="https://idp.example.com"))
    refused = iam(lab, "CreateOpenIDConnectProvider", Url="https://idp.example.com")
    assert (refused.status, refused.error_code) == (409, "EntityAlreadyExists")
    assert refused.error_message == "Provider with url https://idp.example.com already exists."


def test_a_role_has_ten_managed_policies(lab: Lab) -> None:
    Town(lab).role("Many", trust(ACCOUNT))
    arns = []
    for number in range(11):
        made = {"PolicyName": f"Many{number}", "PolicyDocument": allow("s3:*")}
        arns.append(done(iam(lab, "CreatePolicy", **made))["Policy"]["Arn"])
    for arn in [*arns[:10], arns[0]]:
        done(iam(lab, "AttachRolePolicy", RoleName="Many", PolicyArn=arn))
    refused = iam(lab, "AttachRolePolicy", RoleName="Many", PolicyArn=arns[10])
    assert (refused.status, refused.error_code) == (409, "LimitExceeded")
    assert refused.error_message == "Cannot exceed quota for PoliciesPerRole: 10"


def test_a_value_that_is_none_of_its_kind_is_refused(lab: Lab) -> None:
    admin = unchecked(lab.actor("admin", keys=lab.admin.keys))
    key = {"AccessKeyId": "AKIA" + "X" * 16, "Status": "Off"}
    refused = admin.call("iam", "UpdateAccessKey", key)
    assert (refused.status, refused.error_code) == (400, "ValidationError")
    assert "'status' failed to satisfy constraint: Member must satisfy enum value set: [" in (
        refused.error_message or ""
    )


# -- pages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "given", "key", "names"),
    [
        ("list_users", {}, "Users", "UserName"),
        ("list_roles", {}, "Roles", "RoleName"),
        ("list_groups", {}, "Groups", "GroupName"),
        ("list_policies", {"Scope": "Local"}, "Policies", "PolicyName"),
        ("get_group", {"GroupName": "team"}, "Users", "UserName"),
    ],
)
def test_a_list_in_pages_is_the_whole_list(
    lab: Lab, operation: str, given: dict[str, Any], key: str, names: str
) -> None:
    client = lab.admin.client("iam")
    for number in range(3):  # there are three of each at least
        name = f"page{number}"
        for make in (
            {"UserName": name},
            {"RoleName": name, "AssumeRolePolicyDocument": trust(ACCOUNT)},
            {"GroupName": name},
            {"PolicyName": name, "PolicyDocument": allow("s3:*")},
        ):
            iam(lab, f"Create{next(iter(make)).removesuffix('Name')}", **make)
        iam(lab, "AddUserToGroup", GroupName="team", UserName=name)
    whole = getattr(client, operation)(**given)
    assert whole["IsTruncated"] is False
    pages = list(
        client.get_paginator(operation).paginate(**given, PaginationConfig={"PageSize": 2})
    )
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]
    assert all(len(page[key]) <= 2 for page in pages)
    found = [each[names] for page in pages for each in page[key]]
    assert found == [each[names] for each in whole[key]]
    assert len(found) >= 3


def test_authorization_details_come_in_pages_over_all_their_lists(lab: Lab) -> None:
    client = lab.admin.client("iam")
    kinds = ("UserDetailList", "GroupDetailList", "RoleDetailList")
    whole = client.get_account_authorization_details(Filter=["User", "Role", "Group"])
    pages = client.get_paginator("get_account_authorization_details").paginate(
        Filter=["User", "Role", "Group"], PaginationConfig={"PageSize": 2}
    )
    found: dict[str, list[str]] = {kind: [] for kind in kinds}
    for page in pages:
        assert sum(len(page[kind]) for kind in kinds) <= 2
        for kind in kinds:
            found[kind] += [each["Arn"] for each in page[kind]]
    assert found == {kind: [each["Arn"] for each in whole[kind]] for kind in kinds}


@pytest.mark.parametrize("marker", ["nonsense", "TGlzdFVzZXJzIDk5OTk=", "TGlzdFJvbGVzIDE="])
def test_a_marker_of_no_page_is_refused(lab: Lab, marker: str) -> None:
    refused = iam(lab, "ListUsers", Marker=marker)
    assert (refused.status, refused.error_code) == (400, "ValidationError")
