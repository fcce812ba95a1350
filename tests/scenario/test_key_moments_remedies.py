"""Blunt instruments: the remedies' harm on the trail, and in numbers that come from calls."""

from __future__ import annotations

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.matrix import Count, Matrix, Row, run_matrix
from tests.scenario.moments import by, came_to, decided_by_the_cut_off, ran

FAIL = ["nothing", "trust-policy", "deactivate-key"]
HARM = ["detach", "deny-all", "delete-role", "recreate-role"]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return run_matrix(load_by_id("blunt-instruments"))


def row(matrix: Matrix, remedy: str) -> Row:
    return next(each for each in matrix.rows if each.remedy == remedy)


def test_blunt_instruments_on_the_trail() -> None:
    result = ran("blunt-instruments")
    reads = by(result, "mallory", "GetObject")
    assert came_to(reads) == [
        "allowed",  # with the leaked session
        "allowed",  # Alice's key is inactive
        "AccessDenied",  # the policy is detached
        "allowed",  # and attached again
        "AccessDenied",  # revoked
        "allowed",  # the label printer's key, which no cut-off catches
        "InvalidAccessKeyId",
        "AccessDenied",  # the role was made again under its name
    ]
    assert decided_by_the_cut_off(reads[4])
    (refused,) = [each for each in by(result, "alice") if each.outcome == "refused"]
    assert (refused.operation, refused.error_code) == ("AssumeRole", "InvalidClientTokenId")


def test_a_role_made_again_is_not_the_role_that_was_trusted() -> None:
    result = ran("blunt-instruments")
    assume = by(result, "alice", "AssumeRole")[-1]
    assert assume.resource.endswith(":role/Ledger")
    assert assume.principal_arn == "arn:aws:sts::111122223333:assumed-role/App/alice"
    assert assume.error_code == "AccessDenied"


@pytest.mark.parametrize("remedy", FAIL)
def test_what_fails_leaves_the_thief_every_call(matrix: Matrix, remedy: str) -> None:
    assert row(matrix, remedy).attacker == Count(4, 4)
    assert row(matrix, remedy).verdict == "fails"


@pytest.mark.parametrize("remedy", HARM)
def test_what_harms_stops_the_thief_and_new_sessions_too(matrix: Matrix, remedy: str) -> None:
    found = row(matrix, remedy)
    assert found.attacker == Count(0, 4)
    assert found.broken == Count(3, 3)
    assert found.fresh.calls > 0
    assert found.verdict == "harms"


def test_a_role_made_again_breaks_only_what_trusted_the_old_one(matrix: Matrix) -> None:
    assert row(matrix, "recreate-role").fresh == Count(1, 3)
    assert row(matrix, "detach").fresh == Count(1, 3)
    assert row(matrix, "delete-role").fresh == Count(3, 3)


def test_revoking_costs_the_honest_one_assume_role_each(matrix: Matrix) -> None:
    found = row(matrix, "revoke")
    assert (found.attacker, found.fresh) == (Count(0, 4), Count(0, 3))
    assert found.verdict == "works"


def test_no_remedy_on_the_role_catches_a_long_term_key(matrix: Matrix) -> None:
    assert {each.long_term for each in matrix.rows} == {Count(1, 1)}


def test_the_author_expected_what_was_measured(matrix: Matrix) -> None:
    remedies = load_by_id("blunt-instruments").remedies
    assert [each.verdict for each in matrix.rows] == [each.verdict for each in remedies]
