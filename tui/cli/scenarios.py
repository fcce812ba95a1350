"""The commands about scenarios: what there is, and playing them without a screen."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tui.cli.errors import InputError
from tui.cli.output import Format, as_json, note, say, say_json, write

EXPECTATION_FAILED = 1


class RunFormat(StrEnum):
    """How a run is written down."""

    text = "text"
    json = "json"
    markdown = "markdown"
    junit = "junit"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("list")(list_scenarios)
    app.command("run")(run)


def list_scenarios(
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.text,  # noqa: A002
) -> None:
    """List the scenarios, in teaching order."""
    from simulator.scenario.catalogue import entries

    found = entries()
    for entry in found:
        if entry.head is None:
            note(f"stslab: {entry.error}")
    heads = [entry.head for entry in found if entry.head]
    if format is Format.json:
        say_json([head.model_dump(mode="json") for head in heads])
        return
    chapter = ""
    width = max((len(head.id) for head in heads), default=0)
    for head in heads:
        if head.chapter != chapter:
            say(f"\n{head.chapter}" if chapter else head.chapter)
            chapter = head.chapter
        say(f"  {head.id:<{width}}  {head.title} ({head.level}, {head.minutes} min)")


def run(
    scenarios: Annotated[
        list[str] | None, typer.Argument(metavar="[ID …]", help="Scenarios' ids, or their files.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every scenario.")] = False,
    format: Annotated[RunFormat, typer.Option(help="How to write it.")] = RunFormat.text,  # noqa: A002
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead of to stdout.")
    ] = None,
) -> None:
    """Play scenarios without a screen.

    The learner's part is done as the scenario's solutions say. The transcript shows every call,
    its outcome and why. The exit code is 1 if any expectation fails.
    """
    from simulator.scenario import running, transcript
    from simulator.scenario.catalogue import entries, load_by_id

    if bool(scenarios) == every:
        raise InputError("run: name scenarios, or give --all")
    wanted = [entry.head.id for entry in entries() if entry.head] if every else scenarios or []
    loaded = [load_by_id(name) for name in wanted]
    results = [running.run_scenario(scenario) for scenario in loaded]
    writers = {
        RunFormat.text: lambda: "\n".join(transcript.as_text(result) for result in results),
        RunFormat.json: lambda: as_json(running.as_json(results)),
        RunFormat.markdown: lambda: transcript.as_markdown(results),
        RunFormat.junit: lambda: transcript.as_junit(results),
    }
    write(writers[format](), output)
    if not all(result.passed for result in results):
        raise typer.Exit(EXPECTATION_FAILED)
