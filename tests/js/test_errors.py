"""The JavaScript SDK reads each of the lab's errors as the exception AWS would have caused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from tests.conftest import ACCOUNT, Town, allow, trust
from tests.serving import PATIENCE_SECONDS

HERE = Path(__file__).parent
ROOT = f"arn:aws:iam::{ACCOUNT}:root"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (HERE / "node_modules" / ".ready").exists(),
    reason="needs node and the JavaScript SDK; `make js` installs it",
)

Call = dict[str, Any]
Answer = Mapping[str, Any]


def _call(who: Actor, service: str, command: str, **parameters: Any) -> Call:
    assert who.keys is not None
    keys = {
        "aws_access_key_id": who.keys.access_key_id,
        "aws_secret_access_key": who.keys.secret_access_key,
        "aws_session_token": who.keys.session_token,
    }
    return {"service": service, "command": command, "input": parameters, "keys": keys}


def _answers(lab: Lab, *calls: Call) -> list[Answer]:
    asked = {"endpoint": lab.endpoint_url, "region": lab.region, "calls": calls}
    done = subprocess.run(
        ["node", "calls.mjs"],
        cwd=HERE,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Answer] = json.loads(done.stdout)
    return answers


def _short(answer: Answer) -> tuple[str, int, str]:
    return answer["name"], answer["status"], answer["message"]


def test_the_javascript_sdk_works_with_a_session_of_the_lab(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    town.bucket("reports", q2="1,2,3")
    session = town.session(alice, town.role("App", trust(ROOT), allow("s3:*")), "alice")
    identity, listing, role = _answers(
        lab,
        _call(session, "sts", "GetCallerIdentityCommand"),
        _call(session, "s3", "ListObjectsV2Command", Bucket="reports"),
        _call(
            alice,
            "sts",
            "AssumeRoleCommand",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/App",
            RoleSessionName="js",
        ),
    )
    assert identity["output"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/alice"
    assert [each["Key"] for each in listing["output"]["Contents"]] == ["q2"]
    assert role["output"]["Credentials"]["Expiration"] == "2021-08-09T07:00:00.000Z"


def test_denials_have_each_services_own_name_and_text(lab: Lab, town: Town) -> None:
    nobody = town.user("nobody")
    town.bucket("reports", q2="1,2,3")
    who = f"User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform:"
    sts, iam, s3, dynamodb, secrets, ec2 = _answers(
        lab,
        _call(
            nobody,
            "sts",
            "AssumeRoleCommand",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/None",
            RoleSessionName="js",
        ),
        _call(nobody, "iam", "ListUsersCommand"),
        _call(nobody, "s3", "GetObjectCommand", Bucket="reports", Key="q2"),
        _call(nobody, "dynamodb", "ListTablesCommand"),
        _call(nobody, "secretsmanager", "ListSecretsCommand"),
        _call(nobody, "ec2", "DescribeInstancesCommand"),
    )
    assert _short(sts) == (
        "AccessDenied",
        403,
        f"{who} sts:AssumeRole on resource: arn:aws:iam::{ACCOUNT}:role/None",
    )
    assert _short(iam)[:2] == ("AccessDenied", 403)
    assert _short(s3) == (
        "AccessDenied",
        403,
        f'{who} s3:GetObject on resource: "arn:aws:s3:::reports/q2" because no identity-based '
        "policy allows the s3:GetObject action",
    )
    assert _short(dynamodb)[:2] == ("AccessDeniedException", 400)
    assert _short(secrets)[:2] == ("AccessDeniedException", 400)
    assert _short(ec2)[:2] == ("UnauthorizedOperation", 403)


def test_an_expired_session_has_each_services_own_name_and_text(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    session = town.session(alice, town.role("App", trust(ROOT), allow("*")), "alice")
    lab.clock.advance(timedelta(hours=1))
    sts, iam, s3, dynamodb, secrets, ec2 = _answers(
        lab,
        _call(session, "sts", "GetCallerIdentityCommand"),
        _call(session, "iam", "ListUsersCommand"),
        _call(session, "s3", "ListBucketsCommand"),
        _call(session, "dynamodb", "ListTablesCommand"),
        _call(session, "secretsmanager", "ListSecretsCommand"),
        _call(session, "ec2", "DescribeInstancesCommand"),
    )
    text = "The security token included in the request is expired"
    assert _short(sts) == ("ExpiredToken", 403, text)
    assert _short(iam) == ("ExpiredToken", 403, text)
    assert _short(s3) == ("ExpiredToken", 400, "The provided token has expired.")
    assert _short(dynamodb) == ("ExpiredTokenException", 400, text)
    assert _short(secrets) == ("ExpiredTokenException", 400, text)
    assert _short(ec2) == ("RequestExpired", 400, "Request has expired.")


def test_modelled_exceptions_are_instances_of_the_sdks_own_classes(lab: Lab, town: Town) -> None:
    admin = lab.admin
    town.user("alice")
    town.bucket("reports")
    role, user, key, table, secret = _answers(
        lab,
        _call(
            admin,
            "iam",
            "CreateRoleCommand",
            RoleName="Bad",
            AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Maybe"}}',
        ),
        _call(admin, "iam", "CreateUserCommand", UserName="alice"),
        _call(admin, "s3", "GetObjectCommand", Bucket="reports", Key="none"),
        _call(admin, "dynamodb", "DescribeTableCommand", TableName="none"),
        _call(admin, "secretsmanager", "GetSecretValueCommand", SecretId="none"),
    )
    assert role["class"] == "MalformedPolicyDocumentException"
    assert user["class"] == "EntityAlreadyExistsException"
    assert key["class"] == "NoSuchKey"
    assert table["class"] == "ResourceNotFoundException"
    assert secret["class"] == "ResourceNotFoundException"


def test_an_unknown_key_has_each_services_own_name(lab: Lab) -> None:
    stranger = lab.actor("stranger", keys=Keys("AKIAIOSFODNN7EXAMPLE", "x" * 40))
    sts, s3, dynamodb, ec2 = _answers(
        lab,
        _call(stranger, "sts", "GetCallerIdentityCommand"),
        _call(stranger, "s3", "ListBucketsCommand"),
        _call(stranger, "dynamodb", "ListTablesCommand"),
        _call(stranger, "ec2", "DescribeInstancesCommand"),
    )
    assert _short(sts)[:2] == ("InvalidClientTokenId", 403)
    assert _short(s3)[:2] == ("InvalidAccessKeyId", 403)
    assert _short(dynamodb)[:2] == ("UnrecognizedClientException", 400)
    assert _short(ec2)[:2] == ("AuthFailure", 401)
