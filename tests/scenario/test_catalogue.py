"""The catalogue, the schema file, and what a run can be printed as."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import scenarios
from simulator.scenario.catalogue import UnknownScenarioError, entries, find, load_by_id
from simulator.scenario.checking import check_file
from simulator.scenario.junit import as_junit
from simulator.scenario.loading import load, parse
from simulator.scenario.running import ScenarioResult, run_scenario
from simulator.scenario.scaffold import new_scenario, schema_text
from simulator.scenario.transcript import as_markdown, as_text
from tests.scenario.conftest import SMALL, Write

HOME = Path(scenarios.__file__).parent


def test_our_own_scenarios_come_in_the_order_of_their_files() -> None:
    own = [entry for entry in entries() if entry.pack == "stslab"]
    assert [entry.path for entry in own] == sorted(HOME.glob("*.yaml"))
    assert all(entry.head and not entry.error for entry in own)


def test_a_file_is_named_after_its_scenario() -> None:
    for entry in entries():
        assert entry.head is not None
        assert entry.path.stem.partition("-")[2] == entry.head.id


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(UnknownScenarioError, match="did you mean 'leaked-session'"):
        load_by_id("leaked-sesion")


def test_an_id_like_nothing_says_where_to_look() -> None:
    with pytest.raises(UnknownScenarioError, match="stslab list"):
        load_by_id("zzz")


def test_a_folder_adds_its_scenarios_and_a_broken_file_hurts_nothing(write: Write) -> None:
    path = write(SMALL)
    (path.parent / "02-broken.yaml").write_text("id: [")
    found = [entry for entry in entries([path.parent]) if entry.pack == str(path.parent)]
    assert [bool(entry.error) for entry in found] == [False, True]
    assert "02-broken.yaml:" in found[1].error
    assert find("small", [path.parent]).path == path


def test_a_second_scenario_of_the_same_id_is_named_and_the_first_one_keeps_it(write: Write) -> None:
    path = write(SMALL.replace("id: small", "id: leaked-session"))
    assert find("leaked-session", [path.parent]).path.parent == HOME
    assert any("leaked-session" in entry.error for entry in entries([path.parent]))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert entries([tmp_path / "none"])[-1].error.endswith("there is no such folder")


def test_a_file_can_be_played_by_its_path(write: Write) -> None:
    assert load_by_id(str(write(SMALL))).id == "small"


def test_the_schema_file_is_the_models_own() -> None:
    assert (HOME / "scenario.schema.json").read_text(encoding="utf-8") == schema_text(), (
        "write it anew with `stslab schema --output scenarios/scenario.schema.json`"
    )


def test_every_field_of_the_schema_is_described() -> None:
    def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, model in {"Scenario": schema, **schema["$defs"]}.items():
            for field, value in model.get("properties", {}).items():
                yield f"{name}.{field}", value

    bare = [name for name, value in fields(json.loads(schema_text())) if "description" not in value]
    assert bare == []


@pytest.mark.parametrize("path", sorted(HOME.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_has_the_modeline_that_completes_it_in_an_editor(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=scenario.schema.json"


def test_a_new_scenario_plays_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "30-my-story.yaml"
    path.write_text(new_scenario(path), encoding="utf-8")
    assert check_file(path) == ()
    result = run_scenario(load(path))
    assert result.scenario.id == "my-story"
    assert result.passed


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ScenarioResult:
    path = tmp_path_factory.mktemp("one") / "01-small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return run_scenario(load(path))


def test_the_transcript_shows_every_call_with_its_outcome_and_why(result: ScenarioResult) -> None:
    text = as_text(result)
    assert "✓ Alice    aws sts assume-role --role-arn arn:aws:iam::111122223333:role/App" in text
    assert "an identity-based policy allows the s3:GetObject action" in text
    assert "small: passed; 7 of 7 steps, 2 calls" in text


def test_the_markdown_explains_a_predict_only_after_the_call(result: ScenarioResult) -> None:
    text = as_markdown([result])
    assert text.index("Will it work?") < text.index("aws s3api get-object") < text.index("It did.")
    assert "hello\n5\n```" in text


def test_the_junit_has_a_case_for_each_step(result: ScenarioResult) -> None:
    suite = ET.fromstring(as_junit([result]))[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("small", "7", "0")


def failing(write: Write, was: str, becomes: str) -> ScenarioResult:
    assert was in SMALL
    return run_scenario(load(write(SMALL.replace(was, becomes, 1))))


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("expect: allowed", "expect: denied", "expected denied, was allowed"),
        ("expect: allowed", "expect: {error_code: NoSuchKey}", "expected NoSuchKey, was success"),
        ("expect: allowed", "expect: {returns: {ContentLength: 6}}", "to be 6, was 5"),
        ("outcome: allowed, count: 1", "outcome: denied, count: 1", "0 calls in the trail, not 1"),
        ("- do: assume", "- do: look", "not in the trail: alice: sts:AssumeRole, allowed"),
        ("using: app", "using: ap", "mallory holds no credentials called 'ap'"),
        ("Key: a.txt}", "Kee: a.txt}", 'Missing required parameter in input: "Key"'),
    ],
)
def test_an_expectation_that_is_not_met_fails_the_run_and_says_why(
    write: Write, was: str, becomes: str, said: str
) -> None:
    result = failing(write, was, becomes)
    assert not result.passed
    assert any(said in step.failure for step in result.steps), [s.failure for s in result.steps]
    assert "FAILED" in as_text(result)
    assert 'failures="0"' not in as_junit([result])


@pytest.mark.parametrize("path", sorted(HOME.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_file_accepts_what_the_lab_accepts(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    value = parse(path, path.read_text(encoding="utf-8")).value
    assert [error.message[:200] for error in validator.iter_errors(value)] == []
