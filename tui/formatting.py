"""Short forms of times, names and texts that fit where they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


def hms(at: datetime) -> str:
    """Time of day in UTC, whole seconds: ``06:22:24``."""
    return at.astimezone(UTC).strftime("%H:%M:%S")


def hm(at: datetime) -> str:
    """Time of day in UTC, minutes: ``06:22``."""
    return at.astimezone(UTC).strftime("%H:%M")


def milliseconds(at: datetime) -> str:
    """Time of day in UTC with milliseconds where there are any: ``06:22:23.999Z``."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return f"{at:%H:%M:%S}{fraction}Z"


def day(at: datetime) -> str:
    """The date: ``Mon 9 Aug 2021``."""
    at = at.astimezone(UTC)
    return f"{at:%a} {at.day} {at:%b %Y}"


def span(delta: timedelta) -> str:
    """A length of time in its two largest units: ``12 h``, ``37 min 36 s``, ``2 d 3 h``."""
    seconds = int(delta.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return sign + " ".join(parts[:2]) if parts else "0 s"


def fit(text: str, width: int) -> str:
    """The text in exactly ``width`` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + ELLIPSIS


def fit_end(text: str, width: int) -> str:
    """Like `fit`, but keeps the end, where ARNs differ."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    while cell_len(text) > width - 1:
        text = text[1:]
    return ELLIPSIS + text


def hang(text: str, width: int, indent: int) -> str:
    """The text wrapped to a width; lines after the first are indented."""
    lines = wrap(text, max(width - indent, 10), break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)


def short_arn(arn: str) -> str:
    """An ARN without what is the same in all of them: ``s3 lab-data/report.csv``."""
    if not arn.startswith("arn:"):
        return arn
    service, _, rest = arn.split(":", 2)[2].partition(":")
    tail = rest.split(":", 2)[-1] if rest.count(":") >= 2 else rest
    return f"{service} {tail}"
