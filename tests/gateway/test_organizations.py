"""Service and resource control policies: what they reach, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator import Lab
from simulator.actors import CallResult
from tests.conftest import done, policy
from tests.organization import Organization, PolicyKind, organize
from tests.sts.documents import statement, when

DELAY = timedelta(seconds=10)
SECOND = timedelta(seconds=1)
DENIES: dict[PolicyKind, str] = {
    "SERVICE_CONTROL_POLICY": policy(statement("s3:*", effect="Deny")),
    "RESOURCE_CONTROL_POLICY": policy({**statement("s3:*", effect="Deny"), "Principal": "*"}),
}


def lists(organization: Organization) -> CallResult:
    """The member account lists its bucket."""
    return organization.member.call("s3", "ListObjectsV2", {"Bucket": "theirs"})


@pytest.fixture(params=DENIES)
def organization(lab: Lab, request: pytest.FixtureRequest) -> Organization:
    """One with each type of policy, whose member has a bucket."""
    made = organize(lab, request.param)
    done(made.member.call("s3", "CreateBucket", {"Bucket": "theirs"}))
    return made


def test_attaching_and_detaching_take_the_worlds_propagation_time_to_bite(
    lab: Lab, organization: Organization
) -> None:
    policy_id = organization.create_policy(DENIES[organization.kind])
    lab.propagation = DELAY
    for change, before in ((organization.attach, True), (organization.detach, False)):
        change(policy_id)
        assert lists(organization).ok is before
        lab.clock.advance(DELAY - SECOND)
        assert lists(organization).ok is before
        lab.clock.advance(SECOND)
        assert lists(organization).ok is not before


def test_updating_an_attached_policy_takes_its_time_too(
    lab: Lab, organization: Organization
) -> None:
    denies = DENIES[organization.kind]
    policy_id = organization.create_policy(denies.replace("s3:", "sqs:"))
    organization.attach(policy_id)
    lab.propagation = DELAY
    given = {"PolicyId": policy_id, "Content": denies}
    done(lab.admin.call("organizations", "UpdatePolicy", given))
    assert lists(organization).ok
    lab.clock.advance(DELAY)
    assert not lists(organization).ok


def test_without_a_propagation_time_they_bite_at_once_and_never_the_management_account(
    lab: Lab, organization: Organization
) -> None:
    organization.attach(organization.create_policy(DENIES[organization.kind]))
    refused = lists(organization)
    named = organization.kind.replace("_", " ").lower()
    assert f"with an explicit deny in a {named}" in str(refused.error_message)
    assert lab.admin.call("s3", "ListBuckets").ok


@pytest.mark.parametrize("operation", ["CreatePolicy", "UpdatePolicy"])
def test_a_policy_that_organizations_would_refuse_is_refused(lab: Lab, operation: str) -> None:
    organization = organize(lab, "SERVICE_CONTROL_POLICY")
    document = policy({**statement("s3:*"), "Principal": "*"})
    given = {"Content": document}
    if operation == "CreatePolicy":
        given |= {"Description": "", "Name": "bad", "Type": organization.kind}
    else:
        given["PolicyId"] = organization.create_policy(DENIES[organization.kind])
    refused = lab.admin.call("organizations", operation, given)
    assert (refused.status, refused.error_code) == (400, "MalformedPolicyDocumentException")


def test_requests_carry_the_organization_of_their_principal_and_of_their_resource(
    lab: Lab, organization: Organization
) -> None:
    seen = lists(organization).record.requests[0].context
    found = done(lab.admin.call("organizations", "DescribeOrganization"))["Organization"]["Id"]
    root = done(lab.admin.call("organizations", "ListRoots"))["Roots"][0]["Id"]
    for whose in ("Principal", "Resource"):
        assert seen[f"aws:{whose}OrgID"] == found
        assert seen[f"aws:{whose}OrgPaths"] == (f"{found}/{root}/",)


def test_a_bucket_can_be_kept_to_the_organization(lab: Lab, organization: Organization) -> None:
    found = done(lab.admin.call("organizations", "DescribeOrganization"))["Organization"]["Id"]
    allowed = {**statement("s3:ListBucket", "arn:aws:s3:::theirs"), "Principal": "*"}
    document = policy({**allowed, **when("StringEquals", "aws:PrincipalOrgID", found)})
    given = {"Bucket": "theirs", "Policy": document}
    done(organization.member.call("s3", "PutBucketPolicy", given))
    listing = ("s3", "ListObjectsV2", {"Bucket": "theirs"})
    assert lab.admin.call(*listing).ok
    stranger = lab.administrator("999988887777")
    assert stranger.call(*listing).error_code == "AccessDenied"
    assert lab.actor("anybody").call(*listing).error_code == "AccessDenied"


def test_outside_an_organization_there_are_no_such_keys(lab: Lab) -> None:
    seen = lab.admin.call("s3", "ListBuckets").record.requests[0].context
    assert not [key for key in seen if "Org" in key]
    assert seen["aws:PrincipalIsAWSService"] == seen["aws:ViaAWSService"] == "false"
