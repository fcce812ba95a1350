"""`stslab evaluate`: offline policy evaluation, JSON lines in, JSON lines out."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from tui.cli.errors import BAD_INPUT


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("evaluate")(evaluate)


def evaluate(
    file: Annotated[
        Path, typer.Argument(help="JSON lines to evaluate; - reads standard input.")
    ] = Path("-"),
    explain: Annotated[
        bool, typer.Option("--explain", help="Add the whole trace to each answer.")
    ] = False,
) -> None:
    """Evaluate policies offline, JSON lines in and out.

    A line in: {"id", "principal", "action", "resource", "resource_account", "context",
    "identity_policies", "session_policies", "permissions_boundary", "resource_policy",
    "service_control_policies", "resource_control_policies"}, all but the first five optional.
    A line out: {"id", "decision": "allowed" | "explicitDeny" | "implicitDeny", "reason"}. A bad
    line is answered {"id", "error"}, and the exit code at the end is 2.
    """
    with _opened(file) as lines:
        if not answer(lines, explain):
            raise typer.Exit(BAD_INPUT)


def answer(lines: BinaryIO, explain: bool) -> bool:
    """Answer each line on stdout, in order; returns whether every line could be answered."""
    from simulator.evaluate import evaluate_stream

    fine = True
    write = sys.stdout.write
    # Somebody at the other end of a pipe may be waiting for each answer before asking on.
    at_once = not stat.S_ISREG(os.fstat(lines.fileno()).st_mode)
    for text, good in evaluate_stream(lines, explain):
        write(text + "\n")
        fine = fine and good
        if at_once:
            sys.stdout.flush()
    return fine


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb")
