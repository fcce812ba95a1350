"""Access that another service's call gives: a new account's role, a function's permission."""

from __future__ import annotations

import io
import zipfile

import pytest

from simulator import Lab
from simulator.actors import Keys
from tests.conftest import ACCOUNT, Town, done, trust


def test_the_management_account_administers_an_account_it_created(lab: Lab) -> None:
    admin = lab.admin
    done(admin.call("organizations", "CreateOrganization", {}))
    given = {"Email": "two@example.com", "AccountName": "two"}
    status = done(admin.call("organizations", "CreateAccount", given))["CreateAccountStatus"]
    arn = f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole"
    given = {"RoleArn": arn, "RoleSessionName": "session"}
    keys = Keys.from_response(done(admin.call("sts", "AssumeRole", given))["Credentials"])
    there = lab.actor("there", keys=keys)
    done(there.call("s3", "CreateBucket", {"Bucket": "theirs"}))
    assert done(there.call("sts", "GetCallerIdentity", {}))["Account"] == status["AccountId"]


@pytest.mark.parametrize("named", [True, False])
def test_add_permission_may_name_a_user(lab: Lab, town: Town, named: bool) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("h.py", "def h(event, context): return 1")
    service = trust(ACCOUNT).replace("AWS", "Service").replace(ACCOUNT, "lambda.amazonaws.com")
    function = {
        "FunctionName": "f",
        "Runtime": "python3.11",
        "Role": town.role("Runs", service),
        "Handler": "h.h",
        "Code": {"ZipFile": code.getvalue()},
    }
    done(lab.admin.call("lambda", "CreateFunction", function))
    user = town.user("u")
    town.user("another")
    given = {
        "FunctionName": "f",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": f"arn:aws:iam::{ACCOUNT}:user/{'u' if named else 'another'}",
    }
    done(lab.admin.call("lambda", "AddPermission", given))
    assert user.call("lambda", "Invoke", {"FunctionName": "f"}).ok is named
