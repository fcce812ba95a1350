"""Ctrl-C and SIGTERM at any moment, and a server that dies under a command."""

from __future__ import annotations

import contextlib
import json
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import PATIENCE_SECONDS, bare_environment

# Before this line is printed, Python itself is starting, and an interrupt is Python's to tell.
STSLAB = (sys.executable, "-c", "from tui.cli import main; print('up', flush=True); main()")

WITHOUT_A_SOCKET = """
import contextlib, os, sys, threading, time
from simulator import Lab
from tui.cli import main

wanted = int(sys.argv.pop())

def take_the_socket_away():
    while Lab._open is None or len(Lab._open.trail) < wanted:
        time.sleep(0.01)
    server = Lab._open._server._server
    os.close(server.socket.detach())
    with contextlib.suppress(OSError):
        server.trigger.pull_trigger()

threading.Thread(target=take_the_socket_away, daemon=True).start()
main()
"""

IN_THE_COLLECTOR = """
import gc, signal, sys, threading
from simulator import Lab
from tui.cli import main

def interrupt(phase, _):
    here = threading.current_thread() is threading.main_thread()
    if here and Lab._open is not None and len(Lab._open.trail) > 10:
        gc.callbacks.remove(interrupt)
        signal.raise_signal(signal.SIGINT)

gc.callbacks.append(interrupt)
main()
"""

IGNORED = """
import signal
from simulator.scenario import checking
from tui.cli import main

def ignore_it(file):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass
    while True:
        signal.pause()

checking.check_file = ignore_it
main(["validate", "any.yaml"])
"""

CLEANING_UP = """
import signal
from simulator.scenario import checking
from tui.cli import main

def clean_up(file):
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        for _ in range(3):
            signal.pause()
        print("cleaned up")

checking.check_file = clean_up
main(["validate", "any.yaml"])
"""

WHILE_WRITING = """
import signal, sys
from pathlib import Path
from tui.cli import main

number, replace = int(sys.argv.pop()), Path.replace

def interrupted(beside, output):
    signal.raise_signal(number)
    return replace(beside, output)

Path.replace = interrupted
main()
"""

CHANCE = random.Random(6)
# Moments differ, but are the same in each run of the tests.
MOMENTS = [
    (number, round(CHANCE.random() * 2, 2))
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGINT, signal.SIGTERM)
]
GONE = {signal.SIGINT: {130}, signal.SIGTERM: {-signal.SIGTERM, 128 + signal.SIGTERM}}


def started(home: Path, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [*STSLAB, *arguments],
        env=bare_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def interrupted(
    process: subprocess.Popen[str], after: float, number: signal.Signals
) -> tuple[int, str, str]:
    """How a process ends that is sent a signal after so many seconds."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(after)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


@pytest.mark.parametrize(("number", "after"), MOMENTS)
def test_a_run_interrupted_at_any_moment_ends_without_a_traceback(
    tmp_path: Path, number: signal.Signals, after: float
) -> None:
    output = tmp_path / "out.json"
    process = started(
        tmp_path,
        "run",
        "leaked-session",
        "first-session",
        "--format",
        "json",
        "--output",
        str(output),
    )
    code, _, err = interrupted(process, after, number)
    assert code in GONE[number] | {0}, err
    # It tells which scenario it is at, and nothing else.
    assert re.fullmatch(r"(\[\d/2\] [\w-]+\n)*", err)
    # All or nothing, and nothing beside it.
    assert [each.name for each in tmp_path.iterdir()] == ([output.name] if code == 0 else [])


def test_an_interrupt_that_strikes_in_the_garbage_collector_is_not_lost(tmp_path: Path) -> None:
    done = ended(IN_THE_COLLECTOR, tmp_path, "run", "leaked-session", "first-session")
    assert done.returncode == 130
    assert re.fullmatch(r"(\[\d/2\] [\w-]+\n)+", done.stderr)


def test_an_interrupt_that_somebody_ignores_is_raised_again(tmp_path: Path) -> None:
    done = ended(IGNORED, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_cleans_up_after_an_interrupt_is_not_interrupted(tmp_path: Path) -> None:
    done = ended(CLEANING_UP, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "cleaned up\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_file_that_is_being_written_is_written_whole_before_an_interrupt_strikes(
    tmp_path: Path, number: signal.Signals
) -> None:
    output = tmp_path / "schema.json"
    done = ended(WHILE_WRITING, tmp_path, "schema", "--output", str(output), str(int(number)))
    assert (done.returncode in GONE[number], done.stderr) == (True, "")
    assert json.loads(output.read_text())
    assert [each.name for each in tmp_path.iterdir()] == [output.name]


@pytest.mark.parametrize(("number", "after"), MOMENTS)
def test_a_server_interrupted_at_any_moment_stops_without_a_traceback(
    tmp_path: Path, number: signal.Signals, after: float
) -> None:
    process = started(tmp_path, "serve", "--port", "0", "--scenario", "leaked-session")
    code, _, err = interrupted(process, after, number)
    assert code in GONE[number] | {0}, err
    assert err == ("stopped\n" if code == 0 else "")


def ended(program: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a Python program did that has `stslab` run with these arguments."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=bare_environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_serve_says_that_its_server_died_and_what_to_do(tmp_path: Path) -> None:
    done = ended(WITHOUT_A_SOCKET, tmp_path, "serve", "--port", "0", "--format", "json", "0")
    assert done.returncode == 2
    assert json.loads(done.stdout)["endpoint_url"]
    assert done.stderr.count("\n") == 1
    assert "start `stslab serve` again" in done.stderr


def test_a_run_whose_server_died_says_so_in_one_line(tmp_path: Path) -> None:
    done = ended(WITHOUT_A_SOCKET, tmp_path, "run", "leaked-session", "--format", "json", "20")
    assert done.returncode == 2
    assert done.stdout == ""
    *_, last = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert re.match(r"stslab: the lab's endpoint http://127\.0\.0\.1:\d+ doesn't", last)
