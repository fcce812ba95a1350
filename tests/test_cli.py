"""The command line as a process: what it prints where, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment, serve

REQUEST = {
    "id": "1",
    "principal": "arn:aws:iam::111122223333:user/alice",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::reports/q2",
    "resource_account": "111122223333",
    "identity_policies": [
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        }
    ],
}


class Cli:
    """`stslab` in a process of its own, in an empty home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(
        self, *arguments: str, given: str | bytes = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*STSLAB, *arguments],
            input=given.encode() if isinstance(given, str) else given,
            env=bare_environment(self.home, **more),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, done.returncode, out, err)


@pytest.fixture
def stslab(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


# -- bad usage and bad input ------------------------------------------------------------------

BAD = {
    "a command that is nearly one": (["ply"], "Did you mean 'play'?"),
    "an option that is nearly one": (["list", "--formt", "json"], "--format"),
    "a value that is none of the choices": (["list", "--format", "yaml"], "'yaml'"),
    "a scenario id that is nearly one": (
        ["run", "leaked-sesion"],
        "there is no scenario 'leaked-sesion'; did you mean 'leaked-session'?",
    ),
    "run without a scenario": (["run"], "name scenarios, or give --all"),
    "play of an unknown scenario": (["play", "nothing-like-it"], "there is no scenario"),
    "play without a terminal": (["play", "leaked-session"], "needs a terminal"),
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
    root = str(Path(__file__).parent.parent)
    done = stslab("list", PYTHONPATH=f"{tmp_path}:{root}")
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.count("\n") == 1
    assert "RuntimeError: no yaml today" in done.stderr


# -- help and version -------------------------------------------------------------------------


def test_the_version_is_the_packages(stslab: Cli) -> None:
    from simulator import __version__

    assert stslab("--version").stdout == f"stslab {__version__}\n"


def _commands() -> list[str]:
    from tui.cli.commands import app

    return [command.name or "" for command in app.registered_commands]


@pytest.mark.parametrize("command", _commands())
def test_every_command_has_help(stslab: Cli, command: str) -> None:
    done = stslab(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: stslab {command}")


def test_help_names_every_command_whole(stslab: Cli) -> None:
    done = stslab("--help")
    assert all(f"\n  {name} " in done.stdout for name in _commands())
    assert "..." not in done.stdout.partition("Commands:")[2]


HEAVY = ("textual", "boto3", "botocore", "moto", "freezegun", "pydantic", "yaml", "rich")


@pytest.mark.parametrize("arguments", [["--help"], ["evaluate"]])
def test_help_and_evaluate_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom tui.cli import main\n"
        f"try:\n    main({arguments!r})\n"
        "except SystemExit:\n    pass\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="",
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.stderr == ""


# -- list and run -----------------------------------------------------------------------------


def test_list_as_json_has_what_a_program_needs(stslab: Cli) -> None:
    found = json.loads(stslab("list", "--format", "json").stdout)
    leaked = next(each for each in found if each["id"] == "leaked-session")
    assert {"id", "title", "chapter", "level", "minutes", "teaches"} <= set(leaked)


def test_looking_at_the_list_creates_no_file(stslab: Cli, tmp_path: Path) -> None:
    stslab("list")
    stslab("progress")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def run_as_json(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = Cli(tmp_path_factory.mktemp("home"))("run", "leaked-session", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    results: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(results) == 1
    return results[0]


def test_a_run_as_json_has_exactly_the_members_that_others_depend_on(
    run_as_json: dict[str, Any],
) -> None:
    assert set(run_as_json) == {"scenario", "passed", "started", "ended", "steps", "calls"}
    assert run_as_json["scenario"] == "leaked-session"
    assert run_as_json["passed"] is True
    assert run_as_json["started"].startswith("2021-08-09T06:00:00")
    for step in run_as_json["steps"]:
        assert set(step) == {"kind", "title", "passed"}
    members = {"at", "actor", "action", "resource", "outcome", "error_code", "why"}
    for call in run_as_json["calls"]:
        assert set(call) == members
        assert call["outcome"] in ("allowed", "denied", "refused")
        assert call["why"]


def test_a_run_as_json_tells_the_story_in_its_calls(run_as_json: dict[str, Any]) -> None:
    calls = [(c["actor"], c["action"], c["outcome"]) for c in run_as_json["calls"]]
    revoked = calls.index(("dana", "iam:PutRolePolicy", "allowed"))
    before, after = calls[:revoked], calls[revoked:]
    assert ("alice", "s3:ListBucket", "denied") in before
    assert ("alice", "sts:AssumeRole", "allowed") in before
    assert ("mallory", "s3:GetObject", "allowed") in before
    assert ("alice", "sts:AssumeRole", "denied") in before
    assert ("mallory", "s3:ListBucket", "denied") in after
    assert ("alice", "s3:ListBucket", "allowed") in after
    assert calls[-1] == ("mallory", "s3:ListBucket", "refused")
    assert not [c for c in after if c[0] == "mallory" and c[2] == "allowed"]


def test_a_failed_expectation_is_exit_1_and_said_in_the_json(stslab: Cli, tmp_path: Path) -> None:
    from scenarios import __file__ as package

    whole = (Path(package).parent / "07-leaked-session.yaml").read_text()
    wrong = whole.replace("expect: {outcome: refused, error_code: ExpiredToken}", "expect: allowed")
    assert wrong != whole
    file = tmp_path / "wrong.yaml"
    file.write_text(wrong)
    done = stslab("run", str(file), "--format", "json")
    assert done.returncode == 1
    result = json.loads(done.stdout)[0]
    assert result["passed"] is False
    assert [step["passed"] for step in result["steps"]].count(False) == 1


def test_a_run_can_be_written_to_a_file_in_every_format(stslab: Cli, tmp_path: Path) -> None:
    for name, begin in (
        ("text", "The leaked session"),
        ("json", "["),
        ("markdown", "# The leaked session"),
        ("junit", "<?xml"),
    ):
        file = tmp_path / name
        done = stslab("run", "leaked-session", "--format", name, "--output", str(file))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert file.read_text().startswith(begin)


# -- evaluate ---------------------------------------------------------------------------------


def test_evaluate_answers_each_line_in_order_and_ends_with_2_after_a_bad_one(
    stslab: Cli,
) -> None:
    denied = REQUEST | {"id": "2", "identity_policies": []}
    lines = [json.dumps(REQUEST), '{"id": "bad"}', "not JSON", json.dumps(denied)]
    done = stslab("evaluate", given="\n".join(lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert [each["id"] for each in answers] == ["1", "bad", None, "2"]
    assert [each.get("decision") for each in answers] == [
        "allowed",
        None,
        None,
        "implicitDeny",
    ]
    assert all("error" in each for each in answers[1:3])


def test_evaluate_reads_a_file_and_explains(stslab: Cli, tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text(json.dumps(REQUEST) + "\n")
    done = stslab("evaluate", str(file), "--explain")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["decision"] == "allowed"
    assert answer["trace"]


def test_evaluate_says_which_byte_is_no_utf_8(stslab: Cli) -> None:
    done = stslab("evaluate", given=b'{"id": "\xff"}\n')
    assert done.returncode == 2
    assert "position 8" in json.loads(done.stdout)["error"]


def test_evaluate_answers_a_waiting_peer_at_once_and_ends_quietly_on_ctrl_c(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen(
        [*STSLAB, "evaluate"],
        env=bare_environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(REQUEST) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["decision"] == "allowed"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out, err) == (130, "", "")


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


# -- serve and clock --------------------------------------------------------------------------


def test_serve_says_where_it_is_in_one_line_of_json(tmp_path: Path) -> None:
    with serve(tmp_path, "--start", "2021-08-09T06:00:00Z") as served:
        assert set(served.ready) == {"endpoint_url", "account_id", "region", "now", "credentials"}
        assert served.ready["now"] == "2021-08-09T06:00:00Z"
        assert served.ready["account_id"] == "111122223333"
        assert set(served.ready["credentials"]["admin"]) == {
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
        }
        assert served.move("now") == "2021-08-09T06:00:00Z"
        assert served.move("advance", "1h30m") == "2021-08-09T07:30:00Z"
        assert served.move("advance", "30") == "2021-08-09T07:30:30Z"
        assert served.move("set", "2021-08-09T10:00:00+02:00") == "2021-08-09T08:00:00Z"
        as_json = served.stslab("clock", "--format", "json")
        assert json.loads(as_json.stdout) == {"now": "2021-08-09T08:00:00Z"}
        back = served.stslab("clock", "set", "2021-08-09T06:00:00Z")
        assert back.returncode == 2
        assert "cannot go back" in back.stderr
        assert back.stderr.count("\n") == 1


def test_a_reset_builds_the_scenarios_world_anew_and_says_who_is_in_it(tmp_path: Path) -> None:
    with serve(tmp_path, "--scenario", "leaked-session") as served:
        address = served.url.removeprefix("http://")
        connection = HTTPConnection(address, timeout=PATIENCE_SECONDS)
        connection.request("POST", "/_stslab/reset", b"{}")
        assert connection.getresponse().status == 200
        assert served.process.stdout is not None
        again = json.loads(served.process.stdout.readline())
    assert again["endpoint_url"] == served.url
    before, after = served.ready["credentials"], again["credentials"]
    assert after["admin"] == before["admin"]
    assert set(after) == set(before) == {"admin", "alice", "dana"}
    assert after["alice"] != before["alice"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_a_person_what_to_type_and_stops_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [*STSLAB, "serve", "--port", "0"],
        env=bare_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = ""
    while "Ctrl-C" not in told:
        line = process.stdout.readline()
        assert line, "it ended before it was ready"
        told += line
    url = told.split()[4].rstrip(",")
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out, err) == (0, "", "stopped\n")
    assert f"export AWS_ENDPOINT_URL={url}\n" in told
    assert "export AWS_ACCESS_KEY_ID=AKIA" in told
    assert f"stslab clock --endpoint {url} advance 15m" in told
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5)


def test_an_endpoint_beyond_loopback_warns_and_wants_its_token(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*STSLAB, "serve", "--port", "0", "--host", "0.0.0.0", "--format", "json"],
        env=bare_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        url = f"http://127.0.0.1:{ready['endpoint_url'].rpartition(':')[2]}"
        stslab = Cli(tmp_path)
        refused = stslab("clock", STSLAB_ENDPOINT=url)
    finally:
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert refused.returncode == 2
    assert "wants its token" in refused.stderr
    assert "WARNING: listening on 0.0.0.0" in err
    assert "STSLAB_TOKEN=" in err


def test_something_else_at_the_endpoint_is_told_apart(stslab: Cli, lab: Any) -> None:
    # The lab answers AWS calls at /, but this asks a bucket's name for its control API.
    done = stslab("clock", "--endpoint", lab.endpoint_url.replace("http://", "http://x@"))
    assert done.returncode in (0, 2)
    assert done.stderr.count("\n") <= 1


# -- the others -------------------------------------------------------------------------------


def test_validate_tells_every_problem_by_line_and_ends_with_2(stslab: Cli, tmp_path: Path) -> None:
    good = Path(__file__).parent.parent / "scenarios" / "07-leaked-session.yaml"
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


def test_the_matrix_counts_what_each_remedy_did(stslab: Cli) -> None:
    done = stslab("matrix", "--format", "json")
    rows = {row["remedy"]: row["verdict"] for row in json.loads(done.stdout)["rows"]}
    assert done.returncode == 0
    assert "works" in rows.values()
    assert "fails" in rows.values()
    assert stslab("matrix", "--format", "markdown").stdout.count("|") > 10


def test_a_scenario_without_an_incident_has_no_matrix(stslab: Cli, tmp_path: Path) -> None:
    file = tmp_path / "plain.yaml"
    stslab("new", str(file))
    done = stslab("matrix", str(file))
    assert done.returncode == 2
    assert done.stderr == "stslab: the scenario 'plain' has no incident with remedies\n"


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


def test_schema_is_a_json_schema(stslab: Cli) -> None:
    schema = json.loads(stslab("schema").stdout)
    assert "steps" in schema["properties"]


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


# -- scenarios of one's own ------------------------------------------------------------------


def test_a_folder_of_ones_own_is_listed_and_run(stslab: Cli, tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    made = stslab("new", str(tmp_path / "packs" / "mine.yaml"))
    assert made.returncode == 0, made.stderr
    listed = stslab("list", "--scenarios", str(tmp_path / "packs"), "--format", "json")
    ids = [each["id"] for each in json.loads(listed.stdout)]
    assert "mine" in ids
    ran = stslab(
        "run", "mine", "first-session", "--scenarios", str(tmp_path / "packs"), "--format", "json"
    )
    assert ran.returncode == 0, ran.stdout
    assert [each["scenario"] for each in json.loads(ran.stdout)] == ["mine", "first-session"]
    assert ran.stderr.splitlines() == ["[1/2] mine", "[2/2] first-session"]
