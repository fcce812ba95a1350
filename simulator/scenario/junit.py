"""A run as JUnit XML, for CI: a suite for each scenario, a case for each step.

It fits the schema of the widest used reader, Jenkins's: ``junit-10.xsd`` of its xUnit plugin,
https://github.com/jenkinsci/xunit-plugin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from simulator.scenario.running import ScenarioResult
from simulator.scenario.states import StepState, TerminalLine
from simulator.scenario.transcript import by_step, text_line

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets."""


def as_junit(results: Sequence[ScenarioResult], broken: Sequence[str] = ()) -> str:
    """JUnit XML of a run.

    A step that fails is a failure with its reason; one that was never reached is skipped; a
    step's calls, with their outcomes, are its output.

    Args:
        results: what was played.
        broken: scenarios that couldn't be, one line each; they are errors.
    """
    root = ET.Element("testsuites", name="stslab")
    for result in results:
        root.append(_suite(result))
    if broken:
        suite = _counted("cannot be played", len(broken), 0, len(broken), 0, 0.0)
        for line in broken:
            case = _case(suite, "stslab", line.partition(": ")[0])
            ET.SubElement(case, "error", type="broken", message=_clean(line)).text = _clean(line)
        root.append(suite)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(result: ScenarioResult) -> ET.Element:
    failed = [step for step in result.steps if _has_failed(step)]
    reached = [step for step in result.steps if _has_failed(step) or step.status == "done"]
    lost = bool(result.error)
    suite = _counted(
        result.scenario.id,
        len(result.steps) + lost,
        len(failed) + lost,
        0,
        len(result.steps) - len(reached),
        result.seconds,
    )
    if result.seed is not None:
        properties = ET.SubElement(suite, "properties")
        ET.SubElement(properties, "property", name="seed", value=str(result.seed))
    for step, lines in by_step(result):
        _step(suite, step, lines, result)
    if lost:
        case = _case(suite, f"stslab.{result.scenario.id}", "the end")
        ET.SubElement(case, "failure", type="end", message=_clean(result.error))
    return suite


def _step(
    suite: ET.Element, step: StepState, lines: Sequence[TerminalLine], result: ScenarioResult
) -> None:
    name = f"{step.index + 1:02d} {step.kind}: {step.title}"
    case = _case(suite, f"stslab.{result.scenario.id}", name)
    if _has_failed(step):
        reason = _clean(step.failure or step.status)
        ET.SubElement(case, "failure", type=step.kind, message=reason).text = reason
    elif step.status != "done":
        ET.SubElement(case, "skipped", message="never reached")
    shown = [text for line in lines for text in text_line(line, result)]
    if shown:
        ET.SubElement(case, "system-out").text = _clean("\n".join(shown))


def _has_failed(step: StepState) -> bool:
    return bool(step.failure) or step.status == "failed"


def _counted(
    name: str, tests: int, failures: int, errors: int, skipped: int, seconds: float
) -> ET.Element:
    return ET.Element(
        "testsuite",
        name=_clean(name),
        tests=str(tests),
        failures=str(failures),
        errors=str(errors),
        skipped=str(skipped),
        time=f"{seconds:.3f}",
    )


def _case(suite: ET.Element, classname: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=classname, name=_clean(name), time="0")


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
