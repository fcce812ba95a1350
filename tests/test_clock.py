"""Lab time: moved, run and given back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from simulator.clock import DEFAULT_START, LATEST, Clock, parse_time, wall


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    clock.start(DEFAULT_START)
    yield clock
    clock.stop()


def test_frozen_time_is_what_the_whole_process_sees(clock: Clock) -> None:
    assert datetime.now(UTC) == clock.now() == DEFAULT_START
    clock.advance(timedelta(minutes=15))
    assert datetime.now(UTC) == DEFAULT_START + timedelta(minutes=15)
    assert time.time() == clock.now().timestamp()


def test_wall_time_goes_on_behind_frozen_time(clock: Clock) -> None:
    assert wall().year >= 2025
    assert clock.now() == DEFAULT_START


def test_the_clock_does_not_go_backwards(clock: Clock) -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(DEFAULT_START - timedelta(seconds=1))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(timedelta(seconds=-1))
    clock.start(DEFAULT_START - timedelta(days=1))
    assert clock.now() == DEFAULT_START - timedelta(days=1)


def test_a_running_clock_catches_up_whenever_it_is_held(clock: Clock) -> None:
    clock.run(600)
    before = wall()
    while wall() - before < timedelta(milliseconds=20):
        pass
    with clock.hold() as now:
        assert now - DEFAULT_START >= timedelta(seconds=12)
        assert datetime.now(UTC) == now
    clock.pause()
    stopped_at = clock.now()
    with clock.hold() as now:
        assert now == stopped_at


def test_listeners_hear_of_every_move_until_they_leave(clock: Clock) -> None:
    heard: list[datetime] = []
    leave = clock.subscribe(heard.append)
    clock.advance(timedelta(hours=1))
    leave()
    clock.advance(timedelta(hours=1))
    assert heard == [DEFAULT_START + timedelta(hours=1)]


def test_only_the_rates_of_the_dial_are_taken(clock: Clock) -> None:
    with pytest.raises(ValueError, match="runs at one of"):
        clock.run(7)


def test_stopping_gives_the_process_its_time_back() -> None:
    clock = Clock()
    clock.start(DEFAULT_START)
    clock.stop()
    before, now, after = wall(), datetime.now(UTC), wall()
    rounding = timedelta(milliseconds=1)
    assert before - rounding <= now <= after + rounding


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2021-08-09T06:22:23Z", datetime(2021, 8, 9, 6, 22, 23, tzinfo=UTC)),
        ("2021-08-09", datetime(2021, 8, 9, tzinfo=UTC)),
        ("2021-08-09T08:00:00+02:00", datetime(2021, 8, 9, 6, tzinfo=UTC)),
    ],
)
def test_times_without_a_zone_are_utc(text: str, at: datetime) -> None:
    assert parse_time(text) == at


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59Z", "9999-12-31T23:59-23:00"])
def test_lab_time_lies_where_every_expiry_has_a_date(clock: Clock, text: str) -> None:
    with pytest.raises(ValueError, match="lab time lies between"):
        parse_time(text)
    for at in (datetime.fromisoformat(text), LATEST + timedelta(seconds=1)):
        for move in (clock.move_to, clock.start):
            with pytest.raises(ValueError, match="lab time lies between"):
                move(at)
    with pytest.raises(ValueError, match="lab time lies between"):
        clock.advance(timedelta(days=365 * 300))
    assert clock.now() == DEFAULT_START


def test_a_time_of_pythons_without_a_zone_is_utc_wherever_the_machine_is(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        clock.start(datetime(2021, 8, 9, 6))
        assert clock.now() == datetime(2021, 8, 9, 6, tzinfo=UTC)
        assert clock.move_to(datetime(2021, 8, 9, 7)) == datetime(2021, 8, 9, 7, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_moment_is_kept_when_real_time_was_left() -> None:
    clock = Clock()
    clock.start()
    try:
        clock.run(1)
        moments, before = [clock.parted], wall()
        for _ in range(2):
            clock.advance(timedelta(hours=1))
            moments.append(clock.parted)
        clock.start(DEFAULT_START)
        clock.advance(timedelta(hours=1))
        moments.append(clock.parted)
        never, first, second, frozen = moments
        assert never is frozen is None
        assert first is not None
        assert before <= first <= wall()
        assert second == first
    finally:
        clock.stop()
