from __future__ import annotations

import json

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.loading import load
from simulator.scenario.matrix import (
    Count,
    Matrix,
    MatrixError,
    as_json,
    as_markdown,
    as_text,
    run_matrix,
)
from tests.scenario.conftest import SMALL, Write


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return run_matrix(load_by_id("leaked-session"))


def test_the_trust_policy_stops_the_honest_and_not_the_thief(matrix: Matrix) -> None:
    row = next(row for row in matrix.rows if row.remedy == "trust-policy")
    assert row.attacker == Count(4, 4)
    assert row.fresh.calls == row.fresh.of
    assert row.verdict == "fails"


def test_revoking_stops_the_thief_and_new_sessions_work(matrix: Matrix) -> None:
    row = next(row for row in matrix.rows if row.remedy == "revoke")
    assert row.attacker == Count(0, 4)
    assert row.broken == Count(1, 1)
    assert row.fresh.calls == 0
    assert row.verdict == "works"


def test_denying_everything_stops_the_honest_too(matrix: Matrix) -> None:
    row = next(row for row in matrix.rows if row.remedy == "deny-all")
    assert (row.attacker.calls, row.verdict) == (0, "harms")


def test_the_numbers_are_what_the_author_expected(matrix: Matrix) -> None:
    remedies = load_by_id("leaked-session").remedies
    assert [row.verdict for row in matrix.rows] == [remedy.verdict for remedy in remedies]


def test_the_outputs_name_every_remedy(matrix: Matrix) -> None:
    assert as_text(matrix).count("attacker") >= len(matrix.rows)
    assert as_markdown(matrix).count("\n| ") == len(matrix.rows) + 1
    assert [row["remedy"] for row in json.loads(json.dumps(as_json(matrix)))["rows"]] == [
        row.remedy for row in matrix.rows
    ]


def test_a_scenario_without_an_incident_says_so(write: Write) -> None:
    with pytest.raises(MatrixError, match="'small' has no incident"):
        run_matrix(load(write(SMALL)))


def test_an_incident_that_does_not_go_as_it_says_is_an_error_not_a_row(write: Write) -> None:
    text = SMALL + (
        "incident:\n"
        "  happens: [{as: alice, call: s3.ListBuckets, expect: allowed}]\n"
        "  attacker: [{as: alice, call: s3.ListBuckets}]\n"
        "  legitimate: []\n"
        "remedies: [{id: none, title: Nothing, does: []}]\n"
    )
    with pytest.raises(MatrixError, match="small: incident: expected allowed, was denied"):
        run_matrix(load(write(text)))
