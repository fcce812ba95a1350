"""Chapter II, the leak: each story's key moment, on the trail."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.matrix import Count, run_matrix
from simulator.trail import Record
from tests.scenario.moments import by, ran


def test_waiting_it_out_costs_what_the_session_is_long() -> None:
    result = ran("waiting-it-out")
    sessions = by(result, "bob", "AssumeRole")[:3]
    taken = Counter(each.access_key_id for each in by(result, "mallory") if not each.error_code)
    assert [taken[each.issued_key] for each in sessions] == [1, 3, 47]
    for session, seconds in zip(sessions, (900, 3600, 43200), strict=True):
        ends = session.at.replace(microsecond=0) + timedelta(seconds=seconds)
        for each in by(result, "mallory"):
            if each.access_key_id == session.issued_key:
                expected = (None, "allowed") if each.at < ends else ("ExpiredToken", "refused")
                assert (each.error_code, each.outcome) == expected


def test_waiting_it_out_an_inactive_key_ends_no_session_of_its_role_and_a_revoke_does() -> None:
    result = ran("waiting-it-out")
    inactive = by(result, "frank", "UpdateAccessKey")[0]
    assert inactive.parameters["Status"] == "Inactive"
    after = next(each for each in by(result, "mallory") if each.at > inactive.at)
    assert (after.outcome, after.error_code) == ("allowed", None)
    last = by(result, "mallory")[-1]
    assert (last.outcome, last.error_code) == ("denied", "AccessDenied")
    assert last.access_key_id == by(result, "bob", "AssumeRole")[-1].issued_key


def test_presigned_urls_work_for_anybody_and_die_with_their_session() -> None:
    result = ran("presigned")
    issued = [each.issued_key for each in by(result, "alice", "AssumeRole")]
    sold, stopped = by(result, "trudy")
    assert sold.access_key_id == stopped.access_key_id == issued[0]
    assert (sold.source_ip, sold.outcome) == ("203.0.113.200", "allowed")
    assert sold.principal_arn == "arn:aws:sts::111122223333:assumed-role/App/alice"
    assert (stopped.outcome, stopped.error_code) == ("denied", "AccessDenied")
    assert "with an explicit deny in an identity-based policy" in str(stopped.error_message)
    pia = by(result, "pia")
    assert [(each.access_key_id, each.error_code, each.error_message) for each in pia[2:]] == [
        (issued[1], None, None),
        (issued[1], "ExpiredToken", "The provided token has expired."),
        (issued[2], "AccessDenied", "Request has expired"),
    ]
    assert (pia[1].outcome, pia[1].access_key_id) == ("denied", issued[0])


def cut_off(put: Record) -> datetime:
    """The moment a revoke policy names."""
    found = re.search(r'aws:TokenIssueTime": "([^"]+)"', str(put.parameters["PolicyDocument"]))
    assert found
    return datetime.fromisoformat(found[1])


def test_the_cut_off_too_early_stops_nobody_and_too_late_everybody() -> None:
    result = ran("the-cut-off")
    stolen, fresh = by(result, "alice", "AssumeRole")[:2]
    early, late = by(result, "frank", "PutRolePolicy")[0], by(result, "dana", "PutRolePolicy")[0]
    assert cut_off(early) < stolen.at < early.at
    assert late.at < fresh.at < cut_off(late)
    after_early, after_late = by(result, "mallory", "ListObjectsV2")[1:3]
    assert early.at < after_early.at < late.at < after_late.at
    assert (after_early.outcome, after_late.outcome) == ("allowed", "denied")
    locked_out = by(result, "alice", "ListObjectsV2")[0]
    assert (locked_out.access_key_id, locked_out.outcome) == (fresh.issued_key, "denied")
    assert "with an explicit deny in an identity-based policy" in str(locked_out.error_message)


def test_the_cut_off_denies_a_session_issued_later_in_the_same_second() -> None:
    result = ran("the-cut-off")
    put, quick = by(result, "dana", "PutRolePolicy")[2], by(result, "alice", "AssumeRole")[3]
    tried = by(result, "alice", "ListObjectsV2")[2]
    assert put.at < quick.at
    assert quick.at.replace(microsecond=0) < cut_off(put) < quick.at
    assert (tried.access_key_id, tried.outcome) == (quick.issued_key, "denied")
    issued = tried.requests[0].context["aws:TokenIssueTime"]
    assert issued == f"{quick.at:%Y-%m-%dT%H:%M:%SZ}"


def test_the_cut_off_written_last_counts_even_if_it_is_the_earlier() -> None:
    result = ran("the-cut-off")
    runbook = by(result, "frank", "PutRolePolicy")[-1]
    before, revived, at_last = by(result, "mallory", "ListObjectsV2")[-3:]
    assert before.at < runbook.at < revived.at
    assert [each.outcome for each in (before, revived, at_last)] == ["denied", "allowed", "denied"]


def test_presigned_links_are_counted_in_the_matrix_of_remedies() -> None:
    rows = {row.remedy: row for row in run_matrix(load_by_id("presigned")).rows}
    assert [(each, row.verdict, row.attacker.calls) for each, row in rows.items()] == [
        ("nothing", "fails", 4),
        ("address", "fails", 4),
        ("trust-policy", "fails", 4),
        ("revoke", "works", 0),
    ]
    # The acts of getting a link are none of its openings.
    assert rows["revoke"].attacker.of == 4
    assert rows["revoke"].broken == Count(1, 1)
    assert rows["revoke"].fresh == Count(0, 2)


def test_waiting_it_out_nothing_but_the_revoke_shortens_the_wait() -> None:
    scenario = load_by_id("waiting-it-out")
    rows = run_matrix(scenario).rows
    assert [row.verdict for row in rows] == ["fails", "fails", "fails", "works"]
    assert [row.verdict for row in rows] == [remedy.verdict for remedy in scenario.remedies]
