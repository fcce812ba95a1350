"""What goes wrong is one line on stderr and an exit code."""

from __future__ import annotations

import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment

BAD = {
    "a command that is nearly one": (["ply"], "Did you mean 'play'?"),
    "an option that is nearly one": (["list", "--formt", "json"], "--format"),
    "a value that is none of the choices": (
        ["list", "--format", "yaml"],
        "'--format': 'yaml' is not one of 'text', 'json'",
    ),
    "a scenario id that is nearly one": (
        ["run", "leaked-sesion"],
        "there is no scenario 'leaked-sesion'; did you mean 'leaked-session'?",
    ),
    "run without a scenario": (["run"], "name scenarios, or give --all"),
    "run with one and all": (["run", "leaked-session", "--all"], "or give --all, not both"),
    "a seed that is no number": (["run", "incident", "--seed", "x"], "'--seed': not a whole"),
    "a folder where a scenario belongs": (["run", "/"], "that is a folder; --scenarios takes one"),
    "a folder that is not there": (["list", "--scenarios", "/none"], "'/none' does not exist"),
    "play of an unknown scenario": (["play", "nothing-like-it"], "there is no scenario"),
    "play without a terminal": (["play", "leaked-session"], "needs a terminal"),
    "play in the sandbox, without one": (["play", "sandbox"], "needs a terminal"),
    "play in the sandbox, live": (["play", "sandbox", "--live"], "has no --live"),
    "the lab without a terminal": ([], "needs a terminal"),
    "a scenario file that is not there": (["run", "none.yaml"], "none.yaml:1:1: cannot be read"),
    "a start that is no time": (["serve", "--start", "noon"], "--start: 'noon' is no time"),
    "a port that is no port": (["serve", "--port", "70000"], "--port"),
    "a host that is no address of this machine": (
        ["serve", "--port", "0", "--host", "192.0.2.1"],
        "cannot listen on 192.0.2.1:0",
    ),
    "a clock action that is nearly one": (["clock", "advanc", "1m"], "did you mean 'advance'?"),
    "an advance by nothing": (["clock", "advance"], "needs a duration"),
    "an advance backwards": (["clock", "advance", "-5m"], "lab time goes back only by a new start"),
    "an option that clock has not": (["clock", "--fast"], "no such action '--fast'"),
    "an advance by no duration": (["clock", "advance", "soon"], "'soon' is no duration"),
    "a set to no time": (["clock", "set", "soon"], "'soon' is no time"),
    "an endpoint that is none": (["clock", "--endpoint", "ftp://x"], "'ftp://x' is no endpoint"),
    "an endpoint where nobody is": (
        ["clock", "--endpoint", "http://127.0.0.1:1"],
        "no stslab answers at http://127.0.0.1:1",
    ),
    "a file to evaluate that is not there": (["evaluate", "none.jsonl"], "none.jsonl: No such"),
    "an output that cannot be written": (
        ["run", "leaked-session", "--output", "/nonexistent/x"],
        "cannot write /nonexistent/x",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_on_stderr_and_exit_2(stslab: Cli, name: str) -> None:
    arguments, expected = BAD[name]
    done = stslab(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("stslab: ")
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr


def test_a_port_in_use_is_one_line_that_says_what_to_do(stslab: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = stslab("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"stslab: port {port} on 127.0.0.1 is in use; choose another with --port, "
        "or 0 for a free one\n"
    )


def test_a_broken_scenario_file_is_told_by_its_line(stslab: Cli, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("id: broken\ntitle: [unclosed\n")
    done = stslab("run", str(file))
    assert done.returncode == 2
    assert f"{file}:" in done.stderr
    assert "not YAML" in done.stderr


def test_a_fault_of_its_own_is_one_line_too(stslab: Cli, tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise RuntimeError('no yaml\\ntoday')\n")
    root = str(Path(__file__).parents[2])
    done = stslab("list", PYTHONPATH=f"{tmp_path}:{root}")
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.count("\n") == 1
    assert "RuntimeError: no yaml today" in done.stderr


def test_a_reader_that_goes_away_is_no_error_to_speak_of(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*STSLAB, "schema"],
        env=bare_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(PATIENCE_SECONDS) == 141


@pytest.mark.parametrize(
    ("command", "said", "code"),
    [
        ("list >&-", "stslab: Bad file descriptor\n", 2),
        ("evaluate <&-", "", 0),
        ("<&-", "stslab: the lab needs a terminal; `stslab run ID` plays without one\n", 2),
        ("run nothing-like-it 2>&-", "", 2),
    ],
)
def test_a_stream_that_is_closed_costs_no_traceback(
    tmp_path: Path, command: str, said: str, code: int
) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{shlex.join(STSLAB)} {command}"],
        env=bare_environment(tmp_path),
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        text=True,
    )
    assert (done.stderr, done.returncode) == (said, code)
