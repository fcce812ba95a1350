"""The evaluation of a call to take away: as text, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tui.formatting import milliseconds

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
    return "\n".join(lines) + "\n"


def as_json(record: Record) -> str:
    """The call, its decisions with their traces, and the CloudTrail record, as JSON."""
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
            "event": dict(record.event),
        },
        indent=2,
        default=str,
        ensure_ascii=False,
    )
