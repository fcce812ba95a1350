"""A service that assumes a role for a machine is in the trail, and bound by policies."""

from __future__ import annotations

import json

import pytest

from simulator import Lab
from simulator.workloads import (
    WorkloadError,
    instance_session,
)
from tests.conftest import ACCOUNT, done, policy
from tests.organization import organize
from tests.sts.documents import statement, trusting
from tests.workloads.machines import EC2, LAMBDA, fetched, launch, make_profile, session


def test_requests_to_imds_are_not_in_the_trail_only_that_ec2_assumed_the_role(
    lab: Lab, machine: str
) -> None:
    before = len(lab.trail.records())
    fetched(lab)
    fetched(lab)
    fetched(lab, token=session(lab))
    # A set for each version of IMDS, however often it is read.
    assert [each.operation for each in lab.trail.records(before)] == ["AssumeRole", "AssumeRole"]


def test_the_trail_has_that_a_service_assumed_the_role_as_cloudtrail_has_it(
    lab: Lab, machine: str
) -> None:
    keys = instance_session(lab, machine)
    assert instance_session(lab, machine) == keys
    (record,) = (each for each in lab.trail.records() if each.operation == "AssumeRole")
    assert (record.actor, record.outcome) == (EC2["Service"], "allowed")
    assert record.issued_key == keys.access_key_id
    assert record.decisions[0].policy_type == "resource-based policy"
    event = record.event
    assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert event["sourceIPAddress"] == event["userAgent"] == "ec2.amazonaws.com"
    role = f"arn:aws:iam::{ACCOUNT}:role/App"
    assert event["requestParameters"] == {"roleArn": role, "roleSessionName": machine}
    assert event["responseElements"]["credentials"]["accessKeyId"] == keys.access_key_id
    assert str(keys.session_token) not in json.dumps(event)
    assert event["resources"] == [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role}]


def test_that_a_service_may_not_assume_the_role_is_in_the_trail_with_its_decision(
    lab: Lab, machine: str
) -> None:
    given = {"RoleName": "App", "PolicyDocument": trusting(LAMBDA)}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    with pytest.raises(WorkloadError):
        instance_session(lab, machine)
    record = lab.trail.records()[-1]
    assert (record.outcome, record.error_code) == ("denied", "AccessDenied")
    assert record.decisions[0].outcome == "implicitDeny"
    assert record.event["responseElements"] is None


@pytest.mark.parametrize("linked", [False, True])
def test_a_resource_control_policy_binds_a_service_but_on_service_linked_roles(
    lab: Lab, linked: bool
) -> None:
    organization = organize(lab, "RESOURCE_CONTROL_POLICY")
    document = policy({**statement("sts:*", effect="Deny"), "Principal": "*"})
    organization.attach(organization.create_policy(document))
    member = organization.member
    operation, given = (
        ("CreateServiceLinkedRole", {"AWSServiceName": "ec2.amazonaws.com"})
        if linked
        else ("CreateRole", {"RoleName": "App", "AssumeRolePolicyDocument": trusting(EC2)})
    )
    name = done(member.call("iam", operation, given))["Role"]["RoleName"]
    make_profile(member, name)
    machine = launch(member, profile=name)
    if not linked:
        with pytest.raises(WorkloadError, match="cannot assume"):
            instance_session(lab, machine)
        decision = lab.trail.records()[-1].decisions[0]
        assert decision.reason == "with an explicit deny in a resource control policy"
    else:
        instance_session(lab, machine)
