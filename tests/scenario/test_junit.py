"""JUnit XML as CI reads it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from simulator.scenario.junit import as_junit
from simulator.scenario.loading import load
from simulator.scenario.running import ScenarioResult, run_scenario
from tests.scenario.conftest import SMALL

WANTED = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "time"},
}
INSIDE = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase", "properties"},
    "testcase": {"failure", "error", "skipped", "system-out"},
    "properties": {"property"},
}
"""What Jenkins's schema, junit-10.xsd, allows and we use."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[ScenarioResult]:
    folder = tmp_path_factory.mktemp("two")
    good, bad = folder / "good.yaml", folder / "bad.yaml"
    good.write_text(SMALL)
    bad.write_text(
        SMALL.replace("id: small", "id: bad").replace("expect: allowed", "expect: denied")
    )
    return [run_scenario(load(good)), run_scenario(load(bad))]


def test_elements_and_attributes_are_those_of_the_schema(results: list[ScenarioResult]) -> None:
    root = ET.fromstring(as_junit(results, ["a.yaml:1:1: the file is empty"]))
    for element in root.iter():
        assert {child.tag for child in element} <= INSIDE.get(element.tag, set())
        if element.tag in WANTED:
            assert set(element.keys()) == WANTED[element.tag]


def test_the_counts_are_those_of_the_cases(results: list[ScenarioResult]) -> None:
    root = ET.fromstring(as_junit(results, ["a.yaml:1:1: the file is empty"]))
    for element in [root, *root]:
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == str(len(list(element.iter("error"))))


def test_a_failure_says_why_and_its_case_shows_the_call(results: list[ScenarioResult]) -> None:
    root = ET.fromstring(as_junit(results))
    (failure,) = root.iter("failure")
    assert "expected denied, was allowed" in str(failure.get("message"))
    (case,) = (case for case in root.iter("testcase") if case.find("failure") is not None)
    assert "aws s3api get-object" in str(case.findtext("system-out"))


def test_characters_that_xml_cannot_hold_are_replaced() -> None:
    text = as_junit([], ["a.yaml: a bell \x07 & a < b \udcff"])
    (error,) = ET.fromstring(text).iter("error")
    assert error.text == "a.yaml: a bell \ufffd & a < b \ufffd"
    assert Path("a.yaml").name in str(error.get("message"))
