"""Policy evaluation, against iam-simulate on Node: a whole process, and one decision."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measuring import RealTime, Result, in_turns
from bench.requests import requests
from simulator.iam import AttachedPolicy, PolicySet, Request, compile_policy, evaluate

JS = Path(__file__).parent / "js"
PEER = "iam-simulate on Node"
LINES = 4000
SECONDS = 3.0


def measure() -> Iterator[Result]:
    """Two rows; none where Node or the peer is missing."""
    if shutil.which("node") is None or not (JS / "node_modules").exists():
        return
    lines = requests(LINES)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requests.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        mine = [sys.executable, "-m", "tui", "evaluate", str(file)]
        theirs = ["node", "simulate.mjs", str(file)]
        _must_agree(_run(mine), _run(theirs, JS))
        ours, peers = in_turns(lambda: _run(mine), lambda: _run(theirs, JS), 7, 1)
        yield Result(
            "`stslab evaluate`, 4,000 unique requests, whole process", PEER, ours, peers, "s", 1.0
        )
        told = subprocess.run(
            [*theirs, str(SECONDS)], cwd=JS, check=True, capture_output=True, text=True
        )
    yield Result(
        "decisions on compiled policies, in process",
        f"{PEER}, unvalidated",
        _decisions_a_second(lines),
        float(told.stdout),
        "/s",
        3.0,
        at_least=True,
    )


def _run(command: list[str], folder: Path | None = None) -> bytes:
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True)
    assert done.stdout.count(b"\n") == LINES
    return done.stdout


_WORDS = {
    "Allowed": "allowed",
    "ExplicitlyDenied": "explicitDeny",
    "ImplicitlyDenied": "implicitDeny",
}


def _must_agree(ours: bytes, theirs: bytes) -> None:
    """Speed counts only where both decide the same."""
    for mine, peers in zip(ours.splitlines(), theirs.splitlines(), strict=True):
        own, other = json.loads(mine), json.loads(peers)
        assert own["decision"] == _WORDS[other["decision"]], (own, other)


def _decisions_a_second(lines: list[dict[str, Any]]) -> float:
    compiled = [(_request(line), _policies(line)) for line in lines]
    done = 0
    began = RealTime.now()
    while (spent := RealTime.now() - began) < SECONDS:
        for request, policies in compiled:
            evaluate(request, policies)
        done += len(compiled)
    return done / spent


def _request(line: dict[str, Any]) -> Request:
    return Request(
        principal=line["principal"],
        action=line["action"],
        resource=line["resource"],
        resource_account=line["resource_account"],
        context=line["context"],
    )


def _policies(line: dict[str, Any]) -> PolicySet:
    boundary = line.get("permissions_boundary")
    return PolicySet(
        identity=tuple(
            AttachedPolicy(compile_policy(document, "identity"), str(number))
            for number, document in enumerate(line["identity_policies"])
        ),
        boundary=(
            AttachedPolicy(compile_policy(boundary, "boundary"), "boundary") if boundary else None
        ),
    )
