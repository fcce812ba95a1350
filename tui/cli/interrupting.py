"""Ctrl-C, wherever it strikes.

Python raises `KeyboardInterrupt` at whatever the main thread does just then. Not everybody lets it
through: in a weak reference's callback, a finalizer or the garbage collector the interpreter
itself prints it as ignored, and pydantic takes it for an attribute that isn't there. So it is
raised again and again until somebody has taken it for what it is.
"""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_SECONDS = 0.05

_struck = False


def never_lost() -> None:
    """From now on an interrupt ends what the main thread does, whoever would ignore it."""
    sys.unraisablehook = _unraisable
    signal.signal(signal.SIGINT, _interrupt)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _insist)


def struck() -> bool:
    """Whether there was an interrupt: whatever went wrong since then did because of it."""
    return _struck


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


def _interrupt(*_: object) -> None:
    global _struck
    _struck = True
    warnings.simplefilter("ignore")  # of whoever ignores it and wonders
    _again_soon()
    raise KeyboardInterrupt


def _insist(*_: object) -> None:
    """Raise it once more, unless it is on its way or another handler is there for it by now."""
    if signal.getsignal(signal.SIGINT) is not _interrupt:
        signal.raise_signal(signal.SIGINT)
        return
    _again_soon()
    # What runs while it is on its way are cleanups, which must come to their end.
    if not isinstance(sys.exception(), KeyboardInterrupt):
        raise KeyboardInterrupt


def _again_soon() -> None:
    # A timer, no thread: starting one takes locks, which the interrupted code may hold.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)


def _unraisable(ignored: UnraisableHookArgs | SimpleNamespace) -> None:
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
