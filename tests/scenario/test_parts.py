"""Placeholders, durations, command lines and recognition, each alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.iam import Request
from simulator.scenario.placeholders import PlaceholderError, fill, placeholders
from simulator.scenario.play.sessions import cut_off_of
from simulator.scenario.schema.patterns import Pattern
from simulator.scenario.story.commands import command_line, document_parameter, prepared
from simulator.scenario.story.recognise import Holdings, contains, in_words, matches
from simulator.scenario.values import parse_duration, spell_duration
from simulator.trail import Record

NOW = datetime(2021, 8, 9, 6, 22, 23, 345000, tzinfo=UTC)
NAMES = {
    "now": NOW,
    "late": "9999-12-31T00:00:00Z",
    "account": "111122223333",
    "app": {"Credentials": {"AccessKeyId": "ASIA1"}},
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ now }}", "2021-08-09T06:22:23.345Z"),
        ("{{now}}", "2021-08-09T06:22:23.345Z"),
        ("{{ now - 4h }}", "2021-08-09T02:22:23.345Z"),
        ("{{ now + 1h30m }}", "2021-08-09T07:52:23.345Z"),
        ("arn:aws:iam::{{ account }}:root", "arn:aws:iam::111122223333:root"),
        ("{{ app.Credentials.AccessKeyId }}", "ASIA1"),
        ("{{ app.Credentials }}", {"AccessKeyId": "ASIA1"}),
        ("{{ account }}{{ account }}", "111122223333111122223333"),
        ("${aws:username} stays", "${aws:username} stays"),
    ],
)
def test_placeholders_are_filled_in(text: str, filled: Any) -> None:
    assert fill(text, NAMES) == filled


def test_placeholders_are_filled_in_at_any_depth_and_in_keys() -> None:
    assert fill({"{{ account }}": [{"a": "{{ account }}"}]}, NAMES) == {
        "111122223333": [{"a": "111122223333"}]
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ ap.X }}", "nothing is called 'ap'; did you mean 'app'?"),
        ("{{ app.Nothing }}", "there is no such value"),
        ("{{ app..X }}", r"\{\{ app..X \}\}"),
        ("{{ account + 1h }}", "is no moment"),
        ("{{ now - 2 }}", "'2' is no duration; write it like 15m"),
        ("{{ now + 9999999d }}", "a duration is between 0 and 10000 days"),
        ("{{ late + 2d }}", "date value out of range"),
    ],
)
def test_a_placeholder_that_names_nothing_says_what_is_near(text: str, said: str) -> None:
    with pytest.raises(PlaceholderError, match=said):
        fill(text, NAMES)


def test_nothing_in_a_placeholder_is_evaluated_as_code() -> None:
    with pytest.raises(PlaceholderError):
        fill("{{ __import__('os').getcwd() }}", NAMES)


def test_the_expressions_of_a_value_are_found() -> None:
    assert list(placeholders({"a": ["{{ x.y }} {{z}}"]})) == ["x.y", "z"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("1h30m", 5400), ("90s", 90), ("250ms", 0.25), ("12h", 43200), (7, 7)],
)
def test_durations_are_read(text: str | int, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "15", "1w", "-5m", True])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(900, "15m"), (5400, "1h 30m"), (43200, "12h"), (0.5, "0.5s"), (0, "0s")]
)
def test_durations_are_spelt_short(seconds: float, text: str) -> None:
    assert spell_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "line"),
    [
        ("s3", "ListBuckets", {}, "aws s3 ls"),
        ("s3", "ListObjectsV2", {"Bucket": "b"}, "aws s3 ls s3://b/ --recursive"),
        ("s3", "ListObjectsV2", {"Bucket": "b", "Delimiter": "/"}, "aws s3 ls s3://b/"),
        ("s3", "ListObjectsV2", {"Bucket": "b", "MaxKeys": 1},
         "aws s3api list-objects-v2 --bucket b --max-keys 1"),
        ("sts", "GetCallerIdentity", {}, "aws sts get-caller-identity"),
        ("iam", "UpdateAccessKey", {"AccessKeyId": "AKIA1", "Status": "Inactive"},
         "aws iam update-access-key --access-key-id AKIA1 --status Inactive"),
        ("sts", "AssumeRole", {"RoleArn": "a b", "TransitiveTagKeys": ["x", "y"]},
         "aws sts assume-role --role-arn 'a b' --transitive-tag-keys x y"),
        ("ec2", "RunInstances", {"DryRun": True, "EbsOptimized": False},
         "aws ec2 run-instances --dry-run --no-ebs-optimized"),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"..."},
         "aws s3api put-object --bucket b --key k --body file"),
    ],
)  # fmt: skip
def test_calls_look_like_the_aws_cli(
    service: str, operation: str, parameters: dict[str, Any], line: str
) -> None:
    assert command_line(service, operation, parameters) == line


def test_a_mapping_where_aws_wants_text_is_sent_as_json() -> None:
    sent = prepared("iam", "PutRolePolicy", {"RoleName": "App", "PolicyDocument": {"a": [1]}})
    assert sent == {"RoleName": "App", "PolicyDocument": '{"a": [1]}'}
    assert document_parameter("iam", "PutRolePolicy") == "PolicyDocument"
    assert document_parameter("iam", "CreateRole") == "AssumeRolePolicyDocument"
    assert document_parameter("s3", "GetObject") is None


@pytest.mark.parametrize(
    ("actual", "wanted", "fits"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": {"b": ["x", "y"]}}, {"a": {"b": ["y"]}}, True),
        ({"a": {"b": ["x"]}}, {"a": {"b": ["y"]}}, False),
        ({"a": "x"}, {"a": ["x"]}, True),
        ({"a": ["x"]}, {"a": "x"}, True),
        ({"a": "abc"}, {"a": "a*"}, True),
        ({"a": "[abc]"}, {"a": "[a*"}, True),
        ({"p": '{"S": [{"E": "Deny"}]}'}, {"p": {"S": [{"E": "Deny"}]}}, True),
        ({"p": '{"S": {"E": "Deny"}}'}, {"p": {"S": [{"E": "Deny"}]}}, True),
        ({"p": "not json"}, {"p": {"S": 1}}, False),
        ({"a": True}, {"a": "true"}, True),
        (
            {"Condition": {"StringLike": {"aws:userid": "AROA1:tom"}}},
            {"Condition": {"*": {"aws:userid": "*:tom"}}},
            True,
        ),
        (
            {"Condition": {"StringLike": {"aws:username": "tom"}}},
            {"Condition": {"*": {"aws:userid": "*"}}},
            False,
        ),
    ],
)
def test_parameters_are_compared_as_a_subset(actual: Any, wanted: Any, fits: bool) -> None:
    assert contains(actual, wanted) is fits


def record(**more: Any) -> Record:
    given: dict[str, Any] = {
        "sequence": 1, "at": NOW, "actor": "alice", "service": "s3",
        "operation": "ListObjectsV2", "action": "s3:ListBucket", "resource": "arn:aws:s3:::b",
        "outcome": "allowed", "error_code": None, "error_message": None, "why": "",
        "access_key_id": "ASIA1", "principal_arn": "arn:aws:sts::1:assumed-role/App/alice",
        "source_ip": "198.51.100.1", "user_agent": "", "parameters": {"Bucket": "b"},
    }  # fmt: skip
    return Record(**{**given, **more})


HOLDINGS = Holdings({"alice": {"app": "ASIA1"}, "mallory": {"app": "ASIA0"}, "pia": {}})


def asked(how: str, **more: Any) -> dict[str, Any]:
    """What the record of a call to S3 from outside has, by how it was signed."""
    request = Request("arn:x", "s3:GetObject", "arn:y", context={"s3:authType": how})
    return {"actor": "alice", "derived": True, "requests": (request,), **more}


@pytest.mark.parametrize(
    ("pattern", "more", "fits"),
    [
        ({"action": "s3:ListBucket"}, {}, True),
        ({"action": "S3:listbucket"}, {}, True),
        ({"action": ["s3:GetObject", "s3:List*"]}, {}, True),
        ({"operation": "GetObject"}, {}, False),
        ({"as": "alice", "using": "app"}, {}, True),
        ({"as": "mallory", "using": "app"}, {}, False),
        ({"as": "mallory"}, {}, False),
        ({"as": "alice"}, {"actor": "somebody"}, True),
        ({"as": "mallory"}, {"actor": "somebody"}, False),
        ({"as": "mallory"}, {"actor": "somebody", "access_key_id": "ASIA0"}, True),
        ({"using": "app"}, {"access_key_id": "ASIA0"}, True),
        ({"using": "app"}, {"access_key_id": None}, False),
        ({"resource": "arn:aws:s3:::*"}, {}, True),
        ({"resource": "arn:aws:s3:::B"}, {}, False),
        ({"outcome": "allowed"}, {"error_code": "NoSuchKey"}, False),
        ({"outcome": "allowed", "error_code": "NoSuchKey"}, {"error_code": "NoSuchKey"}, True),
        ({"outcome": "denied"}, {"outcome": "denied", "error_code": "AccessDenied"}, True),
        ({"error_code": "Expired*"}, {"outcome": "refused", "error_code": "ExpiredToken"}, True),
        ({"parameters": {"Bucket": "c"}}, {}, False),
        ({"principal": "*assumed-role/App/*"}, {}, True),
        ({"source_ip": "203.*"}, {}, False),
        # A link from outside is signed by Alice, and opened by anybody who has nothing else.
        ({"as": "alice"}, asked("REST-QUERY-STRING"), True),
        ({"as": "pia"}, asked("REST-QUERY-STRING"), True),
        ({"as": "mallory"}, asked("REST-QUERY-STRING"), False),
        ({"as": "pia"}, asked("REST-HEADER"), False),
        ({"as": "pia"}, asked("REST-QUERY-STRING", derived=False), False),
        ({"as": "pia", "using": "app"}, asked("REST-QUERY-STRING"), False),
    ],
)
def test_a_pattern_fits_a_record(pattern: dict[str, Any], more: dict[str, Any], fits: bool) -> None:
    assert matches(Pattern.model_validate(pattern), record(**more), HOLDINGS) is fits


def test_a_pattern_is_put_in_words() -> None:
    pattern = Pattern.model_validate(
        {"as": "alice", "action": "s3:GetObject", "resource": "arn:x", "outcome": "denied"}
    )
    assert in_words(pattern) == "alice: s3:GetObject on arn:x, denied"


def revoke(value: str, operator: str = "DateLessThan", effect: str = "Deny") -> dict[str, Any]:
    return {"Statement": {"Effect": effect, "Condition": {operator: {"aws:TokenIssueTime": value}}}}


def test_the_cut_off_of_a_policy_is_found() -> None:
    assert cut_off_of(revoke("2021-08-09T06:22:23.345Z")) == NOW
    assert cut_off_of(revoke("2021-08-09T06:22:23.345Z", effect="Allow")) is None
    assert cut_off_of(revoke("2021-08-09T06:22:23.345Z", "DateGreaterThan")) is None
    assert cut_off_of(revoke("1628490143")) == NOW.replace(microsecond=0)
    assert cut_off_of(revoke("yesterday")) is None
    assert cut_off_of("{") is None
