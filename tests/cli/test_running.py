"""`list`, `run` and `matrix`: scenarios without a screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli


def test_list_as_json_has_what_a_program_needs(stslab: Cli) -> None:
    found = json.loads(stslab("list", "--format", "json").stdout)
    leaked = next(each for each in found if each["id"] == "leaked-session")
    assert {"id", "title", "chapter", "level", "minutes", "teaches"} <= set(leaked)


def test_looking_at_the_list_creates_no_file(stslab: Cli, tmp_path: Path) -> None:
    stslab("list")
    stslab("progress")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def run_as_json(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = Cli(tmp_path_factory.mktemp("home"))("run", "leaked-session", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    results: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(results) == 1
    return results[0]


def test_a_run_as_json_has_exactly_the_members_that_others_depend_on(
    run_as_json: dict[str, Any],
) -> None:
    assert set(run_as_json) == {"scenario", "passed", "started", "ended", "steps", "calls"}
    assert run_as_json["scenario"] == "leaked-session"
    assert run_as_json["passed"] is True
    assert run_as_json["started"].startswith("2021-08-09T06:00:00")
    for step in run_as_json["steps"]:
        assert set(step) == {"kind", "title", "passed"}
    members = {"at", "actor", "action", "resource", "outcome", "error_code", "why"}
    for call in run_as_json["calls"]:
        assert set(call) == members
        assert call["outcome"] in ("allowed", "denied", "refused")
        assert call["why"]


def test_a_run_as_json_tells_the_story_in_its_calls(run_as_json: dict[str, Any]) -> None:
    calls = [(c["actor"], c["action"], c["outcome"]) for c in run_as_json["calls"]]
    revoked = calls.index(("dana", "iam:PutRolePolicy", "allowed"))
    before, after = calls[:revoked], calls[revoked:]
    assert ("alice", "s3:ListBucket", "denied") in before
    assert ("alice", "sts:AssumeRole", "allowed") in before
    assert ("mallory", "s3:GetObject", "allowed") in before
    assert ("alice", "sts:AssumeRole", "denied") in before
    assert ("mallory", "s3:ListBucket", "denied") in after
    assert ("alice", "s3:ListBucket", "allowed") in after
    assert calls[-1] == ("mallory", "s3:ListBucket", "refused")
    assert not [c for c in after if c[0] == "mallory" and c[2] == "allowed"]


def test_a_failed_expectation_is_exit_1_and_said_in_the_json(stslab: Cli, tmp_path: Path) -> None:
    from scenarios import __file__ as package

    whole = (Path(package).parent / "07-leaked-session.yaml").read_text()
    wrong = whole.replace("expect: {outcome: refused, error_code: ExpiredToken}", "expect: allowed")
    assert wrong != whole
    file = tmp_path / "wrong.yaml"
    file.write_text(wrong)
    done = stslab("run", str(file), "--format", "json")
    assert done.returncode == 1
    result = json.loads(done.stdout)[0]
    assert result["passed"] is False
    assert [step["passed"] for step in result["steps"]].count(False) == 1


def test_a_run_can_be_written_to_a_file_in_every_format(stslab: Cli, tmp_path: Path) -> None:
    for name, begin in (
        ("text", "The leaked session"),
        ("json", "["),
        ("markdown", "# The leaked session"),
        ("junit", "<?xml"),
    ):
        file = tmp_path / name
        done = stslab("run", "leaked-session", "--format", name, "--output", str(file))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert file.read_text().startswith(begin)


def test_the_matrix_counts_what_each_remedy_did(stslab: Cli) -> None:
    done = stslab("matrix", "--format", "json")
    rows = {row["remedy"]: row["verdict"] for row in json.loads(done.stdout)["rows"]}
    assert done.returncode == 0
    assert "works" in rows.values()
    assert "fails" in rows.values()
    assert stslab("matrix", "--format", "markdown").stdout.count("|") > 10


def test_a_scenario_without_an_incident_has_no_matrix(stslab: Cli, tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    stslab("new", str(file))
    done = stslab("matrix", str(file))
    assert done.returncode == 2
    assert done.stderr == "stslab: the scenario 'plain' has no incident with remedies\n"


def test_a_folder_of_ones_own_is_listed_and_run(stslab: Cli, tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    made = stslab("new", str(tmp_path / "packs" / "mine.yaml"))
    assert made.returncode == 0, made.stderr
    listed = stslab("list", "--scenarios", str(tmp_path / "packs"), "--format", "json")
    ids = [each["id"] for each in json.loads(listed.stdout)]
    assert "mine" in ids
    ran = stslab(
        "run", "mine", "first-session", "--scenarios", str(tmp_path / "packs"), "--format", "json"
    )
    assert ran.returncode == 0, ran.stdout
    assert [each["scenario"] for each in json.loads(ran.stdout)] == ["mine", "first-session"]
    assert ran.stderr.splitlines() == ["[1/2] mine", "[2/2] first-session"]
