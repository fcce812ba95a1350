"""`DeleteObjects` key by key, keys that aren't there, plus signs in paths, over real HTTP."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from simulator import Lab
from simulator.actors import CallResult
from tests.conftest import ACCOUNT, Town, allow, done, policy
from tests.serving import PATIENCE_SECONDS

PAPERS = "arn:aws:s3:::papers"


def delete(who: Any, *keys: str, **more: Any) -> CallResult:
    wanted = {"Objects": [{"Key": key} for key in keys], **more}
    result: CallResult = who.call("s3", "DeleteObjects", {"Bucket": "papers", "Delete": wanted})
    return result


def kept(lab: Lab) -> list[str]:
    found = done(lab.admin.call("s3", "ListObjectsV2", {"Bucket": "papers"}))
    return [each["Key"] for each in found.get("Contents", [])]


@pytest.mark.parametrize("quiet", [False, True])
def test_delete_objects_deletes_what_may_be_and_tells_of_the_rest(
    lab: Lab, town: Town, quiet: bool
) -> None:
    town.bucket("papers", **{"a&b": "1", "mine": "2", "theirs": "3"})
    user = town.user("u", allow("s3:DeleteObject", [f"{PAPERS}/mine", f"{PAPERS}/a&b"]))
    answer = done(delete(user, "theirs", "mine", "a&b", Quiet=quiet))
    assert [each["Key"] for each in answer.get("Deleted", [])] == ([] if quiet else ["mine", "a&b"])
    (error,) = answer["Errors"]
    assert (error["Key"], error["Code"]) == ("theirs", "AccessDenied")
    assert f's3:DeleteObject on resource: "{PAPERS}/theirs"' in error["Message"]
    assert kept(lab) == ["theirs"]


def test_delete_objects_with_nothing_allowed_deletes_nothing_and_is_on_the_trail_as_denied(
    lab: Lab, town: Town
) -> None:
    town.bucket("papers", a="1", b="2")
    answer = done(delete(town.user("u"), "a", "b"))
    assert [error["Key"] for error in answer["Errors"]] == ["a", "b"]
    assert "Deleted" not in answer
    assert lab.trail.records()[-1].outcome == "denied"
    assert kept(lab) == ["a", "b"]


def test_a_version_needs_its_own_permission(lab: Lab, town: Town) -> None:
    town.bucket("papers")
    enabled = {"Status": "Enabled"}
    given: dict[str, Any] = {"Bucket": "papers", "VersioningConfiguration": enabled}
    done(lab.admin.call("s3", "PutBucketVersioning", given))
    put = {"Bucket": "papers", "Key": "k", "Body": b"1"}
    version = done(lab.admin.call("s3", "PutObject", put))["VersionId"]
    user = town.user("u", allow("s3:DeleteObject"))
    wanted = {"Objects": [{"Key": "k", "VersionId": version}, {"Key": "k"}]}
    answer = done(user.call("s3", "DeleteObjects", {"Bucket": "papers", "Delete": wanted}))
    assert [error.get("VersionId") for error in answer["Errors"]] == [version]
    assert [each["Key"] for each in answer["Deleted"]] == ["k"]


def test_only_who_may_list_is_told_that_a_key_is_missing(lab: Lab, town: Town) -> None:
    town.bucket("papers", k="1")
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{PAPERS}/*"}
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": PAPERS}
    blind, seeing = town.user("blind", policy(read)), town.user("seeing", policy(read, listing))
    missing = {"Bucket": "papers", "Key": "missing"}
    refused = blind.call("s3", "GetObject", missing)
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert f's3:ListBucket on resource: "{PAPERS}"' in (refused.error_message or "")
    assert blind.call("s3", "HeadObject", missing).status == 403
    assert seeing.call("s3", "GetObject", missing).error_code == "NoSuchKey"
    assert seeing.call("s3", "HeadObject", missing).status == 404
    assert lab.trail.records()[-1].action == "s3:GetObject"


def test_a_plain_plus_sign_in_a_path_is_a_space(lab: Lab, town: Town) -> None:
    town.bucket("papers", **{"a b": "a space", "a+b": "a plus sign"})
    sign = lab.admin.client("s3").generate_presigned_url
    url = sign("get_object", Params={"Bucket": "papers", "Key": "a b"})
    assert "/papers/a%20b?" in url
    for path, expected in (("a%20b", "a space"), ("a+b", "a space")):
        assert done(lab.admin.fetch(url.replace("a%20b", path)))["Body"].decode() == expected
    url = sign("get_object", Params={"Bucket": "papers", "Key": "a+b"})
    assert done(lab.admin.fetch(url))["Body"] == b"a plus sign"


def test_request_ids_in_body_and_header_are_one(lab: Lab) -> None:
    for service, operation in (("sts", "get_caller_identity"), ("iam", "list_users")):
        answer = getattr(lab.admin.client(service), operation)()["ResponseMetadata"]
        assert answer["RequestId"] == answer["HTTPHeaders"]["x-amzn-requestid"]


def test_request_ids_in_the_body_and_the_header_of_an_s3_error_are_one(
    lab: Lab, town: Town
) -> None:
    town.bucket("papers")
    asked = {"Bucket": "papers", "Key": "none"}
    url = lab.admin.client("s3").generate_presigned_url("get_object", Params=asked)
    with pytest.raises(HTTPError) as refused:
        urlopen(url, timeout=PATIENCE_SECONDS)
    with refused.value as answer:
        body, header = answer.read().decode(), answer.headers["x-amz-request-id"]
    assert "<Code>NoSuchKey</Code>" in body
    assert f"<RequestId>{header}</RequestId>" in body


def test_a_bucket_whose_name_another_account_has_is_not_made_twice(lab: Lab, town: Town) -> None:
    town.bucket("papers")
    locked = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": PAPERS}
    done(lab.admin.call("s3", "PutBucketPolicy", {"Bucket": "papers", "Policy": policy(locked)}))
    refused = lab.administrator("444455556666").call("s3", "CreateBucket", {"Bucket": "papers"})
    assert (refused.status, refused.error_code) == (409, "BucketAlreadyExists")
    assert refused.record.resource == PAPERS
    denied = town.user("u").call("s3", "CreateBucket", {"Bucket": "papers"})
    assert denied.error_code == "AccessDenied"


def test_a_bucket_must_be_the_accounts_it_is_thought_to_be(lab: Lab, town: Town) -> None:
    town.bucket("papers", k="1")
    read = {"Bucket": "papers", "Key": "k"}
    copy = {"Bucket": "papers", "Key": "copy", "CopySource": "papers/k"}
    other = "444455556666"
    for operation, given, expected in (
        ("GetObject", read, "ExpectedBucketOwner"),
        ("CopyObject", copy, "ExpectedSourceBucketOwner"),
    ):
        assert lab.admin.call("s3", operation, {**given, expected: ACCOUNT}).ok
        refused = lab.admin.call("s3", operation, {**given, expected: other})
        assert (refused.status, refused.error_code) == (403, "AccessDenied")
        assert refused.record.outcome == "denied"
        none = lab.admin.call("s3", operation, {**given, expected: "me"})
        assert (none.status, none.error_code) == (400, "InvalidBucketOwnerAWSAccountID")
