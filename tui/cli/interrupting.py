"""Ctrl-C, wherever it strikes.

Python raises `KeyboardInterrupt` at whatever the main thread does just then. In a weak
reference's callback, a finalizer or the garbage collector nobody can catch it: the interpreter
prints it as ignored and goes on, as if no key had been pressed.
"""

from __future__ import annotations

import _thread
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN_SECONDS = 0.05
"""Long enough for the main thread to have left what swallowed the interrupt."""


def never_lost() -> None:
    """From now on an interrupt that Python would ignore is raised again, and not printed."""
    sys.unraisablehook = _again


def _again(ignored: UnraisableHookArgs | SimpleNamespace) -> None:
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    later = threading.Timer(_AGAIN_SECONDS, _thread.interrupt_main)
    later.daemon = True
    later.start()
