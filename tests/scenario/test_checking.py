from __future__ import annotations

from pathlib import Path

import pytest

import scenarios
from simulator.scenario.checking import check_file
from simulator.scenario.checking.calls import check_document
from tests.scenario.conftest import SMALL, Write

ALL = sorted(Path(scenarios.__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_every_scenario_of_the_catalogue_is_without_fault(path: Path) -> None:
    assert [str(each) for each in check_file(path)] == []


def test_the_small_scenario_is_without_fault(write: Write) -> None:
    assert check_file(write(SMALL)) == ()


def test_a_moment_reckoned_from_an_expiration_is_a_date_to_a_policy() -> None:
    moment = "{{ app.Credentials.Expiration - 1h1s }}"
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
        },
    }
    assert list(check_document(document, "identity")) == []
    document["Statement"]["Condition"]["DateLessThan"] = {"aws:TokenIssueTime": "soon"}  # type: ignore[index]
    assert list(check_document(document, "identity"))


CASES = [
    ("call: s3.GetObject", "call: s3.GetObjekt", "s3 has no operation 'GetObjekt'", "'GetObject'"),
    ("call: s3.GetObject", "call: s33.GetObject", "AWS has no service 's33'", "'s3'"),
    ("Key: a.txt}", "Kee: a.txt}", "no parameter 'Kee' here", "'Key'"),
    ("{Bucket: shelf, Key: a.txt}", "{Bucket: shelf}", "'Key' is missing", ""),
    ("RoleSessionName: alice}", "RoleSessionName: a}", "at least 2 characters", ""),
    ("RoleSessionName: alice}", "RoleSessionName: alice, DurationSeconds: 60}",
     "DurationSeconds must be at least 900", ""),
    ("Key: a.txt}", "Key: 7}", "Key must be text", "quotes"),
    ("    as: mallory\n", "    as: malory\n", "no actor 'malory'", "'mallory'"),
    ("to: mallory}", "to: malory}", "no actor 'malory'", "'mallory'"),
    ("        save: app\n    hints", "        save: app\n        to: malory\n    hints",
     "no actor 'malory'", "'mallory'"),
    ("        save: app\n    hints", "        to: mallory\n    hints", "there is no `save`", ""),
    ("    using: app", "    using: ap", "mallory holds no credentials 'ap' here", "'app'"),
    ("from: alice", "from: mallory", "mallory holds no credentials 'app' here", ""),
    ("{{ roles.App.Arn }}\", RoleS", "{{ rolls.App.Arn }}\", RoleS", "nothing is called 'rolls'",
     "'roles'"),
    ("As {{ roles.App.Arn }}", "As {{ appp.X }}", "nothing is called 'appp'", "'app'"),
    ("- do: assume", "- do: asume", "no action 'asume'", "'assume'"),
    ("signs_as: alice", "signs_as: alise", "no user 'alise'", "'alice'"),
    ("Effect: Allow, Action", "Effect: Alow, Action", "IAM would refuse this policy", ""),
    ("    solution:\n      - do: assume\n", "", "'Become App' has no solution", ""),
    ("id: look\n", "id: assume\n", "'assume' comes twice", ""),
    ("      objects: {a.txt: hello}", "      objects: {a.txt: '{{ ap }}'}", "before the story", ""),
    ("{{ roles.App.Arn }}\", RoleS", "{{ roles.Ap.Arn }}\", RoleS", "roles has no 'Ap'", "'App'"),
    ("As {{ roles.App.Arn }}", "As {{ app.Credential }}", "app has no 'Credential'",
     "'Credentials'"),
    ("As {{ roles.App.Arn }}", "As {{ app.. }}", "isn't well formed", ""),
    ("As {{ roles.App.Arn }}", "As {{ roles.App.Arn", "has no }} to it", ""),
    ("action: sts:AssumeRole\n", "action: sts:AsumeRole\n", "sts has no action", "'AssumeRole'"),
    ("action: sts:AssumeRole\n", "action: s3:ListObjectsV2\n", "is an operation; the action is"
     " s3:ListBucket", ""),
    ("- as: alice\n        action", "- as: mallory\n        action", "no call of the solution can"
     " reach this goal: the 5 steps after it are unreachable", ""),
    ("    App:\n", "    App:\n      max_session_duration: 40h\n", "sessions last 1h to 12h", ""),
    ("    shelf:\n", "    Shelf:\n", "is no name S3 takes", ""),
    ("Effect: Allow, Action", "Efect: Allow, Action", "IAM would refuse", "'Effect'"),
    ('Resource: "*"}', 'Resource: "*", Condition: {DateLesThan: {a: "2021-08-09"}}}',
     "IAM would refuse", "'DateLessThan'"),
    ("203.0.113.66", "203.0.113.666", "'203.0.113.666' is no IP address", ""),
    ("user/alice", "user/alise", "the world has no user 'alise'", "'alice'"),
    ("  buckets:\n", "  tables: {t: {key: id, items: [{idd: x}]}}\n  buckets:\n",
     "the table's key 'id' is missing", "'idd'"),
    ("  - quiz: Who", "  - advance: {to: soon}\n  - quiz: Who", "'soon' is no moment", ""),
    ("debrief:", "remedies: [{id: a, title: A, does: []}, {id: a, title: B, does: []}]\ndebrief:",
     "the remedy 'a' comes twice", ""),
]  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "said", "nearest"), CASES)
def test_each_mistake_is_found_at_its_line(
    write: Write, was: str, becomes: str, said: str, nearest: str
) -> None:
    assert was in SMALL
    found = check_file(write(SMALL.replace(was, becomes, 1)))
    hits = [each for each in found if said in each.message]
    assert hits, [str(each) for each in found]
    assert nearest in hits[0].message
    line = SMALL[: SMALL.index(was)].count("\n") + 1
    assert abs(hits[0].line - line) <= 25  # a missing thing is reported at its parent


def test_the_line_and_column_are_exact(write: Write) -> None:
    text = SMALL.replace("Key: a.txt}", "Kee: a.txt}")
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "Kee" in each)
    column = text.splitlines()[line - 1].index("Kee") + 1
    found = [each for each in check_file(write(text)) if "Kee" in each.message]
    assert [(each.line, each.column) for each in found] == [(line, column)]


WARNINGS = [
    ("    hints: [Ask STS., \"As {{ roles.App.Arn }}.\"]\n", "", "has no hints"),
    ("            save: app\n    solution", "            save: ap2\n    solution", "never used"),
    ("  - predict: Will it work?", "  - quiz: Will it work?", "there is no predict"),
    ("      - do: assume\n", "      - {as: alice, call: s3.ListBuckets}\n", "by keyboard"),
    ("debrief:", "sources: [http://example.com]\ndebrief:", "no https URL"),
    ("world:\n", "  bob: {name: Bob, about: Idle.}\nworld:\n", "an actor and does nothing"),
    ('Action: "s3:*"', 'Action: "s3:GetObjct"', "did you mean 'GetObject'?"),
    ('Action: "s3:*"', 'Action: "s3:ListObjectsV2"', "the action is s3:ListBucket"),
    ('Resource: "*"}', 'Resource: "*", Condition: {"Null": {"aws:TokenIssuedTime": "true"}}}',
     "did you mean 'aws:TokenIssueTime'?"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "becomes", "said"), WARNINGS)
def test_what_will_hardly_be_meant_is_a_warning(
    write: Write, was: str, becomes: str, said: str
) -> None:
    assert was in SMALL
    found = check_file(write(SMALL.replace(was, becomes, 1)))
    assert [each.severity for each in found if said in each.message] == ["warning"]


def test_a_file_that_is_no_scenario_is_reported_for_that_alone(write: Write) -> None:
    found = check_file(write("steps: []\n"))
    assert all(each.severity == "error" for each in found)
    assert any("'id' is missing" in each.message for each in found)


def test_a_file_named_for_another_id_is_a_warning(write: Write) -> None:
    path = write(SMALL)
    other = path.rename(path.with_name("07-other.yaml"))
    assert [(each.line, each.severity) for each in check_file(other)] == [(1, "warning")]
    plain = other.rename(path.with_name("other.yaml"))
    assert check_file(plain) == ()
