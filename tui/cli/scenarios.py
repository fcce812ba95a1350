"""The commands about scenarios: what there is, and playing them without a screen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.errors import BAD_INPUT, InputError
from tui.cli.output import Format, as_json, note, say, say_json, write

if TYPE_CHECKING:
    from simulator.scenario.progress import ScenarioProgress
    from simulator.scenario.schema import Scenario

EXPECTATION_FAILED = 1
DEFAULT_INCIDENT = "leaked-session"


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
    app.command("matrix")(matrix)
    app.command("progress")(progress)


Folders = Annotated[
    list[Path] | None,
    typer.Option(
        "--scenarios",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="A folder with more scenarios; repeatable.",
    ),
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="For scenarios that are different each time.")
]


class TableFormat(StrEnum):
    """How a table is written down."""

    text = "text"
    json = "json"
    markdown = "markdown"


def list_scenarios(
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.text,  # noqa: A002
    folders: Folders = None,
) -> None:
    """List the scenarios, in teaching order."""
    from simulator.scenario.catalogue import entries

    found = entries(folders or ())
    for entry in found:
        if entry.head is None:
            note(f"stslab: {entry.error}")
    heads = [entry.head for entry in found if entry.head]
    done = {each.scenario: each for each in _progress()}
    if format is Format.json:
        say_json(
            [
                head.model_dump(mode="json")
                | {"finished_at": done[head.id].finished_at if head.id in done else None}
                for head in heads
            ]
        )
        return
    chapter = ""
    width = max((len(head.id) for head in heads), default=0)
    for head in heads:
        if head.chapter != chapter:
            say(f"\n{head.chapter}" if chapter else head.chapter)
            chapter = head.chapter
        mark = "✓" if head.id in done and done[head.id].times else " "
        say(f" {mark} {head.id:<{width}}  {head.title} ({head.level}, {head.minutes} min)")


def run(
    scenarios: Annotated[
        list[str] | None, typer.Argument(metavar="[ID …]", help="Scenarios' ids, or their files.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every scenario.")] = False,
    format: Annotated[RunFormat, typer.Option(help="How to write it.")] = RunFormat.text,  # noqa: A002
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here instead of to stdout.")
    ] = None,
    seed: Seed = None,
    folders: Folders = None,
) -> None:
    """Play scenarios without a screen.

    The learner's part is done as the scenario's solutions say. The transcript shows every call,
    its outcome and why. The exit code is 1 if any expectation fails, and 2 if a scenario cannot
    be played at all; the others are. How far it is goes to stderr.
    """
    from simulator.scenario import junit, running, transcript
    from simulator.scenario.catalogue import load_by_id
    from simulator.scenario.story.world import WorldError

    if bool(scenarios) == every:
        raise InputError(f"run: name scenarios, or give --all{', not both' if every else ''}")
    more = folders or ()
    if every:
        loaded, broken = _everything(more)
    else:
        loaded, broken = [load_by_id(name, more) for name in scenarios or []], []
    results = []
    for number, scenario in enumerate(loaded, 1):
        if len(loaded) > 1:
            note(f"[{number}/{len(loaded)}] {scenario.id}")
        try:
            results.append(running.run_scenario(scenario, seed=seed))
        except WorldError as error:
            broken.append(f"{scenario.id}: {error}")
            note(f"stslab: {broken[-1]}")
            continue
        if format is RunFormat.text and output is None:
            # Each as it ends: running them all takes a while.
            write(transcript.as_text(results[-1]), None)
            sys.stdout.flush()
    writers = {
        RunFormat.text: lambda: "\n".join(transcript.as_text(result) for result in results),
        RunFormat.json: lambda: as_json(running.as_json(results)),
        RunFormat.markdown: lambda: transcript.as_markdown(results),
        RunFormat.junit: lambda: junit.as_junit(results, broken),
    }
    if format is not RunFormat.text or output is not None:
        write(writers[format](), output)
    if not all(result.passed for result in results):
        raise typer.Exit(EXPECTATION_FAILED)
    if broken:
        raise typer.Exit(BAD_INPUT)


def _everything(folders: Sequence[Path]) -> tuple[list[Scenario], list[str]]:
    """Every scenario that loads, and why the others don't; they are named on stderr as well."""
    from simulator.scenario.catalogue import entries, load_to_play
    from simulator.scenario.loading import ScenarioError

    loaded, errors = [], []
    for entry in entries(folders):
        try:
            if entry.head is None:
                errors.append(entry.error)
            else:
                loaded.append(load_to_play(entry.path))
        except ScenarioError as error:
            errors.append(str(error).splitlines()[0])
    for each in errors:
        note(f"stslab: {each}")
    return loaded, errors


def matrix(
    scenario: Annotated[
        str | None, typer.Argument(metavar="ID", help="A scenario with an incident and remedies.")
    ] = None,
    format: Annotated[TableFormat, typer.Option(help="How to write it.")] = TableFormat.text,  # noqa: A002
    folders: Folders = None,
) -> None:
    """Run every remedy against the incident, and count.

    For each remedy a world of its own: did the attacker stop, how many legitimate calls broke,
    do fresh sessions work, can it be undone?
    """
    from simulator.scenario import matrix as remedies
    from simulator.scenario.catalogue import load_by_id

    measured = remedies.run_matrix(load_by_id(scenario or DEFAULT_INCIDENT, folders or ()))
    writers = {
        TableFormat.text: lambda: remedies.as_text(measured),
        TableFormat.json: lambda: as_json(remedies.as_json(measured)),
        TableFormat.markdown: lambda: remedies.as_markdown(measured),
    }
    write(writers[format](), None)


def progress(
    reset: Annotated[bool, typer.Option("--reset", help="Forget everything learnt.")] = False,
    format: Annotated[TableFormat, typer.Option(help="How to write it.")] = TableFormat.text,  # noqa: A002
) -> None:
    """Show what has been learnt so far."""
    from simulator.scenario.progress import ProgressStore
    from simulator.scenario.progress import as_json as progress_as_json
    from simulator.scenario.progress import as_markdown as progress_as_markdown

    if reset:
        ProgressStore().reset()
        note("stslab: progress forgotten")
        return
    learnt = _progress()
    if format is TableFormat.json:
        say_json(progress_as_json(learnt))
    elif format is TableFormat.markdown:
        write(progress_as_markdown(learnt), None)
    elif not learnt:
        say("nothing yet; `stslab` opens the catalogue")
    for each in learnt if format is TableFormat.text else ():
        if each.times:
            score = f"{each.points} of {each.out_of} points, {each.hints} hints"
            how = f"{score}, last finished {each.finished_at}"
        else:
            how = f"under way, at step {(each.at_step or 0) + 1}"
        say(f"{each.scenario}: {how}")


def _progress() -> tuple[ScenarioProgress, ...]:
    """What the learner has done; looking at it creates no file."""
    from simulator.scenario.progress import ProgressStore, default_path

    return ProgressStore().all() if default_path().exists() else ()
