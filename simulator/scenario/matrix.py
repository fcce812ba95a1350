"""The matrix of remedies: the same incident once for each, in a fresh world, and counted.

Every number comes from calls that were made; none from the scenario file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from simulator.lab import Lab
from simulator.scenario.schema import Incident, Remedy, Scenario
from simulator.scenario.schema.acts import Act, AdvanceAct
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import FetchAct
from simulator.scenario.story.deeds import StoryError
from simulator.scenario.story.story import Story

Verdict = Literal["works", "fails", "harms"]

SYMBOLS: dict[Verdict, str] = {"works": "✓", "fails": "✗", "harms": "~"}


class MatrixError(Exception):
    """A scenario has no incident to try remedies on, or its incident cannot be played."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many calls.

    Attributes:
        calls: how many succeeded (for the attacker) or broke (for the honest).
        of: how many were made.
    """

    calls: int
    of: int

    def __str__(self) -> str:
        return f"{self.calls} of {self.of}"

    def __add__(self, other: Count) -> Count:
        return Count(self.calls + other.calls, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Row:
    """One remedy, measured.

    Attributes:
        remedy: its id.
        title: what was done.
        attacker: the attacker's calls after it that succeeded.
        broken: legitimate calls after it, with the sessions they had, that broke.
        fresh: legitimate calls with new credentials that broke; ``of`` 0: not tried.
        long_term: the attacker's calls with a long-term key that succeeded; ``of`` 0: there
            is none.
        undo: how it is taken back.
        verdict: from the numbers alone: ``fails`` if the attacker got anything, ``harms`` if
            the honest cannot get back to work even with new credentials, else ``works``.
    """

    remedy: str
    title: str
    attacker: Count
    broken: Count
    fresh: Count
    long_term: Count
    undo: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Matrix:
    """The remedies of one scenario, in the file's order."""

    scenario: str
    title: str
    rows: tuple[Row, ...]


def run_matrix(scenario: Scenario, *, on_row: Callable[[Row], None] = lambda row: None) -> Matrix:
    """Play the incident once for each remedy, and count.

    Args:
        scenario: one with an `incident` and `remedies`.
        on_row: told of each row when it is there, for progress.

    Raises:
        MatrixError: it has none, or the incident itself doesn't go as it says.
        LabError: another lab is open in this process.
    """
    incident = scenario.incident
    if incident is None or not scenario.remedies:
        raise MatrixError(f"the scenario {scenario.id!r} has no incident with remedies")
    rows = []
    with Lab(scenario.start) as lab:
        for remedy in scenario.remedies:
            lab.reset()
            row = _row(Story(scenario, lab), incident, remedy)
            rows.append(row)
            on_row(row)
    return Matrix(scenario.id, scenario.title, tuple(rows))


def _row(story: Story, incident: Incident, remedy: Remedy) -> Row:
    story.begin()
    _play(story, incident.happens, f"{story.scenario.id}: incident")
    _play(story, remedy.does, f"{story.scenario.id}: remedy {remedy.id}")
    attacker = _succeeded(story, incident.attacker)
    broken = _inverse(_succeeded(story, incident.legitimate))
    fresh = _inverse(_succeeded(story, incident.fresh))
    if incident.watch:
        worked, last = _watched(story, incident.watch)
        broken, fresh = broken + worked, fresh + last
    # Once more: new sessions of the honest must not have let the attacker in again.
    again = _succeeded(story, incident.attacker)
    attacker += again
    long_term = _succeeded(story, incident.long_term)
    if attacker.calls:
        verdict: Verdict = "fails"
    elif fresh.calls or (not fresh.of and broken.calls):
        verdict = "harms"
    else:
        verdict = "works"
    return Row(remedy.id, remedy.title, attacker, broken, fresh, long_term, remedy.undo, verdict)


def _play(story: Story, acts: Sequence[Act], what: str) -> None:
    for act in acts:
        try:
            failure = story.perform(act).failure
        except StoryError as error:
            failure = str(error)
        if failure:
            raise MatrixError(f"{what}: {failure}")


def _succeeded(story: Story, acts: Sequence[Act]) -> Count:
    """How many of the calls and fetches came back without an error."""
    calls = 0
    for act in acts:
        try:
            result = story.perform(act).result
        except StoryError:
            continue  # the credentials it needs were never issued: as broken as denied
        calls += bool(result and result.ok)
    return Count(calls, sum(isinstance(act, CallAct | FetchAct) for act in acts))


def _watched(story: Story, time: timedelta) -> tuple[Count, Count]:
    """The workloads' calls that broke meanwhile, and those of them in their last rounds.

    A round that was due and never came (the machine stood still) is broken too.
    """
    after = story.lab.trail.next_sequence - 1
    story.perform(AdvanceAct(advance=time))
    records = story.lab.trail.records(after)
    broken = last = Count(0, 0)
    for name, spec in story.scenario.actors.items():
        if spec.workload is None:
            continue
        calls = [record for record in records if record.actor == name]
        round_of = len(spec.workload.does)
        due = int(time / spec.workload.every) * round_of
        worked = sum(record.error_code is None for record in calls)
        ended = story.lab.clock.now() - spec.workload.every
        lately = sum(each.error_code is None for each in calls[-round_of:] if each.at >= ended)
        broken += Count(max(0, due - worked), due)
        last += Count(round_of - lately, round_of)
    return broken, last


def _inverse(count: Count) -> Count:
    return Count(count.of - count.calls, count.of)


# -- as output ------------------------------------------------------------------------------
_HEADS = (
    "remedy", "attacker's calls that succeeded", "legitimate calls that broke",
    "new sessions", "long-term key", "undo",
)  # fmt: skip


def as_json(matrix: Matrix) -> dict[str, Any]:
    """What ``stslab matrix --format json`` prints."""
    return asdict(matrix)


def as_markdown(matrix: Matrix) -> str:
    """A table to hand out."""
    lines = [
        f"# {matrix.title}: the remedies, measured",
        "",
        "| | " + " | ".join(_HEADS) + " |",
        "|---" * (len(_HEADS) + 1) + "|",
    ]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in matrix.rows]
    return "\n".join(lines) + "\n"


def as_text(matrix: Matrix) -> str:
    """The same for a terminal, one remedy a paragraph's width or less."""
    lines = [f"{matrix.title}  ({matrix.scenario}): the remedies, measured", ""]
    width = max(len(row.title) for row in matrix.rows)
    for row in matrix.rows:
        symbol, title, attacker, broken, fresh, long_term, undo = _cells(row)
        lines.append(
            f"{symbol} {title:<{width}}  attacker {attacker:<8} honest broken {broken:<8}"
            f" new sessions {fresh:<6} long-term key {long_term}"
        )
        if undo:
            lines.append(f"  undo: {undo}")
    lines += ["", "✓ works   ✗ fails: the attacker carries on   ~ stops the honest too"]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    fresh = "not tried" if not row.fresh.of else "break" if row.fresh.calls else "work"
    long_term = "none" if not row.long_term.of else "lives" if row.long_term.calls else "stopped"
    return (
        SYMBOLS[row.verdict],
        row.title,
        str(row.attacker),
        str(row.broken),
        fresh,
        long_term,
        row.undo,
    )
