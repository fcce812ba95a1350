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


def test_an_action_has_one_result_over_all_its_resources_and_a_part_for_each(lab: Lab) -> None:
    document = policy(
        statement("s3:GetObject", resource="arn:aws:s3:::open/*"),
        statement("s3:*", effect="Deny", resource="arn:aws:s3:::locked/*"),
    )
    arns = [f"arn:aws:s3:::{name}/a" for name in ("open", "shut", "locked")]
    for asked, aggregate, matched in (
        (arns[:1], "allowed", 1),
        (arns[:2], "implicitDeny", 0),
        (arns, "explicitDeny", 1),
    ):
        (result,) = custom(lab, document, actions=["s3:GetObject"], ResourceArns=asked)
        assert result["EvalDecision"] == aggregate
        assert len(result["MatchedStatements"]) == matched
        parts = result["ResourceSpecificResults"]
        assert [part["EvalResourceName"] for part in parts] == asked
        outcomes = [part["EvalResourceDecision"] for part in parts]
        assert outcomes == ["allowed", "implicitDeny", "explicitDeny"][: len(asked)]
        assert result["EvalDecisionDetails"] == {}
    (whole,) = custom(lab, document, actions=["s3:GetObject"])
    assert "ResourceSpecificResults" not in whole
    assert "EvalDecisionDetails" not in whole


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


def test_a_simulation_across_accounts_tells_what_each_side_says(lab: Lab) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/alice"
    opened = {"Effect": "Allow", "Principal": {"AWS": caller}, "Action": "s3:*", "Resource": "*"}
    more = {
        "CallerArn": caller,
        "ResourcePolicy": policy(opened),
        "ResourceOwner": "arn:aws:iam::444455556666:root",
        "ResourceArns": ["arn:aws:s3:::theirs/key"],
    }
    (result,) = custom(lab, permit("sqs:*"), actions=["s3:GetObject"], **more)
    said = {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert result["EvalDecisionDetails"] == said
    assert result["ResourceSpecificResults"][0]["EvalDecisionDetails"] == said


def test_a_principal_is_simulated_without_the_policies_that_are_left_out(
    lab: Lab, town: Town
) -> None:
    arn = town.role("App", trusting(ACCOUNT), permit(LIST))
    made = {"PolicyName": "Queues", "PolicyDocument": permit("sqs:*")}
    managed = done(lab.admin.call("iam", "CreatePolicy", made))["Policy"]["Arn"]
    for attached in (managed, "arn:aws:iam::aws:policy/AmazonSNSReadOnlyAccess"):
        given = {"RoleName": "App", "PolicyArn": attached}
        done(lab.admin.call("iam", "AttachRolePolicy", given))
    limit = {"RoleName": "App", "PermissionsBoundary": managed}
    done(lab.admin.call("iam", "PutRolePermissionsBoundary", limit))
    actions = [LIST, "sqs:ListQueues", "sns:ListTopics"]

    def allowed(*left_out: dict[str, Any]) -> list[str]:
        results = principal(lab, arn, actions, PolicyExclusionList=list(left_out))
        return [each["EvalActionName"] for each in results if each["EvalDecision"] == "allowed"]

    boundary = {"PolicyType": "permission-boundary"}
    inline = {"PolicyName": "own", "AttachmentType": "role", "AttachmentName": "App"}
    assert allowed() == [actions[1]]
    assert allowed(boundary) == actions
    assert allowed(boundary, {"PolicyType": "inline"}) == actions[1:]
    assert allowed(boundary, {"InlinePolicyIdentifier": inline}) == actions[1:]
    assert allowed(boundary, {"PolicyType": "aws-managed"}) == actions[:2]
    assert allowed(boundary, {"PolicyArn": f"{managed[:-3]}*"}) == [actions[0], actions[2]]
    given = {"PolicySourceArn": arn, "ActionNames": actions}
    bad = {**given, "PolicyExclusionList": [{"PolicyArn": "arn:aws:iam::*:policy/Queues"}]}
    refused = lab.admin.call("iam", "SimulatePrincipalPolicy", bad)
    assert (refused.status, refused.error_code) == (400, "InvalidInput")


def test_the_keys_a_simulation_needs_are_those_of_conditions_and_variables(
    lab: Lab, town: Town
) -> None:
    document = permit(
        "s3:GetObject",
        "arn:aws:s3:::papers/${aws:username}/${aws:PrincipalTag/team, 'none'}/${*}",
        **when("DateLessThan", "aws:TokenIssueTime", "2021-08-09T06:00:00Z"),
    )
    asked = {"PolicyInputList": [document, permit("*", **when("Bool", "AWS:UserName", "x"))]}
    found = done(lab.admin.call("iam", "GetContextKeysForCustomPolicy", asked))
    keys = ["aws:PrincipalTag/team", "aws:TokenIssueTime", "aws:username"]
    assert found["ContextKeyNames"] == keys
    given = {"PolicySourceArn": town.role("App", trusting(ACCOUNT), document)}
    found = done(lab.admin.call("iam", "GetContextKeysForPrincipalPolicy", given))
    assert found["ContextKeyNames"] == keys
