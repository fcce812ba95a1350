"""Tell whoever listens of what happened, in order and never under a lock of the play."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from simulator.scenario.states import PlayEvent

Callback = Callable[[PlayEvent], None]


class Announcer:
    """Keeps events until it is safe to tell them: a callback may ask the play anything."""

    def __init__(self) -> None:
        self._events: deque[PlayEvent] = deque()
        self._callbacks: list[Callback] = []

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Be told of every event; returns the function that ends it."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def post(self, event: PlayEvent) -> None:
        """Keep an event for the next :meth:`flush`; may be called under any lock."""
        self._events.append(event)

    def flush(self) -> None:
        """Tell the callbacks what was posted, on this thread."""
        while self._events:
            try:
                event = self._events.popleft()
            except IndexError:  # another thread took it
                return
            for callback in tuple(self._callbacks):
                callback(event)
