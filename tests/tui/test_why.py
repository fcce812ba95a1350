"""Why a call was answered as it was, from wherever it is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.widgets import OptionList, Static

from tests.tui.conftest import Driver, running, starting_at
from tui.app import StslabApp
from tui.screens.why import WhyScreen
from tui.widgets.terminal import Terminal
from tui.widgets.timeline import Timeline
from tui.widgets.trail import TrailTable


def why(driver: Driver) -> WhyScreen:
    screen = driver.app.screen
    assert isinstance(screen, WhyScreen), f"Why is not in front, but {screen}"
    return screen


def shown(driver: Driver, selector: str) -> str:
    return str(why(driver).query_one(selector, Static).render())


async def ask_about_the_last_call(driver: Driver) -> None:
    await driver.press("w")
    await driver.pilot.pause()


async def test_a_denial_by_the_revoke_shows_the_condition_with_its_values_put_in(
    tmp_path: Path,
) -> None:
    async with running(starting_at("Alice still has the session", tmp_path), (120, 40)) as driver:
        await driver.open()
        await ask_about_the_last_call(driver)
        record = why(driver)._record
        issued = record.decisions[0].request.context["aws:TokenIssueTime"]
        assert isinstance(issued, str)
        checks = shown(driver, "#why-checks")
        assert f"aws:TokenIssueTime {issued[11:]} < " in checks
        assert checks.splitlines()[-1].endswith("Z → match → Deny")
        policy = shown(driver, "#why-policy")
        marked = [line for line in policy.splitlines() if "◀" in line]
        assert len(marked) == 1
        assert "aws:TokenIssueTime" in marked[0]


async def test_a_refused_call_says_which_check_of_authentication_failed(tmp_path: Path) -> None:
    async with running(starting_at("After the revoke", tmp_path), (120, 40)) as driver:
        await driver.open()
        await ask_about_the_last_call(driver)
        assert "the session has expired" in str(
            why(driver).query_one(OptionList).get_option_at_index(1).prompt
        )
        assert "≥ expiry" in shown(driver, "#why-checks")


async def test_where_nothing_allows_the_statement_that_comes_nearest_shows_what_is_amiss() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        await driver.do("1")  # Alice assumes Admin, which trusts Dana
        await ask_about_the_last_call(driver)
        lines = shown(driver, "#why-checks").splitlines()
        assert lines[:2] == ["· no statement allows", "· trust policy #1 comes nearest:"]
        assert any(line.startswith("✗ Principal") and "no match" in line for line in lines)
        assert any(line.startswith("✓ Action sts:AssumeRole") for line in lines)
        assert any(line.startswith("▌") for line in shown(driver, "#why-policy").splitlines())


@pytest.mark.parametrize("pane", [TrailTable, Timeline, Terminal])
async def test_enter_on_a_call_opens_why_in_every_pane(pane: type) -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        for _ in range(4):
            if isinstance(driver.app.focused, pane):
                break
            await driver.press("tab")
        await driver.press("enter")
        await driver.pilot.pause()
        assert why(driver)._record.action == "s3:ListBucket"
        await driver.press("escape")
        await driver.pilot.pause()
        assert isinstance(driver.app.focused, pane)


async def test_the_evaluation_is_copied_as_text_and_as_json() -> None:
    async with running(StslabApp("leaked-session"), (80, 24)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.do("1")
        await ask_about_the_last_call(driver)
        await driver.press("c")
        assert (
            "Identity-based policy: none, so nothing allows it  <- decides" in driver.app.clipboard
        )
        await driver.press("j")
        copied = json.loads(driver.app.clipboard)
        assert copied["outcome"] == "denied"
        assert copied["decisions"][0]["decision"] == "implicitDeny"
        assert copied["changes"][0]["decision"] == "allowed"


async def test_a_session_issued_after_the_cut_off_is_said_to_be_allowed(tmp_path: Path) -> None:
    async with running(starting_at("Alice still has the session", tmp_path), (120, 40)) as driver:
        await driver.open()
        await ask_about_the_last_call(driver)
        lines = shown(driver, "#why-changes").splitlines()
        assert lines[0].startswith("→ A session issued at or after ")
        assert lines[0].endswith("Z would be allowed.")
        await driver.press("c")
        copied = driver.app.clipboard
        assert "What would change this answer?\n  - A session issued at or after " in copied


async def test_on_a_small_screen_what_would_change_it_is_the_last_row(tmp_path: Path) -> None:
    async with running(starting_at("Alice still has the session", tmp_path), (80, 24)) as driver:
        await driver.open()
        await ask_about_the_last_call(driver)
        assert not why(driver).query_one("#why-changes").region.area
        await driver.press("end")
        await driver.pilot.pause()
        assert "→ A session issued at or after " in shown(driver, "#why-checks")


async def test_whatever_size_the_screen_gets_the_chosen_row_is_in_sight_after_those_above_it(
    tmp_path: Path,
) -> None:
    async with running(starting_at("Alice still has the session", tmp_path), (80, 24)) as driver:
        await driver.open()
        await ask_about_the_last_call(driver)
        rows = why(driver).query_one(OptionList)
        opened_at = rows.scroll_offset.y
        assert 0 < opened_at < (rows.highlighted or 0)
        for size in ((160, 50), (100, 30), (80, 24)):
            await driver.pilot.resize_terminal(*size)
            await driver.pilot.pause()
        assert rows.scroll_offset.y == opened_at


async def test_the_neighbouring_calls_are_a_key_away(tmp_path: Path) -> None:
    async with running(starting_at("Read the reports as App", tmp_path), (80, 24)) as driver:
        await driver.open()
        await ask_about_the_last_call(driver)
        assert why(driver)._record.action == "sts:AssumeRole"
        await driver.press("left_square_bracket")
        assert why(driver)._record.action == "s3:ListBucket"
        await driver.press("left_square_bracket")
        assert why(driver)._record.action == "s3:ListBucket"
        await driver.press("right_square_bracket")
        assert why(driver)._record.action == "sts:AssumeRole"
