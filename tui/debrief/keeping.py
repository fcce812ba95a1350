"""A debrief as JSON and back, and the folder where the last one of each scenario is kept.

What is kept is what is told: the calls without their evaluation, parameters or keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.scenario.matrix import Count
from simulator.scenario.matrix import Row as RemedyRow
from simulator.scenario.states import CutOff, Score
from simulator.trail import Record
from tui.debrief.model import Answered, Debrief, Moment, TaskDone
from tui.saving import save_text
from tui.timeline_model import Row

_VERSION = 1
_OF_A_CALL = (
    "sequence", "at", "actor", "service", "operation", "action", "resource", "outcome",
    "error_code", "error_message", "why", "access_key_id", "principal_arn", "source_ip",
    "user_agent",
)  # fmt: skip


def as_json(debrief: Debrief) -> str:
    """The debrief as JSON text."""
    told = {each.name: getattr(debrief, each.name) for each in fields(debrief)}
    told |= {
        "score": asdict(debrief.score),
        "answers": [asdict(each) for each in debrief.answers],
        "tasks": [asdict(each) for each in debrief.tasks],
        "moments": [asdict(each) for each in debrief.moments],
        "records": [_call(each) for each in debrief.records],
        "rows": [_bar(each) for each in debrief.rows],
        "remedies": [asdict(each) for each in debrief.remedies],
    }
    return json.dumps({"version": _VERSION, **told}, indent=2, default=_plain, ensure_ascii=False)


def from_json(text: str) -> Debrief:
    """The debrief of a JSON text.

    Raises:
        ValueError: the text is not one of `as_json`'s.
    """
    try:
        told = json.loads(text)
        if told.pop("version") != _VERSION:
            raise ValueError("another version")
        records = {each["sequence"]: _record(each) for each in told["records"]}
        told |= {
            **{name: _time(told[name]) for name in ("ended_on", "opened", "ended")},
            "score": Score(**told["score"]),
            "answers": tuple(Answered(**each) for each in told["answers"]),
            "tasks": tuple(TaskDone(**each) for each in told["tasks"]),
            "moments": tuple(
                Moment(**each | {"at": _time(each["at"])}) for each in told["moments"]
            ),
            "records": tuple(records.values()),
            "rows": tuple(_row(each, records) for each in told["rows"]),
            "sources": tuple(told["sources"]),
            "remedies": tuple(_remedy(each) for each in told["remedies"]),
        }
        return Debrief(**told)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no debrief: {error!r}") from None


class Keeper:
    """The last debrief of each scenario, a file each.

    Args:
        folder: where; ``None`` keeps none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, debrief: Debrief) -> None:
        """Keep this one in place of the scenario's last.

        Raises:
            SaveError: it cannot be written.
        """
        if self._folder is not None:
            save_text(self._file(debrief.scenario), as_json(debrief))

    def of(self, scenario: str) -> Debrief | None:
        """The last one of a scenario; ``None`` where there is none that can be read."""
        if self._folder is None:
            return None
        try:
            return from_json(self._file(scenario).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _file(self, scenario: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{scenario}.json"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _call(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _OF_A_CALL}


def _record(told: Mapping[str, Any]) -> Record:
    return Record(**{**told, "at": _time(told["at"])}, parameters={})


def _bar(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "label": row.label,
        "depth": row.depth,
        "starts": row.starts,
        "ends": row.ends,
        "calls": [record.sequence for record in row.calls],
        "cut": asdict(row.cut) if row.cut else None,
        "shown_cut": asdict(row.shown_cut) if row.shown_cut else None,
        "last": row.last,
    }


def _row(told: Mapping[str, Any], records: Mapping[int, Record]) -> Row:
    return Row(
        **{
            **told,
            "starts": _time(told["starts"]),
            "ends": _time(told["ends"]) if told["ends"] else None,
            "calls": tuple(records[number] for number in told["calls"]),
            "cut": _cut(told["cut"]),
            "shown_cut": _cut(told["shown_cut"]),
        }
    )


def _cut(told: Mapping[str, Any] | None) -> CutOff | None:
    if told is None:
        return None
    return CutOff(**{**told, "at": _time(told["at"]), "put_at": _time(told["put_at"])})


def _remedy(told: Mapping[str, Any]) -> RemedyRow:
    counts = ("attacker", "broken", "fresh", "long_term")
    return RemedyRow(**{**told, **{name: Count(**told[name]) for name in counts}})


def remedies_from_json(text: str) -> tuple[RemedyRow, ...]:
    """The rows that ``stslab matrix --format json`` printed.

    Raises:
        ValueError: it printed something else.
    """
    try:
        return tuple(_remedy(each) for each in json.loads(text)["rows"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no matrix: {error!r}") from None
