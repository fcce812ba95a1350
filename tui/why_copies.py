"""The evaluation of a call to take away: as text, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tui.formatting import milliseconds
from tui.why_changes import HEADING, change_lines, changes_of

if TYPE_CHECKING:
    from simulator.trail import Record
    from tui.why_row import WhyRow


def as_text(record: Record, rows: tuple[WhyRow, ...]) -> str:
    """The evaluation as plain text, to paste into a report."""
    lines = [
        f"{milliseconds(record.at)} {record.actor} {record.action} on {record.resource}",
        f"{record.outcome}: {record.error_message or record.why}",
        "",
    ]
    for row in rows:
        decides = "  <- decides" if row.deciding else ""
        lines.append(f"{'  ' * row.depth}{row.mark[0]} {row.title}: {row.text}{decides}")
        if row.deciding:
            lines += [f"{'  ' * (row.depth + 1)}{mark[0]} {text}" for mark, text in row.lines]
    lines += ["", HEADING, *(f"  - {line}" for line in change_lines(record))]
    return "\n".join(lines) + "\n"


def as_json(record: Record) -> str:
    """The call, its decisions with traces, what would change them, and CloudTrail's record."""
    return json.dumps(
        {
            "at": record.at.isoformat(),
            "actor": record.actor,
            "action": record.action,
            "resource": record.resource,
            "outcome": record.outcome,
            "error_code": record.error_code,
            "error_message": record.error_message,
            "why": record.why,
            "decisions": [
                {**decision.as_dict(), "trace": decision.trace.as_dict()}
                for decision in record.decisions
            ],
            "changes": [change.as_dict() for change in changes_of(record)],
            "event": dict(record.event),
        },
        indent=2,
        default=str,
        ensure_ascii=False,
    )
