"""The IAM policy simulator's two calls answer as the endpoint enforces."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import Lab
from tests.conftest import ACCOUNT, Town, done, policy
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
    assert {each["SourcePolicyType"] for each in allowed["MatchedStatements"]} == {
        "role",
        "user-managed",
    }
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
