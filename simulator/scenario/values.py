"""Small values of a scenario file: durations, names, policy documents, and their spelling."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

from simulator.clock import iso, possible

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 10_000 * 86400.0
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd])\s*)+")


def parse_duration(value: object) -> timedelta:
    """``90s``, ``15m``, ``1h30m``, ``12h``, ``250ms``, or a number of seconds.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a duration is written like 15m, 1h30m or 90s")
    if isinstance(value, str):
        text = value.strip()
        if not _WHOLE.fullmatch(text):
            raise ValueError(f"{text!r} is no duration; write it like 15m, 1h30m or 90s")
        value = sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(text))
    if not 0 <= value <= _LONGEST:
        raise ValueError("a duration is between 0 and 10000 days")
    return timedelta(seconds=value)


def _interval(value: object) -> timedelta:
    """Some time at least, or whoever works at that interval is never done."""
    delta = parse_duration(value)
    if delta < timedelta(seconds=1):
        raise ValueError("an interval is at least 1s")
    return delta


def spell_duration(delta: timedelta) -> str:
    """The shortest spelling: ``15m``, ``1h 30m``, ``12h``, ``7.5s``."""
    seconds = delta.total_seconds()
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        count = int(seconds // size)
        if count:
            parts.append(f"{count}{unit}")
            seconds -= count * size
    if seconds or not parts:
        parts.append(f"{seconds:g}s")
    return " ".join(parts)


def iso_milliseconds(at: datetime) -> str:
    """As the console writes a cut-off: ``2021-08-09T06:22:23.345Z``."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def spell_moment(at: datetime) -> str:
    """The shorter of the two: milliseconds only where there are any."""
    return iso_milliseconds(at) if at.microsecond else iso(at)


def _moment(value: object) -> object:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"{value!r} is no moment; write it like 2021-08-09T06:00:00Z"
            ) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone; end it with Z for UTC")
        return possible(value)
    raise ValueError("a moment is written like 2021-08-09T06:00:00Z")


def _document(value: object) -> object:
    """A bare list of statements becomes a whole document of version 2012-10-17."""
    if isinstance(value, list):
        return {"Version": "2012-10-17", "Statement": value}
    if isinstance(value, dict) and "Statement" not in value:
        raise ValueError("a policy document has a Statement (or is a list of statements)")
    return value


_AS_DURATION = WithJsonSchema(
    {"type": ["string", "number"], "examples": ["15m", "1h30m", "90s", 3600]}
)

Duration = Annotated[timedelta, BeforeValidator(parse_duration), _AS_DURATION]
"""Lab time between two moments."""

Interval = Annotated[timedelta, BeforeValidator(_interval), _AS_DURATION]
"""Lab time between two rounds of work."""

Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2021-08-09T06:00:00Z"]}),
]
"""A moment of lab time, UTC."""

PolicyDocument = Annotated[
    dict[str, Any],
    BeforeValidator(_document),
    WithJsonSchema(
        {
            "type": ["object", "array"],
            "description": "An IAM policy document, or only its list of statements"
            " (then the Version is 2012-10-17).",
        }
    ),
]
"""An IAM policy document as a mapping."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""A name that ``{{ … }}`` can use: letters, digits and ``_``."""

Reference = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z_][A-Za-z0-9_]*|\{\{\s*[A-Za-z_][A-Za-z0-9_]*\s*\}\})$"),
]
"""Such a name used; in a scenario that varies it may be the seed's choice, ``{{ victim }}``."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""A name for files and command lines: ``leaked-session``."""

Line = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\n]+$")]
"""Text without a line break."""

Location = tuple[str | int, ...]
"""A place in a scenario file: keys and indexes from the top, or from the thing that is checked."""

AccountId = Annotated[str, BeforeValidator(str), StringConstraints(pattern=r"^\d{12}$")]
"""An AWS account id."""


class Strict(BaseModel):
    """The base of everything in a scenario file: unknown fields are errors; frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
