"""The command line: `stslab`. Each command is a few lines over the simulator.

Nothing heavy is imported before a command needs it, so that ``stslab --help`` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tui.cli.errors import INTERRUPTED, report
from tui.cli.interrupting import never_lost, struck, too_late
from tui.cli.streams import fill_closed


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `stslab` with these arguments (the process's own by default), then exit.

    Exit codes: 0 fine; 1 an expectation failed; 2 bad usage or bad input, said in one line on
    stderr; 70 a fault of stslab's own; 130 interrupted; 141 the reader of a pipe went away.
    """
    try:
        code = _ended(arguments)
        too_late()
    except KeyboardInterrupt:  # while it was ending
        too_late()
        code = INTERRUPTED
    _drop_unwritten_output()
    sys.exit(code)


def _ended(arguments: Sequence[str] | None) -> int:
    """Run `stslab`, however that ends, and return the exit code."""
    try:
        fill_closed()
        never_lost()
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
    except BaseException as error:
        return INTERRUPTED if struck() else report(error)
    return code


def _run(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["evaluate"]:
        from tui.cli.answering import answer, plain_arguments

        plain = plain_arguments(arguments[1:])
        if plain is not None:
            return answer(*plain)
    from tui.cli.commands import run

    return run(arguments)


def _drop_unwritten_output() -> None:
    """Flush; where nobody reads any more, let the interpreter's own flush go nowhere quietly."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
