"""The set of credentials an instance is given: how long it stays, and what brings a new one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator import Lab
from simulator.actors import Keys
from simulator.clock import iso
from simulator.workloads import (
    RoleDelivery,
    WorkloadError,
    instance_session,
)
from tests.conftest import ACCOUNT, Town, done, revoke
from tests.sts.documents import permit, when
from tests.workloads.machines import CREDENTIALS, LIST, ask, fetched, launch, on, session


def test_the_same_set_is_handed_out_until_an_hour_before_its_end(lab: Lab, machine: str) -> None:
    first = fetched(lab)
    lab.clock.advance(timedelta(hours=4, minutes=59))
    assert fetched(lab) == first
    lab.clock.advance(timedelta(minutes=1))
    second = fetched(lab)
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert second["LastUpdated"] == iso(lab.clock.now())


def test_revoking_stops_the_application_and_imds_hands_out_the_revoked_set_again(
    lab: Lab, town: Town, machine: str
) -> None:
    keys = instance_session(lab, machine)
    lab.clock.advance(timedelta(minutes=10))
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke(iso(lab.clock.now())))
    assert on(lab, keys).call("s3", "ListBuckets").error_code == "AccessDenied"
    lab.clock.advance(timedelta(minutes=1))
    assert instance_session(lab, machine) == keys


@pytest.mark.parametrize("how", ["stop and start", "re-associate", "replace"])
def test_a_machine_recovers_with_a_new_set(lab: Lab, town: Town, machine: str, how: str) -> None:
    old = instance_session(lab, machine)
    lab.clock.advance(timedelta(minutes=10))
    town.put_role_policy("App", "AWSRevokeOlderSessions", revoke(iso(lab.clock.now())))
    lab.clock.advance(timedelta(seconds=1))
    admin = lab.admin
    if how == "stop and start":
        done(admin.call("ec2", "StopInstances", {"InstanceIds": [machine]}))
        assert ask(f"{lab.imds.url_of(machine)}{CREDENTIALS}").status == 404
        done(admin.call("ec2", "StartInstances", {"InstanceIds": [machine]}))
    else:
        found = done(admin.call("ec2", "DescribeIamInstanceProfileAssociations"))
        association = found["IamInstanceProfileAssociations"][0]["AssociationId"]
        profile = {"IamInstanceProfile": {"Name": "App"}}
        given = {"AssociationId": association}
        if how == "replace":
            given_too = {**given, **profile}
            done(admin.call("ec2", "ReplaceIamInstanceProfileAssociation", given_too))
        else:
            done(admin.call("ec2", "DisassociateIamInstanceProfile", given))
            with pytest.raises(WorkloadError):
                instance_session(lab, machine)
            again = {"InstanceId": machine, **profile}
            done(admin.call("ec2", "AssociateIamInstanceProfile", again))
    new = instance_session(lab, machine)
    assert new.access_key_id != old.access_key_id
    done(on(lab, new).call("s3", "ListBuckets"))
    assert on(lab, old).call("s3", "ListBuckets").error_code == "AccessDenied"


def test_rebooting_keeps_the_set(lab: Lab, machine: str) -> None:
    keys = instance_session(lab, machine)
    done(lab.admin.call("ec2", "RebootInstances", {"InstanceIds": [machine]}))
    assert instance_session(lab, machine) == keys


@pytest.mark.parametrize("delivery", ["1.0", "2.0"])
def test_role_delivery_tells_how_the_set_was_fetched(
    lab: Lab, town: Town, machine: str, delivery: RoleDelivery
) -> None:
    town.put_role_policy(
        "App", "own", permit(LIST, **when("NumericLessThan", "ec2:RoleDelivery", "2.0"))
    )
    headers = {"token": session(lab)} if delivery == "2.0" else {}
    found = fetched(lab, **headers)
    keys = Keys(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
    assert on(lab, keys).call("s3", "ListBuckets").ok == (delivery == "1.0")


def test_the_source_instance_can_be_named_in_a_policy(lab: Lab, town: Town, machine: str) -> None:
    other = launch(lab.admin)
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{machine}"
    town.put_role_policy(
        "App", "own", permit(LIST, **when("ArnEquals", "ec2:SourceInstanceARN", arn))
    )
    done(on(lab, instance_session(lab, machine)).call("s3", "ListBuckets"))
    refused = on(lab, instance_session(lab, other)).call("s3", "ListBuckets")
    assert refused.error_code == "AccessDenied"
