"""The story pane: reading on, more offers than digits, what an action has to say, what fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario.play.offers import GO_ON
from tests.tui.conftest import Driver, running
from tests.tui.reading import lines_in, offers_text, story_text
from tui.app import StslabApp
from tui.screens.lab import LabScreen
from tui.widgets.actions import KEYS
from tui.widgets.story import StoryPane

HEAD = """\
id: crowded
title: A crowded one
chapter: Test
level: beginner
minutes: 1
teaches: [nothing much]
actors:
  alice: {name: Alice, about: Works here., signs_as: alice}
world:
  users:
    alice:
steps:
  - task: "Ask `sts` who you are"
    text: Somebody must know.
    goal: [{as: alice, action: "sts:GetCallerIdentity", outcome: allowed}]
    actions:
      - id: wrong
        label: Look for a bucket
        does:
          - {as: alice, call: s3.ListBuckets, expect: allowed}
        says: These are all the buckets there are.
"""
ASK = """\
      - id: ask-{number}
        label: Ask, way {number}
        does:
          - {{as: alice, call: sts.GetCallerIdentity}}
        says: So that is who **you** are.
"""
TAIL = """\
    solution: [{do: ask-12}]
  - tell: The end
    text: |
"""


@pytest.fixture
def crowded(tmp_path: Path) -> StslabApp:
    """A task with thirteen offers, and a story longer than a screen."""
    asks = "".join(ASK.format(number=number) for number in range(1, 13))
    story = "".join(f"      Paragraph {number}.\n\n" for number in range(1, 30))
    path = tmp_path / "crowded.yaml"
    path.write_text(HEAD + asks + TAIL + story)
    return StslabApp(str(path))


def key_of(driver: Driver, choice: str) -> str:
    """The key that the list names for a choice."""
    entries = driver.lab.query_one(StoryPane).actions.entries
    return next(entry.key for entry in entries if entry.choice == choice)


def test_no_key_of_the_list_does_anything_else_in_the_lab() -> None:
    others = [
        binding.key
        for place in (StslabApp, *LabScreen.__mro__)
        for binding in place.__dict__.get("BINDINGS", ())
        if not binding.action.startswith("choose(")
    ]
    assert {"w", "p", "space"} <= set(others)
    assert not set(KEYS) & {key for keys in others for key in keys.split(",")}


async def test_the_thirteenth_offer_has_a_key_that_does_it(crowded: StslabApp) -> None:
    async with running(crowded, (80, 24)) as driver:
        await driver.open()
        await driver.do(key_of(driver, "do:ask-12"))
        assert driver.step() == 1


async def test_what_the_action_that_ends_a_task_says_is_read_above_the_next_step(
    crowded: StslabApp,
) -> None:
    async with running(crowded, (80, 24)) as driver:
        await driver.open()
        await driver.do(key_of(driver, "do:ask-1"))
        prose = await story_text(driver)
        assert prose.index("So that is who you are.") < prose.index("The end")


async def test_an_action_that_goes_otherwise_than_the_story_expects_says_so_and_not_its_moral(
    crowded: StslabApp,
) -> None:
    async with running(crowded, (80, 24)) as driver:
        await driver.open()
        await driver.do(key_of(driver, "do:wrong"))
        prose = await story_text(driver)
        assert "expected allowed" in prose
        assert "These are all the buckets" not in prose
        await driver.do(key_of(driver, "do:ask-1"))
        assert [step.failure for step in driver.lab.play.steps] == ["", ""]


async def test_a_text_longer_than_the_pane_is_read_on_by_page_down_and_says_so(
    crowded: StslabApp,
) -> None:
    async with running(crowded, (80, 24)) as driver:
        await driver.open()
        await driver.do(key_of(driver, "do:ask-1"))
        pane = driver.lab.query_one(StoryPane)
        await driver.until(lambda: "PgDn" in str(pane.border_subtitle), "the hint to read on")
        prose = await story_text(driver)
        assert all(f"Paragraph {number}." in prose for number in range(1, 30))
        for _ in range(9):
            await driver.press("pagedown")
        await driver.until(lambda: "PgDn" not in str(pane.border_subtitle), "the end of it")
        assert key_of(driver, f"do:{GO_ON}") == "n"


async def test_code_in_a_headline_shows_without_its_backticks(crowded: StslabApp) -> None:
    async with running(crowded, (80, 24)) as driver:
        await driver.open()
        assert "Ask sts who you are" in await story_text(driver)


async def test_an_answer_is_called_neither_right_nor_wrong_before_the_call_shows_it() -> None:
    async with running(StslabApp("first-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        offers = driver.lab.query_one(StoryPane).actions
        assert "your answer" in offers.entries[0].label
        assert {entry.mark[0] for entry in offers.entries} == {""}
        await driver.do("n")
        marks = [entry.mark[0] for entry in offers.entries]
        assert marks[:3] == ["✗", "✓", ""]


async def test_an_action_that_was_pressed_and_denied_is_marked_as_pressed_not_as_right() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        for key in ("n", "1", "1"):
            await driver.do(key)
        assert driver.lab.play.story.records()[-1].outcome == "denied"
        entries = driver.lab.query_one(StoryPane).actions.entries
        assert [entry.mark[0] for entry in entries[:2]] == ["↻", ""]
        assert "✓" not in await offers_text(driver)
        await driver.press("question_mark")
        await driver.pilot.pause()
        help_text = driver.app.screen._text  # type: ignore[attr-defined]
        assert "`↻` before an action: you have pressed it already" in help_text


async def test_n_where_the_story_waits_for_something_says_for_what() -> None:
    async with running(StslabApp("first-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("n")
        assert driver.step() == 1
        assert driver.notices() == ["Answer first: 1 to 3."]
        await driver.do("2")
        await driver.do("n")
        await driver.do("n")
        await driver.do("n")
        assert driver.lab.snapshot is not None
        assert driver.lab.snapshot.current is not None
        assert driver.lab.snapshot.current.kind == "task"
        assert driver.notices()[-1].startswith("The task is not done yet.")


async def test_a_goal_longer_than_a_line_goes_on_under_its_text_not_under_its_mark(
    tmp_path: Path,
) -> None:
    path = tmp_path / "long.yaml"
    goal = "outcome: allowed, text: One two three four five six seven eight nine ten eleven"
    path.write_text((HEAD + ASK.format(number=12) + TAIL).replace("outcome: allowed", goal, 1))
    async with running(StslabApp(str(path)), (120, 40)) as driver:
        await driver.open()
        goals = driver.lab.query_one("#goals")
        await driver.until(lambda: goals.region.height > 1, "the goal")
        lines = lines_in(driver, goals.region)
        assert lines[0].startswith("○ One two")
        assert all(line.startswith("  ") for line in lines[1:])
        words = " ".join(line.strip(" ○") for line in lines)
        assert words == "One two three four five six seven eight nine ten eleven"


async def test_only_an_empty_line_below_is_nothing_to_read_on_for(tmp_path: Path) -> None:
    path = tmp_path / "lines.yaml"
    path.write_text(HEAD + ASK.format(number=12) + TAIL + "      The end.\n")
    async with running(StslabApp(str(path)), (80, 24)) as driver:
        await driver.open()
        await driver.do(key_of(driver, "do:ask-12"))
        pane = driver.lab.query_one(StoryPane)
        prose = pane.query_one("#prose")
        prose.styles.max_height = prose.virtual_size.height - 1
        await driver.until(lambda: prose.max_scroll_y == 1, "one line too few")
        pane._tell_place()
        assert "PgDn" not in str(pane.border_subtitle)
        prose.styles.max_height = prose.virtual_size.height - 2
        await driver.until(lambda: prose.max_scroll_y == 2, "two lines too few")
        pane._tell_place()
        assert "PgDn" in str(pane.border_subtitle)


@pytest.mark.parametrize(("offers", "whole"), [(2, True), (9, False)])
async def test_only_a_list_longer_than_its_room_shows_its_commands_on_a_line_each(
    tmp_path: Path, offers: int, whole: bool
) -> None:
    name = "a-user-with-a-name-of-more-than-a-line-of-this-pane-has"
    call = f"iam.ListUserPolicies, parameters: {{{{UserName: {name}}}}}"
    asks = ASK.replace("sts.GetCallerIdentity", call)
    path = tmp_path / "long.yaml"
    path.write_text(
        HEAD
        + "".join(asks.format(number=number) for number in range(1, offers))
        + ASK.format(number=12)
        + TAIL
        + "      The end.\n"
    )
    async with running(StslabApp(str(path)), (80, 24)) as driver:
        await driver.open()
        listing = driver.lab.query_one(StoryPane).actions
        lines = str(listing.get_option_at_index(1).prompt).splitlines()[1:]
        assert (name in " ".join(lines)) is whole
        assert len(lines) == (2 if whole else 1)


async def test_commands_are_cut_to_a_line_where_a_goal_would_be_below_the_fold(
    tmp_path: Path,
) -> None:
    name = "a-user-with-a-name-of-more-than-a-line-of-this-pane-has"
    call = f"iam.ListUserPolicies, parameters: {{{{UserName: {name}}}}}"
    asks = "".join(
        ASK.replace("sts.GetCallerIdentity", call).format(number=number) for number in (1, 2)
    )
    path = tmp_path / "below.yaml"
    long = "Somebody must know." + " And somebody else must not, whatever they say." * 2
    path.write_text(
        HEAD.replace("Somebody must know.", long)
        + asks
        + ASK.format(number=12)
        + TAIL
        + "      The end.\n"
    )
    async with running(StslabApp(str(path)), (80, 24)) as driver:
        await driver.open()
        prose, goals = driver.lab.query_one("#prose"), driver.lab.query_one("#goals")
        listing = driver.lab.query_one(StoryPane).actions
        assert str(listing.get_option_at_index(1).prompt).splitlines()[1].endswith("…")
        assert prose.region.contains_region(goals.content_region)


async def test_a_turn_of_the_spinner_that_comes_after_the_calls_ended_shows_nothing(
    crowded: StslabApp,
) -> None:
    async with running(crowded, (120, 40)) as driver:
        await driver.open()
        story = driver.lab.query_one(StoryPane)
        story.busy(True)
        story.busy(False)
        story._spinner._next()  # it was in the queue already when its timer was stopped
        assert "under way" not in str(story.border_subtitle)
        assert not story._spinner.running
