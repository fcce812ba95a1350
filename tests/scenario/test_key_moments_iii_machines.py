"""Chapter III, machines: each story's key moment, on the trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.matrix import Count, Matrix, run_matrix
from tests.scenario.moments import by, came_to, decided_by_the_cut_off, ran


@pytest.fixture(scope="module")
def instance_matrix() -> Matrix:
    return run_matrix(load_by_id("instance-role"))


def test_instance_role_the_shop_goes_down_with_the_thief_and_up_with_a_new_set() -> None:
    result = ran("instance-role")
    (revoke,) = by(result, "dana", "PutRolePolicy")
    (stop,) = by(result, "dana", "StopInstances")
    (start,) = by(result, "dana", "StartInstances")
    shop = by(result, "shop")
    before = [each for each in shop if each.sequence < revoke.sequence]
    down = [each for each in shop if revoke.sequence < each.sequence < stop.sequence]
    after = [each for each in shop if each.sequence > start.sequence]
    assert set(came_to(before)) == {"allowed"}
    assert len(down) >= 10, "ten minutes and more, a call a minute"
    assert set(came_to(down)) == {"AccessDenied"}
    assert all(decided_by_the_cut_off(each) for each in down)
    assert {each.access_key_id for each in down} == {each.access_key_id for each in before}
    assert set(came_to(after)) == {"allowed"}
    assert len({each.access_key_id for each in after}) == 2, "renewed once, before its end"
    assert not {each.access_key_id for each in after} & {each.access_key_id for each in before}


def test_instance_role_the_thief_has_the_roles_session_from_elsewhere() -> None:
    result = ran("instance-role")
    reads = by(result, "mallory")
    assert came_to(reads) == ["allowed", "allowed", "AccessDenied", "AccessDenied"]
    (instance,) = {(each.principal_arn or "").rpartition("/")[2] for each in by(result, "shop")}
    assert instance.startswith("i-")
    assert {each.principal_arn for each in reads} == {
        f"arn:aws:sts::111122223333:assumed-role/Web/{instance}"
    }
    assert {each.source_ip for each in reads} == {"203.0.113.66"}


@pytest.mark.parametrize(
    ("remedy", "attacker", "broken", "verdict"),
    [
        ("nothing", Count(2, 2), Count(0, 10), "fails"),
        ("imdsv2", Count(2, 2), Count(0, 10), "fails"),
        ("stop-start", Count(2, 2), Count(0, 10), "fails"),
        ("revoke", Count(0, 2), Count(10, 10), "harms"),
        ("revoke-reboot", Count(0, 2), Count(10, 10), "harms"),
        ("role-delivery", Count(0, 2), Count(0, 10), "works"),
        ("revoke-reassociate", Count(0, 2), Count(0, 10), "works"),
        ("revoke-stop-start", Count(0, 2), Count(0, 10), "works"),
    ],
)
def test_what_each_remedy_costs_the_shop(
    instance_matrix: Matrix, remedy: str, attacker: Count, broken: Count, verdict: str
) -> None:
    row = next(each for each in instance_matrix.rows if each.remedy == remedy)
    assert (row.attacker, row.broken, row.verdict) == (attacker, broken, verdict)


def test_function_credentials_one_environment_one_set_until_the_configuration_changes() -> None:
    result = ran("function-credentials")
    (revoke,) = by(result, "dana", "PutRolePolicy")
    (update,) = by(result, "dana", "UpdateFunctionConfiguration")
    calls = by(result, "quotes")
    before = [each for each in calls if each.sequence < revoke.sequence]
    down = [each for each in calls if revoke.sequence < each.sequence < update.sequence]
    after = [each for each in calls if each.sequence > update.sequence]
    assert set(came_to(before)) == {"allowed"}
    assert came_to(down) == ["AccessDeniedException"] * 4
    assert all(decided_by_the_cut_off(each) for each in down)
    assert set(came_to(after)) == {"allowed"}
    old, new = ({each.access_key_id for each in calls} for calls in (before + down, after))
    assert (len(old), len(new), old & new) == (1, 1, set())
    thief = by(result, "mallory")
    assert {each.access_key_id for each in thief} == old
    assert came_to(thief) == ["allowed", "AccessDeniedException", "AccessDeniedException"]


def test_function_credentials_a_set_made_before_the_cut_off_is_cut_off_too() -> None:
    rows = {row.remedy: row for row in run_matrix(load_by_id("function-credentials")).rows}
    assert [rows[each].verdict for each in ("debug-off", "debug-off-revoke")] == ["fails", "harms"]
    assert rows["debug-off-revoke"].broken == Count(5, 5)
    assert rows["revoke-debug-off"].broken == Count(0, 5)
    assert rows["revoke-debug-off"].verdict == "works"


def test_cached_clients_one_renews_before_the_end_and_one_never() -> None:
    result = ran("cached-clients")
    (revoke,) = by(result, "dana", "PutRolePolicy")
    noon = datetime(2021, 8, 27, 12, tzinfo=UTC)
    advised = noon - timedelta(minutes=15)
    porter, clerk = by(result, "porter"), by(result, "clerk")
    first = {each.access_key_id for each in (*porter, *clerk) if each.at < revoke.at}
    assert len(first) == 1, "one set serves both"
    down = [each for each in porter if revoke.at < each.at < advised]
    assert set(came_to(down)) == {"AccessDenied"}
    assert {each.access_key_id for each in down} == first
    back = [each for each in porter if each.at > advised]
    assert set(came_to(back)) == {"allowed"}
    assert not {each.access_key_id for each in back} & first
    (restarted,) = [each for each in clerk if each.at > revoke.at and each.outcome == "allowed"][:1]
    stuck = [each for each in clerk if revoke.at < each.at < restarted.at]
    assert {each.access_key_id for each in stuck} == first
    assert set(came_to(each for each in stuck if each.at < noon)) == {"AccessDenied"}
    assert set(came_to(each for each in stuck if each.at >= noon)) == {"ExpiredToken"}
    assert restarted.at > noon
