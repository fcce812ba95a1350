"""`progress` and `doctor`: what is kept, and what is wrong with this machine."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli


def test_progress_is_empty_at_first_and_can_be_reset(stslab: Cli) -> None:
    assert json.loads(stslab("progress", "--format", "json").stdout) == []
    assert stslab("progress", "--reset").returncode == 0
    assert "nothing yet" in stslab("progress").stdout


def test_the_doctor_finds_a_machine_that_runs_these_tests_well(stslab: Cli) -> None:
    done = stslab("doctor", "--format", "json")
    found = {each["name"]: each["health"] for each in json.loads(done.stdout)}
    assert found["lab"] == found["loopback"] == found["scenarios"] == "fine"
    assert done.returncode == 0


def test_the_doctor_notes_a_home_that_cannot_be_written(stslab: Cli, tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("a file where a folder should be")
    done = stslab("doctor", "--format", "json")
    found = {each["name"]: each for each in json.loads(done.stdout)}
    assert found["progress"]["health"] == "note"
    assert done.returncode == 0
