"""The console in the lab: commands typed, completed, run by real calls, and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Key, Paste
from textual.widgets import Input, OptionList, Static

from simulator.awscli import installed_cli
from tests.tui.conftest import Driver, no_call_ending, running
from tests.tui.reading import lines_in
from tui.app import StslabApp
from tui.console.history import History
from tui.console.pasting import commands_in
from tui.screens.console import ConsoleScreen
from tui.screens.help import Help
from tui.screens.holder_choice import HolderChoice
from tui.screens.lab import LabScreen
from tui.screens.why import WhyScreen
from tui.widgets.keys import Keys

STORIES = Path(__file__).parent / "stories"
APP = "arn:aws:iam::111122223333:role/App"
ASSUME = f"aws sts assume-role --role-arn {APP} --role-session-name alice"


def lab_app() -> StslabApp:
    return StslabApp("small-leak", scenario_dirs=[STORIES])


def console(driver: Driver) -> ConsoleScreen:
    screen = driver.app.screen
    assert isinstance(screen, ConsoleScreen), screen
    return screen


async def opened(driver: Driver, *, real: bool = False) -> None:
    """The console, at the first task."""
    await driver.open()
    await driver.do("n")
    await driver.press("c")
    await driver.until(
        lambda: isinstance(driver.app.screen, ConsoleScreen) and driver.app.screen.at_rest,
        "the console",
    )
    if not real:
        console(driver).console.path = None


async def typed(driver: Driver, line: str) -> None:
    console(driver).query_one(Input).value = line
    await driver.press("enter")
    await driver.pilot.pause()
    if isinstance(driver.app.screen, ConsoleScreen):
        await driver.until(lambda: console(driver).at_rest, line)
    await driver.pilot.pause()


def at_once(driver: Driver, text: str) -> None:
    """Keys in one go, as from a fast hand or another program: nobody waits for the first."""
    names = {" ": "space", "-": "minus", "\t": "tab", "\r": "enter"}
    for character in text:
        driver.app.post_message(Key(names.get(character, character), character))


def shown(driver: Driver) -> str:
    blocks = console(driver).query(".console-block").results(Static)
    return "\n".join(str(block.render()) for block in blocks)


async def test_a_task_is_done_by_a_command_and_what_it_issued_can_be_called_with() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await typed(driver, ASSUME)
        assert '"SessionToken"' in shown(driver)
        assert "as alice app" in shown(driver)
        await typed(driver, "as alice app")
        await typed(driver, "aws sts get-caller-identity")
        assert "assumed-role/App/alice" in shown(driver)
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, LabScreen), "the lab")
        await driver.settled()
        assert driver.step() == 2
        assert driver.lab.play.steps[1].status == "done"


async def test_a_denial_shows_its_error_line_and_why_opens_from_it() -> None:
    async with running(lab_app(), (120, 40)) as driver:
        await opened(driver)
        await typed(driver, "aws s3 ls s3://reports")
        assert "An error occurred (AccessDenied) when calling the ListObjectsV2" in shown(driver)
        assert "exit code 254" in shown(driver)
        await typed(driver, "why")
        await driver.until(lambda: isinstance(driver.app.screen, WhyScreen), "why")


async def test_what_was_issued_without_a_task_asking_for_it_is_held_in_the_console() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await typed(driver, ASSUME)
        await typed(driver, ASSUME)
        await typed(driver, "who")
        assert "alice App" in shown(driver)
        await typed(driver, "as alice App")
        await typed(driver, "aws s3 ls s3://reports")
        assert "july.csv" in shown(driver)


@pytest.mark.skipif(installed_cli() is None, reason="the AWS CLI is not installed")
async def test_the_installed_cli_does_a_task_as_the_chosen_actor() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver, real=True)
        await typed(driver, ASSUME)
        assert '"AccessKeyId"' in shown(driver)
        record = console(driver).play.story.records()[-1]
        assert (record.actor, record.operation) == ("alice", "AssumeRole")
        assert record.source_ip == console(driver).play.scenario.actors["alice"].source_ip
        await driver.press("escape")
        await driver.settled()
        assert driver.step() == 2


async def test_an_actor_is_chosen_by_ctrl_o_and_an_unknown_one_is_told() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await driver.press("ctrl+o")
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, HolderChoice)
        names = [holder.actor for holder in driver.app.screen._known]
        driver.app.screen.query_one(OptionList).highlighted = names.index("mallory")
        await driver.press("enter")
        await driver.pilot.pause()
        holder = console(driver).holder
        assert holder is not None
        assert (holder.actor, holder.keys) == ("mallory", None)
        await typed(driver, "aws sts get-caller-identity")
        assert "MissingAuthenticationToken" in shown(driver)
        await typed(driver, "as malory")
        assert "perhaps mallory" in shown(driver)
        await typed(driver, "as alice root")
        assert "alice holds no credentials called 'root'" in shown(driver)


async def test_tab_completes_and_shows_what_is_possible() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        line = console(driver).query_one(Input)
        await driver.press(*"aws", "space", *"sts", "space", *"get-cal", "tab")
        assert line.value == "aws sts get-caller-identity "
        line.value, line.cursor_position = "aws sts assume-role --role", 25
        await driver.press("end", "tab")
        await driver.pilot.pause()
        assert "--role-session-name" in str(console(driver).query_one("#console-note").render())
        line.value = "as mal"
        await driver.press("end", "tab")
        assert line.value == "as mallory "


async def test_keys_that_come_at_once_are_each_about_what_was_typed_before_them() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        line = console(driver).query_one(Input)
        at_once(driver, "aws sts get-cal\t")
        await driver.until(lambda: line.value.endswith("caller-identity "), "the completion")
        assert line.value == "aws sts get-caller-identity "
        await driver.press("ctrl+c")
        at_once(driver, "as mallory\rwho\ras")
        await driver.until(lambda: line.value == "as", "the rest")
        await driver.until(lambda: console(driver).at_rest, "both commands")
        holder = console(driver).holder
        assert holder is not None
        assert holder.actor == "mallory"
        assert "alice own" in shown(driver)


async def test_what_is_pasted_while_a_command_runs_is_run_after_it_line_by_line() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        pasted = f"{ASSUME}\nas alice app\naws sts \\\n  get-caller-identity\naws s3 ls"
        console(driver).query_one(Input).post_message(Paste(pasted))
        await driver.until(lambda: console(driver).query_one(Input).value == "aws s3 ls", "it")
        await driver.until(lambda: console(driver).at_rest, "all of them")
        assert "assumed-role/App/alice" in shown(driver)
        operations = [record.operation for record in console(driver).play.story.records()]
        assert operations == ["AssumeRole", "GetCallerIdentity"]


async def test_what_waits_is_forgotten_when_the_command_before_it_is_ended() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        with no_call_ending(console(driver).play.lab.clock):
            console(driver).query_one(Input).post_message(Paste(f"{ASSUME}\n{ASSUME}\n{ASSUME}\n"))
            await driver.until(lambda: console(driver).working, "the first")
            await driver.press("ctrl+c")
        await driver.until(lambda: console(driver).at_rest, "rest")
        assert shown(driver).count("$ aws sts assume-role") == 1


async def test_a_command_that_takes_long_says_so_until_it_has_ended() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        note = console(driver).query_one("#console-note")
        with no_call_ending(console(driver).play.lab.clock):
            console(driver).query_one(Input).post_message(Paste(f"{ASSUME}\nwho\n"))
            await driver.until(
                lambda: "under way; 1 more after it; Ctrl+C ends it" in str(note.render()), "so"
            )
        await driver.until(lambda: console(driver).at_rest, "the end of both")
        assert str(note.render()) == ""


def test_a_pasted_document_in_quotes_is_one_command_and_an_unfinished_line_stays() -> None:
    text = "aws x --policy-document '{\n  \"A\": 1\n}'\r\n\naws y \\\n  --z 1\naws w"
    assert commands_in(text) == (
        ("""aws x --policy-document '{ "A": 1 }'""", "aws y --z 1"),
        "aws w",
    )
    assert commands_in("aws x --policy '{\n") == ((), "aws x --policy '{")


async def test_the_footer_calls_ctrl_c_what_it_does_now() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)

        def footer() -> dict[str, str]:
            return {key.action: key.description for key in driver.app.screen.query_one(Keys).shown}

        assert not {"interrupt", "empty_line"} & footer().keys()
        await driver.press("x")
        await driver.until(lambda: footer().get("empty_line") == "Clear line", "the footer")
        assert "interrupt" not in footer()
        await driver.press("ctrl+c")
        assert console(driver).query_one(Input).value == ""


async def test_up_and_down_go_through_what_was_typed_and_back_to_the_draft() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await typed(driver, "who")
        await typed(driver, "as dana")
        line = console(driver).query_one(Input)
        await driver.press(*"aws", "up")
        assert line.value == "as dana"
        await driver.press("up", "up", "up")
        assert line.value == "who"
        await driver.press("down", "down")
        assert line.value == "aws"


def test_a_line_typed_twice_is_remembered_once() -> None:
    history = History()
    for line in ("a", "a", "b"):
        history.add(line)
    assert [history.move(-1, "") for _ in range(3)] == ["b", "a", "a"]


async def test_the_console_is_as_it_was_left_and_question_mark_helps() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await typed(driver, "who")
        before = shown(driver)
        await driver.press("escape")
        await driver.settled()
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ConsoleScreen), "the console")
        assert shown(driver) == before
        await driver.press("question_mark")
        await driver.until(lambda: isinstance(driver.app.screen, Help), "help")
        await driver.press("escape")
        await driver.pilot.pause()
        await driver.press("a", "question_mark")
        assert console(driver).query_one(Input).value == "a?"


async def test_what_only_a_shell_would_do_is_refused_in_a_line() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await typed(driver, "rm -rf /")
        assert "rm: only `aws …` runs here" in shown(driver)


async def test_credentials_of_a_world_that_is_gone_are_gone() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        await typed(driver, ASSUME)
        await typed(driver, ASSUME)
        await driver.press("escape")
        await driver.settled()
        await driver.press("R")
        await driver.pilot.pause()
        await driver.press("y")
        await driver.until(lambda: driver.lab.at_rest and driver.step() == 0, "the restart")
        await driver.press("c")
        await driver.until(
            lambda: (
                isinstance(driver.app.screen, ConsoleScreen)
                and {each.credentials for each in driver.app.screen._known} == {"own", "nothing"}
            ),
            "the console to know",
        )


async def test_an_empty_console_says_what_to_type_and_who_one_is_and_a_full_one_does_not() -> None:
    async with running(lab_app(), (80, 24)) as driver:
        await opened(driver)
        hint = console(driver).query_one("#console-hint", Static)

        def lines() -> list[str]:
            return [line.strip() for line in lines_in(driver, hint.region) if line.strip()]

        await driver.pilot.pause()
        assert lines() == [
            "Type aws sts get-caller-identity, or any other command; Tab completes it.",
            "You are Alice, with your own access key; Ctrl+O: be somebody else.",
        ]
        await typed(driver, "aws sts get-caller-identity")
        assert not hint.region.area
        await typed(driver, "as mallory")
        await typed(driver, "clear")
        assert lines()[1].startswith("You are Mallory, with no credentials;")
