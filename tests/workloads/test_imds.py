"""Instance metadata, v1 and v2, on the wire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator import Lab
from simulator.actors import Keys
from simulator.clock import iso
from simulator.gateway.server import ServerError
from tests.conftest import ACCOUNT, Town, done
from tests.sts.documents import permit, trusting
from tests.workloads.machines import (
    CREDENTIALS,
    LIST,
    ask,
    fetched,
    launch,
    make_profile,
    on,
    session,
)


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


def test_tokens_are_kept_up_to_a_number_the_oldest_goes_first(
    lab: Lab, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.imds.answering.MAX_TOKENS", 2)
    tokens = [session(lab, 60) for _ in range(3)]
    statuses = [ask(f"{lab.imds_url}/latest/meta-data/", token=each).status for each in tokens]
    assert statuses == [401, 200, 200]


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


def test_it_has_an_address_of_ipv6_where_the_lab_has() -> None:
    try:
        lab = Lab(host="::1").start()
    except ServerError:
        pytest.skip("this machine has no IPv6")
    try:
        assert urlsplit(lab.imds_url).hostname == urlsplit(lab.endpoint_url).hostname == "::1"
        assert urlsplit(lab.imds_url).port != urlsplit(lab.endpoint_url).port
    finally:
        lab.stop()
