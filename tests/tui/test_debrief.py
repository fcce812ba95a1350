"""The debrief at the end of a scenario: what it tells, keeps and exports."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from textual.widgets import Input, Static

from simulator.scenario.catalogue import find
from simulator.scenario.loading import load
from simulator.scenario.play import Play
from simulator.scenario.progress import ProgressStore
from simulator.scenario.running import take
from tests.tui.conftest import Driver, running
from tui.app import StslabApp
from tui.debrief.keeping import as_json, from_json
from tui.debrief.model import Debrief, debrief_of
from tui.debrief.picture import as_svg
from tui.debrief.writing import as_markdown, summary
from tui.saving import SaveError, save_text
from tui.screens.catalogue import CatalogueScreen
from tui.screens.debrief import DebriefScreen
from tui.screens.lab import LabScreen
from tui.screens.save_as import SaveAs
from tui.screens.why import WhyScreen
from tui.snapshot import take as snapshot_of
from tui.widgets.remedies import RemedyTable
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable

STORIES = Path(__file__).parent / "stories"
PREDICT = 6
WRONG = "1"


def story_app(progress: ProgressStore | None, scenario: str | None = "small-leak") -> StslabApp:
    return StslabApp(scenario, scenario_dirs=[STORIES], progress=progress)


@asynccontextmanager
async def at_the_end(
    progress: ProgressStore, size: tuple[int, int], keys: str = WRONG + "n"
) -> AsyncIterator[Driver]:
    """The story played with a wrong prediction, from there on unless more keys are given."""
    if keys == WRONG + "n":
        progress.leave_at("small-leak", PREDICT)
    async with running(story_app(progress), size) as driver:
        await driver.open()
        for key in keys:
            await driver.do(key)
        assert driver.lab.snapshot is not None
        assert driver.lab.snapshot.finished
        await driver.press("n")
        await debrief_open(driver)
        yield driver


@pytest.fixture(scope="module")
def told() -> Debrief:
    """The debrief of the story, with a wrong prediction."""
    scenario = load(STORIES / "small-leak.yaml")
    with Play(scenario) as play:
        while (state := play.current) is not None:
            if state.options and state.answer is None:
                play.answer(0)
            else:
                take(play, state)
        return debrief_of(play, snapshot_of(play))


@asynccontextmanager
async def showing(told: Debrief, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Driver]:
    """The debrief alone, without a lab behind it."""
    async with running(StslabApp(), size) as driver:
        await driver.pilot.pause()
        driver.app.push_screen(DebriefScreen(told))
        await debrief_open(driver)
        yield driver


async def debrief_open(driver: Driver) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, DebriefScreen), "the debrief")
    await driver.pilot.pause()


def screen(driver: Driver) -> DebriefScreen:
    found = driver.app.screen
    assert isinstance(found, DebriefScreen)
    return found


async def export(driver: Driver, formats: int, path: Path) -> None:
    await driver.press("e")
    await driver.pilot.pause()
    for _ in range(formats):
        await driver.press("ctrl+f")
    driver.app.screen.query_one(Input).value = str(path)
    await driver.press("enter")


async def test_the_debrief_tells_the_score_the_hints_and_what_one_got_wrong(
    progress: ProgressStore,
) -> None:
    async with at_the_end(progress, (120, 40), "nt1nnn12" + WRONG + "n") as driver:
        debrief = screen(driver).debrief
        assert (debrief.score.points, debrief.score.out_of) == (18, 25)
        assert debrief.tasks[0].hints == 1
        (answered,) = debrief.answers
        assert answered.predicted
        assert not answered.correct
        text = summary(debrief)
        assert "✗ **Does Alice's own session still work?**" in text
        assert "Right: No, it is the same session" in text
        assert "Whoever holds the three values is the session" in text
        assert "18 of 25 points" in str(screen(driver).query_one("#heading", Static).render())


async def test_every_call_of_the_story_is_on_its_timeline_and_can_say_why(
    progress: ProgressStore,
) -> None:
    async with at_the_end(progress, (120, 40)) as driver:
        debrief = screen(driver).debrief
        marks = [call.sequence for row in debrief.rows for call in row.calls]
        mallorys = [call for call in debrief.records if call.actor == "mallory"]
        assert [call.outcome for call in mallorys] == ["allowed", "denied"]
        assert {call.sequence for call in mallorys} <= set(marks)
        screen(driver).query_one(TrailTable).focus()
        await driver.press("enter")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, WhyScreen)


async def test_at_80_by_24_every_pane_is_reached_by_tab_and_fills_the_screen(
    told: Debrief,
) -> None:
    async with showing(told) as driver:
        seen = []
        for _ in range(3):
            await driver.pilot.pause()
            shown = [pane for pane in screen(driver).query(".pane") if pane.region.area]
            assert [pane.region.width for pane in shown] == [80]
            seen.append(shown[0].id)
            await driver.press("tab")
        assert seen == ["account", "timeline", "trail"]


async def test_the_debrief_of_a_finished_scenario_is_in_the_catalogue_another_day(
    progress: ProgressStore,
) -> None:
    async with at_the_end(progress, (80, 24)) as driver:
        told = screen(driver).debrief
    async with running(story_app(progress, None), (80, 24)) as driver:
        await driver.pilot.pause()
        await driver.press("slash", *"small-leak")
        await driver.press("down")
        await driver.pilot.pause()
        await driver.press("v")
        await debrief_open(driver)
        again = screen(driver).debrief
        assert again.score == told.score
        assert again.answers == told.answers
        assert [(r.at, r.action, r.outcome) for r in again.records] == [
            (r.at, r.action, r.outcome) for r in told.records
        ]
        await driver.press("tab", "enter")
        await driver.pilot.pause()
        assert any("play it again" in notice for notice in driver.notices())
        await driver.press("b")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, CatalogueScreen)


async def test_a_scenario_never_finished_offers_no_debrief(progress: ProgressStore) -> None:
    async with running(story_app(progress, None), (80, 24)) as driver:
        await driver.pilot.pause()
        await driver.press("v")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, CatalogueScreen)


async def test_play_again_begins_in_a_new_world(progress: ProgressStore) -> None:
    async with at_the_end(progress, (80, 24)) as driver:
        await driver.press("R")
        await driver.until(lambda: isinstance(driver.app.screen, LabScreen), "the lab")
        await driver.until(lambda: driver.step() == 0 and driver.lab.at_rest, "the first step")
        assert driver.lab.play.story.records() == ()


async def test_it_is_exported_as_markdown_json_and_svg_to_the_chosen_path(
    told: Debrief, tmp_path: Path
) -> None:
    async with showing(told) as driver:
        debrief = told
        for number, suffix in enumerate((".md", ".json", ".svg")):
            path = tmp_path / "deep" / f"mine{suffix}"
            await export(driver, number, path)
            await debrief_open(driver)
            assert path.is_file()
        folder = tmp_path / "deep"
        assert sorted(each.name for each in folder.iterdir()) == [
            "mine.json",
            "mine.md",
            "mine.svg",
        ]
        assert (folder / "mine.md").read_text() == as_markdown(debrief)
        assert from_json((folder / "mine.json").read_text()).score == debrief.score
        marks = ET.parse(folder / "mine.svg").findall(".//{*}circle")
        assert len(marks) == sum(len(row.calls) for row in debrief.rows)


async def test_the_suggested_path_is_new_and_goes_with_the_format(
    told: Debrief, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stslab-small-leak.md").write_text("mine")
    async with showing(told) as driver:
        await driver.press("e")
        await driver.pilot.pause()
        path = driver.app.screen.query_one(Input)
        assert path.value == str(tmp_path / "stslab-small-leak-2.md")
        await driver.press("ctrl+f")  # of this kind there is none yet
        assert path.value == str(tmp_path / "stslab-small-leak.json")
        path.value = str(tmp_path / "mine.json")
        await driver.press("tab")
        assert path.value == str(tmp_path / "mine.svg")


async def test_a_file_that_is_there_is_replaced_only_when_one_says_so_twice(
    told: Debrief, tmp_path: Path
) -> None:
    path = tmp_path / "mine.md"
    path.write_text("precious")
    async with showing(told) as driver:
        await export(driver, 0, path)
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, SaveAs)
        assert path.read_text() == "precious"
        await driver.press("enter")
        await debrief_open(driver)
        assert path.read_text() == as_markdown(screen(driver).debrief)


async def test_a_place_that_cannot_be_written_is_a_toast_and_the_path_can_be_changed(
    told: Debrief, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    async with showing(told) as driver:
        await export(driver, 0, tmp_path / "file" / "mine.md")
        await driver.until(
            lambda: any("a part of that path is a file" in told for told in driver.notices()),
            "a toast",
        )
        assert isinstance(driver.app.screen, SaveAs)


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only")]
)
def test_when_the_disk_refuses_nothing_is_left_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    path = tmp_path / "mine.md"
    save_text(path, "old")

    def refuse(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SaveError, match=words):
        save_text(path, "new")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["mine.md"]


async def test_what_is_kept_holds_no_secret(progress: ProgressStore) -> None:
    async with at_the_end(progress, (80, 24)) as driver:
        assert driver.app._lab is not None
        play = driver.app._lab.play
        secrets = [
            secret
            for actor in play.actors()
            for keys in play.credentials(actor.id).values()
            for secret in (keys.secret_access_key, keys.session_token)
            if secret
        ]
        debrief = screen(driver).debrief
        assert secrets
        kept = as_json(replace(debrief, moments=()))
        assert not any(secret in kept for secret in secrets)
        assert "<script" not in as_svg(debrief)


@pytest.mark.slow
async def test_the_remedies_are_measured_shown_and_kept(progress: ProgressStore) -> None:
    app = StslabApp("leaked-session", progress=progress)
    async with running(app, (120, 40)) as driver:
        await driver.open()
        await driver.play_to_the_end()
        await driver.press("n")
        await debrief_open(driver)
        await driver.until(lambda: bool(screen(driver).debrief.remedies), "the matrix")
        verdicts = {row.remedy: row.verdict for row in screen(driver).debrief.remedies}
        assert "works" in verdicts.values()
        assert "fails" in verdicts.values()
        table = str(screen(driver).query_one("#remedy-lines", Static).render())
        assert all(row.title[:20] in table for row in screen(driver).debrief.remedies)
        kept = app._shelf.debriefs
        await driver.until(
            lambda: bool((told := kept.of("leaked-session")) and told.remedies), "them to be kept"
        )


@pytest.mark.slow
async def test_remedies_of_a_scenario_in_a_folder_of_ones_own_are_measured(
    told: Debrief, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = find("leaked-session").path.read_text().replace("id: leaked-session", "id: mine", 1)
    (tmp_path / "mine.yaml").write_text(own)
    monkeypatch.chdir(tmp_path)
    async with running(StslabApp(), (120, 40)) as driver:
        await driver.pilot.pause()
        mine = replace(told, scenario="mine", compares=True)
        driver.app.push_screen(DebriefScreen(mine, Path("mine.yaml")))
        await debrief_open(driver)
        await driver.until(lambda: bool(screen(driver).debrief.remedies), "the matrix")


async def test_remedies_that_cannot_be_measured_say_why(told: Debrief) -> None:
    async with showing(replace(told, compares=True)) as driver:
        table = screen(driver).query_one(RemedyTable)
        await driver.until(lambda: "Not measured" in str(table._text()), "the reason")


def test_another_programs_json_is_no_debrief() -> None:
    for text in ("{}", "[]", "nonsense", json.dumps({"version": 99})):
        with pytest.raises(ValueError):  # noqa: PT011 - any text will do
            from_json(text)


async def test_resizing_the_debrief_loses_nothing(told: Debrief) -> None:
    async with showing(told, (120, 40)) as driver:
        before = screen(driver).debrief
        for size in ((80, 24), (160, 50), (100, 30)):
            await driver.pilot.resize_terminal(*size)
            await driver.pilot.pause()
            panes = [pane.region for pane in screen(driver).query(".pane") if pane.region.area]
            assert all(driver.app.screen.region.contains_region(region) for region in panes)
            for i, one in enumerate(panes):
                assert not any(one.overlaps(other) for other in panes[i + 1 :])
        assert screen(driver).debrief == before
        assert screen(driver).query_one(Timeline)
