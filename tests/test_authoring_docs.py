"""docs/authoring.md is true: its example plays, and its commands print what it shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from simulator.scenario.catalogue import ENTRY_POINT_GROUP
from simulator.scenario.placeholders import BUILT_IN
from simulator.scenario.schema import STEP_KEYS, Scenario
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment

PAGE = (Path(__file__).parent.parent / "docs" / "authoring.md").read_text(encoding="utf-8")
NAME = "01-wrong-channel.yaml"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def example() -> str:
    return next(block for block in blocks("yaml") if "steps:" in block)


def session() -> list[tuple[str, list[str]]]:
    """Every command of the page, in order, with the lines it shows below it."""
    commands: list[tuple[str, list[str]]] = []
    for line in "".join(blocks("console")).splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        else:
            commands[-1][1].append(line)
    return commands


@pytest.fixture
def shell(tmp_path: Path) -> Mapping[str, str]:
    """A newcomer's environment: an empty home, and `stslab` on the PATH."""
    command = tmp_path / "bin" / "stslab"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.join(STSLAB)} "$@"\n')
    command.chmod(0o755)
    environment = bare_environment(tmp_path)
    return environment | {"PATH": f"{command.parent}{os.pathsep}{environment['PATH']}"}


def shown(line: str, output: list[str]) -> bool:
    """Whether the output has the line; ``…`` stands for anything."""
    pattern = ".*".join(map(re.escape, line.rstrip().split("…")))
    return any(re.fullmatch(pattern, each.rstrip()) for each in output)


def test_every_command_of_the_page_works_and_prints_what_it_shows(
    tmp_path: Path, shell: Mapping[str, str]
) -> None:
    (tmp_path / NAME).write_text(example(), encoding="utf-8")
    assert len(session()) >= 10
    for command, lines in session():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=shell,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        missing = [line for line in lines if not shown(line, done.stdout.splitlines())]
        assert missing == [], f"{command} printed {done.stdout}"
    assert (tmp_path / "drills.xml").read_text().startswith("<?xml")


def test_the_table_of_steps_has_every_kind_and_no_other() -> None:
    section = PAGE.partition("## The steps")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(STEP_KEYS)


def test_the_placeholders_of_the_page_are_those_there_are() -> None:
    section = PAGE.partition("## Placeholders")[2].partition("\n## ")[0]
    assert [name for name in BUILT_IN if name != "case" and name not in section] == []


def test_the_entry_point_of_the_page_is_the_one_that_is_read() -> None:
    (declared,) = (tomllib.loads(block) for block in blocks("toml"))
    assert set(declared["project"]["entry-points"]) == {ENTRY_POINT_GROUP}


def test_the_pack_of_the_page_is_built_with_its_scenarios(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(blocks("toml")[0], encoding="utf-8")
    (tmp_path / "kibble_drills").mkdir()
    (tmp_path / "kibble_drills" / NAME).write_text(example(), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    wheel = zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl")))
    assert f"kibble_drills/{NAME}" in wheel.namelist()


def test_the_page_fits_in_ten_minutes() -> None:
    prose = re.sub(r"```.*?```", "", PAGE.partition("## Every field")[0], flags=re.DOTALL)
    assert len(prose.split()) < 1700  # at 170 words a minute


def test_every_field_of_the_schema_is_on_the_page() -> None:
    listed = set(re.findall(r"`(\w+)(?:: \w+)?`", PAGE.partition("## Every field")[2]))
    listed |= {word for line in re.findall(r"`([\w ]+)`", PAGE) for word in line.split()}
    definitions = Scenario.model_json_schema(by_alias=True)["$defs"]
    fields = {
        f"{name}.{field}"
        for name, definition in definitions.items()
        for field in definition.get("properties", ())
    }
    missing = {each for each in fields if each.partition(".")[2] not in listed}
    assert not missing


def test_a_file_with_a_wrong_name_in_it_is_refused_by_line_and_not_begun(
    tmp_path: Path, shell: Mapping[str, str]
) -> None:
    (tmp_path / NAME).write_text(example().replace("as: mallory\n", "as: malory\n"), "utf-8")
    done = subprocess.run(
        ["stslab", "run", NAME],
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert f"{NAME}:91:5: there is no actor 'malory'; did you mean 'mallory'?" in done.stderr
    assert "fault" not in done.stderr
