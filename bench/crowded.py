"""The same call in a crowded lab and in an empty one, in turns.

``python -m bench.crowded [crowd]`` is one of the two labs: it prints where it is, and a session's
keys, and stays until its standard input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bench.measuring import Result, in_turns
from bench.servers import Endpoint
from simulator import Lab

SESSIONS = 10_000
ROLES = 1_000
RECORDS = 100_000
ROUNDS = 400
WARM_UP = 40
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "sts:AssumeRole",
        },
    }
)
READ = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    }
)


def measure() -> Iterator[Result]:
    """One row."""
    with _lab("crowd") as crowded, _lab() as empty:
        ours, theirs = in_turns(crowded, empty, ROUNDS, WARM_UP)
    yield Result(
        f"S3 list with {SESSIONS:,} sessions, {ROLES:,} roles, {RECORDS:,} calls behind it",
        "an empty lab",
        ours * 1000,
        theirs * 1000,
        "ms",
        1.1,
    )


@contextmanager
def _lab(*arguments: str) -> Iterator[Callable[[], object]]:
    """A lab in a process of its own; yields the call to measure."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.crowded", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield Endpoint(ready["url"], ready["keys"], process).client("s3").list_buckets
    finally:
        process.communicate()


def _serve(crowd: bool) -> None:
    with Lab() as lab:
        iam = lab.admin.client("iam")
        role = iam.create_role(RoleName="App", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.put_role_policy(RoleName="App", PolicyName="read", PolicyDocument=READ)
        issued: dict[str, Any] = lab.admin.client("sts").assume_role(
            RoleArn=role, RoleSessionName="bench"
        )["Credentials"]
        if crowd:
            _crowd(lab)
        keys = {
            "aws_access_key_id": issued["AccessKeyId"],
            "aws_secret_access_key": issued["SecretAccessKey"],
            "aws_session_token": issued["SessionToken"],
        }
        print(json.dumps({"url": lab.endpoint_url, "keys": keys}), flush=True)
        sys.stdin.read()


def _crowd(lab: Lab) -> None:
    """Roles by real calls; sessions and records copied from real ones, which is quicker."""
    iam = lab.admin.client("iam")
    for number in range(ROLES):
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=TRUST)
    one = lab.ledger.sessions()[0]
    for number in range(SESSIONS):
        lab.ledger.add(replace(one, access_key_id=f"ASIA{number:016}"))
    last = lab.trail.last()
    assert last is not None
    for _ in range(RECORDS):
        lab.trail.append(replace(last, sequence=lab.trail.next_sequence))


if __name__ == "__main__":
    _serve("crowd" in sys.argv[1:])
