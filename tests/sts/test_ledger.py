"""How long the ledger remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from simulator.sts.ledger import FORGOTTEN_AFTER, Credential, Ledger

START = datetime(2021, 8, 9, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session(name: str, issued_at: datetime, lives: timedelta = HOUR) -> Credential:
    return Credential(
        access_key_id=name,
        secret_access_key="s" * 40,
        session_token="token",
        kind="role",
        account="111122223333",
        arn="arn:aws:sts::111122223333:assumed-role/App/alice",
        principal_arn="arn:aws:iam::111122223333:role/App",
        user_id="AROAAPP:alice",
        name="App",
        issued_at=issued_at,
        expires_at=issued_at + lives,
    )


def filled(limit: int) -> Ledger:
    ledger = Ledger(limit)
    for number in range(limit):
        ledger.add(session(f"old-{number}", START))
    return ledger


def test_in_a_lab_of_ordinary_size_no_session_is_ever_forgotten() -> None:
    ledger = Ledger()
    ledger.add(session("first", START))
    ledger.add(session("second", START + timedelta(days=3650)))
    assert ledger.find("first") is not None


def test_beyond_the_limit_sessions_long_over_are_forgotten() -> None:
    ledger = filled(100)
    ledger.add(session("new", START + HOUR + FORGOTTEN_AFTER))
    assert [each.access_key_id for each in ledger.sessions()] == ["new"]


def test_a_session_over_for_less_than_that_is_kept_beyond_the_limit() -> None:
    ledger = filled(100)
    ledger.add(session("new", START + HOUR + FORGOTTEN_AFTER - timedelta(seconds=1)))
    assert len(ledger.sessions()) == 101
    assert ledger.find("old-0") is not None


def test_neither_a_live_session_nor_roots_key_is_forgotten_however_many_there_are() -> None:
    ledger = Ledger(10)
    long = session("live", START, timedelta(hours=36))
    root = replace(long, access_key_id="root", session_token=None, expires_at=None, issued_at=None)
    ledger.add(root)
    for number in range(50):
        ledger.add(replace(long, access_key_id=f"live-{number}"))
    for number in range(50):
        ledger.add(session(f"later-{number}", START + timedelta(hours=35)))
    assert all(ledger.find(f"live-{number}") for number in range(50))
    ledger.add(session("much-later", START + timedelta(days=400)))
    assert ledger.find("root") is root


def test_with_sessions_coming_and_going_for_ever_the_ledger_stays_within_its_bound() -> None:
    ledger = Ledger(100)
    most = 0
    for number in range(5_000):
        ledger.add(session(f"{number}", START + number * HOUR))
        most = max(most, len(ledger.sessions()))
    assert most <= 110
    assert ledger.find("4999") is not None
