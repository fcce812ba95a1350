"""Python's collector of cyclic garbage, kept from holding up the screen.

Now and then it walks every object there is, and with the service models of a lab that takes a
quarter of a second, in the middle of whatever a key does. What is there once something has been
loaded stays anyway, so it is set aside, and the collector walks what came after.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def set_aside() -> Iterator[None]:
    """Collect nothing while the block loads things, and walk none of them afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def take_back() -> None:
    """What was set aside may be garbage now."""
    gc.unfreeze()
