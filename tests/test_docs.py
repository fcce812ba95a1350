"""README and docs are true: links, commands, dependencies, tests named, code shown."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from simulator import __version__
from tests.serving import PATIENCE_SECONDS, bare_environment
from tui.cli.commands import app

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def _names(group: list[object]) -> set[str]:
    return {re.split(r"[\[<>=~; ]", each)[0].lower() for each in group if isinstance(each, str)}


@pytest.mark.parametrize("name", NAMES)
def test_every_file_a_page_links_to_exists(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_stslab_command_a_page_names_exists(name: str) -> None:
    known = {command.name for command in app.registered_commands}
    code = re.findall(r"`([^`\n]+)`", (ROOT / name).read_text())
    code += re.findall(r"^\$ (.*)$", (ROOT / name).read_text(), re.MULTILINE)
    call = re.compile(r"(?:^|/|&& )stslab ([a-z][a-z-]*)")
    named = {found for each in code for found in call.findall(each)}
    assert named - known == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_a_page_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = (ROOT / name).read_text()
    lines = re.findall(r"^\$ make ([a-z ]+)", text, re.MULTILINE)
    lines += re.findall(r"`make ([a-z ]+)", text)
    assert {word for line in lines for word in line.split()} - targets == set()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "Makefile"])
def test_the_tests_that_a_page_has_one_run_are_there(name: str) -> None:
    told = re.findall(r'make test ARGS="(tests/\S+) -k (\w+)"', (ROOT / name).read_text())
    assert told
    for path, words in told:
        files = [ROOT / path] if path.endswith(".py") else [*(ROOT / path).rglob("test_*.py")]
        assert any(re.search(rf"def test_\w*{words}", file.read_text()) for file in files), path


def test_the_page_on_library_use_is_a_test_that_passes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "library.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    (tmp_path / "test_page.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_page.py"],
        cwd=tmp_path,
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_the_dependency_table_names_every_dependency_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = _names(project["project"]["dependencies"])
    for extra in project["project"]["optional-dependencies"].values():
        wanted |= _names(extra)
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("## Dependencies")[2]
    told = {
        re.split(r"[\[ ]", cell)[0].lower()
        for cell in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    }
    assert told - {"package", "---"} == wanted
    groups = project["dependency-groups"].values()
    missing = {each for group in groups for each in _names(group) if each not in page.lower()}
    assert missing == set()


def test_the_changelog_begins_with_the_version_there_is() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == __version__


def _promises() -> list[tuple[str, str]]:
    page = (ROOT / "docs" / "security.md").read_text()
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)


def test_every_promise_about_security_names_a_test_that_exists() -> None:
    assert len(_promises()) > 10
    rows = re.findall(r"^\| (?!---|promise)(.+) \| (.+) \|$", _security(), re.MULTILINE)
    assert [promise for promise, proof in rows if "::" not in proof] == []
    missing = [
        f"{file}::{test}"
        for file, test in _promises()
        if not (ROOT / file).exists() or f"def {test}(" not in (ROOT / file).read_text()
    ]
    assert missing == []


def _security() -> str:
    return (ROOT / "docs" / "security.md").read_text()
