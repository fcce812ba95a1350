"""The same call in a crowded lab and in an empty one."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import replace

from bench.measuring import Result, seconds_of
from simulator import Lab
from simulator.actors import Actor, Keys

SESSIONS = 10_000
ROLES = 1_000
RECORDS = 100_000
ROUNDS = 400
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
    with Lab() as lab:
        session = _session(lab)
        empty = _median(session)
        _crowd(lab)
        crowded = _median(session)
    yield Result(
        "S3 list with 10,000 sessions, 1,000 roles, 100,000 records",
        "an empty lab",
        crowded * 1000,
        empty * 1000,
        "ms",
        1.1,
    )


def _session(lab: Lab) -> Actor:
    iam = lab.admin.client("iam")
    role = iam.create_role(RoleName="App", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="App", PolicyName="read", PolicyDocument=READ)
    sts = lab.admin.client("sts")
    issued = sts.assume_role(RoleArn=role, RoleSessionName="bench")["Credentials"]
    return lab.actor("bench", keys=Keys.from_response(issued))


def _median(session: Actor) -> float:
    s3 = session.client("s3")
    times = [seconds_of(s3.list_buckets) for _ in range(ROUNDS)]
    return statistics.median(times[ROUNDS // 10 :])


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
