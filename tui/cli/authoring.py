"""The commands for scenario authors: check a file, and the schema for an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.cli.errors import BAD_INPUT
from tui.cli.output import say, say_json


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("validate")(validate)
    app.command("schema")(schema)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files.")],
) -> None:
    """Check scenario files, with line numbers.

    Every problem is one line: file:line:column: what is wrong. Warnings alone leave the exit
    code at 0.
    """
    from simulator.scenario.checking import check_file

    broken = False
    for file in files:
        problems = check_file(file)
        for problem in problems:
            say(str(problem))
        failed = any(problem.severity == "error" for problem in problems)
        broken = broken or failed
        if not failed:
            say(f"{file}: fine")
    if broken:
        raise typer.Exit(BAD_INPUT)


def schema() -> None:
    """Print the JSON Schema of scenario files."""
    from simulator.scenario.schema import json_schema

    say_json(json_schema())
