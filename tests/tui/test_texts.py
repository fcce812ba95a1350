"""Short forms, policies as lines, and the entries of the action list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from tui import symbols, themes
from tui.formatting import fit, fit_end, milliseconds, short_arn, span
from tui.policy_text import policy_lines, statement_path
from tui.widgets.actions import Entry, prompt, shortened


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=37, seconds=36), "37 min 36 s"),
        (timedelta(hours=12), "12 h"),
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (timedelta(minutes=-5), "-5 min"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(delta: timedelta, text: str) -> None:
    assert span(delta) == text


@pytest.mark.parametrize("width", [0, 1, 3, 4, 9])
@pytest.mark.parametrize("text", ["", "abc", "abcdef", "日本語"])
def test_a_fitted_text_has_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit_end(text, width)) <= width


def test_milliseconds_are_shown_only_where_there_are_any() -> None:
    at = datetime(2021, 8, 9, 6, 22, 23, tzinfo=UTC)
    assert milliseconds(at) == "06:22:23Z"
    assert milliseconds(at.replace(microsecond=999_000)) == "06:22:23.999Z"


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("arn:aws:s3:::reports/july.csv", "s3 reports/july.csv"),
        ("arn:aws:iam::111122223333:role/App", "iam role/App"),
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-1", "secretsmanager secret:db-1"),
        ("*", "*"),
    ],
)
def test_a_short_arn_keeps_what_differs(arn: str, text: str) -> None:
    assert short_arn(arn) == text


def test_each_line_of_a_policy_knows_its_element() -> None:
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2021-08-09T06:22:23.999Z"}},
    }
    lines = policy_lines({"Version": "2012-10-17", "Statement": [statement]})
    path = ("Statement", 0, "Condition", "DateLessThan", "aws:TokenIssueTime")
    marked = [line.text.strip() for line in lines if line.within(path)]
    assert marked == ['"aws:TokenIssueTime": "2021-08-09T06:22:23.999Z"']
    assert '      "Action": ["*"],' in [line.text for line in lines]


def test_a_single_statement_needs_no_list_to_be_found() -> None:
    assert statement_path({"Statement": {}}, 0) == ("Statement",)
    assert statement_path({"Statement": [{}]}, 0) == ("Statement", 0)


def test_a_policy_document_in_a_command_is_only_hinted_at() -> None:
    command = """aws iam put-role-policy --role-name App --policy-document '{"Version": "x"}'"""
    assert shortened(command).endswith("--policy-document '{…}'")


def test_every_outcome_has_a_symbol_a_word_and_a_colour_in_every_theme() -> None:
    marks = [*symbols.OUTCOMES.values(), symbols.FAILED]
    assert len({mark.symbol for mark in marks}) == len({mark.word for mark in marks}) == 4
    for theme in themes.THEMES:
        assert all(mark.colour.removeprefix("$") in theme.variables for mark in marks)


def test_the_theme_key_goes_through_all_themes_and_round() -> None:
    seen = [themes.DEFAULT]
    for _ in themes.THEMES:
        seen.append(themes.following(seen[-1]))
    assert seen[-1] == themes.DEFAULT
    assert len(set(seen)) == len(themes.THEMES)


def test_an_action_of_many_commands_shows_two_and_how_many_are_left() -> None:
    entry = Entry("do:night", "1", "The night", "\n".join(f"aws s3 ls s3://{n}/" for n in range(9)))
    assert prompt(entry, 60).plain.splitlines() == [
        " 1  The night",
        "    aws s3 ls s3://0/",
        "    aws s3 ls s3://1/",
        "    … and 7 more",
    ]
