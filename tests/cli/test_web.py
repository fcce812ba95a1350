"""The lab in a browser: for this machine's browser at its own address, and for nobody else."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout, WSMsgType, WSServerHandshakeError

from simulator.scenario.catalogue import entries
from tests.serving import PATIENCE_SECONDS, STSLAB, bare_environment, free_port


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [*STSLAB, "web", "--port", str(port)],
        env=bare_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert f"the lab is at http://127.0.0.1:{port}" in process.stderr.readline()
    _wait_for(port, process)
    yield port
    process.terminate()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out, err) == (0, "", "")


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail("it ended before it was ready")


def _session() -> ClientSession:
    return ClientSession(timeout=ClientTimeout(total=PATIENCE_SECONDS))


async def test_the_page_may_load_nothing_from_elsewhere(port: int) -> None:
    async with _session() as browser, browser.get(f"http://127.0.0.1:{port}/") as page:
        assert page.status == 200
        policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy


async def test_another_sites_page_is_refused(port: int) -> None:
    here = f"127.0.0.1:{port}"
    async with _session() as browser:
        rebound = await browser.get(f"http://{here}/", headers={"Host": "evil.example"})
        assert rebound.status == 403
        with pytest.raises(WSServerHandshakeError) as refused:
            await browser.ws_connect(f"ws://{here}/ws", origin="http://evil.example")
        assert refused.value.status == 403
        named = await browser.get(
            f"http://{here}/", headers={"Host": f"localhost:{port}"}, allow_redirects=False
        )
        assert named.headers["Location"] == f"http://{here}/"


async def test_the_lab_itself_appears_in_the_browser(port: int) -> None:
    here = f"127.0.0.1:{port}"
    shown = b""
    title = next(each.head.title for each in entries() if each.head).encode()
    async with (
        _session() as browser,
        browser.ws_connect(f"ws://{here}/ws?width=100&height=30", origin=f"http://{here}") as lab,
    ):
        while title not in shown:
            message = await lab.receive()
            assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT), shown[-500:]
            if message.type is WSMsgType.BINARY:
                shown += message.data


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        done = subprocess.run(
            [*STSLAB, "web", "--port", str(number)],
            env=bare_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {number} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr
