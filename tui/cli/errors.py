"""What goes wrong, as one line on stderr and an exit code; never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

BAD_INPUT = 2
INTERNAL_FAULT = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

_EXPECTED = frozenset(
    {
        "simulator.gateway.server.ServerError",
        "simulator.lab.LabError",
        "simulator.scenario.catalogue.UnknownScenarioError",
        "simulator.scenario.loading.ScenarioError",
        "simulator.scenario.matrix.MatrixError",
        "simulator.scenario.story.world.WorldError",
    }
)
"""Errors whose text is meant for the person at the keyboard, by name, so that showing one
needs no import of what raises the others."""


class InputError(Exception):
    """Bad input to a command; the text says what and where, in one line."""


def report(error: BaseException) -> int:
    """Say what went wrong on stderr and return the exit code."""
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    if isinstance(error, InputError) or _expected(error):
        return complain(str(error))
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return complain(f"{where}{error.strerror or error}")
    if os.environ.get("STSLAB_DEBUG"):
        import traceback

        traceback.print_exception(error)
    text = " ".join(str(error).split())
    complain(
        f"a fault of stslab's own: {type(error).__name__}: {text} "
        "(STSLAB_DEBUG=1 shows where; please report it)"
    )
    return INTERNAL_FAULT


def complain(message: str) -> int:
    """Print a message to stderr and return the exit code for bad input."""
    # In one piece: an interrupt must not come between the text and the end of its line.
    sys.stderr.write(f"stslab: {message}\n")
    return BAD_INPUT


def meant(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?``, or nothing where no known name is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _expected(error: BaseException) -> bool:
    return any(
        f"{kind.__module__}.{kind.__qualname__}" in _EXPECTED for kind in type(error).__mro__
    )
