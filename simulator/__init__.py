"""The lab without a screen: an enforced AWS endpoint on loopback, with a clock.

`from simulator import Lab` is the public entry; everything else is reached from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.lab import Lab

__all__ = ["Lab", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import `Lab` only when it is asked for, so that `stslab --help` stays quick."""
    if name == "Lab":
        from simulator.lab import Lab

        return Lab
    raise AttributeError(name)
