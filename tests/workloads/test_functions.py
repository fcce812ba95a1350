"""A function's credentials: new ones at each cold start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator import Lab
from simulator.clock import iso
from simulator.workloads import (
    WorkloadError,
    function_environment,
)
from tests.conftest import ACCOUNT, Town, done, revoke
from tests.sts.documents import permit, trusting
from tests.workloads.machines import EC2, LAMBDA, LIST, on


@pytest.fixture
def worker(lab: Lab, town: Town) -> str:
    """A function with the role Worker; returns its name."""
    role = town.role("Worker", trusting(LAMBDA), permit(LIST))
    given = {
        "FunctionName": "worker",
        "Runtime": "python3.12",
        "Role": role,
        "Handler": "app.handler",
        "Code": {"ZipFile": b"PK\x05\x06" + b"\x00" * 18},
    }
    done(lab.admin.call("lambda", "CreateFunction", given))
    return "worker"


def test_a_functions_environment_holds_a_session_of_its_role(lab: Lab, worker: str) -> None:
    keys = function_environment(lab, worker)
    identity = done(on(lab, keys).call("sts", "GetCallerIdentity"))
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker/worker"
    done(on(lab, keys).call("s3", "ListBuckets"))


def test_a_warm_function_keeps_its_revoked_set_and_a_cold_start_brings_a_new_one(
    lab: Lab, town: Town, worker: str
) -> None:
    old = function_environment(lab, worker)
    lab.clock.advance(timedelta(minutes=1))
    town.put_role_policy("Worker", "AWSRevokeOlderSessions", revoke(iso(lab.clock.now())))
    lab.clock.advance(timedelta(seconds=1))
    assert function_environment(lab, worker) == old
    assert on(lab, old).call("s3", "ListBuckets").error_code == "AccessDenied"
    new = function_environment(lab, worker, cold_start=True)
    done(on(lab, new).call("s3", "ListBuckets"))


@pytest.mark.parametrize("named", ["worker", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:worker"])
def test_changing_a_functions_configuration_is_a_cold_start(
    lab: Lab, worker: str, named: str
) -> None:
    old = function_environment(lab, worker)
    given = {"FunctionName": named, "Description": "again"}
    done(lab.admin.call("lambda", "UpdateFunctionConfiguration", given))
    assert function_environment(lab, worker) != old


def test_a_function_of_the_same_name_elsewhere_is_another(lab: Lab, worker: str) -> None:
    there = lab.actor("there", keys=lab.admin.keys).client("lambda", "eu-west-1")
    there.create_function(
        FunctionName=worker,
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/Worker",
        Handler="app.handler",
        Code={"ZipFile": b"PK\x05\x06" + b"\x00" * 18},
    )
    asked = {"name": worker, "account": ACCOUNT}
    here = lab.workloads.function_credential(**asked, region="us-east-1")
    assert lab.workloads.function_credential(**asked, region="eu-west-1") != here
    there.update_function_configuration(FunctionName=worker, Description="again")
    assert lab.workloads.function_credential(**asked, region="us-east-1") == here


def test_a_role_that_does_not_trust_lambda_gives_a_function_nothing(lab: Lab, worker: str) -> None:
    given = {"RoleName": "Worker", "PolicyDocument": trusting(EC2)}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    with pytest.raises(WorkloadError, match="cannot be assumed by Lambda"):
        function_environment(lab, worker, cold_start=True)


def test_a_function_is_only_given_a_role_that_trusts_lambda(
    lab: Lab, town: Town, worker: str
) -> None:
    other = town.role("Other", trusting(EC2), permit(LIST))
    given = {"FunctionName": worker, "Role": other}
    code = {"Runtime": "python3.12", "Handler": "a.b", "Code": {"ZipFile": b"not looked at"}}
    for operation, more in (
        ("UpdateFunctionConfiguration", {}),
        ("CreateFunction", {**code, "FunctionName": "another"}),
    ):
        refused = lab.admin.call("lambda", operation, {**given, **more})
        assert (refused.status, refused.error_code) == (400, "InvalidParameterValueException")
        assert refused.error_message == (
            "The role defined for the function cannot be assumed by Lambda."
        )
