"""`serve` and `clock`: an endpoint for tools of one's own."""

from __future__ import annotations

import json
import signal
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment, serve


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
    assert f"export STSLAB_ENDPOINT={url}\nexport AWS_ENDPOINT_URL={url}\n" in told
    assert "export AWS_ACCESS_KEY_ID=AKIA" in told
    assert f"stslab clock --endpoint {url} advance 15m" in told
    assert "export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:" in told


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
        connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
        connection.request("GET", "/_stslab/imds")
        assert connection.getresponse().status == 403
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


def test_instance_metadata_is_found_through_the_control_api(tmp_path: Path) -> None:
    with serve(tmp_path, "--scenario", "instance-role") as served:
        address = served.url.removeprefix("http://")
        connection = HTTPConnection(address, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/_stslab/imds")
        metadata = json.loads(connection.getresponse().read())["url"]
        machine = HTTPConnection(metadata.removeprefix("http://"), timeout=PATIENCE_SECONDS)
        ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        machine.request("PUT", "/latest/api/token", headers=ttl)
        session = {"X-aws-ec2-metadata-token": machine.getresponse().read().decode()}
        place = "/latest/meta-data/iam/security-credentials/"
        machine.request("GET", place, headers=session)
        role = machine.getresponse().read().decode()
        machine.request("GET", place + role, headers=session)
        found = json.loads(machine.getresponse().read())
    assert (found["Code"], found["Type"]) == ("Success", "AWS-HMAC")
    assert found["AccessKeyId"].startswith("ASIA")
