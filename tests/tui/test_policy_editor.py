"""The policy editor by keys: judged line by line, templates, diff, detach, undo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Static

from simulator.iam import MalformedPolicyDocument, parse_policy
from tests.tui.conftest import Driver, no_call_ending, running, starting_at
from tests.tui.reading import lines_in
from tui.policy_places import line_of
from tui.screens.policy import PolicyScreen
from tui.widgets.json_area import JsonArea

WRONG_OPERATOR = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {
      "Effect": "Deny",
      "Action": "*",
      "Resource": "*",
      "Condition": {
        "DateLess": {"aws:TokenIssueTime": "2021-08-09T06:00:00Z"}
      }
    }
  ]
}"""


def editor(driver: Driver) -> PolicyScreen:
    screen = driver.app.screen
    assert isinstance(screen, PolicyScreen)
    return screen


def area(driver: Driver) -> JsonArea:
    return editor(driver).query_one(JsonArea)


async def open_editor(driver: Driver) -> None:
    await driver.open()
    await driver.press("p")
    await driver.pilot.pause()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WRONG_OPERATOR, 9),
        (WRONG_OPERATOR.replace('"Effect": "Deny"', '"Effect": "No"'), 5),
        (WRONG_OPERATOR.replace('"s3:*", "Resource"', '"s3:*", "Resorce"'), 3),
        (WRONG_OPERATOR.replace('"2012-10-17",', '"2012-10-17"'), 2),
    ],
)
def test_what_iam_refuses_is_found_in_the_text(text: str, line: int) -> None:
    with pytest.raises(MalformedPolicyDocument) as refused:
        parse_policy(text)
    assert line_of(text, refused.value.place) == line


async def test_the_wrong_line_is_marked_and_named_and_unmarked_when_right(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (120, 40)) as driver:
        await open_editor(driver)
        right = area(driver).text
        area(driver).text = WRONG_OPERATOR
        await driver.pilot.pause()
        assert area(driver).wrong == 9
        assert "line 10" in str(editor(driver).query_one("#verdict", Static).render())
        area(driver).text = right
        await driver.pilot.pause()
        assert area(driver).wrong is None


async def test_json_is_coloured_by_what_each_thing_is(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (120, 40)) as driver:
        await open_editor(driver)
        area(driver).text = '{"Version": "2012-10-17"}'
        spans = area(driver).get_line(0).spans
        colours = driver.app.theme_variables
        shown = {(span.start, span.end): str(span.style) for span in spans}
        assert shown[1, 10] == colours["now"].lower()
        assert shown[12, 24] == colours["allowed"].lower()


async def test_every_template_is_a_key_away_is_taken_by_iam_and_can_be_undone(
    tmp_path: Path,
) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (120, 40)) as driver:
        await open_editor(driver)
        before = area(driver).text
        seen = []
        for key in ("f2", "f3", "f4", "f6", "f7"):
            await driver.press(key)
            await driver.pilot.pause()
            assert "IAM takes it" in str(editor(driver).query_one("#verdict", Static).render())
            seen.append(json.loads(area(driver).text)["Statement"][0].get("Condition"))
        now = driver.app.screen_stack[-2].play.lab.clock.now()  # type: ignore[attr-defined]
        assert seen[0]["DateLessThan"]["aws:TokenIssueTime"].startswith(f"{now:%Y-%m-%dT%H:%M:%S}")
        assert seen[1]["StringEquals"]["aws:userid"].startswith("AROA")
        assert "aws:SourceIdentity" in seen[2]["StringEquals"]
        assert seen[3]["IpAddress"]["aws:SourceIp"].endswith("/32")
        assert seen[4] is None
        for _ in seen:
            await driver.press("ctrl+z")
        assert area(driver).text == before
        await driver.press("ctrl+y")
        assert area(driver).text != before


async def test_what_is_attached_is_compared_and_taken_away(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (120, 40)) as driver:
        await open_editor(driver)
        await driver.press("f8")  # nothing is attached yet
        await driver.pilot.pause()
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.app.screen is not None, "the lab")
        await driver.settled()
        await driver.press("p")
        await driver.pilot.pause()
        await driver.press("f7", "f9")
        await driver.pilot.pause()
        changes = str(editor(driver).query_one("#policy-changes", Static).render())
        assert any(
            line.startswith("-") and "aws:TokenIssueTime" in line for line in changes.splitlines()
        )
        await driver.press("f9")
        assert area(driver).display
        await driver.press("f8")
        await driver.pilot.pause()
        await driver.settled()
        last = driver.lab.play.lab.trail.records()[-1]
        assert (last.action, last.outcome) == ("iam:DeleteRolePolicy", "allowed")


async def test_what_was_changed_and_not_put_is_there_again_and_gone_once_it_is_put(
    tmp_path: Path,
) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (80, 24)) as driver:
        await open_editor(driver)
        original = area(driver).text
        await driver.press("escape")
        await driver.pilot.pause()
        assert driver.notices() == []
        await driver.press("p")
        await driver.pilot.pause()
        await driver.press("x", "escape")
        await driver.pilot.pause()
        assert "p shows them again" in driver.notices()[-1]
        await driver.press("p")
        await driver.pilot.pause()
        assert area(driver).text == "x" + original
        assert editor(driver).query_one("#policy").border_subtitle == "with your changes"
        await driver.press("ctrl+r")
        await driver.pilot.pause()
        assert area(driver).text == original
        await driver.press("ctrl+z", "ctrl+s")
        await driver.until(lambda: driver.app.screen is not None, "the lab")
        await driver.settled()
        last = driver.lab.play.lab.trail.records()[-1]
        assert (last.action, last.error_code) == ("iam:PutRolePolicy", "MalformedPolicyDocument")
        await driver.press("p")
        await driver.pilot.pause()
        assert area(driver).text.startswith("{")
        assert not editor(driver).query_one("#policy").border_subtitle


async def test_what_was_typed_last_is_in_what_is_put_however_fast(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (80, 24)) as driver:
        await open_editor(driver)
        for character in "abc":
            driver.app.post_message(Key(character, character))
        driver.app.post_message(Key("ctrl+s", None))
        await driver.until(lambda: not isinstance(driver.app.screen, PolicyScreen), "the lab")
        await driver.settled()
        last = driver.lab.play.lab.trail.records()[-1]
        assert str(last.parameters["PolicyDocument"]).startswith("abc")


async def test_no_template_is_torn_apart_where_their_line_is_wrapped(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (80, 24)) as driver:
        await open_editor(driver)
        await driver.pilot.pause()

        def lines() -> list[str]:
            return lines_in(driver, editor(driver).query_one("#policy-templates").region)

        await driver.until(lambda: len(lines()) == 2, "the templates")
        assert lines()[0].rstrip().endswith("SourceIdentity")
        assert lines()[1].lstrip().startswith("F")


async def test_the_editor_opens_while_a_call_is_under_way(tmp_path: Path) -> None:
    async with running(starting_at("Stop Mallory", tmp_path), (120, 40)) as driver:
        await driver.open()
        with no_call_ending(driver.lab.play.lab.clock):
            await driver.press("p")
            await driver.pilot.pause()
            assert "Statement" in area(driver).text
