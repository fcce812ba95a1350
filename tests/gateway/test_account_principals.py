"""An account id alone in a policy stands for the account, and is shown as its ARN."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Lab
from simulator.backend.documents import with_root_arns
from tests.conftest import ACCOUNT, done, policy, trust

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OTHER = "444455556666"


def _principals(document: Any) -> list[Any]:
    read = json.loads(document) if isinstance(document, str) else document
    return [statement["Principal"] for statement in read["Statement"]]


def test_a_role_that_trusts_an_account_id_shows_the_accounts_arn(lab: Lab) -> None:
    admin = lab.admin
    given = {"RoleName": "Plain", "AssumeRolePolicyDocument": trust(ACCOUNT)}
    made = done(admin.call("iam", "CreateRole", given))["Role"]
    assert _principals(made["AssumeRolePolicyDocument"]) == [{"AWS": ROOT}]
    both = policy(
        {"Effect": "Allow", "Principal": {"AWS": [ACCOUNT, OTHER]}, "Action": "sts:AssumeRole"}
    )
    update = {"RoleName": "Plain", "PolicyDocument": both}
    done(admin.call("iam", "UpdateAssumeRolePolicy", update))
    role = done(admin.call("iam", "GetRole", {"RoleName": "Plain"}))["Role"]
    assert _principals(role["AssumeRolePolicyDocument"]) == [
        {"AWS": [ROOT, f"arn:aws:iam::{OTHER}:root"]}
    ]
    ask = {"RoleArn": role["Arn"], "RoleSessionName": "me"}
    assert admin.call("sts", "AssumeRole", ask).ok


def test_a_bucket_policy_that_names_an_account_id_shows_the_accounts_arn(lab: Lab) -> None:
    admin = lab.admin
    done(admin.call("s3", "CreateBucket", {"Bucket": "plain"}))
    said = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::plain"}
    document = policy({**said, "Principal": {"AWS": ACCOUNT}})
    done(admin.call("s3", "PutBucketPolicy", {"Bucket": "plain", "Policy": document}))
    kept = done(admin.call("s3", "GetBucketPolicy", {"Bucket": "plain"}))["Policy"]
    assert _principals(kept) == [{"AWS": ROOT}]


@pytest.mark.parametrize(
    "document",
    [
        '{"Statement": {"Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}}}',
        '{ "Statement":  [{"Principal": {"AWS": "*"}}], "Id": "111122223333" }',
        '{"Statement": ["111122223333"]}',
        '"111122223333"',
        "no JSON",
    ],
)
def test_what_names_no_account_as_a_principal_stays_as_it_was_written(document: str) -> None:
    assert with_root_arns(document) == document
