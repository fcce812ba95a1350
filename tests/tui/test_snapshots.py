"""What the screens look like: every screen in three themes, and folded at 80×24.

`pytest tests/tui/test_snapshots.py --snapshot-update` makes them anew; look at the changes.
The story is the tests' own, so that no scenario's wording is held here, and the keys in it
come from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from simulator import ids
from simulator.scenario.progress import ProgressStore
from tests.tui.conftest import Driver
from tui.app import StslabApp
from tui.screens.lab import LabScreen

STORY = Path(__file__).parent / "stories" / "small-leak.yaml"
REVOKE, PREDICT = 5, 6

THEMES = ["stslab-dark", "stslab-light", "stslab-colour-safe"]
ROOMY, FOLDED, WIDE = (120, 40), (80, 24), (160, 50)

Journey = Callable[[Driver], Awaitable[None]]
SnapCompare = Callable[..., bool]


class Seeded:
    """Stands where the system's random source does, with a seed."""

    def __init__(self) -> None:
        self._random = random.Random(1)

    def choice(self, letters: str) -> str:
        return self._random.choice(letters)

    def token_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


@pytest.fixture(autouse=True)
def seeded_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "secrets", Seeded())


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
    [(sessions, PREDICT), (why, PREDICT), (policy, REVOKE)],
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
