"""Asking about what isn't there makes nothing, and finds nothing."""

from __future__ import annotations

import pytest

from simulator import Lab
from simulator.backend import RoleView
from tests.conftest import ACCOUNT, Town, allow, trust

NOWHERE = "us-nowhere-1"


def test_asking_for_other_accounts_roles_and_users_makes_no_accounts(lab: Lab) -> None:
    known = lab.world.backend.accounts()
    for number in range(3):
        arn = f"arn:aws:iam::{300_000_000_000 + number}:role/App"
        asked = {"RoleArn": arn, "RoleSessionName": "session"}
        assert lab.admin.call("sts", "AssumeRole", asked).error_code == "AccessDenied"
    assert lab.world.backend.user("300000000009", "alice") is None
    assert lab.world.backend.group("300000000009", "staff") is None
    arn = "arn:aws:iam::300000000009:policy/P"
    assert lab.world.backend.managed_policy(arn, lab.account_id, "identity") is None
    assert lab.world.backend.accounts() == known


@pytest.mark.parametrize(
    ("service", "operation", "parameter", "resource"),
    [
        ("dynamodb", "DescribeTable", "TableName", "table/t"),
        ("kms", "DescribeKey", "KeyId", "key/00000000-0000-0000-0000-000000000000"),
        ("lambda", "GetFunction", "FunctionName", "function:f"),
        ("secretsmanager", "DescribeSecret", "SecretId", "secret:s-000000"),
        ("sns", "GetTopicAttributes", "TopicArn", "t"),
    ],
)
def test_an_arn_in_a_region_that_aws_has_not_is_no_fault_of_the_lab(
    lab: Lab, service: str, operation: str, parameter: str, resource: str
) -> None:
    arn = f"arn:aws:{service}:{NOWHERE}:{lab.account_id}:{resource}"
    refused = lab.admin.call(service, operation, {parameter: arn})
    assert 400 <= refused.status < 500
    assert refused.record.outcome == "allowed"


def test_a_look_during_a_change_leaves_nothing_old_behind(
    lab: Lab, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.role("App", trust(ACCOUNT))
    backend = lab.world.backend
    read, changes = backend._read_role, [lambda: town.put_role_policy("App", "own", allow("s3:*"))]

    def read_while_it_changes(account: str, name: str) -> RoleView | None:
        """As a screen does on its own thread: it has read, and a call comes in between."""
        view = read(account, name)
        while changes:
            changes.pop()()
        return view

    monkeypatch.setattr(backend, "_read_role", read_while_it_changes)
    backend.changed()
    before, after = backend.role(ACCOUNT, "App"), backend.role(ACCOUNT, "App")
    assert before is not None
    assert after is not None
    assert (before.identity, [each.name for each in after.identity]) == ((), ["own"])
