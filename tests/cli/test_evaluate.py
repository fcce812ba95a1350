"""`evaluate` as a process: lines in, lines out."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

from tests.cli.conftest import Cli
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment

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
