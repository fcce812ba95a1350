"""What would change the answer to a call, as sentences; the evaluator says which are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.iam.counterfactual import Change, changes

if TYPE_CHECKING:
    from simulator.iam import Decision
    from simulator.trail import Record

HEADING = "What would change this answer?"


def deciding_check(record: Record) -> tuple[int, Decision] | None:
    """The check the answer rests on, and its number from 1: the first that said no."""
    numbered = list(enumerate(record.decisions, 1))
    refusing = [each for each in numbered if not each[1].allowed]
    return next(iter(refusing or numbered), None)


def changes_of(record: Record) -> tuple[Change, ...]:
    """The changes that turn the check the answer rests on; none where no policy was asked."""
    found = deciding_check(record)
    return changes(found[1]) if found else ()


def change_lines(record: Record) -> tuple[str, ...]:
    """The sentences; where a call needed several checks, the first line says of which."""
    found = deciding_check(record)
    if found is None:
        return ("No policy was asked, so none would change it.",)
    number, _ = found
    several = len(record.decisions)
    head = (f"Of check {number} of {several}:",) if several > 1 else ()
    sentences = tuple(change.sentence for change in changes_of(record))
    return (*head, *(sentences or ("No single small change would.",)))
