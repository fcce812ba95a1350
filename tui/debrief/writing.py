"""A debrief as Markdown, to hand out or to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from simulator.clock import iso
from tui.formatting import day, hms, milliseconds
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.scenario.matrix import Row as RemedyRow
    from tui.debrief.model import Answered, Debrief, Moment, TaskDone

_LONGEST_OUTPUT = 24
VERDICTS = {
    "works": ("✓", "works"),
    "fails": ("✗", "attacker carries on"),
    "harms": ("~", "stops everybody"),
}


def as_markdown(debrief: Debrief) -> str:
    """The whole debrief, with the transcript."""
    return "\n".join(_everything(debrief)).rstrip() + "\n"


def _everything(debrief: Debrief) -> Iterator[str]:
    yield f"# {debrief.title}: debrief\n"
    score = debrief.score
    yield (
        f"**{score.points} of {score.out_of} points**, {day(debrief.ended_on)}. Lab time "
        f"{iso(debrief.opened)} to {iso(debrief.ended)}, {len(debrief.records)} calls.\n"
    )
    if debrief.remember:
        yield f"## To remember\n\n{debrief.remember.strip()}\n"
    yield from _section("Questions", [line for each in debrief.answers for line in answer(each)])
    yield from _section("Tasks", [task(each) for each in debrief.tasks])
    yield from _section("Sessions", list(_sessions(debrief)))
    if debrief.remedies:
        yield from _section("The remedies, measured", list(_remedies(debrief.remedies)))
    yield from _section("What happened", list(_happened(debrief)))
    yield from _section("Transcript", list(_transcript(debrief.moments)))
    yield from _section("Sources", [f"- <{source}>" for source in debrief.sources])
    yield "*Every key in it is a fake of the lab's, and works nowhere.*"


def summary(debrief: Debrief) -> str:
    """What the screen's first pane says, as Markdown."""
    parts = []
    if debrief.remember:
        parts.append(f"## To remember\n\n{debrief.remember.strip()}")
    if debrief.answers:
        lines = "\n".join(line for each in debrief.answers for line in answer(each))
        parts.append(f"## Predictions and questions\n\n{lines}")
    if debrief.tasks:
        parts.append("## Tasks\n\n" + "\n".join(task(each) for each in debrief.tasks))
    if debrief.sources:
        parts.append("## Sources\n\n" + "\n".join(f"- {source}" for source in debrief.sources))
    return "\n\n".join(parts)


def answer(answered: Answered) -> Iterator[str]:
    """A question, what was said, and what was right."""
    kind = "predicted" if answered.predicted else "answered"
    if answered.correct:
        yield f"- ✓ **{answered.question}** You {kind}: {answered.chosen}"
    else:
        yield f"- ✗ **{answered.question}** You {kind}: {answered.chosen}. Right: {answered.right}"
    if answered.because:
        yield f"\n  {' '.join(answered.because.split())}\n"


def task(done: TaskDone) -> str:
    """A task, and the help taken with it."""
    if done.failed:
        return f"- ! {done.title}: {done.failed}"
    if not done.hints:
        return f"- ✓ {done.title}"
    hints = "1 hint" if done.hints == 1 else f"{done.hints} hints"
    return f"- ✓ {done.title} ({hints} of {done.hints_total} opened)"


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"## {title}\n"
        yield from lines
        yield ""


def _sessions(debrief: Debrief) -> Iterator[str]:
    if not debrief.rows:
        return
    yield "| | issued | expires | calls | cut off |"
    yield "|---|---|---|---|---|"
    for row in debrief.rows:
        marks = "".join(outcome_mark(call.outcome, call.error_code).symbol for call in row.calls)
        ends = hms(row.ends) if row.ends else ""
        cut = ""
        if row.kind == "session" and row.shown_cut:
            reached = "yes" if row.cut else "no, issued after"
            cut = f"{reached} {milliseconds(row.shown_cut.at)}"
        label = "\u2003" * row.depth + row.label
        yield f"| {label} | {hms(row.starts)} | {ends} | {marks} | {cut} |"


def _remedies(rows: Sequence[RemedyRow]) -> Iterator[str]:
    yield (
        "| | remedy | attacker's calls that succeeded | legitimate calls that broke "
        "| new sessions | undo |"
    )
    yield "|---|---|---|---|---|---|"
    for row in rows:
        symbol, _ = VERDICTS[row.verdict]
        yield (
            f"| {symbol} | {row.title} | {row.attacker} | {row.broken} "
            f"| {fresh_sessions(row)} | {row.undo} |"
        )
    yield "\n" + ", ".join(f"{symbol} {word}" for symbol, word in VERDICTS.values()) + "."


def fresh_sessions(row: RemedyRow) -> str:
    """Whether new sessions of the honest work."""
    if not row.fresh.of:
        return "not tried"
    return "break" if row.fresh.calls else "work"


def _happened(debrief: Debrief) -> Iterator[str]:
    yield "| UTC | who | what | resource | outcome | why |"
    yield "|---|---|---|---|---|---|"
    for record in debrief.records:
        mark = outcome_mark(record.outcome, record.error_code)
        code = f" {record.error_code}" if record.error_code else ""
        cells = (
            hms(record.at),
            record.actor,
            record.action,
            record.resource,
            f"{mark.symbol} {mark.word}{code}",
            record.why,
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _transcript(moments: Sequence[Moment]) -> Iterator[str]:
    for moment in moments:
        if moment.command.startswith("#"):
            yield f"*{hms(moment.at)}, {moment.actor}: {moment.command.removeprefix('# ')}*\n"
            continue
        yield f"`{hms(moment.at)}` **{moment.actor}**\n"
        yield "```console"
        yield f"$ {moment.command}"
        output = moment.output.rstrip("\n").splitlines()
        yield from output[:_LONGEST_OUTPUT]
        if len(output) > _LONGEST_OUTPUT:
            yield f"… {len(output) - _LONGEST_OUTPUT} more lines"
        yield "```\n"
