"""What would change an answer: every change listed does, and the telling ones are listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from simulator.iam import Decision, Request, evaluate
from simulator.iam.counterfactual import MOST, changes
from tests.iam.asking import APP, ROOT, SESSION, allow, ask, deny, trusts
from tests.iam.test_properties import Layers, layers, policy_set, requests

LEAKED = {
    "aws:TokenIssueTime": "2021-08-09T06:00:00Z",
    "aws:CurrentTime": "2021-08-09T06:30:00Z",
    "aws:userid": "AROAEXAMPLE:alice",
}


def revoke(cut_off: str) -> dict[str, Any]:
    return deny(Condition={"DateLessThan": {"aws:TokenIssueTime": cut_off}})


def said(decision: Decision) -> list[str]:
    return [change.sentence for change in changes(decision)]


def test_after_a_revoke_a_session_issued_from_the_next_second_on_would_be_allowed() -> None:
    found = changes(ask(context=LEAKED, identity=[allow(), revoke("2021-08-09T06:22:23.999Z")]))
    assert [change.sentence for change in found] == [
        "A session issued at or after 06:22:24Z would be allowed.",
        "Without statement 2 of test, it would be allowed.",
    ]
    assert found[0].request.context["aws:TokenIssueTime"] == "2021-08-09T06:22:24Z"


def test_of_two_revokes_the_later_one_counts_and_both_must_go() -> None:
    decision = ask(
        context=LEAKED,
        identity=[
            allow(),
            revoke("2021-08-09T06:10:00.500Z"),
            revoke("2021-08-09T06:22:23.999Z"),
        ],
    )
    assert said(decision) == [
        "A session issued at or after 06:22:24Z would be allowed.",
        "Without statement 2 of test and statement 3 of test, it would be allowed.",
    ]


def test_where_a_later_deny_waits_no_word_is_said_of_every_later_session() -> None:
    later = deny(Condition={"DateGreaterThan": {"aws:TokenIssueTime": "2021-08-09T08:00:00Z"}})
    decision = ask(context=LEAKED, identity=[allow(), revoke("2021-08-09T06:22:23.999Z"), later])
    assert said(decision)[0] == "A session issued at 06:22:24Z would be allowed."


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:ListPolicies", "policy path /"),
        ("secretsmanager:GetSecretValue", "a-name-nobody-has"),
        ("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}"),
        ("s3:GetObject", "arn:aws:s3:::bucket/[*?]"),
    ],
)
def test_an_allow_is_what_is_missing_whatever_is_asked_for(action: str, resource: str) -> None:
    found = changes(ask(action, resource, identity=[]))
    assert [change.sentence for change in found] == [
        f"With an Allow for {action} in an identity-based policy, it would be allowed."
    ]


def test_no_trust_policy_lets_another_account_administer_a_role() -> None:
    role = "arn:aws:iam::444455556666:role/App"

    def elsewhere(action: str) -> list[str]:
        return said(ask(action, role, resource_account="444455556666", identity=[allow()]))

    assert elsewhere("iam:GetRole") == []
    assert elsewhere("sts:AssumeRole") == [
        "With an Allow for sts:AssumeRole in the trust policy, it would be allowed."
    ]


def test_a_deny_without_conditions_is_changed_only_by_taking_it_away() -> None:
    assert said(ask(context=LEAKED, identity=[allow(), deny("s3:GetObject")])) == [
        "Without statement 2 of test, it would be allowed."
    ]


def test_a_deny_on_top_of_no_allow_cannot_be_turned_by_taking_it_away() -> None:
    assert said(ask(context=LEAKED, identity=[deny()])) == []


def test_a_deny_by_session_name_leaves_the_roles_other_sessions() -> None:
    by_name = deny(Condition={"StringEquals": {"aws:userid": "AROAEXAMPLE:alice"}})
    found = changes(ask(context=LEAKED, identity=[allow(), by_name]))
    assert found[0].sentence == "A session named another-session would be allowed."
    assert found[0].request.principal.endswith("/another-session")


def test_an_implicit_deny_is_turned_by_an_allow_where_one_is_missing() -> None:
    assert said(ask(identity=[allow("s3:PutObject")])) == [
        "With an Allow for s3:GetObject in an identity-based policy, it would be allowed."
    ]


def test_across_accounts_an_allow_is_missing_on_both_sides() -> None:
    assert said(ask(resource_account="444455556666")) == [
        "With an Allow for s3:GetObject in the resource's own policy and "
        "an identity-based policy, it would be allowed."
    ]


def test_a_boundary_that_does_not_allow_may_be_widened_or_taken_away() -> None:
    assert said(ask(identity=[allow()], boundary=[allow("sqs:*")])) == [
        "With an Allow for s3:GetObject in the permissions boundary, it would be allowed.",
        "Without the permissions boundary, it would be allowed.",
    ]


def test_a_session_policy_that_does_not_allow_may_be_widened_or_left_out() -> None:
    assert "Without the session policy, it would be allowed." in said(
        ask(identity=[allow()], session=[allow("sqs:*")])
    )


def test_a_deny_outside_a_range_lets_an_address_inside_it_through() -> None:
    outside = deny(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    context = {"aws:SourceIp": "203.0.113.77"}
    found = changes(ask(context=context, identity=[allow(), outside]))
    assert found[0].sentence == (
        "From a source IP in 10.0.0.0/8, such as 10.0.0.1, it would be allowed."
    )
    assert found[0].request.context["aws:SourceIp"] == "10.0.0.1"


def test_an_allow_for_a_range_says_what_an_address_outside_it_gets() -> None:
    inside = allow(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    assert said(ask(context={"aws:SourceIp": "203.0.113.9"}, identity=[inside])) == [
        "From a source IP outside 203.0.113.0/24, such as 198.51.100.77, it would be denied.",
        "Without test, it would be denied.",
    ]


def test_a_trust_policy_that_wants_mfa_would_take_a_caller_with_mfa() -> None:
    wanted = trusts({"AWS": ROOT}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    decision = ask(
        "sts:AssumeRole",
        APP,
        principal=SESSION,
        context={"aws:MultiFactorAuthPresent": "false"},
        identity=[allow("sts:AssumeRole")],
        trust=[wanted],
    )
    assert said(decision)[0] == "With MFA, it would be allowed."


def test_an_allowed_call_says_before_which_issue_time_it_would_be_denied() -> None:
    fresh = {**LEAKED, "aws:TokenIssueTime": "2021-08-09T06:25:00Z"}
    decision = ask(context=fresh, identity=[allow(), revoke("2021-08-09T06:22:23.999Z")])
    assert said(decision)[0] == "A session issued at or before 06:22:23Z would be denied."


def test_nothing_changes_what_needs_no_permission() -> None:
    assert said(ask("sts:GetCallerIdentity", "*", identity=[deny()])) == []


@given(requests, layers)
def test_every_change_listed_really_turns_the_answer(
    request: Request, given_layers: Layers
) -> None:
    decision = evaluate(request, policy_set(given_layers))
    found = changes(decision)
    assert len(found) <= MOST
    for change in found:
        answer = evaluate(change.request, change.policies)
        assert answer.allowed != decision.allowed
        assert answer.outcome == change.outcome
        changed = change.request != decision.request, change.policies != decision.policies
        assert changed.count(True) == 1
        assert ("allowed" in change.sentence) == answer.allowed


@given(requests, layers)
def test_an_issue_time_said_to_hold_from_then_on_does(
    request: Request, given_layers: Layers
) -> None:
    decision = evaluate(request, policy_set(given_layers))
    for change in changes(decision):
        side = "after" if "at or after" in change.sentence else "before"
        if f"at or {side}" not in change.sentence:
            continue
        for year in (2015, 2021, 2022, 2040):
            time = f"{year}-08-09T06:22:24Z"
            turned = change.request.context["aws:TokenIssueTime"]
            if (time > str(turned)) == (side == "after"):
                context = {**change.request.context, "aws:TokenIssueTime": time}
                again = evaluate(replace(change.request, context=context), change.policies)
                assert again.outcome == change.outcome
