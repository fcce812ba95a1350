"""Nothing leaves loopback, and nothing of the user's AWS set-up is read or written.

Each run is a process of its own with an audit hook, in a home full of traps.
"""

from __future__ import annotations

import ast
import ipaddress
import json
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.serving import PATIENCE_SECONDS, bare_environment

WATCHED = """
import json, os, sys

seen = {"connected": [], "bound": [], "looked_up": [], "opened": [], "started": []}

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        seen["connected"].append(repr(arguments[1]))
    elif event == "socket.bind":
        seen["bound"].append(repr(arguments[1]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        seen["looked_up"].append(str(arguments[0]))
    elif event in ("open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove"):
        seen["opened"].append(os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes))
                              else str(arguments[0]))
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"):
        seen["started"].append(event)

before = dict(os.environ)
sys.addaudithook(watch)
"""

REPORT = """
seen["environment_kept"] = dict(os.environ) == before
sys.__stdout__.flush()
sys.__stderr__.write(json.dumps(seen))
"""

RUN_A_SCENARIO = """
sys.argv = ["stslab", "run", "leaked-session", "--format", "json"]
from tui.cli import main
try:
    main()
except SystemExit as leaving:
    seen["exit"] = leaving.code
"""

USE_AS_A_LIBRARY = """
from datetime import timedelta
from simulator import Lab
with Lab() as lab:
    for service, operation in (("s3", "ListBuckets"), ("dynamodb", "ListTables"),
                               ("ec2", "DescribeInstances"), ("secretsmanager", "ListSecrets"),
                               ("lambda", "ListFunctions"), ("kms", "ListKeys")):
        assert lab.admin.call(service, operation).ok, (service, operation)
    lab.clock.advance(timedelta(hours=1))
seen["exit"] = 0
"""

PLAY_ON_THE_SCREEN = """
import asyncio
from simulator.scenario.running import take
from tui.app import StslabApp
from tui.screens.lab import LabScreen

def play(lab):
    while lab.current is not None:
        take(lab, lab.current)

async def on_the_screen():
    app = StslabApp("leaked-session")
    async with app.run_test(size=(120, 40)) as pilot:
        while not (isinstance(app.screen, LabScreen) and app.screen.at_rest):
            await pilot.pause(0.05)
        await pilot.press("n")
        await asyncio.to_thread(play, app.screen.play)
        assert app.screen.play.finished

asyncio.run(on_the_screen())
seen["exit"] = 0
"""

TRAPS = {
    "config": "[default]\nregion = trap-region-1\nendpoint_url = http://192.0.2.1:1\n"
    "[profile nope]\ncredential_process = touch trapped\n",
    "models/s3/2006-03-01/service-2.json": "{}",
    "models/sts/2011-06-15/service-2.json": "{}",
    "models/iam/2010-05-08/service-2.json": "{}",
    "credentials": "[default]\naws_access_key_id = TRAP\naws_secret_access_key = TRAP\n",
}

HOSTILE = {
    "AWS_PROFILE": "nope",
    "AWS_ACCESS_KEY_ID": "TRAP",
    "AWS_SECRET_ACCESS_KEY": "TRAP",
    "AWS_SESSION_TOKEN": "TRAP",
    "AWS_DEFAULT_REGION": "trap-region-1",
    "AWS_REGION": "trap-region-1",
    "AWS_ENDPOINT_URL": "http://192.0.2.1:1",
    "AWS_ENDPOINT_URL_STS": "http://192.0.2.1:1",
    "AWS_CA_BUNDLE": "/nonexistent/trap.pem",
    "AWS_STS_REGIONAL_ENDPOINTS": "legacy",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_RETRY_MODE": "adaptive",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1:1/credentials",
    "AWS_EC2_METADATA_DISABLED": "false",
    "HTTP_PROXY": "http://192.0.2.1:1",
    "HTTPS_PROXY": "http://192.0.2.1:1",
    "http_proxy": "http://192.0.2.1:1",
    "https_proxy": "http://192.0.2.1:1",
    "ALL_PROXY": "http://192.0.2.1:1",
}


BODIES = {"run": RUN_A_SCENARIO, "library": USE_AS_A_LIBRARY, "screen": PLAY_ON_THE_SCREEN}


@dataclass(frozen=True)
class Watched:
    """What a watched process did."""

    home: Path
    stdout: str
    seen: Mapping[str, Any]


@pytest.fixture(scope="module", params=BODIES)
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    home = tmp_path_factory.mktemp("home")
    for name, text in TRAPS.items():
        file = home / ".aws" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    body = BODIES[request.param]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCHED + body + REPORT)],
        env=bare_environment(home) | HOSTILE,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Watched(home, done.stdout, json.loads(done.stderr))


def test_a_run_ends_well_whatever_the_users_aws_setup_says(watched: Watched) -> None:
    assert watched.seen["exit"] == 0
    if watched.stdout:
        assert json.loads(watched.stdout)[0]["passed"]


def test_only_loopback_sockets_are_bound_or_connected(watched: Watched) -> None:
    seen = watched.seen
    assert seen["connected"], "the run made no call at all"
    addresses = [*seen["connected"], *seen["bound"]]
    hosts = {str(ast.literal_eval(each)[0]) for each in addresses}
    assert [host for host in hosts if not ipaddress.ip_address(host).is_loopback] == []
    assert set(seen["looked_up"]) <= {"127.0.0.1", "localhost"}


def test_no_file_of_the_users_aws_setup_is_opened(watched: Watched) -> None:
    assert [each for each in watched.seen["opened"] if ".aws" in Path(each).parts] == []
    assert not [each for each in watched.seen["opened"] if "trap" in each]


def test_the_users_aws_files_are_as_they_were(watched: Watched) -> None:
    folder = watched.home / ".aws"
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {str(file.relative_to(folder)): file.read_text() for file in files} == TRAPS


def test_the_environment_is_as_it_was(watched: Watched) -> None:
    assert watched.seen["environment_kept"]


def test_no_other_program_is_started(watched: Watched) -> None:
    assert watched.seen["started"] == []


def test_nothing_is_written_to_the_home_folder(watched: Watched) -> None:
    assert [each.name for each in watched.home.iterdir()] == [".aws"]
