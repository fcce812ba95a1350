"""Just enough PartiQL to tell which table a statement touches, and how.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_FLAGS = re.IGNORECASE | re.DOTALL
_TABLE = r"(?P<table>\"[^\"]+\"|[\w.:/-]+?)(?:\.(?P<index>\"[^\"]+\"|[\w-]+))?(?=[\s;]|$)"
_FORMS = (
    (
        "PartiQLSelect",
        re.compile(rf"^\s*(?:EXISTS\s*\(\s*)?SELECT\b.*?\bFROM\s+{_TABLE}", re.I | re.S),
    ),
    ("PartiQLInsert", re.compile(rf"^\s*INSERT\s+INTO\s+{_TABLE}", _FLAGS)),
    ("PartiQLUpdate", re.compile(rf"^\s*UPDATE\s+{_TABLE}", _FLAGS)),
    ("PartiQLDelete", re.compile(rf"^\s*DELETE\s+FROM\s+{_TABLE}", _FLAGS)),
)
_WHERE = re.compile(r"\bWHERE\b", _FLAGS)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a PartiQL statement does.

    Attributes:
        action: `PartiQLSelect`, `PartiQLInsert`, `PartiQLUpdate` or `PartiQLDelete`.
        table: the table's name, empty where the statement cannot be read.
        index: the index's name, or empty.
        context: its condition keys.
    """

    action: str
    table: str
    index: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


def read(text: str) -> Statement:
    """Read a PartiQL statement."""
    for action, form in _FORMS:
        found = form.match(text)
        if found is not None:
            scan = action == "PartiQLSelect" and _WHERE.search(text) is None
            return Statement(
                action,
                found["table"].strip('"'),
                (found["index"] or "").strip('"'),
                {"dynamodb:FullTableScan": "true" if scan else "false"}
                if action == "PartiQLSelect"
                else {},
            )
    return Statement("PartiQLSelect", "")
