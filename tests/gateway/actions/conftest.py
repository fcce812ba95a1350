"""A world of moto's own making for the checks to ask about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from simulator.backend import MotoLookup
from simulator.gateway.actions import checks_for
from simulator.gateway.identify import identify
from simulator.gateway.stages import Check
from tests.gateway.actions.capture import ACCOUNT, REGION, sent

Ask = Callable[..., tuple[Check, ...]]
"""``ask("s3", "GetObject", Bucket=…)``: the checks of what a real client sends."""


@pytest.fixture(scope="package")
def moto() -> Iterator[Callable[[str], Any]]:
    """moto with a few resources in it; gives clients that reach it."""
    with mock_aws():

        def client(service: str) -> Any:
            make: Any = boto3.client
            return make(
                service, region_name=REGION,
                aws_access_key_id="testing", aws_secret_access_key="testing",
            )  # fmt: skip

        _furnish(client)
        yield client


def _furnish(client: Callable[[str], Any]) -> None:
    iam = client("iam")
    team = [{"Key": "team", "Value": "red"}]
    iam.create_user(UserName="alice", Path="/staff/", Tags=team)
    iam.create_role(
        RoleName="App", Path="/apps/", AssumeRolePolicyDocument="{}", Tags=team,
        PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/Boundary",
    )  # fmt: skip
    iam.create_instance_profile(InstanceProfileName="web", Path="/p/")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="App")
    s3 = client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="tagged", Body=b"", Tagging="team=red")
    client("secretsmanager").create_secret(Name="db", SecretString="x", Tags=team)
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def ask(moto: Callable[[str], Any]) -> Ask:
    """The checks of a request, for the user alice of the account that owns everything."""

    def asked(
        service: str,
        operation: str,
        *,
        username: str | None = "alice",
        account: str = ACCOUNT,
        source_identity: str | None = None,
        **parameters: Any,
    ) -> tuple[Check, ...]:
        wire = sent(service, operation, **parameters)
        return checks_for(identify(wire), wire, MotoLookup(), account, username, source_identity)

    return asked
