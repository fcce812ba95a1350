"""When keys and roles were last used, and the credential report, over real HTTP."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator import Lab
from simulator.actors import Actor
from simulator.sts.issuing import root_key
from tests.conftest import ACCOUNT, Town, allow, done, trust

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def last_used(lab: Lab, actor: Actor) -> Any:
    assert actor.keys is not None
    given = {"AccessKeyId": actor.keys.access_key_id}
    return done(lab.admin.call("iam", "GetAccessKeyLastUsed", given))["AccessKeyLastUsed"]


def test_every_signed_call_uses_its_key_allowed_or_not(lab: Lab, town: Town) -> None:
    alice = town.user("alice")
    assert last_used(lab, alice) == {"ServiceName": "N/A", "Region": "N/A"}
    for service, operation in (("sts", "GetCallerIdentity"), ("s3", "ListBuckets")):
        lab.clock.advance(timedelta(minutes=1))
        alice.call(service, operation)
        used = last_used(lab, alice)
        assert (used["ServiceName"], used["Region"]) == (service, "us-east-1")
        assert used["LastUsedDate"] == lab.clock.now()


def test_a_session_uses_its_role_and_no_other_of_that_name(lab: Lab, town: Town) -> None:
    alice = town.user("alice", allow("sts:AssumeRole"))
    session = town.session(alice, town.role("App", trust(ROOT)))

    def used() -> Any:
        return done(lab.admin.call("iam", "GetRole", {"RoleName": "App"}))["Role"]["RoleLastUsed"]

    assert used() == {}
    session.call("sts", "GetCallerIdentity")
    assert used() == {"LastUsedDate": lab.clock.now(), "Region": "us-east-1"}
    done(lab.admin.call("iam", "DeleteRole", {"RoleName": "App"}))
    town.role("App", trust(ROOT))
    session.call("sts", "GetCallerIdentity")
    assert used() == {}


def report(lab: Lab) -> dict[str, dict[str, str]]:
    done(lab.admin.call("iam", "GenerateCredentialReport"))
    answer = done(lab.admin.call("iam", "GetCredentialReport"))
    assert answer["GeneratedTime"] == lab.clock.now()
    rows = csv.DictReader(io.StringIO(answer["Content"].decode()))
    return {row["user"]: row for row in rows}


def test_there_is_no_credential_report_before_one_is_generated(lab: Lab) -> None:
    refused = lab.admin.call("iam", "GetCredentialReport")
    assert (refused.status, refused.error_code) == (410, "ReportNotPresent")


def test_the_credential_report_tells_of_root_and_of_where_keys_were_used(
    lab: Lab, town: Town
) -> None:
    alice = town.user("alice")
    alice.call("dynamodb", "ListTables")
    rows = report(lab)
    assert next(iter(rows)) == "<root_account>"
    root, row = rows["<root_account>"], rows["alice"]
    assert (root["arn"], root["access_key_1_active"]) == (ROOT, "false")
    assert row["access_key_1_active"] == "true"
    assert row["access_key_1_last_used_date"] == "2021-08-09T06:00:00+00:00"
    assert (row["access_key_1_last_used_service"], row["access_key_1_last_used_region"]) == (
        "dynamodb",
        "us-east-1",
    )
    assert (row["password_enabled"], row["mfa_active"]) == ("false", "false")
    assert row["access_key_2_active"] == "false"
    root_key(lab.world, ACCOUNT)
    assert report(lab)["<root_account>"]["access_key_1_active"] == "true"
    assert lab.clock.now() == datetime(2021, 8, 9, 6, tzinfo=UTC)
