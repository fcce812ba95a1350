"""`validate` and `new`, for scenario authors."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_validate_tells_every_problem_by_line_and_ends_with_2(stslab: Cli, tmp_path: Path) -> None:
    good = Path(__file__).parents[2] / "scenarios" / "07-leaked-session.yaml"
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("call: s3.ListObjectsV2", "call: s3.ListObjectV2", 1))
    done = stslab("validate", str(good), str(bad))
    assert done.returncode == 2
    first, *problems = done.stdout.splitlines()
    assert first == f"{good}: fine"
    assert problems
    assert all(line.startswith(f"{bad}:") for line in problems)
    assert "ListObjectsV2" in done.stdout
    assert stslab("validate", str(good)).returncode == 0


def test_a_new_scenario_is_fine_and_plays_as_it_stands(stslab: Cli, tmp_path: Path) -> None:
    file = tmp_path / "40-my-story.yaml"
    assert stslab("new", str(file)).returncode == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "40-my-story.yaml",
        "scenario.schema.json",
    ]
    assert stslab("validate", str(file)).stdout == f"{file}: fine\n"
    assert stslab("run", str(file)).returncode == 0
    again = stslab("new", str(file))
    assert (again.returncode, again.stderr) == (2, f"stslab: {file} exists already\n")
