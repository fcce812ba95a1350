"""The short form of the soak, and that its judge is no rubber stamp. The long one: `make soak`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.soak import soak
from bench.soak_judge import Report
from bench.soak_model import REVOKE, Answer, Ask, Holder, Model, Role, User

NOW = datetime(2021, 8, 9, 7, tzinfo=UTC)
CALLS = 500


@pytest.fixture(scope="module")
def report() -> Report:
    return soak(CALLS, 16)


def test_no_answer_is_wrong_while_time_moves_and_policies_change(report: Report) -> None:
    assert report.wrong == []
    assert report.calls == CALLS


@pytest.mark.parametrize(
    "code",
    [
        "",
        "AccessDenied",
        "ExpiredToken",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "NoSuchEntity",
        "EntityAlreadyExists",
    ],
)
def test_the_soak_meets_every_kind_of_answer(report: Report, code: str) -> None:
    assert code in {each for _, each in report.outcomes}


def test_no_thread_and_no_socket_is_left_after_the_soak(report: Report) -> None:
    assert report.threads == []
    assert report.sockets <= 0


def test_memory_does_not_grow_when_what_is_bounded_is_full(report: Report) -> None:
    assert len(report.blocks) == 8
    # Some hundred calls still warm caches; the long form allows less.
    assert report.growth < 0.10


# -- the judge ------------------------------------------------------------------------------

ARN = "arn:aws:sts::111122223333:assumed-role/App/s1"
SESSION = Holder("ASIA1", "s", "t", "role", "App", ARN, "AROAAPP", NOW, NOW + timedelta(hours=1))
USER = Holder("AKIA1", "s", "", "user", "ann", "arn:aws:iam::111122223333:user/ann")
FINE = Answer(200, "")
DENIED = Answer(403, "AccessDenied")


def model() -> Model:
    return Model(
        "111122223333",
        users={"ann": User({"AKIA1": True})},
        roles={"App": Role("AROAAPP", permits=True)},
        objects={"a": "content"},
    )


def complaint(given: Model, ask: Ask, answer: Answer, at: datetime = NOW) -> str:
    return given.judge(ask, answer, at)[0]


def test_the_judge_sees_a_revoked_session_that_still_works() -> None:
    world = model()
    world.roles["App"].cut_off = NOW + timedelta(milliseconds=1)
    assert complaint(world, Ask("ListBuckets", SESSION), FINE)
    assert not complaint(world, Ask("ListBuckets", SESSION), DENIED)
    world.roles["App"].cut_off = NOW
    assert not complaint(world, Ask("ListBuckets", SESSION), FINE)
    assert complaint(world, Ask("ListBuckets", SESSION), DENIED)


def test_the_judge_sees_a_session_that_outlives_its_end_or_its_role() -> None:
    world = model()
    end = NOW + timedelta(hours=1)
    assert complaint(world, Ask("ListBuckets", SESSION), FINE, end)
    assert not complaint(world, Ask("ListBuckets", SESSION), Answer(400, "ExpiredToken"), end)
    world.roles["App"] = Role("AROAANOTHER", permits=True)
    assert complaint(world, Ask("ListBuckets", SESSION), FINE)


def test_the_judge_sees_a_dead_key_or_a_forger_let_in() -> None:
    world = model()
    assert complaint(world, Ask("ListBuckets", replace(USER, forged=True)), FINE)
    world.users["ann"].keys["AKIA1"] = False
    assert complaint(world, Ask("ListBuckets", USER), FINE)


def test_the_judge_sees_the_wrong_content_and_the_wrong_name() -> None:
    world = model()
    assert complaint(world, Ask("GetObject", USER, "a"), Answer(200, "", b"other"))
    assert not complaint(world, Ask("GetObject", USER, "a"), Answer(200, "", b"content"))
    wrong = Answer(200, "", values={"Arn": "arn:aws:iam::111122223333:user/bob"})
    assert complaint(world, Ask("GetCallerIdentity", USER), wrong)


def test_the_judge_follows_a_revoke_put_and_taken_away() -> None:
    world = model()
    admin = Holder("AKIA0", "s", "", "admin", "admin", "")
    put = Ask("PutRolePolicy", admin, "App", REVOKE, NOW + timedelta(minutes=1))
    assert not complaint(world, put, FINE)
    assert complaint(world, Ask("ListBuckets", SESSION), FINE)
    assert not complaint(world, Ask("DeleteRolePolicy", admin, "App", REVOKE), FINE)
    assert not complaint(world, Ask("ListBuckets", SESSION), FINE)
