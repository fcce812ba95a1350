"""Fixtures and small builders every test may use: a running lab, and a town of people in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import freezegun
import pytest
from hypothesis import HealthCheck, settings

from simulator import Lab
from simulator.actors import Actor, CallResult, Keys

# The same examples in each run, on however slow a machine: a test that passes here passes
# everywhere. `STSLAB_FUZZ=5000 pytest …` looks further, at random.
settings.register_profile(
    "lab",
    derandomize="STSLAB_FUZZ" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("lab")

# `--durations` counts real seconds, also of a test that begins or ends in lab time.
freezegun.configure(extend_ignore_list=["_pytest.timing"])

ACCOUNT = "111122223333"
Statement = dict[str, Any]


def policy(*statements: Statement) -> str:
    """A policy document, as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | Sequence[str], resource: str | Sequence[str] = "*") -> str:
    """A policy document that allows."""
    return policy({"Effect": "Allow", "Action": action, "Resource": resource})


def trust(principal: str | Sequence[str]) -> str:
    """A trust policy that lets an AWS principal assume the role."""
    return policy({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})


def revoke(cut_off: str) -> str:
    """`AWSRevokeOlderSessions` as the console writes it."""
    return policy(
        {
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": cut_off}},
        }
    )


def done(result: CallResult) -> dict[str, Any]:
    """The response of a call that must have succeeded."""
    assert result.ok, f"{result.error_code}: {result.error_message}"
    assert result.response is not None
    return result.response


class Town:
    """Makes users, roles, buckets and sessions in a lab, by its administrator's real calls."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def user(self, name: str, document: str | None = None) -> Actor:
        """An IAM user with an access key and, perhaps, one inline policy."""
        admin = self.lab.admin
        done(admin.call("iam", "CreateUser", {"UserName": name}))
        if document:
            done(
                admin.call(
                    "iam",
                    "PutUserPolicy",
                    {"UserName": name, "PolicyName": "own", "PolicyDocument": document},
                )
            )
        key = done(admin.call("iam", "CreateAccessKey", {"UserName": name}))["AccessKey"]
        return self.lab.actor(name, keys=Keys.from_response(key))

    def role(self, name: str, trust_policy: str, document: str | None = None, **more: Any) -> str:
        """A role, perhaps with one inline policy; returns its ARN."""
        given = {"RoleName": name, "AssumeRolePolicyDocument": trust_policy, **more}
        role = done(self.lab.admin.call("iam", "CreateRole", given))["Role"]
        if document:
            self.put_role_policy(name, "own", document)
        return str(role["Arn"])

    def put_role_policy(self, role: str, name: str, document: str) -> None:
        """Put an inline policy on a role."""
        given = {"RoleName": role, "PolicyName": name, "PolicyDocument": document}
        done(self.lab.admin.call("iam", "PutRolePolicy", given))

    def bucket(self, name: str, **objects: str) -> None:
        """A bucket with objects, by key."""
        done(self.lab.admin.call("s3", "CreateBucket", {"Bucket": name}))
        for key, body in objects.items():
            done(
                self.lab.admin.call(
                    "s3", "PutObject", {"Bucket": name, "Key": key, "Body": body.encode()}
                )
            )

    def session(self, who: Actor, role_arn: str, name: str = "session", **more: Any) -> Actor:
        """The session `who` gets by assuming a role, as an actor of its own."""
        given = {"RoleArn": role_arn, "RoleSessionName": name, **more}
        credentials = done(who.call("sts", "AssumeRole", given))["Credentials"]
        return self.lab.actor(who.name, keys=Keys.from_response(credentials))


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A new lab at the default start, frozen, with its server on a free loopback port."""
    with Lab() as running:
        yield running


@pytest.fixture
def town(lab: Lab) -> Town:
    """Builders for the lab's world."""
    return Town(lab)
