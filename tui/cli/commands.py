"""Every command of `stslab`, gathered; and how one is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from simulator import __version__
from tui.cli import authoring, doctor, evaluate, federation, scenarios, screens, serving, web
from tui.cli.errors import complain
from tui.cli.output import say

app = typer.Typer(
    name="stslab",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

screens.register(app)
scenarios.register(app)
serving.register(app)
federation.register(app)
evaluate.register(app)
authoring.register(app)
web.register(app)
doctor.register(app)

# A usage error's class moved between Typer's versions; its place in the family did not.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[2]


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Not by Typer's own way, which answers a closed pipe and Ctrl-C with exit codes that mean
    something else here.
    """
    command = typer.main.get_command(app)
    try:
        with command.make_context("stslab", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as leaving:
        return leaving.exit_code
    except _USAGE_ERROR as error:
        return complain(_one_line(error))
    return 0


# pydantic's words, and what is left of them beside the option's name
_IN_FRONT = {
    "Value error, ": "",
    "Input should be a valid integer, unable to parse string as an integer": "not a whole number",
    "Input should be ": "must be ",
}


def _one_line(error: Exception) -> str:
    message = " ".join(str(getattr(error, "format_message", error.__str__)()).split())
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "stslab")
    for theirs, ours in _IN_FRONT.items():
        message = message.replace(theirs, ours)
    message = message[:1].lower() + message[1:].rstrip(".")
    return f"{message} (see `{command} --help`)"


def _version(wanted: bool) -> None:
    if wanted:
        say(f"stslab {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def stslab(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    folders: scenarios.Folders = None,
) -> None:
    """A local training lab for the life of AWS temporary credentials.

    Without a command, opens the lab in this terminal. Nothing leaves this machine, and no AWS
    account is needed.
    """
    del version
    if context.invoked_subcommand is None:
        screens.open_lab(None, live=False, folders=folders or ())
