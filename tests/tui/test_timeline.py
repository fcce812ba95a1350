"""The timeline's rows, scale and picture, from data alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from simulator.scenario.states import CutOff, SessionState
from simulator.trail import Outcome, Record
from tui.timeline_model import Row, rows
from tui.timeline_scale import fitted, zoomed
from tui.widgets.timeline_picture import draw

SIX = datetime(2021, 8, 9, 6, tzinfo=UTC)
ROLE = "arn:aws:iam::111122223333:role/App"
CELLS, ROOM = 60, 20


def at(minutes: float) -> datetime:
    return SIX + timedelta(minutes=minutes)


def call(number: int, minutes: float, actor: str, key: str, outcome: Outcome = "allowed") -> Record:
    return Record(
        sequence=number,
        at=at(minutes),
        actor=actor,
        service="s3",
        operation="ListObjectsV2",
        action="s3:ListBucket",
        resource="arn:aws:s3:::reports",
        outcome=outcome,
        error_code=None if outcome == "allowed" else "AccessDenied",
        error_message=None,
        why="",
        access_key_id=key,
        principal_arn=f"arn:aws:iam::111122223333:user/{actor}",
        source_ip="198.51.100.1",
        user_agent="",
        parameters={},
    )


def session(key: str, issued: float, *holders: str, role: str = ROLE) -> SessionState:
    return SessionState(key, "App/alice", role, at(issued), at(issued + 60), holders)


def picture(found: tuple[Row, ...], now: float) -> list[str]:
    scale = fitted(SIX, at(now), at(60), CELLS)
    drawn = draw(found, at(now), scale, ROOM, lambda _: Style.null())
    return [strip.text for strip in drawn.strips]


def test_a_row_stays_the_same_holders_when_they_let_go_of_the_session() -> None:
    made = [call(1, 1, "porter", "ASIA1"), call(2, 2, "clerk", "ASIA1")]
    made += [call(3, 3, "mallory", "ASIA1"), call(4, 4, "porter", "ASIA1")]

    def callers(*holders: str) -> list[set[str]]:
        found = rows([session("ASIA1", 0, *holders)], [], made, {"ASIA1": None}, at(6))
        return [{record.actor for record in row.calls} for row in found]

    everybody = [{"porter"}, {"clerk"}, {"mallory"}]
    assert callers("porter", "clerk", "mallory") == everybody
    assert callers("clerk", "mallory") == everybody  # the porter has renewed
    assert callers("mallory") == everybody
    assert callers("idle", "mallory") == [set(), {"porter"}, {"clerk"}, {"mallory"}]


def test_a_label_that_is_cut_does_not_touch_its_bar() -> None:
    long = SessionState("ASIA1", "Web/i-0123456789abcdef0", ROLE, SIX, at(60), ("web",))
    line = picture(rows([long], [], [], {"ASIA1": None}, at(6)), 6)[2]
    assert line[:ROOM] == "Web/i-0123456789ab… "


def test_whoever_holds_a_session_beside_its_owner_has_a_row_below_it() -> None:
    made = [call(1, 1, "alice", "ASIA1"), call(2, 5, "mallory", "ASIA1")]
    found = rows([session("ASIA1", 0, "alice", "mallory")], [], made, {"ASIA1": None}, at(6))
    assert [(row.kind, row.label, row.depth) for row in found] == [
        ("session", "App/alice", 0),
        ("holder", "mallory", 1),
    ]
    assert [record.sequence for record in found[1].calls] == [2]


def test_a_holder_who_has_not_called_yet_begins_now() -> None:
    found = rows([session("ASIA1", 0, "alice", "mallory")], [], [], {"ASIA1": None}, at(9))
    assert found[1].starts == at(9)


def test_a_chained_session_hangs_from_the_session_that_asked_for_it() -> None:
    chain = [session("ASIA1", 0, "alice"), session("ASIA2", 2, "alice")]
    made = [call(1, 0, "alice", "AKIA1")]
    found = rows(chain, [], made, {"ASIA1": "AKIA1", "ASIA2": "ASIA1"}, at(3))
    assert [(row.kind, row.depth) for row in found] == [("key", 0), ("session", 1), ("session", 2)]


def test_the_defenders_own_key_has_no_row_but_the_sessions_it_issued_have() -> None:
    made = [call(1, 0, "dana", "AKIA1")]
    found = rows([session("ASIA1", 0, "dana")], [], made, {"ASIA1": "AKIA1"}, at(1), {"dana"})
    assert [(row.kind, row.depth) for row in found] == [("session", 0)]


def test_a_cut_off_reaches_only_sessions_of_its_role_issued_before_it() -> None:
    cut = CutOff(ROLE, "AWSRevokeOlderSessions", at(10), at(10))
    found = rows(
        [
            session("ASIA1", 0, "alice"),
            session("ASIA2", 11, "alice"),
            session("ASIA3", 0, "bob", role="arn:aws:iam::111122223333:role/Other"),
        ],
        [cut],
        [],
        {"ASIA1": None, "ASIA2": None, "ASIA3": None},
        at(12),
    )
    assert [row.cut for row in found] == [cut, None, None]
    assert [row.shown_cut for row in found] == [cut, cut, None]


def test_the_picture_shows_issue_expiry_now_cut_off_and_every_mark() -> None:
    made = [call(1, 1, "alice", "ASIA1"), call(2, 20, "alice", "ASIA1", "denied")]
    cut = CutOff(ROLE, "AWSRevokeOlderSessions", at(15), at(15))
    found = rows([session("ASIA1", 0, "alice")], [cut], made, {"ASIA1": None}, at(20))
    axis, flags, bar = picture(found, 20)
    assert axis.startswith("UTC")
    assert "cut-off 06:15:00Z ╻" in flags
    assert flags.index("╷ now") == bar.index("✗")
    assert bar.index("┣") < bar.index("✓") < bar.index("┃") < bar.index("✗") < bar.index("┤")


def test_calls_of_one_moment_stand_side_by_side_and_none_is_lost() -> None:
    made = [call(n, 10, "alice", "ASIA1") for n in range(1, 6)]
    found = rows([session("ASIA1", 0, "alice")], [], made, {"ASIA1": None}, at(30))
    scale = fitted(SIX, at(30), at(60), CELLS)
    drawn = draw(found, at(30), scale, ROOM, lambda _: Style.null())
    assert sorted(drawn.spots.values()) == [1, 2, 3, 4, 5]
    assert "✓✓✓✓✓" in drawn.strips[2].text


@given(st.integers(0, 50_000), st.integers(1, 50_000), st.integers(20, 200), st.data())
def test_later_is_never_further_left(
    past: int, ahead: int, cells: int, data: st.DataObject
) -> None:
    now = SIX + timedelta(seconds=past)
    end = now + timedelta(seconds=ahead)
    scale = fitted(SIX, now, end, cells)
    seconds = sorted(data.draw(st.lists(st.integers(0, past + ahead), min_size=2, max_size=8)))
    columns = [scale.column(SIX + timedelta(seconds=each)) for each in seconds]
    assert columns == sorted(columns)
    assert all(0 <= column < cells for column in columns)


def test_closer_shows_less_time_on_the_same_width() -> None:
    near = zoomed(SIX, at(10), at(60), CELLS, 2, 0.0)
    assert near.end - near.start < timedelta(minutes=16)
    assert 0 < near.column(at(10)) < CELLS
