"""The commands for scenario authors: check a file, and the schema for an editor."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from tui.cli.errors import BAD_INPUT, InputError
from tui.cli.output import say, write

_MOST_SHOWN = 100
"""Problems shown of one file; nobody reads on."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("validate")(validate)
    app.command("new")(new)
    app.command("schema")(schema)


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files.")],
) -> None:
    """Check scenario files, with line numbers.

    Every problem is one line: file:line:column: what is wrong. The exit code is 2 if there is an
    error in any of the files; warnings alone leave it at 0.
    """
    from simulator.scenario.checking import check_file

    broken = False
    for file in files:
        problems = check_file(file)
        for problem in problems[:_MOST_SHOWN]:
            say(str(problem))
        if len(problems) > _MOST_SHOWN:
            say(f"{file}: … and {len(problems) - _MOST_SHOWN} more")
        failed = any(problem.severity == "error" for problem in problems)
        broken = broken or failed
        if not failed:
            say(f"{file}: fine")
    if broken:
        raise typer.Exit(BAD_INPUT)


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write: NN-name.yaml.")],
) -> None:
    """Write a small scenario to start from.

    It plays as it stands. The JSON Schema is put beside it, so that an editor completes and
    checks while you type; no file that exists is touched.
    """
    from simulator.scenario.scaffold import SCHEMA_FILE, new_scenario, schema_text

    if file.exists():
        raise InputError(f"{file} exists already")
    if file.suffix not in (".yaml", ".yml"):
        raise InputError(f"{file}: a scenario file's name ends in .yaml")
    write(new_scenario(file), file)
    schema_file = file.with_name(SCHEMA_FILE)
    if not schema_file.exists():
        write(schema_text(), schema_file)
    name = shlex.quote(str(file))
    say(f"{file} is there; next: stslab validate {name}, stslab run {name}, stslab play {name}")


def schema(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead of to stdout.")
    ] = None,
) -> None:
    """Print the JSON Schema of scenario files, for an editor."""
    from simulator.scenario.scaffold import schema_text

    write(schema_text(), output)
