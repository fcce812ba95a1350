"""`stslab doctor`: what is wrong with this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.output import Format, say, say_json

if TYPE_CHECKING:
    from simulator.doctor import Finding

SOMETHING_WRONG = 1
SMALLEST = (80, 24)
_SYMBOLS = {"fine": "✓", "note": "!", "wrong": "✗"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("doctor")(doctor)


def doctor(
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.text,  # noqa: A002
) -> None:
    """Look for what is wrong with this machine.

    Exit 1 if something keeps the lab from working.
    """
    from simulator.doctor import examine

    findings = []
    for finding in (*examine(), *_terminal()):
        findings.append(finding)
        if format is Format.text:
            say(f"{_SYMBOLS[finding.health]} {finding.name:<10} {finding.text}")
    if format is Format.json:
        say_json([{"name": f.name, "health": f.health, "text": f.text} for f in findings])
    if any(finding.health == "wrong" for finding in findings):
        raise typer.Exit(SOMETHING_WRONG)


def _terminal() -> Iterator[Finding]:
    from simulator.doctor import Finding

    if not sys.stdout.isatty():
        yield Finding("terminal", "note", "output is not a terminal; nothing to look at")
        return
    size = shutil.get_terminal_size()
    small = size.columns < SMALLEST[0] or size.lines < SMALLEST[1]
    wanted = f"; the lab needs {SMALLEST[0]}×{SMALLEST[1]}" if small else ""
    yield Finding("terminal", "wrong" if small else "fine", f"{size.columns}×{size.lines}{wanted}")
    encoding = sys.stdout.encoding.lower()
    if encoding != "utf-8":
        yield Finding("characters", "wrong", f"{encoding}; set LANG to a UTF-8 locale")
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        yield Finding("TERM", "wrong", "not set to a terminal that can move its cursor")
