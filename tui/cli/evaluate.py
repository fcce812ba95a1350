"""`stslab evaluate` as Typer sees it; see `tui.cli.answering` for what it does."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.answering import answer


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("evaluate")(evaluate)


def evaluate(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON lines to evaluate; - reads standard input.")
    ] = "-",
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
    raise typer.Exit(answer(file, explain))
