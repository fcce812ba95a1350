"""A run as something to read: plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import fill, indent

from simulator.scenario.running import ScenarioResult
from simulator.scenario.states import StepState, TerminalLine
from simulator.trail import Record

SYMBOLS = {"allowed": "✓", "denied": "✗", "refused": "∅"}
"""A symbol beside every outcome: let through, denied by policy, refused by authentication."""

FAILED = "!"
"""A call that no policy stopped and that failed on its own (`NoSuchKey`, `ValidationError`)."""

_WIDTH = 96
_BACKTICKS = re.compile(r"`{3,}")
_COMMAND_SHOWN = 200


def as_text(result: ScenarioResult) -> str:
    """The story in plain text: each step, its calls, their outcomes, and why."""
    scenario = result.scenario
    lines = [
        f"{scenario.title}  ({scenario.id})",
        "═" * (len(scenario.title) + len(scenario.id) + 4),
        "",
    ]
    for step, own in by_step(result):
        lines += _text_step(step, own, result)
    lines += ["", _verdict(result)]
    return "\n".join(lines).rstrip() + "\n"


def as_markdown(results: Sequence[ScenarioResult]) -> str:
    """A transcript worth handing out; of several scenarios, with a table of them on top."""
    parts = ["\n".join(_markdown(result)) for result in results]
    if len(results) > 1:
        parts.insert(0, "\n".join(_overview(results)))
    return "\n".join(parts)


def by_step(result: ScenarioResult) -> Iterator[tuple[StepState, tuple[TerminalLine, ...]]]:
    """Each step with the terminal lines written while it was current."""
    for step in result.steps:
        yield step, tuple(result.lines[step.lines_from : step.lines_to])


def _text_step(step: StepState, own: tuple[TerminalLine, ...], result: ScenarioResult) -> list[str]:
    mark = "  ⚠ " + step.failure if step.failure else ""
    lines = [f"{_HEADS[step.kind]} {step.title}{mark}"]
    if step.options and step.correct is not None:
        lines.append(f"      → {step.options[step.correct]}")
    for line in own:
        lines += text_line(line, result)
    return [*lines, ""]


def text_line(line: TerminalLine, result: ScenarioResult) -> list[str]:
    """A line of a terminal in plain text: when, what came of it, who, the command, and why."""
    name = _name(line.actor, result)
    if line.record is None:
        return [f"  {line.at:%H:%M:%S}   {name:<8} {line.command}"]
    symbol, why = _symbol_and_why(line.record)
    command = line.command
    if len(command) > _COMMAND_SHOWN:
        command = command[: _COMMAND_SHOWN - 1] + "…"
    code = f"{line.record.error_code}: " if line.record.error_code else ""
    why = fill(f"{code}{why}", _WIDTH - 22)
    return [
        f"  {line.at:%H:%M:%S} {symbol} {name:<8} {command}",
        indent(why, " " * 22),
    ]


def _overview(results: Sequence[ScenarioResult]) -> Iterator[str]:
    passed = sum(result.passed for result in results)
    yield f"{passed} of {len(results)} scenarios passed.\n"
    yield "| scenario | chapter | minutes | calls | |"
    yield "|---|---|---|---|---|"
    for result in results:
        scenario = result.scenario
        link = f"[{scenario.title}](#{_anchor(scenario.title)})"
        word = "passed" if result.passed else "**FAILED**"
        count = len(result.calls)
        yield f"| {link} | {scenario.chapter} | {scenario.minutes} | {count} | {word} |"
    yield ""


def _anchor(title: str) -> str:
    """What Markdown readers call a heading."""
    kept = (c for c in title.lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _markdown(result: ScenarioResult) -> Iterator[str]:
    scenario = result.scenario
    yield f"# {scenario.title}\n"
    yield f"*{scenario.chapter} · {scenario.level} · {scenario.minutes} minutes*\n"
    yield from (f"- {each}" for each in scenario.teaches)
    yield ""
    for name, spec in scenario.actors.items():
        yield f"**{spec.name}** (`{name}`, {spec.source_ip}): {spec.about}  "
    yield ""
    awaited = ""
    for step, own in by_step(result):
        yield f"## {step.index + 1}. {step.title}\n"
        if step.text:
            yield step.text.rstrip() + "\n"
        for number, option in enumerate(step.options):
            yield f"- {'**' + option + '**' if number == step.correct else option}"
        if step.options:
            yield ""
        if step.failure:
            yield f"> ⚠ **Failed:** {step.failure}\n"
        elif step.kind == "check" and step.status == "done":
            yield "✓ It is so.\n"
        yield from _markdown_lines(own, result)
        # What a predict explains is shown by the step after it.
        told = step.because if step.kind == "quiz" else awaited
        if told:
            yield told.rstrip() + "\n"
        awaited = step.because if step.kind == "predict" else ""
    if result.debrief:
        yield f"## To remember\n\n{result.debrief.rstrip()}\n"
    if scenario.sources:
        yield "## Sources\n"
        yield from (f"- <{source}>" for source in scenario.sources)
        yield ""
    yield f"*{_verdict(result)}*\n"


def _markdown_lines(own: tuple[TerminalLine, ...], result: ScenarioResult) -> Iterator[str]:
    for line in own:
        name = _name(line.actor, result)
        if line.record is None:
            yield f"*{line.at:%H:%M:%S}, {name}: {line.command.removeprefix('# ')}*\n"
            continue
        symbol, why = _symbol_and_why(line.record)
        word = "failed" if symbol == FAILED else line.record.outcome
        yield f"`{line.at:%H:%M:%S}` {symbol} **{name}**, {word}: {why}\n"
        shown = f"$ {line.command}" + (f"\n{line.output}" if line.output else "")
        fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
        yield f"{fence}console\n{shown}\n{fence}\n"


def _symbol_and_why(record: Record) -> tuple[str, str]:
    if record.outcome == "allowed" and record.error_code:
        return FAILED, record.error_message or record.why
    return SYMBOLS[record.outcome], record.why


def _name(actor: str, result: ScenarioResult) -> str:
    spec = result.scenario.actors.get(actor)
    return spec.name if spec else actor


def _verdict(result: ScenarioResult) -> str:
    done = sum(step.status == "done" for step in result.steps)
    word = "passed" if result.passed else f"FAILED{': ' + result.error if result.error else ''}"
    return (
        f"{result.scenario.id}: {word}; {done} of {len(result.steps)} steps, "
        f"{len(result.calls)} calls; lab time {result.started:%H:%M:%S} to "
        f"{result.ended:%H:%M:%S} UTC, {result.seconds:.1f} s of yours"
        + (f"; seed {result.seed}" if result.seed is not None else "")
    )


_HEADS = {
    "tell": "──",
    "task": "◆ task",
    "call": "▸",
    "leak": "⚑",
    "predict": "?",
    "quiz": "? quiz",
    "advance": "◷",
    "check": "☑",
    "token": "✎",
    "assertion": "✎",
    "presign": "✎",
    "fetch": "▸",
    "metadata": "▸",
    "environment": "▸",
    "restart": "↻",
    "scene": "▸",
}
