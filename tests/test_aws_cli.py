"""The real AWS CLI against `stslab serve`: the whole story, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ACCOUNT, policy, revoke, trust
from tests.serving import AwsCli, Served, keys_of, serve

BUCKET = "kibble-reports"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
APP = f"arn:aws:iam::{ACCOUNT}:role/App"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/App/alice"
CLOSED = policy({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
ASSUME = ("sts", "assume-role", "--role-arn", APP, "--role-session-name", "alice")
LIST = ("s3api", "list-objects-v2", "--bucket", BUCKET)
DENIED = (
    "(AccessDenied) when calling the ListObjectsV2 operation: "
    f"User: {SESSION} is not authorized to perform: s3:ListBucket on resource: "
    f'"arn:aws:s3:::{BUCKET}" with an explicit deny in an identity-based policy'
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    start = "2021-08-09T06:00:00Z"
    with serve(home, "--scenario", "leaked-session", "--start", start) as running:
        yield running


def _set_trust(who: AwsCli, document: str) -> None:
    who.ok("iam", "update-assume-role-policy", "--role-name=App", "--policy-document", document)


def _assume(who: AwsCli) -> AwsCli:
    return AwsCli(who.served, keys_of(who.ok(*ASSUME)["Credentials"]))


def test_the_aws_cli_plays_the_whole_story_of_the_leaked_session(
    served: Served, tmp_path: Path
) -> None:
    alice = AwsCli(served, served.ready["credentials"]["alice"])
    dana = AwsCli(served, served.ready["credentials"]["dana"])

    # Alice's own key opens nothing; App's session does.
    assert alice.error(*LIST) == (
        "(AccessDenied) when calling the ListObjectsV2 operation: "
        f"User: {ALICE} is not authorized to perform: s3:ListBucket on resource: "
        f'"arn:aws:s3:::{BUCKET}" because no identity-based policy allows the s3:ListBucket action'
    )
    session = _assume(alice)
    assert session.ok("sts", "get-caller-identity")["Arn"] == SESSION
    assert len(session.ok(*LIST)["Contents"]) == 2

    # The three values leak: whoever holds them is the session.
    mallory = AwsCli(served, session.keys)
    loot = tmp_path / "loot.csv"
    mallory.ok("s3", "cp", "--quiet", f"s3://{BUCKET}/2021/07/payroll.csv", str(loot))
    assert loot.read_text().startswith("name,monthly")

    # The trust policy stops new sessions, and only those.
    served.move("advance", "5m")
    _set_trust(dana, CLOSED)
    assert alice.error(*ASSUME) == (
        "(AccessDenied) when calling the AssumeRole operation: "
        f"User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {APP} "
        "with an explicit deny in a resource-based policy"
    )
    mallory.ok(*LIST)
    _set_trust(dana, trust(ALICE))

    # The revoke stops every session issued before the cut-off, at once.
    assert served.move("advance", "5m") == "2021-08-09T06:10:00Z"
    dana.ok(
        "iam",
        "put-role-policy",
        "--role-name=App",
        "--policy-name=AWSRevokeOlderSessions",
        "--policy-document",
        revoke("2021-08-09T06:10:00.000Z"),
    )
    assert mallory.error(*LIST) == DENIED
    assert session.error(*LIST) == DENIED
    assert mallory.ok("sts", "get-caller-identity")["Arn"] == SESSION

    # Alice assumes the role again and works; the leaked values stay dead.
    served.move("set", "2021-08-09T06:11:00Z")
    _assume(alice).ok(*LIST)
    assert mallory.error(*LIST) == DENIED

    # And in the end they expire.
    served.move("advance", "1h")
    assert mallory.error(*LIST) == (
        "(ExpiredToken) when calling the ListObjectsV2 operation: The provided token has expired."
    )
    assert mallory.error("sts", "get-caller-identity") == (
        "(ExpiredToken) when calling the GetCallerIdentity operation: "
        "The security token included in the request is expired"
    )


def test_a_profile_with_role_arn_works_against_an_endpoint_at_the_real_time(
    tmp_path: Path,
) -> None:
    # Such a profile judges `Expiration` by the CLI's own clock.
    with serve(tmp_path, "--scenario", "leaked-session") as live:
        alice = live.ready["credentials"]["alice"]
        config = tmp_path / ".aws" / "config"
        config.parent.mkdir()
        config.write_text(
            "[profile alice]\n"
            f"aws_access_key_id = {alice['aws_access_key_id']}\n"
            f"aws_secret_access_key = {alice['aws_secret_access_key']}\n"
            "[profile app]\n"
            f"role_arn = {APP}\nsource_profile = alice\nrole_session_name = by-profile\n"
        )
        identity = AwsCli(live, {}).ok("--profile", "app", "sts", "get-caller-identity")
        assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/by-profile"


def test_a_key_the_endpoint_does_not_know_is_refused_in_each_services_own_words(
    served: Served,
) -> None:
    stranger = AwsCli(
        served,
        {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "none"},
    )
    invalid = "The security token included in the request is invalid."
    assert stranger.error("sts", "get-caller-identity") == (
        f"(InvalidClientTokenId) when calling the GetCallerIdentity operation: {invalid}"
    )
    assert stranger.error("dynamodb", "list-tables") == (
        f"(UnrecognizedClientException) when calling the ListTables operation: {invalid}"
    )
    assert stranger.error("s3api", "list-buckets") == (
        "(InvalidAccessKeyId) when calling the ListBuckets operation: "
        "The AWS Access Key Id you provided does not exist in our records."
    )
    assert stranger.error("ec2", "describe-instances") == (
        "(AuthFailure) when calling the DescribeInstances operation: "
        "AWS was not able to validate the provided access credentials"
    )
