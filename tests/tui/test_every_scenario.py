"""Every scenario of the catalogue, on the screen, to its end, by keys alone, on real calls.

The player presses what the screen offers. From the scenario it takes only which of the offers
does what the task asks for. Its answers are wrong and right by turns.
"""

from __future__ import annotations

import pytest

from simulator.scenario.catalogue import entries
from simulator.scenario.progress import ProgressStore
from simulator.scenario.schema import Question, TaskStep
from simulator.scenario.schema.acts import ActionAct
from simulator.scenario.states import StepState
from tests.tui.conftest import Driver, running
from tests.tui.reading import GLITCHES, expected, letters, offers_text, passages, story_text
from tui.app import StslabApp
from tui.screens.debrief import DebriefScreen
from tui.widgets.actions import Entry
from tui.widgets.story import StoryPane

SMALL, USUAL = (80, 24), (120, 40)
STORIES = [entry.head.id for entry in entries() if entry.head is not None]
PLAYED = [
    *((story, SMALL) for story in STORIES),
    *((story, USUAL) for story in ("leaked-session", "instance-role", "blunt-instruments")),
]


class Player:
    """Reads the screen, chooses, and presses the key that the screen names.

    Attributes:
        driver: of the app.
        problems: what a learner would trip over, a line each.
        pressed: the keys pressed to play; not those to read on.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.problems: list[str] = []
        self.pressed: list[str] = []
        self.wrong = 0
        self._turn = 0
        self._told: list[str] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is offered now."""
        return self.driver.lab.query_one(StoryPane).actions.entries

    @property
    def current(self) -> StepState | None:
        """The step on the screen."""
        snapshot = self.driver.lab.snapshot
        assert snapshot is not None
        return snapshot.current

    def trip(self, problem: str) -> None:
        """Note a problem, with where it is."""
        where = self.current.index + 1 if self.current else "end"
        self.problems.append(f"step {where}: {problem}")

    async def play(self) -> None:
        """To the end."""
        for _ in range(400):
            await self.read()
            current = self.current
            if current is None:
                return
            if isinstance(current.step, Question) and current.answer is None:
                await self.press(f"answer:{self._answer(current)}")
            elif isinstance(current.step, TaskStep):
                await self._do_task(current, current.step)
            else:
                await self.press("do:continue")
        raise AssertionError(f"never came to the end; stopped at {self.current}")

    async def press(self, choice: str) -> None:
        """Press the key that the screen names for a choice."""
        offered = {entry.choice: entry.key for entry in self.entries}
        assert choice in offered, f"{choice} is not offered, but {offered}"
        assert offered[choice], f"{choice} has no key"
        self.pressed.append(offered[choice])
        before = self.driver.lab.play.story.records()
        at = self.current
        await self.driver.do(offered[choice])
        assert (self.current, self.driver.lab.play.story.records()) != (at, before), (
            f"{offered[choice]} does nothing for {choice}"
        )

    def _answer(self, current: StepState) -> int:
        """Wrong first, right the next time."""
        assert isinstance(current.step, Question)
        self._turn += 1
        right = current.step.right
        if self._turn % 2 == 0:
            return right
        self.wrong += 1
        return (right + 1) % len(current.options)

    async def _do_task(self, current: StepState, step: TaskStep) -> None:
        wanted = [act.do for act in step.solution if isinstance(act, ActionAct)]
        if step.defender or len(wanted) < len(step.solution):
            await self.press("solve")
            return
        says = {spec.id: spec.says for spec in step.actions}
        for action in wanted:
            if self.current is None or self.current.index != current.index:
                return  # sooner than the solution thought: an hour can be over earlier
            await self.press(f"do:{action}")
            self._told = [*passages(str(self.driver.lab.play.story.filled(says[action])))]
            if self.current is not None and self.current.index == current.index:
                await self.read()
        assert self.current is None or self.current.index != current.index, (
            f"{current.title!r} is not done by {wanted}"
        )

    def _missing(self, prose: str, offers: str) -> list[str]:
        """What was to be read and wasn't."""
        shown, listed = letters(prose), letters(offers)
        passages = [
            passage
            for passage in (*expected(self.driver), *self._told)
            if letters(passage) not in shown
        ]
        return passages + [e.label for e in self.entries if letters(e.label) not in listed]

    async def read(self) -> None:
        """Read everything the learner needs now, scrolling where it is longer than its pane."""
        prose, offers = await story_text(self.driver), await offers_text(self.driver)
        for _ in range(40):
            if not self._missing(prose, offers):
                break
            await self.driver.pilot.pause(0.02)  # the panes were still being laid out
            prose, offers = await story_text(self.driver), await offers_text(self.driver)
        for missing in self._missing(prose, offers):
            self.trip(f"not shown: {missing!r}")
        self._told = []
        for entry in self.entries:
            if entry.choice and not entry.key:
                self.trip(f"no key for {entry.label!r}")
        for glitch in GLITCHES:
            if glitch in prose + offers:
                line = next(line for line in (prose + offers).splitlines() if glitch in line)
                self.trip(f"{glitch} in {line!r}")
        for notice in self.driver.app._notifications:
            if notice.severity != "information":
                self.trip(f"{notice.severity}: {notice.message}")


@pytest.mark.slow
@pytest.mark.parametrize(("story", "size"), PLAYED, ids=lambda value: str(value))
async def test_a_scenario_is_finished_by_keyboard_alone_and_all_of_it_can_be_read(
    story: str, size: tuple[int, int], progress: ProgressStore
) -> None:
    async with running(StslabApp(story, seed=1, progress=progress), size) as driver:
        await driver.open()
        player = Player(driver)
        await player.play()
        assert not player.problems, "\n".join(player.problems)
        steps = driver.lab.play.steps
        assert [step.title for step in steps if step.status != "done"] == []
        score = driver.lab.play.score
        assert score.wrong_answers == player.wrong
        await driver.until(lambda: progress.of(story).times == 1, "progress to be kept")
        await driver.press("n")
        await driver.until(lambda: isinstance(driver.app.screen, DebriefScreen), "the debrief")
