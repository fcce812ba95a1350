"""A decision's words, its deciding statement and its trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.iam import AttachedPolicy, PolicySet, Request, evaluate, parse_policy
from simulator.iam.trace import Stage, StatementTrace
from tests.iam.asking import ALICE, APP, ROOT, SESSION, allow, ask, deny, document

CUT_OFF = "2021-08-09T06:22:23.999Z"
REVOKE = deny(
    ["*"], ["*"], Sid="Revoke", Condition={"DateLessThan": {"aws:TokenIssueTime": CUT_OFF}}
)


def stage(decision: Any, policy_type: str) -> Stage:
    stages: tuple[Stage, ...] = decision.trace.stages
    return next(found for found in stages if found.policy_type == policy_type)


def statement(decision: Any, policy_type: str, index: int) -> StatementTrace:
    return stage(decision, policy_type).policies[0].statements[index]


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        ({"identity": [deny()]}, "with an explicit deny in an identity-based policy"),
        (
            {"resource_policy": [deny(Principal="*")]},
            "with an explicit deny in a resource-based policy",
        ),
        ({"session": [deny()]}, "with an explicit deny in a session policy"),
        ({"boundary": [deny()]}, "with an explicit deny in a permissions boundary"),
        ({"service_control": [[deny()]]}, "with an explicit deny in a service control policy"),
        (
            {"resource_control": [[deny("s3:*", Principal="*")]]},
            "with an explicit deny in a resource control policy",
        ),
    ],
)
def test_an_explicit_deny_is_told_in_aws_words(layer: dict[str, Any], reason: str) -> None:
    # IAM User Guide, troubleshoot_access-denied.
    assert ask(**layer).reason == reason


def test_a_denying_managed_policys_arn_can_follow_the_reason() -> None:
    arn = "arn:aws:iam::111122223333:policy/NoMore"
    policy = AttachedPolicy(parse_policy(document(deny(Sid="Stop"))), "NoMore", arn)
    request = Request(SESSION, "s3:GetObject", "*", "111122223333")
    decision = evaluate(request, PolicySet(identity=(policy,)))
    assert decision.reason_with_arn == f"with an explicit deny in an identity-based policy: {arn}"
    assert decision.as_dict() == {
        "decision": "explicitDeny",
        "reason": "with an explicit deny in an identity-based policy",
        "policy_type": "identity-based policy",
        "policy": "NoMore",
        "arn": arn,
        "statement": 0,
        "sid": "Stop",
    }


def test_an_allowed_request_names_the_statement_that_allows() -> None:
    decision = ask(identity=[allow("sqs:*"), allow("s3:*", Sid="Read")])
    assert decision.reason == "an identity-based policy allows the s3:GetObject action"
    assert (decision.statement, decision.sid) == (1, "Read")


def test_the_trace_shows_why_a_revoked_session_is_denied() -> None:
    decision = ask(
        identity=[allow(), REVOKE], context={"aws:TokenIssueTime": "2021-08-09T06:00:00Z"}
    )
    traced = statement(decision, "identity-based policy", 1)
    assert traced.deciding
    assert traced.matched
    assert traced.effect == "Deny"
    condition = traced.conditions[0]
    assert condition.matched
    assert condition.sentence == (
        "aws:TokenIssueTime 2021-08-09T06:00:00Z < 2021-08-09T06:22:23.999Z"
    )
    assert not statement(decision, "identity-based policy", 0).deciding


def test_the_trace_says_that_a_key_is_absent() -> None:
    decision = ask(identity=[allow(), REVOKE])
    condition = statement(decision, "identity-based policy", 1).conditions[0]
    assert condition.request_values is None
    assert not condition.matched
    assert "absent" in condition.note


def test_the_trace_has_every_type_of_policy_in_aws_order() -> None:
    assert [found.policy_type for found in ask().trace.stages] == [
        "service control policy",
        "resource control policy",
        "resource-based policy",
        "identity-based policy",
        "permissions boundary",
        "session policy",
    ]


def test_the_trace_names_the_value_that_matched() -> None:
    decision = ask(
        identity=[allow(["sqs:*", "s3:Get*"], ["arn:aws:s3:::logs", "arn:aws:s3:::data-*"])]
    )
    traced = statement(decision, "identity-based policy", 0)
    assert traced.action.value_that_matched == "s3:Get*"
    assert traced.resource is not None
    assert traced.resource.value_that_matched == "arn:aws:s3:::data-*"


def test_the_trace_fills_variables_in() -> None:
    condition = {"StringLike": {"s3:prefix": ["${aws:username}/*", "${aws:PrincipalTag/x}"]}}
    context = {"aws:username": "alice", "s3:prefix": "alice/x"}
    decision = ask(identity=[allow(Condition=condition)], context=context, principal=ALICE)
    traced = statement(decision, "identity-based policy", 0).conditions[0]
    assert traced.policy_values == ("alice/*", "${aws:PrincipalTag/x}")
    assert traced.matched


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "note"),
    [
        ("StringEquals", "a", "a", ""),
        ("StringEquals", "a", "b", ""),
        ("ForAnyValue:StringEquals", "a", ["a", "b"], ""),
        ("StringEquals", "a", ["a", "b"], "several values, which needs ForAllValues"),
        ("StringEquals", "a", [], "the key is absent from the request"),
        ("StringEquals", "${aws:username}", "a", "a policy variable has no value"),
        ("Null", "false", "a", "the key is present"),
        ("Null", "true", None, "the key is absent"),
    ],
)
def test_a_condition_says_what_its_values_alone_do_not_show(
    operator: str, wanted: str, values: Any, note: str
) -> None:
    context = {} if values is None else {"aws:TagKeys": values}
    decision = ask(identity=[allow(Condition={operator: {"aws:TagKeys": wanted}})], context=context)
    (condition,) = statement(decision, "identity-based policy", 0).conditions
    assert (note in condition.note) if note else condition.note == ""


@pytest.mark.parametrize(
    ("named", "note"),
    [
        ({"AWS": SESSION}, "names the caller itself"),
        ({"AWS": [ROOT, APP]}, "names what stands behind the session"),
        ({"AWS": ROOT}, "names the caller's account"),
        ({"AWS": ALICE}, "does not name the caller"),
    ],
)
def test_the_trace_says_how_directly_the_caller_is_named(named: Any, note: str) -> None:
    decision = ask(resource_policy=[allow(Principal=named)])
    principal = statement(decision, "resource-based policy", 0).principal
    assert principal is not None
    assert note in principal.note


@pytest.mark.parametrize(
    ("named", "values", "matched"),
    [
        ("*", ("*",), "*"),
        ({"AWS": "*"}, ("AWS: *",), "AWS: *"),
        (
            {"AWS": [ALICE, APP], "Service": "ec2.amazonaws.com"},
            (f"AWS: {ALICE}", f"AWS: {APP}", "Service: ec2.amazonaws.com"),
            f"AWS: {APP}",
        ),
        ({"AWS": ALICE}, (f"AWS: {ALICE}",), None),
    ],
)
def test_the_trace_has_principals_with_their_types(
    named: Any, values: tuple[str, ...], matched: str | None
) -> None:
    decision = ask(resource_policy=[allow(Principal=named)])
    principal = statement(decision, "resource-based policy", 0).principal
    assert principal is not None
    assert (principal.values, principal.value_that_matched) == (values, matched)


def test_a_stage_that_is_passed_by_says_so() -> None:
    decision = ask(resource_policy=[allow(Principal={"AWS": SESSION})], session=[allow("sqs:*")])
    assert decision.allowed
    assert stage(decision, "session policy").verdict == "bypassed"
    assert stage(decision, "identity-based policy").verdict == "none"


def test_a_level_of_service_control_policies_that_closes_is_named() -> None:
    decision = ask(identity=[allow()], service_control=[[allow()], [allow("sqs:*")]])
    closed = stage(decision, "service control policy")
    assert closed.verdict == "implicitDeny"
    assert "level 1" in closed.note
    assert [policy.level for policy in closed.policies] == [0, 1]


def test_the_trace_is_json() -> None:
    decision = ask(
        identity=[allow(), REVOKE],
        resource_policy=[allow(Principal="*", Condition={"Null": {"aws:TokenIssueTime": "true"}})],
        service_control=[[allow()]],
    )
    text = json.dumps(decision.trace.as_dict())
    assert "aws:TokenIssueTime is absent" in text


@pytest.mark.parametrize(("sid", "shown"), [({}, "1"), ({"Sid": "Stop"}, "Stop")])
def test_why_names_the_policy_and_the_statement_by_its_sid_or_number(
    sid: dict[str, str], shown: str
) -> None:
    policy = AttachedPolicy(parse_policy(document(deny(**sid))), "NoMore")
    request = Request(SESSION, "s3:GetObject", "*", "111122223333")
    decision = evaluate(request, PolicySet(identity=(policy,)))
    assert decision.why == (
        f"with an explicit deny in an identity-based policy (NoMore, statement {shown})"
    )
    assert decision.reason == "with an explicit deny in an identity-based policy"


def test_why_names_nothing_where_no_policy_decided() -> None:
    assert ask().why == "because no identity-based policy allows the s3:GetObject action"
