"""Ctrl-C, wherever it strikes.

Python raises `KeyboardInterrupt` at whatever the main thread does just then. In a weak
reference's callback, a finalizer or the garbage collector nobody can catch it: the interpreter
prints it as ignored and goes on, as if no key had been pressed.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_SECONDS = 0.05
"""Long enough for the main thread to have left what swallowed the interrupt; else once more."""


def never_lost() -> None:
    """From now on an interrupt that Python would ignore is raised again, and not printed."""
    sys.unraisablehook = _again
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))


def too_late() -> None:
    """From now on nothing is left to interrupt: Ctrl-C does nothing, and prints nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_IGN)


@contextmanager
def not_now() -> Iterator[None]:
    """Finish the block first: Ctrl-C and SIGTERM that come meanwhile strike at its end."""
    came: list[int] = []
    before = {}
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, lambda which, _: came.append(which))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _again(ignored: UnraisableHookArgs | SimpleNamespace) -> None:
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
    elif hasattr(signal, "setitimer"):
        # No thread: starting one takes locks, which the interrupted code may hold.
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
    else:
        later = threading.Timer(_AGAIN_SECONDS, _thread.interrupt_main)
        later.daemon = True
        later.start()
