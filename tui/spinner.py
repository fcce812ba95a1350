"""A sign that something is under way, for whoever waits longer than a moment."""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PATIENCE_SECONDS = 0.2
TURN_SECONDS = 0.1


def frame(turn: int) -> str:
    """What a spinner looks like at its turn of this number."""
    return _FRAMES[turn % len(_FRAMES)]


class Spinner:
    """Turns, from a moment after it was started until it is stopped."""

    def __init__(self, owner: MessagePump, show: Callable[[str], None]) -> None:
        """Make one that stands still.

        Args:
            owner: the widget it is for.
            show: called at each turn, with what the spinner looks like.
        """
        self._owner = owner
        self._show = show
        self._timer: Timer | None = None
        self._turn = 0

    @property
    def running(self) -> bool:
        """Whether it was started; it may not have turned yet."""
        return self._timer is not None

    def start(self) -> None:
        """Turn, from a moment from now on."""
        self.stop()
        self._timer = self._owner.set_timer(_PATIENCE_SECONDS, self._next)

    def stop(self) -> bool:
        """Turn no more; whether it had been seen."""
        seen = self._turn > 0
        if self._timer is not None:
            self._timer.stop()
        self._timer, self._turn = None, 0
        return seen

    def _next(self) -> None:
        if self._timer is None:
            return  # stopped while its turn was already on its way
        self._turn += 1
        self._show(frame(self._turn))
        self._timer = self._owner.set_timer(TURN_SECONDS, self._next)
