"""The trail's filter and its wide columns: by keys, on real calls, and with very many of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.widgets import Input

from simulator.trail import MAX_RECORDS, Record
from tests.tui.conftest import Driver, running, starting_at
from tests.tui.reading import lines_in
from tui.app import StslabApp
from tui.screens.lab import LabScreen
from tui.screens.why import WhyScreen
from tui.trail_calls import Calls
from tui.trail_columns import columns, key_shown
from tui.widgets.terminal import Terminal
from tui.widgets.trail import TrailTable
from tui.widgets.trail_pane import TrailPane

CALL = Record(
    sequence=1,
    at=datetime(2021, 8, 9, 6, tzinfo=UTC),
    actor="mallory",
    service="s3",
    operation="ListObjectsV2",
    action="s3:ListBucket",
    resource="arn:aws:s3:::kibble-reports",
    outcome="denied",
    error_code="AccessDenied",
    error_message=None,
    why="",
    access_key_id="ASIAEXAMPLE000007Q2X",
    principal_arn="arn:aws:sts::111122223333:assumed-role/App/alice",
    source_ip="203.0.113.66",
    user_agent="",
    parameters={},
)
OTHER = replace(
    CALL,
    sequence=2,
    actor="dana",
    service="iam",
    operation="GetUser",
    action="iam:GetUser",
    resource="arn:aws:iam::111122223333:user/dana",
    outcome="allowed",
    error_code=None,
    access_key_id=None,
    principal_arn=None,
    source_ip="198.51.100.9",
)


def pane(driver: Driver) -> TrailPane:
    return driver.lab.query_one(TrailPane)


def shown(driver: Driver) -> list[str]:
    """The lines of the trail, its heading first."""
    return [line.rstrip() for line in lines_in(driver, pane(driver).calls.region)]


@pytest.mark.parametrize(
    "text",
    [
        "mallory",
        "s3:listbucket",
        "ListObjects",
        "kibble",
        "denied",
        "accessdenied",
        "203.0.113.",
        "7q2x",
        "assumed-role/app",
        "  mallory   DENIED 203. ",
    ],
)
def test_a_word_may_be_part_of_any_field_in_whatever_case_and_all_must_be_there(text: str) -> None:
    calls = Calls()
    calls.replace([CALL, OTHER])
    calls.filter(text)
    assert calls.shown == [CALL]
    calls.filter(f"{text} dana")
    assert calls.shown == []


def test_words_taken_back_or_changed_show_what_they_hid() -> None:
    calls = Calls()
    calls.replace([CALL, OTHER])
    for text, left in [
        ("d", [CALL, OTHER]),
        ("dana", [OTHER]),
        ("da", [OTHER]),
        ("denied", [CALL]),
        ("denied zebra", []),
        ("denied", [CALL]),
        (" ", [CALL, OTHER]),
    ]:
        calls.filter(text)
        assert calls.shown == left, text


def test_with_twenty_thousand_calls_one_more_is_looked_at_alone() -> None:
    calls = Calls()
    calls.replace(
        replace(CALL, sequence=n, at=CALL.at + timedelta(seconds=n)) for n in range(MAX_RECORDS)
    )
    calls.filter("mallory")
    every, found = calls.every, calls.shown
    calls.append(replace(CALL, sequence=MAX_RECORDS))
    calls.append(replace(OTHER, sequence=MAX_RECORDS + 1, actor="somebody-else"))
    assert calls.every is every
    assert calls.shown is found
    assert (len(every), len(found)) == (MAX_RECORDS + 2, MAX_RECORDS + 1)
    assert calls.actor == len("somebody-else")
    assert calls.same_as(list(every))
    assert not calls.same_as(every[1:])


def test_a_world_made_anew_is_searched_anew_though_its_calls_are_numbered_the_same() -> None:
    calls = Calls()
    calls.replace([CALL])
    calls.filter("mallory")
    calls.replace([replace(OTHER, sequence=CALL.sequence)])
    assert calls.shown == []


def test_an_access_key_id_is_cut_at_its_front_and_nobodys_is_a_dash() -> None:
    assert key_shown(CALL.access_key_id, 6) == "…7Q2X"
    assert key_shown(CALL.access_key_id, 21) == CALL.access_key_id
    assert key_shown(None, 6) == "-"


def test_a_long_actor_is_shown_whole_where_there_is_room() -> None:
    calls = Calls()
    calls.replace([replace(CALL, actor="ec2.amazonaws.com")])
    assert columns(calls, 103, alone=False).actor == len("ec2.amazonaws.com ")
    assert columns(calls, 72, alone=False).actor == 11


async def test_slash_filters_as_one_types_enter_asks_why_and_escape_shows_all_again(
    tmp_path: Path,
) -> None:
    async with running(starting_at("Get Alice back", tmp_path), (120, 40)) as driver:
        await driver.open()
        records = driver.lab.play.story.records()
        denied = [r for r in records if r.actor == "mallory" and r.outcome == "denied"]
        assert 0 < len(denied) < len(records)
        await driver.press("g", "r")
        await driver.press("slash", *"mallory", "space", *"denied")
        await driver.pilot.pause()
        assert pane(driver).border_subtitle == f"{len(denied)} of {len(records)} calls"
        lines = [line for line in shown(driver)[1:] if line]
        assert len(lines) == len(denied)
        assert all("mallory" in line and "✗ denied" in line for line in lines)

        await driver.press("enter", "home", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, WhyScreen), "why")
        assert driver.app.screen._record is denied[0]  # type: ignore[attr-defined]
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, LabScreen), "the lab")
        assert pane(driver).query_one(Input).display

        await driver.press("escape")
        await driver.pilot.pause()
        assert pane(driver).border_subtitle == f"{len(records)} calls"
        assert not pane(driver).query_one(Input).display
        assert pane(driver).calls.selected is denied[0]
        assert isinstance(driver.app.focused, TrailTable)
        await driver.press("escape")
        await driver.pilot.pause()
        assert driver.lab  # whoever presses Esc once too often is not thrown out
        assert driver.notices() == ["b leaves for the catalogue; the lab stays as it is."]


async def test_escape_ends_the_filter_from_any_pane(tmp_path: Path) -> None:
    async with running(starting_at("Get Alice back", tmp_path), (120, 40)) as driver:
        await driver.open()
        records = driver.lab.play.story.records()
        await driver.press("slash", *"denied", "enter", "g", "t")
        await driver.pilot.pause()
        assert pane(driver).border_subtitle != f"{len(records)} calls"
        await driver.press("escape")
        await driver.pilot.pause()
        assert pane(driver).border_subtitle == f"{len(records)} calls"
        assert not pane(driver).query_one(Input).display
        assert isinstance(driver.app.focused, Terminal)


async def test_a_new_call_shows_only_if_it_has_the_words_and_is_counted_all_the_same() -> None:
    async with running(StslabApp("leaked-session"), (120, 40)) as driver:
        await driver.open()
        await driver.do("n")
        await driver.press("slash", *"assumerole", "down")
        await driver.do("1")  # Alice lists the bucket with her own key
        assert pane(driver).border_subtitle == "0 of 1 call"
        assert shown(driver)[1] == "No call has all of these words."
        await driver.press("slash", *"listbucket", "enter")
        await driver.pilot.pause()
        assert pane(driver).border_subtitle == "1 of 1 call"
        assert "s3:ListBucket" in shown(driver)[1]
        await driver.do("1")  # Alice asks for another role
        assert pane(driver).border_subtitle == "1 of 2 calls"
        await driver.press("slash", *"alice", "enter")
        await driver.do("1")
        assert pane(driver).border_subtitle == "3 of 3 calls"
        assert "sts:AssumeRole" in shown(driver)[3]


@pytest.mark.parametrize(("size", "full"), [((120, 40), False), ((160, 50), True)])
async def test_alone_on_the_screen_the_trail_says_from_where_and_with_which_key(
    size: tuple[int, int], full: bool, tmp_path: Path
) -> None:
    async with running(starting_at("Get Alice back", tmp_path), size) as driver:
        await driver.open()
        await driver.press("g", "r")
        await driver.pilot.pause()
        assert "source IP" not in shown(driver)[0]
        await driver.press("z")
        await driver.pilot.pause()
        heading, *lines = shown(driver)
        assert "source IP" in heading
        assert ("error" in heading) is full
        for record, line in zip(driver.lab.play.story.records(), lines, strict=False):
            key = record.access_key_id
            assert key is not None
            assert f" {record.source_ip} " in line
            assert f" {key if full else '…' + key[-4:]} " in line
            assert f" {record.action} " in line


async def test_a_filter_asked_for_from_among_the_calls_is_seen_and_esc_ends_only_it() -> None:
    async with running(StslabApp("sandbox"), (120, 40)) as driver:
        await driver.open()
        await driver.press("g", "r", "slash")
        await driver.pilot.pause()
        asked = pane(driver).query_one(Input)
        assert asked.has_focus
        assert asked.display
        await driver.press("escape")
        await driver.pilot.pause()
        assert driver.lab.focused is pane(driver).calls
        assert not asked.display
