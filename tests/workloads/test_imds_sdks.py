"""SDKs find an instance's credentials by themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.utils import InstanceMetadataFetcher

from simulator import Lab
from simulator.workloads import (
    instance_session,
)
from tests.conftest import Town, done
from tests.serving import PATIENCE_SECONDS


@pytest.mark.parametrize("tokens", ["optional", "required"])
def test_botocores_fetcher_gets_the_set(lab: Lab, machine: str, tokens: str) -> None:
    given = {"InstanceId": machine, "HttpTokens": tokens, "HttpEndpoint": "enabled"}
    done(lab.admin.call("ec2", "ModifyInstanceMetadataOptions", given))
    fetcher = InstanceMetadataFetcher(
        timeout=PATIENCE_SECONDS, num_attempts=1, base_url=lab.imds_url
    )
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
    # One second, unless it is told otherwise.
    monkeypatch.setenv("AWS_METADATA_SERVICE_TIMEOUT", str(PATIENCE_SECONDS))
    identity = boto3.session.Session().client("sts").get_caller_identity()
    assert identity["Arn"].endswith(f":assumed-role/App/{machine}")


MODULES = Path(__file__).parents[1] / "js" / "node_modules"


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@smithy/credential-provider-imds").is_dir(),
    reason="node or the SDK in tests/js is absent",
)
def test_the_javascript_sdk_gets_the_set(lab: Lab, town: Town, machine: str) -> None:
    lab.clock.move_to(datetime.now(UTC))
    script = (
        "const {fromInstanceMetadata} = require('@smithy/credential-provider-imds');"
        "fromInstanceMetadata({timeout: 60000})().then(c => console.log(c.accessKeyId));"
    )
    environment = {
        **os.environ,
        "NODE_PATH": str(MODULES),
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": lab.imds_url,
    }
    done_ = subprocess.run(
        ["node", "-e", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done_.stdout.strip() == instance_session(lab, machine).access_key_id
