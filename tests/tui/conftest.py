"""A lab on a screen, driven by keys alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual.events import Timer
from textual.message import Message
from textual.message_pump import MessagePump
from textual.notifications import Notification, Notifications
from textual.pilot import Pilot

from simulator.clock import Clock
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.progress import ProgressStore
from simulator.scenario.schema import title_of
from tui.app import StslabApp
from tui.screens.lab import LabScreen

PATIENCE_SECONDS = 180.0
_MOST_ROUNDS = 50


class _Traffic:
    """Every message that any widget was sent, but for the ticks of timers."""

    posted = 0


async def arrived() -> None:
    """Wait until no message is on its way any more and every change is drawn."""
    app = active_app.get()
    # Something that goes on and on, a spinner, is no reason to wait for ever.
    for _ in range(_MOST_ROUNDS):
        before = _Traffic.posted
        asked = 1 + sum(1 for _ in app.screen.walk_children(with_self=True))
        await Pilot(app)._wait_for_screen()
        app.screen._on_timer_update()
        if _Traffic.posted - before <= asked:
            break


@pytest.fixture(autouse=True)
def nothing_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a key or a pause, what it sets off in the app has come to its end.

    Textual waits until its process uses little of the processor. On a machine that others keep
    busy, that is so before anything was done.
    """
    idle = textual.pilot.wait_for_idle  # type: ignore[attr-defined]
    post = MessagePump.post_message

    def counted(pump: MessagePump, message: Message) -> bool:
        _Traffic.posted += not isinstance(message, Timer)
        return post(pump, message)

    async def idle_and_arrived(*given: float) -> None:
        await idle(*given)
        await arrived()

    monkeypatch.setattr(MessagePump, "post_message", counted)
    monkeypatch.setattr(Pilot._wait_for_screen, "__defaults__", (PATIENCE_SECONDS,))
    for module in (textual.pilot, textual.app):
        monkeypatch.setattr(module, "wait_for_idle", idle_and_arrived)


class _Told(Notifications):
    """Remembers what each toast said: it is gone after a second or two, on whatever machine."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def add(self, notification: Notification) -> _Told:
        self.messages.append(notification.message)
        super().add(notification)
        return self


@pytest.fixture(autouse=True)
def no_toast_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may ask what was said however long it took to come to that."""
    monkeypatch.setattr(textual.app, "Notifications", _Told)


class Driver:
    """Presses keys, and waits for what the screen comes to show."""

    def __init__(self, app: StslabApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the app work until the condition holds, and what made it hold is drawn."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while not condition():
            shown = f"{self.app.screen} {self.notices()}"
            assert loop.time() < deadline, f"still waiting: {what}; there is {shown}"
            await self.pilot.pause(0.01)
        await arrived()

    @property
    def lab(self) -> LabScreen:
        screen = self.app.screen
        assert isinstance(screen, LabScreen), f"the lab is not in front, but {screen}"
        return screen

    async def open(self) -> None:
        """Wait for the lab to stand."""
        await self.until(lambda: isinstance(self.app.screen, LabScreen), "the lab to open")
        await self.settled()

    async def settled(self) -> None:
        """Wait until what was asked for is done and shown."""
        await self.pilot.pause()
        await self.until(lambda: self.lab.at_rest, "calls to end")

    async def do(self, key: str) -> None:
        """Press a key and wait for what it sets off."""
        await self.press(key)
        await self.settled()

    def notices(self) -> list[str]:
        """What every toast has said so far."""
        told = self.app._notifications
        assert isinstance(told, _Told)
        return [*told.messages]

    async def play_to_the_end(self) -> None:
        """Go on where there is a way on, answer rightly, do each task's actions in order."""
        for _ in range(200):
            snapshot = self.lab.snapshot
            assert snapshot is not None
            current = snapshot.current
            if current is None:
                return
            if current.options and current.answer is None:
                await self.do(str(current.step.right + 1))  # type: ignore[union-attr]
            elif current.kind != "task":
                await self.do("n")
            elif left := [n for n, each in enumerate(snapshot.actions, 1) if not each.done]:
                await self.do(str(left[0]))
            else:
                await self.do("x")
        raise AssertionError(f"never came to the end; stopped at step {self.step()}")

    def step(self) -> int:
        """Index of the current step; one past the last at the end."""
        snapshot = self.lab.snapshot
        assert snapshot is not None
        return snapshot.current.index if snapshot.current else len(snapshot.steps)


@asynccontextmanager
async def running(app: StslabApp, size: tuple[int, int]) -> AsyncIterator[Driver]:
    async with app.run_test(size=size) as pilot:
        yield Driver(app, pilot)


def starting_at(title: str, folder: Path) -> StslabApp:
    """The main scenario, left earlier at the step of this title."""
    store = ProgressStore(folder / "progress.sqlite3")
    steps = load_by_id("leaked-session").steps
    found = [index for index, step in enumerate(steps) if title_of(step).startswith(title)]
    assert found, f"there is no step {title!r}"
    store.leave_at("leaked-session", found[0])
    return StslabApp("leaked-session", progress=store)


@pytest.fixture
def progress(tmp_path: Path) -> ProgressStore:
    return ProgressStore(tmp_path / "progress.sqlite3")


@contextmanager
def no_call_ending(clock: Clock) -> Iterator[None]:
    """Inside, no call is served: what is asked for stays under way."""
    holding, over = threading.Event(), threading.Event()
    ended: list[bool] = []

    def hold() -> None:
        with clock.hold():
            holding.set()
            ended.append(over.wait(PATIENCE_SECONDS))

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        holding.wait()
        yield
    finally:
        over.set()
        holder.join()
    assert ended == [True], "what was done inside waited for the call"
