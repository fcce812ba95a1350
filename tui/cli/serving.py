"""`stslab serve` and `stslab clock`: the lab for one's own tools, and its time."""

from __future__ import annotations

import ipaddress
import json
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.errors import InputError, meant
from tui.cli.output import Format, note, say, say_json
from tui.cli.scenarios import Folders

if TYPE_CHECKING:
    from simulator import Lab
    from simulator.actors import Keys
    from simulator.scenario.schema import Scenario

DEFAULT_PORT = 4599
_LOOK_SECONDS = 0.1
DEFAULT_ENDPOINT = f"http://127.0.0.1:{DEFAULT_PORT}"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("serve")(serve)
    # So that -5m is told what is wrong with it, and not taken for an option.
    app.command("clock", context_settings={"ignore_unknown_options": True})(clock)


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for a free one.")
    ] = DEFAULT_PORT,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Anything but loopback is a risk.")
    ] = "127.0.0.1",
    start: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Freeze lab time here, 2021-08-09T06:00:00Z; without it, it is the real time "
            "and runs.",
        ),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="ID", help="Build the world of this scenario.")
    ] = None,
    folders: Folders = None,
    format: Annotated[Format, typer.Option(help="How to say where it is.")] = Format.text,  # noqa: A002
) -> None:
    """Serve the endpoint for your own tools, until Ctrl-C.

    Point the AWS CLI, an SDK or Terraform at it: every call is signed, evaluated and recorded
    as in the lab. Time runs with the real time, because tools judge `Expiration` by their own
    clock; --start freezes it instead, and `stslab clock` moves it.
    """
    from simulator import Lab

    loaded = None
    if scenario is not None:
        from simulator.scenario.catalogue import load_by_id

        loaded = load_by_id(scenario, folders or ())
    at = None if start is None else _time(start, "--start")
    lab = Lab(at, live=at is None, host=host, port=port)
    stop, emptied = _stop_signal(), threading.Event()
    with lab:
        if not _is_loopback(host):
            lab.gateway.control.token = secrets.token_urlsafe(24)
            lab.gateway.control.metadata = None  # it asks nobody who they are
            note(_WARNING.format(host=host, token=lab.gateway.control.token))
        if loaded is not None:
            lab.gateway.control.reset = _reset_and(lab, emptied)
        _tell_ready(lab, _build(lab, loaded), format)
        while not stop.wait(_LOOK_SECONDS):
            if not lab.serving:
                raise InputError("the server's thread has ended; start `stslab serve` again")
            if emptied.is_set():
                emptied.clear()
                _tell_ready(lab, _build(lab, loaded), format)
    if format is Format.text:
        note("stopped")


def _reset_and(lab: Lab, emptied: threading.Event) -> Callable[[], None]:
    """Reset, then have the main thread build: that takes HTTP, by which a reset comes."""

    def reset() -> None:
        lab.reset()
        emptied.set()

    return reset


def _build(lab: Lab, scenario: Scenario | None) -> dict[str, Keys]:
    """Build the scenario's world, and say who is in the lab, by the name of their key's owner."""
    assert lab.admin.keys is not None
    everyone = {lab.admin.name: lab.admin.keys}
    if scenario is not None:
        from simulator.scenario.story.offering import offer
        from simulator.scenario.story.world import build_world

        built = build_world(scenario.world, lab)
        offer(scenario, built.names, lab)
        everyone |= built.keys
    return everyone


def clock(
    action: Annotated[
        str, typer.Argument(metavar="now|advance|set", help="What to do; `now` shows the time.")
    ] = "now",
    value: Annotated[
        str | None,
        typer.Argument(metavar="DURATION|TIME", help="15m, 1h30m … or 2021-08-09T07:00:00Z"),
    ] = None,
    endpoint: Annotated[
        str, typer.Option(metavar="URL", envvar="STSLAB_ENDPOINT", help="The running endpoint.")
    ] = DEFAULT_ENDPOINT,
    token: Annotated[
        str | None,
        typer.Option(envvar="STSLAB_TOKEN", help="Control token of an endpoint beyond loopback."),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to print the time.")] = Format.text,  # noqa: A002
) -> None:
    """Show or move the lab time of a running endpoint.

    `stslab clock`, `stslab clock advance 15m`, `stslab clock set 2021-08-09T07:00:00Z`.
    """
    from tui.cli.control import request

    if action not in _MOVES:
        raise InputError(f"clock: no such action {action!r}{meant(action, _MOVES)}")
    if (value is None) != (action == "now"):
        raise InputError(
            "clock now takes nothing more"
            if action == "now"
            else f"clock {action} needs {_MOVES[action]}"
        )
    if action == "now":
        answer = request(endpoint, "GET", "clock", token=token)
    elif action == "advance":
        seconds = _seconds(str(value))
        answer = request(endpoint, "POST", "clock", {"advance_seconds": seconds}, token=token)
    else:
        moment = _time(str(value), "clock set").isoformat()
        answer = request(endpoint, "POST", "clock", {"set": moment}, token=token)
    if format is Format.json:
        say_json(answer)
    else:
        say(answer["now"])


_MOVES = {
    "now": "",
    "advance": "a duration: 15m, 1h30m, 90s",
    "set": "a time: 2021-08-09T07:00:00Z",
}

_WARNING = """\
stslab: WARNING: listening on {host}, beyond this machine. Anyone who reaches this port can use
the lab, at this machine's address. The control API wants this token now:
export STSLAB_TOKEN={token}"""


def _seconds(text: str) -> float:
    from simulator.scenario.values import parse_duration

    if text.startswith("-"):
        raise InputError("clock advance: lab time goes back only by a new start of `stslab serve`")
    try:
        return parse_duration(
            float(text) if text.replace(".", "", 1).isdigit() else text
        ).total_seconds()
    except (ValueError, OverflowError) as error:
        raise InputError(f"clock advance: {error}") from None


def _time(text: str, where: str) -> datetime:
    from simulator.clock import parse_time

    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise InputError(
            f"{where}: {text!r} is no time; write it like 2021-08-09T06:00:00Z (UTC)"
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _stop_signal() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set, from now on."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _tell_ready(lab: Lab, keys: Mapping[str, Keys], format: Format) -> None:  # noqa: A002
    from simulator.clock import iso

    if format is Format.json:
        ready = {
            "endpoint_url": lab.endpoint_url,
            "account_id": lab.account_id,
            "region": lab.region,
            "now": iso(lab.clock.now()),
            "credentials": {name: _as_json(own) for name, own in keys.items()},
        }
        say(json.dumps(ready))
    else:
        _tell_person(lab, keys)
    sys.stdout.flush()


def _as_json(keys: Keys) -> dict[str, str | None]:
    return {
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
        "aws_session_token": keys.session_token,
    }


def _tell_person(lab: Lab, keys: Mapping[str, Keys]) -> None:
    from simulator.clock import iso

    pace = "running" if lab.clock.rate else "frozen"
    say(f"stslab serves AWS at {lab.endpoint_url}, account {lab.account_id}, region {lab.region}")
    say(f"lab time {iso(lab.clock.now())}, {pace}; every key is a fake that works nowhere else")
    for name, own in keys.items():
        say(f"\n# as {name}, in another terminal:")
        say(own.export_lines(lab.endpoint_url, lab.region))
    if lab.gateway.control.metadata is not None:
        say("\n# as a program on an instance with a profile, holding no keys of its own:")
        say(f"export AWS_EC2_METADATA_SERVICE_ENDPOINT={lab.gateway.control.metadata()}")
    say("\n# then, for example:")
    say("aws sts get-caller-identity")
    say("aws iam create-user --user-name newcomer")
    option = "" if lab.endpoint_url == DEFAULT_ENDPOINT else f" --endpoint {lab.endpoint_url}"
    say(f"stslab clock{option} advance 15m")
    say("\nCtrl-C stops it; what was built is gone then.")
