"""Where a command's result goes: stdout, or a file; JSON where a program asks."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

from tui.cli.errors import InputError
from tui.cli.interrupting import not_now


class Format(StrEnum):
    """How a result is written, where a command knows two ways."""

    text = "text"
    json = "json"


def say(text: str = "") -> None:
    """A line of the result, on stdout."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A message beside the result, on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_json(content: Any) -> None:
    """The result as JSON, on stdout."""
    say(as_json(content))


def as_json(content: Any) -> str:
    """JSON text, indented, with every character readable."""
    return json.dumps(content, indent=2, ensure_ascii=False, default=str)


def write(text: str, output: Path | None) -> None:
    """Write a whole result to a file, all or nothing, or to stdout.

    Raises:
        InputError: the file cannot be written.
    """
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        return
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with not_now():
            beside.write_text(text, encoding="utf-8")
            beside.replace(output)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise InputError(f"cannot write {output}: {error.strerror or error}") from None
