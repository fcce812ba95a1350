"""What a command came to, as a shell would see it; and how its answer is printed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

OK, USAGE, REFUSED, FAILED, KILLED = 0, 252, 254, 1, 130
"""Exit codes, as version 2 of the CLI gives them: bad usage, an error of the service, a
transfer of `aws s3` that failed, Ctrl-C.

Source: AWS CLI User Guide, "Command line return codes in the AWS CLI".
"""

MOST_OUTPUT = 200_000
"""Characters of output kept of one command."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One command, over.

    Attributes:
        exit_code: 0 when it worked.
        out: standard output.
        err: standard error.
        cut: whether there was more output than is kept.
    """

    exit_code: int
    out: str = ""
    err: str = ""
    cut: bool = False


class UsageError(Exception):
    """The command line is wrong; the text is what the CLI prints."""


def told(error: ClientError) -> str:
    """An error of the service, as the CLI prints it."""
    found = error.response["Error"]
    return (
        f"An error occurred ({found.get('Code')}) when calling the {error.operation_name} "
        f"operation: {found.get('Message')}"
    )


def capped(out: str, err: str) -> tuple[str, str, bool]:
    """Output and error text within `MOST_OUTPUT`, and whether something was cut."""
    cut = len(out) > MOST_OUTPUT or len(err) > MOST_OUTPUT
    return out[:MOST_OUTPUT], err[:MOST_OUTPUT], cut


def as_output(answer: Any, form: str) -> str:
    """An answer as ``--output json`` or ``text`` prints it."""
    if answer is None or answer == {}:
        return ""
    if form == "text":
        return "\n".join(_text_lines(answer)) + "\n"
    return json.dumps(answer, indent=4, default=plain, ensure_ascii=False) + "\n"


def plain(value: Any) -> Any:
    """What JSON has no form for, as the CLI writes it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def _text_lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        scalars = [_scalar(item) for _, item in sorted(value.items()) if not _nested(item)]
        lines = ["\t".join(scalars)] if scalars else []
        for name, item in sorted(value.items()):
            if _nested(item):
                lines += [f"{name.upper()}\t{line}" for line in _text_lines(item)]
        return lines
    if isinstance(value, list):
        if not any(_nested(item) for item in value):
            return ["\t".join(_scalar(item) for item in value)]
        return [line for item in value for line in _text_lines(item)]
    return [_scalar(value)]


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _scalar(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else str(plain(value))
