"""What the screens look like: every screen in three themes, and folded at 80×24.

`pytest tests/tui/test_snapshots.py --snapshot-update` makes them anew; look at the changes.
The story is the tests' own, so that no scenario's wording is held here, and the keys in it
come from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static

from simulator import ids
from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import Driver
from tui.app import StslabApp
from tui.screens.console import ConsoleScreen
from tui.screens.debrief import DebriefScreen
from tui.screens.lab import LabScreen
from tui.screens.save_as import SaveAs

STORY = Path(__file__).parent / "stories" / "small-leak.yaml"
REVOKE, PREDICT = 5, 6

THEMES = ["stslab-dark", "stslab-light", "stslab-colour-safe"]
ROOMY, FOLDED, WIDE = (120, 40), (80, 24), (160, 50)

Journey = Callable[[Driver], Awaitable[None]]
SnapCompare = Callable[..., bool]
Shown = TypeVar("Shown", bound=Screen[Any])


class Seeded:
    """Stands where the system's random source does, with a seed."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def token_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def token_hex(self, count: int) -> str:
        return self.token_bytes(count).hex()


@pytest.fixture(autouse=True)
def seeded_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "secrets", Seeded())


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the shell says that the tests were started in."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def no_installed_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The console is the built-in, on whatever machine."""
    monkeypatch.setenv("PATH", str(tmp_path))


async def reached(driver: Driver, kind: type[Shown]) -> Shown:
    """The screen of this kind, once it is in front."""
    await driver.until(lambda: isinstance(driver.app.screen, kind), kind.__name__)
    await driver.pilot.pause()
    screen = driver.app.screen
    assert isinstance(screen, kind)
    return screen


async def story(driver: Driver) -> None:
    """The lab as it opens."""


async def sessions(driver: Driver) -> None:
    await driver.press("g", "s")


async def terminal(driver: Driver) -> None:
    await driver.press("g", "t")


async def trail(driver: Driver) -> None:
    await driver.press("g", "r")


async def why(driver: Driver) -> None:
    await driver.press("w")


async def lab_help(driver: Driver) -> None:
    await driver.press("question_mark")


async def policy(driver: Driver) -> None:
    await driver.press("p")
    await driver.pilot.pause()
    driver.app.screen.set_focus(None)  # a cursor blinks


async def console(driver: Driver) -> None:
    """A command that AWS answers, and one that it denies, by the built-in CLI."""
    await driver.press("c")
    screen = await reached(driver, ConsoleScreen)
    await driver.until(lambda: screen.at_rest, "the console")
    heading = screen.query_one("#heading", Static)
    shown = heading.content
    assert isinstance(shown, Content)
    heading.update(shown[: shown.plain.index("http")])  # the port is another each time
    line = screen.query_one(Input)
    line.cursor_blink = False
    for command in ("aws sts get-caller-identity", "aws s3 ls s3://reports"):
        line.value = command
        await driver.press("enter")
        await driver.pilot.pause()
        await driver.until(lambda: screen.at_rest, command)


async def debrief(driver: Driver) -> None:
    """The end of the story, after a wrong prediction."""
    await driver.do("1")
    await driver.do("n")
    await driver.press("n")
    await reached(driver, DebriefScreen)


async def save_as(driver: Driver) -> None:
    await debrief(driver)
    await driver.press("e")
    path = (await reached(driver, SaveAs)).query_one(Input)
    path.cursor_blink = False
    path.value = "~/stslab-small-leak.md"


async def settings(driver: Driver) -> None:
    await driver.press("comma")


async def too_small(driver: Driver) -> None:
    await driver.pilot.resize_terminal(50, 15)


def lab_at(step: int, theme: str, folder: Path) -> StslabApp:
    store = ProgressStore(folder / "progress.sqlite3")
    store.leave_at("small-leak", step)
    app = StslabApp(scenario_dirs=[STORY.parent], scenario="small-leak", progress=store)
    app.theme = theme
    return app


def after(journey: Journey) -> Callable[[Pilot[Any]], Awaitable[None]]:
    async def run_before(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, StslabApp)
        driver = Driver(app, pilot)
        await driver.open()
        await journey(driver)
        await pilot.pause()
        if isinstance(app.screen, LabScreen):
            await driver.settled()

    return run_before


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("journey", "step"),
    [
        (sessions, PREDICT),
        (why, PREDICT),
        (policy, REVOKE),
        (console, REVOKE),
        (debrief, PREDICT),
        (save_as, PREDICT),
        (settings, REVOKE),
        (lab_help, REVOKE),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_each_screen_in_each_theme(
    snap_compare: SnapCompare, tmp_path: Path, theme: str, journey: Journey, step: int
) -> None:
    app = lab_at(step, theme, tmp_path)
    assert snap_compare(app, terminal_size=ROOMY, run_before=after(journey))


@pytest.mark.parametrize(
    ("journey", "step"),
    [
        (story, REVOKE),
        (sessions, PREDICT),
        (terminal, PREDICT),
        (trail, PREDICT),
        (why, PREDICT),
        (lab_help, REVOKE),
        (too_small, REVOKE),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_each_pane_and_screen_folded(
    snap_compare: SnapCompare, tmp_path: Path, journey: Journey, step: int
) -> None:
    app = lab_at(step, "stslab-dark", tmp_path)
    assert snap_compare(app, terminal_size=FOLDED, run_before=after(journey))


def test_the_lab_spread_on_a_large_terminal_in_high_contrast(
    snap_compare: SnapCompare, tmp_path: Path
) -> None:
    app = lab_at(REVOKE, "stslab-contrast", tmp_path)
    assert snap_compare(app, terminal_size=WIDE, run_before=after(story))


@pytest.mark.parametrize(("theme", "size"), [*((t, ROOMY) for t in THEMES), (THEMES[0], FOLDED)])
def test_the_catalogue(snap_compare: SnapCompare, theme: str, size: tuple[int, int]) -> None:
    app = StslabApp(scenario_dirs=[STORY.parent])
    app.theme = theme

    async def find_the_tests_own(pilot: Pilot[Any]) -> None:
        await pilot.press("slash", *"small leak", "down")
        await pilot.pause()
        app.screen.query_one("#shelf-left").border_subtitle = ""

    assert snap_compare(app, terminal_size=size, run_before=find_the_tests_own)


@pytest.mark.parametrize("theme", THEMES)
def test_the_sandbox(snap_compare: SnapCompare, theme: str) -> None:
    app = StslabApp()
    app.theme = theme

    async def do_something(pilot: Pilot[Any]) -> None:
        driver = Driver(app, pilot)
        await pilot.pause()
        await driver.press("s")
        await driver.open()
        await driver.do("2")  # denied; what is issued here has other values each time

    assert snap_compare(app, terminal_size=ROOMY, run_before=do_something)
