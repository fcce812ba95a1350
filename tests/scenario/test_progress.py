from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from simulator.scenario.progress import ProgressStore, as_json, as_markdown
from simulator.scenario.states import Score


def score(points: int, hints: int = 0) -> Score:
    return Score(points, 20, hints, 0, 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "progress.sqlite3"


def test_what_was_finished_is_there_in_the_next_process(path: Path) -> None:
    ProgressStore(path).finish("leaked-session", score(18, 1))
    found = ProgressStore(path).of("leaked-session")
    assert (found.points, found.out_of, found.hints, found.times) == (18, 20, 1, 1)
    assert found.finished_at is not None


def test_the_best_run_counts(path: Path) -> None:
    store = ProgressStore(path)
    for points, hints in ((10, 0), (18, 2), (18, 1), (5, 0)):
        store.finish("x", score(points, hints))
    found = store.of("x")
    assert (found.points, found.hints, found.times) == (18, 1, 4)


def test_the_place_is_kept_until_the_scenario_is_finished(path: Path) -> None:
    store = ProgressStore(path)
    store.leave_at("x", 4)
    assert ProgressStore(path).of("x").at_step == 4
    store.finish("x", score(1))
    assert store.of("x").at_step is None


def test_what_is_unknown_is_nothing_not_an_error(path: Path) -> None:
    assert ProgressStore(path).of("never").times == 0


def test_reset_forgets_one_or_all(path: Path) -> None:
    store = ProgressStore(path)
    store.finish("x", score(1))
    store.finish("y", score(1))
    store.reset("x")
    assert [each.scenario for each in store.all()] == ["y"]
    store.reset()
    assert store.all() == ()


def test_labs_that_are_opened_at_once_for_the_first_time_lose_nothing(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from simulator.scenario.progress import ProgressStore\n"
        "from simulator.scenario.states import Score\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "store = ProgressStore(Path(sys.argv[1]))\n"
        "for n in range(50): store.finish(sys.argv[2], Score(n, 50, 0, 0, 0))\n"
        "print(store.warning)\n"
    )
    names = ("a", "b", "c")
    labs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for lab in labs:
        assert lab.stdout is not None
        assert lab.stdout.readline() == "ready\n"
    for lab in labs:
        assert lab.stdin is not None
        lab.stdin.write("\n")
        lab.stdin.flush()
    assert [lab.communicate()[0].strip() for lab in labs] == [""] * len(names)
    found = [(each.scenario, each.times) for each in ProgressStore(path).all()]
    assert found == [(name, 50) for name in names]


def test_a_crash_in_the_middle_of_a_write_leaves_the_last_state(path: Path) -> None:
    store = ProgressStore(path)
    store.finish("x", score(7))
    crashed = sqlite3.connect(path, isolation_level=None)
    crashed.execute("BEGIN IMMEDIATE")
    crashed.execute("DELETE FROM finished")
    crashed.close()
    assert ProgressStore(path).of("x").points == 7


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_home_works_with_one_line_of_warning(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o500)
    store = ProgressStore(home / "stslab" / "progress.sqlite3")
    assert len(store.warning.splitlines()) == 1
    store.finish("x", score(3))
    assert store.of("x").points == 3


def test_a_place_that_cannot_be_a_file_works_with_one_line_of_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ProgressStore(tmp_path / "file" / "progress.sqlite3")
    assert store.path is None
    assert len(store.warning.splitlines()) == 1
    store.finish("x", score(3))
    assert store.of("x").points == 3


def test_a_damaged_file_is_kept_aside_and_progress_begins_anew(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, and long enough to be sure of that" * 40)
    store = ProgressStore(path)
    assert "damaged" in store.warning
    assert path.with_suffix(".broken").exists()
    store.finish("x", score(3))
    assert ProgressStore(path).of("x").points == 3


def test_the_exports(path: Path) -> None:
    store = ProgressStore(path)
    store.finish("x", score(3, 2))
    store.leave_at("y", 2)
    assert "| `x` |" in as_markdown(store.all())
    assert "at step 3" in as_markdown(store.all())
    assert [each["scenario"] for each in as_json(store.all())] == ["x", "y"]


def test_a_file_from_before_seeds_were_kept_is_taken_on(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite3"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE place (scenario TEXT PRIMARY KEY, step INTEGER NOT NULL, at TEXT)")
        db.execute("INSERT INTO place VALUES ('x', 4, '2021-08-09T06:00:00Z')")
    store = ProgressStore(path)
    assert (store.warning, store.of("x").at_step, store.of("x").seed) == ("", 4, None)
    store.leave_at("x", 5, 77)
    assert (store.of("x").at_step, store.of("x").seed) == (5, 77)
