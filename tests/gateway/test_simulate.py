"""The IAM policy simulator's two calls answer as the endpoint enforces."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from tests.conftest import ACCOUNT, Town, done, policy
from tests.organization import organize
from tests.sts.documents import permit, statement, trusting, when

LIST = "s3:ListAllMyBuckets"


def custom(lab: Lab, *documents: str, actions: list[str], **more: Any) -> list[dict[str, Any]]:
    given = {"PolicyInputList": list(documents), "ActionNames": actions, **more}
    results: list[dict[str, Any]] = done(lab.admin.call("iam", "SimulateCustomPolicy", given))[
        "EvaluationResults"
    ]
    return results


def principal(lab: Lab, arn: str, actions: list[str], **more: Any) -> list[dict[str, Any]]:
    given = {"PolicySourceArn": arn, "ActionNames": actions, **more}
    results: list[dict[str, Any]] = done(lab.admin.call("iam", "SimulatePrincipalPolicy", given))[
        "EvaluationResults"
    ]
    return results


def test_each_action_is_allowed_denied_or_neither(lab: Lab) -> None:
    document = policy(statement(["s3:*"]), statement("s3:DeleteBucket", effect="Deny"))
    results = custom(lab, document, actions=[LIST, "s3:DeleteBucket", "sqs:ListQueues"])
    decisions = {each["EvalActionName"]: each["EvalDecision"] for each in results}
    assert decisions == {
        LIST: "allowed",
        "s3:DeleteBucket": "explicitDeny",
        "sqs:ListQueues": "implicitDeny",
    }
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"
    assert results[2]["MatchedStatements"] == []


def test_a_key_that_a_policy_asks_for_and_nobody_gave_is_named(lab: Lab) -> None:
    document = permit("s3:*", **when("StringEquals", "aws:PrincipalTag/team", "shop"))
    (result,) = custom(lab, document, actions=[LIST])
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:PrincipalTag/team"]
    entry = {
        "ContextKeyName": "aws:PrincipalTag/team",
        "ContextKeyValues": ["shop"],
        "ContextKeyType": "string",
    }
    (result,) = custom(lab, document, actions=[LIST], ContextEntries=[entry])
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_each_resource_has_a_result_of_its_own(lab: Lab) -> None:
    document = permit("s3:GetObject", "arn:aws:s3:::open/*")
    arns = ["arn:aws:s3:::open/a", "arn:aws:s3:::shut/a"]
    results = custom(lab, document, actions=["s3:GetObject"], ResourceArns=arns)
    found = {each["EvalResourceName"]: each["EvalDecision"] for each in results}
    assert found == {arns[0]: "allowed", arns[1]: "implicitDeny"}
    specific = results[0]["ResourceSpecificResults"][0]
    assert (specific["EvalResourceName"], specific["EvalResourceDecision"]) == (arns[0], "allowed")


def test_a_principal_is_simulated_with_its_own_policies_and_boundary(lab: Lab, town: Town) -> None:
    arn = town.role("App", trusting(ACCOUNT), permit(["s3:*", "sqs:*"]))
    boundary = {"PolicyName": "Limit", "PolicyDocument": permit("s3:*")}
    limit = done(lab.admin.call("iam", "CreatePolicy", boundary))["Policy"]["Arn"]
    given = {"RoleName": "App", "PermissionsBoundary": limit}
    done(lab.admin.call("iam", "PutRolePermissionsBoundary", given))
    allowed, refused = principal(lab, arn, [LIST, "sqs:ListQueues"])
    assert allowed["EvalDecision"] == "allowed"
    assert [each["SourcePolicyId"] for each in allowed["MatchedStatements"]] == ["role_App_own"]
    assert allowed["MatchedStatements"][0]["SourcePolicyType"] == "IAM Policy"
    assert refused["EvalDecision"] == "implicitDeny"
    detail = refused["PermissionsBoundaryDecisionDetail"]
    assert detail == {"AllowedByPermissionsBoundary": False}


def test_a_principal_that_does_not_exist_is_not_found(lab: Lab) -> None:
    given = {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/Nobody", "ActionNames": [LIST]}
    refused = lab.admin.call("iam", "SimulatePrincipalPolicy", given)
    assert (refused.status, refused.error_code) == (404, "NoSuchEntity")


@pytest.mark.parametrize("document", ["{", '{"Statement": []}', permit("s3:*")[:-1]])
def test_a_policy_that_is_none_is_invalid_input(lab: Lab, document: str) -> None:
    given = {"PolicyInputList": [document], "ActionNames": [LIST]}
    refused = lab.admin.call("iam", "SimulateCustomPolicy", given)
    assert (refused.status, refused.error_code) == (400, "InvalidInput")


def test_simulating_is_itself_a_permission(lab: Lab, town: Town) -> None:
    nobody = town.user("nobody")
    given = {"PolicyInputList": [permit("*")], "ActionNames": [LIST]}
    assert nobody.call("iam", "SimulateCustomPolicy", given).error_code == "AccessDenied"


@pytest.mark.parametrize(
    ("document", "start", "end"),
    [
        # As the AWS CLI Command Reference has it.
        (
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}',
            (1, 38),
            (1, 86),
        ),
        (
            """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:*",
      "Resource": "*"
    }
  ]
}""",
            (3, 17),
            (8, 6),
        ),
    ],
)
def test_a_matched_statement_is_told_by_its_place_in_the_policy(
    lab: Lab, document: str, start: tuple[int, int], end: tuple[int, int]
) -> None:
    (result,) = custom(lab, document, actions=[LIST])
    (matched,) = result["MatchedStatements"]
    assert matched["StartPosition"] == {"Line": start[0], "Column": start[1]}
    assert matched["EndPosition"] == {"Line": end[0], "Column": end[1]}


def test_a_group_is_simulated_and_a_user_with_the_policies_of_its_groups(
    lab: Lab, town: Town
) -> None:
    admin, group = lab.admin, {"GroupName": "team"}
    arn = done(admin.call("iam", "CreateGroup", group))["Group"]["Arn"]
    given = {**group, "PolicyName": "own", "PolicyDocument": permit(LIST)}
    done(admin.call("iam", "PutGroupPolicy", given))
    town.user("alice")
    done(admin.call("iam", "AddUserToGroup", {**group, "UserName": "alice"}))
    for source in (arn, f"arn:aws:iam::{ACCOUNT}:user/alice"):
        allowed, refused = principal(lab, source, [LIST, "sqs:ListQueues"])
        assert allowed["EvalDecision"] == "allowed"
        assert allowed["MatchedStatements"][0]["SourcePolicyId"] == "group_team_own"
        assert refused["EvalDecision"] == "implicitDeny"


def test_results_come_in_pages(lab: Lab) -> None:
    actions = [f"s3:Get{number}" for number in range(5)]
    given = {"PolicyInputList": [permit("s3:*")], "ActionNames": actions}
    seen: list[str] = []
    more: dict[str, Any] = {"MaxItems": 2}
    while more:
        page = done(lab.admin.call("iam", "SimulateCustomPolicy", {**given, **more}))
        seen += [each["EvalActionName"] for each in page["EvaluationResults"]]
        assert page["IsTruncated"] == ("Marker" in page)
        more = {"MaxItems": 2, "Marker": page["Marker"]} if page["IsTruncated"] else {}
    assert seen == actions
    client = lab.admin.client("iam").get_paginator("simulate_custom_policy")
    pages = list(client.paginate(**given, PaginationConfig={"PageSize": 3}))
    assert [len(page["EvaluationResults"]) for page in pages] == [3, 2]
    refused = lab.admin.call("iam", "SimulateCustomPolicy", {**given, "Marker": "nonsense"})
    assert (refused.status, refused.error_code) == (400, "ValidationError")


def test_an_scp_of_the_account_is_told_of_apart_and_not_among_the_statements(lab: Lab) -> None:
    organization = organize(lab, "SERVICE_CONTROL_POLICY")
    organization.attach(organization.create_policy(policy(statement("sqs:*", effect="Deny"))))
    given = {
        "PolicySourceArn": f"arn:aws:iam::{organization.account}:user/admin",
        "ActionNames": [LIST, "sqs:ListQueues"],
    }
    answer = done(organization.member.call("iam", "SimulatePrincipalPolicy", given))
    allowed, denied = answer["EvaluationResults"]
    assert allowed["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    assert denied["EvalDecision"] == "explicitDeny"
    assert denied["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert denied["MatchedStatements"] == []


def test_passed_scps_limit_a_simulation_level_by_level(lab: Lab) -> None:
    levels = [permit("*"), permit("s3:*")]
    more = {
        "OrderedOrganizationPolicyInputList": [
            {"ServiceControlPolicyInputList": [each]} for each in levels
        ]
    }
    allowed, refused = custom(lab, permit("*"), actions=[LIST, "sqs:ListQueues"], **more)
    assert (allowed["EvalDecision"], refused["EvalDecision"]) == ("allowed", "implicitDeny")


@pytest.mark.parametrize("owner", [ACCOUNT, "444455556666"])
def test_the_owner_of_a_resource_decides_whether_both_sides_must_allow(
    lab: Lab, owner: str
) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/alice"
    document = policy(
        {"Effect": "Allow", "Principal": {"AWS": caller}, "Action": "s3:*", "Resource": "*"}
    )
    more = {
        "CallerArn": caller,
        "ResourcePolicy": document,
        "ResourceOwner": f"arn:aws:iam::{owner}:root",
        "ResourceArns": ["arn:aws:s3:::theirs/key"],
    }
    (result,) = custom(lab, permit("sqs:*"), actions=["s3:GetObject"], **more)
    assert result["EvalDecision"] == ("allowed" if owner == ACCOUNT else "implicitDeny")
    if owner == ACCOUNT:
        assert result["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
