"""Lab time, and the one place that touches freezegun.

Lab time is freezegun's frozen time, process-wide: moto, botocore's signer and the endpoint
all read it through ``datetime`` and ``time``.  It is *moved*, never slept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun import api as freezegun_api
from freezegun import freeze_time

DEFAULT_START = datetime(2021, 8, 9, 6, tzinfo=UTC)
"""When a world opens unless it says otherwise: every run tells the same story."""

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these, every issue time, expiry and cut-off has a date."""

RATES = (0, 1, 60, 600)
"""Lab seconds a real second; 0 is frozen."""

# Whose own timers must go on in real time: the screen, the event loop, and the two waitress
# modules that decide when an idle connection is closed.  `waitress.task` is left out on
# purpose: freezegun looks at the nearest five frames, and the gateway runs below it.
_REAL_TIME_FOR = ["textual", "asyncio", "concurrent", "waitress.server", "waitress.channel"]

_TICK_SECONDS = 0.1

Listener = Callable[[datetime], None]


def wall() -> datetime:
    """The real time now, UTC, whatever lab time is."""
    # Through the module: freezing replaces the functions in every module that imported them.
    return datetime.fromtimestamp(freezegun_api.real_time(), UTC)


def iso(at: datetime) -> str:
    """AWS's form of a time, in UTC and whole seconds: ``2021-08-09T06:00:00Z``."""
    # Not strftime, which takes five times as long; each call is dated three times.
    return at.astimezone(UTC).isoformat(timespec="seconds")[: len("2021-08-09T06:00:00")] + "Z"


def parse_time(text: str) -> datetime:
    """A time from ISO 8601 text; without a zone it is UTC.

    Raises:
        ValueError: the text is not ISO 8601, or lies where lab time cannot be.
    """
    return possible(datetime.fromisoformat(text))


def possible(at: datetime) -> datetime:
    """A time in UTC; without a zone it is UTC already.

    Raises:
        ValueError: it lies where lab time cannot be.
    """
    # Compared before it is converted: the first and the last day have no other zone's time.
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if not EARLIEST <= at <= LATEST:
        raise ValueError(f"lab time lies between {EARLIEST.year} and {LATEST.year}")
    return at.astimezone(UTC)


class Clock:
    """Lab time: frozen, moved, or running at a rate.

    One clock at a time holds a process's time; `stop` gives real time back.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._freezer: Any = None
        self._frozen: Any = None
        self._rate = 0
        self._anchor: tuple[float, datetime] = (0.0, DEFAULT_START)
        self._now = DEFAULT_START
        self._is_wall = False
        self.parted: datetime | None = None
        """When lab time, until then the real time, was first moved; ``None``: it wasn't."""
        self._listeners: list[Listener] = []
        self._ticker: threading.Thread | None = None
        self._stopped = threading.Event()

    @property
    def rate(self) -> int:
        """Lab seconds a real second; 0 while frozen."""
        return self._rate

    def now(self) -> datetime:
        """Lab time, aware, UTC."""
        return self._now

    def start(self, at: datetime | None = None) -> None:
        """Take the process's time and set it to `at`; ``None`` is the real time now.

        On a started clock this is a restart: the only way backwards.

        Raises:
            ValueError: `at` lies where lab time cannot be.
        """
        real = at is None
        at = possible(at or wall())
        with self._lock:
            self._rate, self._is_wall, self.parted = 0, real, None
            if self._freezer is None:
                self._freezer = freeze_time(at, ignore=_REAL_TIME_FOR, real_asyncio=True)
                self._frozen = self._freezer.start()
            self._set(at)

    def stop(self) -> None:
        """Stop running and give the process its real time back."""
        self._stopped.set()
        if self._ticker is not None and self._ticker is not threading.current_thread():
            self._ticker.join(timeout=2)
        with self._lock:
            self._rate = 0
            self._ticker = None
            if self._freezer is not None:
                self._freezer.stop()
                self._freezer = self._frozen = None

    @contextmanager
    def hold(self) -> Iterator[datetime]:
        """Let time stand still: inside, nothing moves the clock; yields lab time.

        A request is served inside one hold, so it sees one time from end to end.
        """
        with self._lock:
            self._catch_up()
            yield self._now

    def advance(self, delta: timedelta) -> datetime:
        """Move forwards by `delta` and return lab time.

        Raises:
            ValueError: `delta` is negative, or leads where lab time cannot be.
        """
        if delta < timedelta(0):
            raise ValueError("the clock cannot go back; restart the lab instead")
        with self._lock:
            self._catch_up()
            self._jump(possible(self._now + delta))
        self._tell()
        return self._now

    def move_to(self, at: datetime) -> datetime:
        """Move forwards to `at` and return lab time.

        Raises:
            ValueError: `at` lies before lab time, or where lab time cannot be.
        """
        at = possible(at)
        with self._lock:
            self._catch_up()
            if at < self._now:
                raise ValueError(
                    f"the clock cannot go back from {iso(self._now)} to {iso(at)}; "
                    "restart the lab instead"
                )
            self._jump(at)
        self._tell()
        return self._now

    def _jump(self, at: datetime) -> None:
        self._part()
        self._set(at)
        self._anchor = (freezegun_api.real_monotonic(), at)

    def run(self, rate: int) -> None:
        """Let time run at `rate` lab seconds a real second; 0 freezes it.

        Raises:
            ValueError: not one of `RATES`.
        """
        if rate not in RATES:
            raise ValueError(f"the clock runs at one of {RATES}, not at {rate}")
        with self._lock:
            self._catch_up()
            if rate != 1:
                self._part()
            self._rate = rate
            self._anchor = (freezegun_api.real_monotonic(), self._now)
            if rate and self._ticker is None:
                self._stopped.clear()
                self._ticker = threading.Thread(target=self._tick, name="lab-clock", daemon=True)
                self._ticker.start()
        self._tell()

    def _part(self) -> None:
        if self._is_wall and self.parted is None:
            self.parted = wall()

    def pause(self) -> None:
        """Freeze time where it is."""
        self.run(0)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(now)` after every move, on the mover's thread; returns the way out."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _catch_up(self) -> None:
        if self._rate:
            real, lab = self._anchor
            self._set(lab + timedelta(seconds=(freezegun_api.real_monotonic() - real) * self._rate))

    def _set(self, at: datetime) -> None:
        self._now = at
        if self._frozen is not None:
            # What `move_to` comes to, which first reads its target as if it were text; a live
            # clock is set at each call.
            self._frozen.time_to_freeze = at.replace(tzinfo=None)

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            if self._rate:
                with self._lock:
                    self._catch_up()
                self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener(self._now)
