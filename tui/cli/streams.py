"""Standard streams the caller has closed (``stslab list >&-``), for which Python has `None`."""

from __future__ import annotations

import os
import sys

# What is written to a closed stdout is lost, and that is an error; what is said on a closed
# stderr nobody wanted to read.
_INSTEAD = (
    ("stdin", "r", os.O_RDONLY),
    ("stdout", "w", os.O_RDONLY),
    ("stderr", "w", os.O_WRONLY),
)


def fill_closed() -> None:
    """Open the null device in their place, or the next socket would be taken for one of them.

    Reading from stdin finds its end, writing to stdout fails with `OSError`.
    """
    for descriptor, (name, mode, flags) in enumerate(_INSTEAD):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, flags)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
            setattr(sys, name, open(descriptor, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
