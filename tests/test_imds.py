"""Instance metadata: v1 and v2, and the credentials a machine lives on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.utils import InstanceMetadataFetcher

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.clock import iso
from simulator.workloads import (
    RoleDelivery,
    WorkloadError,
    function_environment,
    instance_session,
)
from tests.conftest import ACCOUNT, Town, done, policy, revoke
from tests.organization import organize
from tests.sts.documents import permit, statement, trusting, when

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
LIST = "s3:ListAllMyBuckets"
EC2 = {"Service": "ec2.amazonaws.com"}
LAMBDA = {"Service": "lambda.amazonaws.com"}


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def ask(url: str, method: str = "GET", **headers: str) -> Reply:
    """One HTTP request, as `curl` makes it; keyword names stand for header names."""
    names = {"ttl": TTL, "token": TOKEN, "forwarded": "X-Forwarded-For"}
    given = {names[name]: value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=given)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return Reply(answer.status, answer.read().decode(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read().decode(), dict(error.headers))


def session(lab: Lab, seconds: int = 21600) -> str:
    return ask(f"{lab.imds_url}/latest/api/token", "PUT", ttl=str(seconds)).text


def launch(admin: Actor, http_tokens: str = "optional", profile: str | None = "App") -> str:
    """Run an instance; returns its id."""
    given: dict[str, Any] = {
        "ImageId": "ami-12c6146b",
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceType": "t3.micro",
        "MetadataOptions": {"HttpTokens": http_tokens, "HttpEndpoint": "enabled"},
    }
    if profile:
        given["IamInstanceProfile"] = {"Name": profile}
    instance_id: str = done(admin.call("ec2", "RunInstances", given))["Instances"][0]["InstanceId"]
    return instance_id


def make_profile(admin: Actor, name: str) -> None:
    done(admin.call("iam", "CreateInstanceProfile", {"InstanceProfileName": name}))
    given = {"InstanceProfileName": name, "RoleName": name}
    done(admin.call("iam", "AddRoleToInstanceProfile", given))


@pytest.fixture
def machine(lab: Lab, town: Town) -> str:
    """An instance with the role App, IMDSv1 allowed; returns its id."""
    town.role("App", trusting(EC2), permit(LIST))
    make_profile(lab.admin, "App")
    return launch(lab.admin)


def on(lab: Lab, keys: Keys) -> Actor:
    return lab.actor("app", keys=keys)


def fetched(lab: Lab, **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"{lab.imds_url}{CREDENTIALS}App", **headers).json
    return found


# The wire ---------------------------------------------------------------------------------


def test_v2_wants_a_token_of_a_put_and_gives_the_three_values(lab: Lab, machine: str) -> None:
    answer = ask(f"{lab.imds_url}/latest/api/token", "PUT", ttl="60")
    assert answer.status == 200
    assert answer.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] == "60"
    assert ask(f"{lab.imds_url}{CREDENTIALS}", token=answer.text).text == "App"
    found = fetched(lab, token=answer.text)
    assert found["Code"] == "Success"
    assert found["Type"] == "AWS-HMAC"
    assert found["LastUpdated"] == iso(lab.clock.now())
    assert found["Expiration"] == iso(lab.clock.now() + timedelta(hours=6))
    assert found["AccessKeyId"].startswith("ASIA")
    keys = Keys(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
    identity = done(on(lab, keys).call("sts", "GetCallerIdentity"))
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/{machine}"
    done(on(lab, keys).call("s3", "ListBuckets"))


def test_v1_needs_no_token_where_it_is_allowed(lab: Lab, machine: str) -> None:
    assert fetched(lab)["Code"] == "Success"


def test_where_tokens_are_required_a_request_without_is_unauthorized(
    lab: Lab, machine: str
) -> None:
    given = {"InstanceId": machine, "HttpTokens": "required", "HttpEndpoint": "enabled"}
    done(lab.admin.call("ec2", "ModifyInstanceMetadataOptions", given))
    for path in (CREDENTIALS, "/latest/meta-data/", "/", "/latest/nothing"):
        assert ask(f"{lab.imds_url}{path}").status == 401, path


def test_a_token_expires_by_lab_time(lab: Lab, machine: str) -> None:
    token = session(lab, 60)
    lab.clock.advance(timedelta(seconds=59))
    assert ask(f"{lab.imds_url}/latest/meta-data/", token=token).status == 200
    lab.clock.advance(timedelta(seconds=1))
    assert ask(f"{lab.imds_url}/latest/meta-data/", token=token).status == 401


def test_a_token_lives_one_to_21600_seconds(lab: Lab, machine: str) -> None:
    for ttl in ("0", "21601", "-1", "x", ""):
        assert ask(f"{lab.imds_url}/latest/api/token", "PUT", ttl=ttl).status == 400, ttl
    for ttl in ("1", "21600"):
        assert ask(f"{lab.imds_url}/latest/api/token", "PUT", ttl=ttl).status == 200, ttl


def test_a_put_through_a_proxy_gets_no_token(lab: Lab, machine: str) -> None:
    url = f"{lab.imds_url}/latest/api/token"
    assert ask(url, "PUT", ttl="60", forwarded="10.0.0.1").status == 403


def test_a_token_of_one_instance_opens_nothing_on_another(lab: Lab, machine: str) -> None:
    other = launch(lab.admin)
    token = ask(f"{lab.imds.url_of(other)}/latest/api/token", "PUT", ttl="60").text
    assert ask(f"{lab.imds.url_of(machine)}{CREDENTIALS}", token=token).status == 401
    assert ask(f"{lab.imds.url_of(other)}{CREDENTIALS}", token=token).text == "App"


def test_the_tree_lists_directories_and_what_is_not_there_is_not_found(
    lab: Lab, machine: str
) -> None:
    root = f"{lab.imds_url}/latest"
    assert "meta-data/" in ask(f"{root}/").text.split("\n")
    names = ask(f"{root}/meta-data/").text.split("\n")
    assert {"instance-id", "iam/", "placement/"} <= set(names)
    assert ask(f"{root}/meta-data/instance-id").text == machine
    assert ask(f"{root}/meta-data/placement/region").text == "us-east-1"
    assert ask(f"{root}/meta-data/iam/").text == "info\nsecurity-credentials/"
    assert ask(f"{root}/meta-data/iam/info").json["InstanceProfileArn"].endswith("/App")
    for missing in ("nothing", "meta-data/nothing", f"{CREDENTIALS[8:]}Other", "user-data"):
        assert ask(f"{root}/{missing}").status == 404, missing


def test_the_identity_document_says_where_the_instance_is(lab: Lab, machine: str) -> None:
    document = ask(f"{lab.imds_url}/latest/dynamic/instance-identity/document").json
    assert document["instanceId"] == machine
    assert (document["accountId"], document["region"]) == (ACCOUNT, "us-east-1")


def test_an_instance_without_a_profile_has_no_credentials(lab: Lab) -> None:
    launch(lab.admin, profile=None)
    assert ask(f"{lab.imds_url}{CREDENTIALS}").status == 404
    assert "iam/" not in ask(f"{lab.imds_url}/latest/meta-data/").text


def test_a_role_that_does_not_trust_ec2_is_told_in_the_body(lab: Lab, town: Town) -> None:
    town.role("App", trusting(ACCOUNT), permit(LIST))
    make_profile(lab.admin, "App")
    launch(lab.admin)
    found = fetched(lab)
    assert found["Code"] == "AssumeRoleUnauthorizedAccess"
    assert "AccessKeyId" not in found


def test_the_service_can_be_turned_off(lab: Lab, machine: str) -> None:
    given = {"InstanceId": machine, "HttpTokens": "optional", "HttpEndpoint": "disabled"}
    done(lab.admin.call("ec2", "ModifyInstanceMetadataOptions", given))
    assert ask(f"{lab.imds_url}{CREDENTIALS}").status == 403


@pytest.mark.parametrize("asked", [{"HttpEndpoint": "enabled"}, {"HttpPutResponseHopLimit": 3}, {}])
def test_options_that_are_not_named_stay_as_they_are(
    lab: Lab, town: Town, asked: dict[str, Any]
) -> None:
    machine = launch(lab.admin, "required", None)
    given = {"InstanceId": machine, "InstanceMetadataTags": "enabled", **asked}
    options = done(lab.admin.call("ec2", "ModifyInstanceMetadataOptions", given))
    assert options["InstanceMetadataOptions"]["HttpTokens"] == "required"
    assert ask(f"{lab.imds_url}/latest/meta-data/instance-id").status == 401
    given = {"InstanceId": machine, "HttpTokens": "optional"}
    options = done(lab.admin.call("ec2", "ModifyInstanceMetadataOptions", given))
    assert options["InstanceMetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert ask(f"{lab.imds_url}/latest/meta-data/instance-id").text == machine


def test_the_current_instance_can_be_chosen(lab: Lab, machine: str) -> None:
    other = launch(lab.admin)
    assert ask(f"{lab.imds_url}/latest/meta-data/instance-id").text == machine
    lab.imds.instance_id = other
    assert ask(f"{lab.imds_url}/latest/meta-data/instance-id").text == other


def test_every_access_is_noted_and_the_trail_has_only_that_ec2_assumed_the_role(
    lab: Lab, machine: str
) -> None:
    before = len(lab.trail.records())
    found = fetched(lab)
    fetched(lab, token=session(lab))
    first, put, second = lab.imds.accesses()
    assert (first.version, first.status, first.access_key_id) == ("v1", 200, found["AccessKeyId"])
    assert (put.method, put.version) == ("PUT", "v2")
    assert (second.version, second.instance_id) == ("v2", machine)
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


@pytest.mark.parametrize("path", ["/", "/aws-service-role/ec2.amazonaws.com/"])
def test_a_resource_control_policy_binds_a_service_but_on_service_linked_roles(
    lab: Lab, path: str
) -> None:
    organization = organize(lab, "RESOURCE_CONTROL_POLICY")
    document = policy({**statement("sts:*", effect="Deny"), "Principal": "*"})
    organization.attach(organization.create_policy(document))
    member = organization.member
    given = {"RoleName": "App", "AssumeRolePolicyDocument": trusting(EC2), "Path": path}
    done(member.call("iam", "CreateRole", given))
    make_profile(member, "App")
    machine = launch(member)
    if path == "/":
        with pytest.raises(WorkloadError, match="cannot assume"):
            instance_session(lab, machine)
        decision = lab.trail.records()[-1].decisions[0]
        assert decision.reason == "with an explicit deny in a resource control policy"
    else:
        instance_session(lab, machine)


# The cached set ---------------------------------------------------------------------------


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


# SDKs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens", ["optional", "required"])
def test_botocores_fetcher_gets_the_set(lab: Lab, machine: str, tokens: str) -> None:
    given = {"InstanceId": machine, "HttpTokens": tokens, "HttpEndpoint": "enabled"}
    done(lab.admin.call("ec2", "ModifyInstanceMetadataOptions", given))
    fetcher = InstanceMetadataFetcher(timeout=5, num_attempts=1, base_url=lab.imds_url)
    found = fetcher.retrieve_iam_role_credentials()
    assert found["role_name"] == "App"
    assert found["access_key"] == instance_session(lab, machine).access_key_id


def test_botocore_finds_it_by_the_environment_and_an_instance_by_its_path(
    lab: Lab, machine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", lab.imds.url_of(machine))
    monkeypatch.setenv("AWS_ENDPOINT_URL", lab.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", lab.region)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    identity = boto3.session.Session().client("sts").get_caller_identity()
    assert identity["Arn"].endswith(f":assumed-role/App/{machine}")


MODULES = Path(__file__).parent / "js" / "node_modules"


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@smithy/credential-provider-imds").is_dir(),
    reason="node or the SDK in tests/js is absent",
)
def test_the_javascript_sdk_gets_the_set(lab: Lab, town: Town, machine: str) -> None:
    lab.clock.move_to(datetime.now(UTC))
    script = (
        "const {fromInstanceMetadata} = require('@smithy/credential-provider-imds');"
        "fromInstanceMetadata({timeout: 5000})().then(c => console.log(c.accessKeyId));"
    )
    environment = {
        **os.environ,
        "NODE_PATH": str(MODULES),
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": lab.imds_url,
    }
    done_ = subprocess.run(
        ["node", "-e", script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done_.stdout.strip() == instance_session(lab, machine).access_key_id


# Functions --------------------------------------------------------------------------------


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


def test_changing_a_functions_configuration_is_a_cold_start(lab: Lab, worker: str) -> None:
    old = function_environment(lab, worker)
    given = {"FunctionName": worker, "Description": "again"}
    done(lab.admin.call("lambda", "UpdateFunctionConfiguration", given))
    assert function_environment(lab, worker) != old


def test_a_role_that_does_not_trust_lambda_gives_a_function_nothing(lab: Lab, worker: str) -> None:
    given = {"RoleName": "Worker", "PolicyDocument": trusting(EC2)}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    with pytest.raises(WorkloadError, match="cannot be assumed by Lambda"):
        function_environment(lab, worker, cold_start=True)
