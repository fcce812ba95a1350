"""Disks that are full, homes that cannot be written, processes killed in the middle of a write."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.scenario.progress import ProgressStore
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment

FINISHING_FOR_EVER = """
import itertools, sys
from pathlib import Path
from simulator.scenario.progress import ProgressStore
from simulator.scenario.states import Score
store = ProgressStore(Path(sys.argv[1]))
for n in itertools.count(1):
    store.finish("x", Score(n, n, 0, 0, 0))
    store.leave_at("y", n)
    print(n, flush=True)
"""

ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from simulator.scenario.progress import ProgressStore
from simulator.scenario.states import Score
store = ProgressStore(Path(sys.argv[1]))
store.finish("before", Score(7, 20, 1, 0, 0))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
store.finish("after", Score(9, 20, 0, 0, 0))
store.leave_at("later", 3)
print([(each.scenario, each.points, each.at_step) for each in store.all()])
print(store.warning)
"""

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="POSIX resource limits")
needs_a_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="a device that is always full"
)


def stslab(home: Path, *arguments: str, **streams: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STSLAB, *arguments],
        env=bare_environment(home),
        stdout=streams.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_progress_survives_a_kill_in_the_middle_of_writing(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "progress.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-c", FINISHING_FOR_EVER, str(path)],
        env=bare_environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline()
    process.kill()
    told = [*range(1, lines + 1), *(int(line) for line in process.stdout if line.endswith("\n"))]
    process.wait(PATIENCE_SECONDS)
    store = ProgressStore(path)
    assert store.warning == ""
    # What was said to be kept is kept, and at most the one that was under way beside it.
    assert store.of("x").times in (len(told), len(told) + 1)
    assert store.of("x").points == store.of("x").times
    assert store.of("y").at_step in (told[-1], told[-1] + 1)


@needs_limits
def test_when_the_disk_is_full_progress_goes_on_in_memory_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "progress.sqlite3"
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(path)],
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    known, warning = done.stdout.splitlines()
    assert known == "[('after', 9, None), ('before', 7, None), ('later', 0, 3)]"
    assert warning.startswith("progress will not be kept: ")
    # The file is as it was, and good for the next time.
    again = ProgressStore(path)
    assert [each.scenario for each in again.all()] == ["before"]
    assert again.warning == ""


@needs_a_full_device
@pytest.mark.parametrize("arguments", [("schema",), ("list", "--format", "json")])
def test_a_full_disk_behind_stdout_is_one_line_and_no_success(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w") as full:
        done = stslab(tmp_path, *arguments, stdout=full.fileno())
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_export_that_cannot_be_written_is_one_line_and_leaves_nothing(
    tmp_path: Path, form: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    wanted = tmp_path / "file" / "out.txt"
    done = stslab(tmp_path, "run", "first-session", "--format", form, "--output", str(wanted))
    assert done.returncode == 2
    assert done.stderr.startswith(f"stslab: cannot write {wanted}")
    assert done.stderr.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_commands_work_in_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    # A file where the home should be: even root cannot write there.
    home = tmp_path / "home"
    home.write_text("")
    done = stslab(home, "run", "first-session", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["passed"]
    assert stslab(home, "list").returncode == 0
    told = stslab(home, "progress", "--format", "json")
    assert told.returncode == 0
    assert "Traceback" not in told.stderr


def test_a_progress_file_that_vanishes_is_made_anew_or_done_without(tmp_path: Path) -> None:
    path = tmp_path / "data" / "progress.sqlite3"
    store = ProgressStore(path)
    store.leave_at("x", 1)
    for file in path.parent.iterdir():
        file.unlink()
    with contextlib.suppress(FileNotFoundError):
        path.parent.rmdir()
    store.leave_at("x", 2)
    assert store.of("x").at_step == 2
    assert store.warning.startswith("progress will not be kept: ")
