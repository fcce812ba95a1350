"""The command line: `stslab`. Each command is a few lines over the simulator.

Nothing heavy is imported before a command needs it, so that ``stslab --help`` is quick.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from tui.cli.errors import INTERRUPTED, report
from tui.cli.interrupting import never_lost


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `stslab` with these arguments (the process's own by default), then exit.

    Exit codes: 0 fine; 1 an expectation failed; 2 bad usage or bad input, said in one line on
    stderr; 70 a fault of stslab's own; 130 interrupted; 141 the reader of a pipe went away.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    code = 0
    never_lost()
    try:
        code = _run(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
    except BaseException as error:
        code = report(error)
    # From here on nothing is left to interrupt: a second Ctrl-C must not print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _drop_unwritten_output()
    sys.exit(code)


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
