"""`stslab evaluate` without Typer: what it does, and its plain arguments.

Typer takes longer to import than a thousand evaluations take; so the arguments that need none
of its help are read here, and every other goes the long way.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

BAD_LINE = 2


def plain_arguments(arguments: Sequence[str]) -> tuple[str, bool] | None:
    """The file and whether to explain; ``None`` where Typer must look at the arguments."""
    rest = [each for each in arguments if each != "--explain"]
    if len(rest) > 1 or any(each.startswith("-") and each != "-" for each in rest):
        return None
    return (rest[0] if rest else "-"), len(rest) < len(arguments)


def answer(file: str, explain: bool) -> int:
    """Answer each line of a file (``-``: standard input) on stdout; returns the exit code."""
    from simulator.evaluate import evaluate_stream

    code = 0
    write = sys.stdout.write
    with _opened(file) as lines:
        # Somebody at the other end of a pipe may wait for each answer before asking on.
        at_once = not stat.S_ISREG(os.fstat(lines.fileno()).st_mode)
        for text, good in evaluate_stream(lines, explain):
            write(text + "\n")
            if not good:
                code = BAD_LINE
            if at_once:
                sys.stdout.flush()
    return code


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    return open(file, "rb")  # noqa: PTH123 - importing pathlib costs more than reading
