"""The wheel holds what the lab needs, works by itself, and nothing names a place to get it from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.serving import PATIENCE_SECONDS, bare_environment

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_three_packages_and_nothing_else(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    tracked = subprocess.run(
        [*listing, "simulator", "scenarios", "tui"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    assert packed == {name for name in tracked if name and (ROOT / name).exists()}
    assert {"tui/app.tcss", "scenarios/07-leaked-session.yaml"} <= packed


def test_the_wheel_plays_by_itself(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(installed)
    done = subprocess.run(
        [sys.executable, "-m", "tui", "run", "leaked-session", "--format", "json"],
        cwd=tmp_path,
        env=bare_environment(tmp_path) | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["passed"]


def test_the_wheel_declares_the_command_and_the_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    inside = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
    assert "stslab = tui.cli:main" in archive.read(inside["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in inside
    assert "License-Expression: Apache-2.0" in archive.read(inside["METADATA"]).decode()


def test_constraints_are_exact_versions_and_name_no_place() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.+]+", pin)] == []


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["web"],
        *project["dependency-groups"]["test"],
        *(each for each in project["dependency-groups"]["dev"] if isinstance(each, str)),
    ]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    known = {_normal(name) for name in pinned}
    assert [each for each in wanted if _normal(re.split(r"[\[<>=~; ]", each)[0]) not in known] == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
