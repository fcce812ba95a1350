"""Policy variables: IAM User Guide, `reference_policies_variables`."""

from __future__ import annotations

import pytest

from tests.iam.asking import allow, ask, deny, holds

HOME = "arn:aws:s3:::data-prod/home"


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        (f"{HOME}/${{aws:username}}/*", "alice/x", True),
        (f"{HOME}/${{aws:username}}/*", "bob/x", False),
        (f"{HOME}/${{AWS:UserName}}/*", "alice/x", True),
        (f"{HOME}/${{aws:PrincipalTag/team, 'company-wide'}}/*", "company-wide/x", True),
        (f"{HOME}/${{aws:PrincipalTag/team,'company-wide'}}/*", "company-wide/x", True),
        (f"{HOME}/${{aws:PrincipalTag/team}}/*", "/x", False),
        (f"{HOME}/${{aws:PrincipalTag/team}}/*", "${aws:PrincipalTag/team}/x", False),
        (f"{HOME}/${{*}}", "*", True),
        (f"{HOME}/${{*}}", "anything", False),
        (f"{HOME}/a${{?}}", "a?", True),
        (f"{HOME}/a${{?}}", "ab", False),
        (f"{HOME}/${{$}}{{aws:username}}", "${aws:username}", True),
        (f"{HOME}/${{aws:username", "${aws:username", True),
    ],
)
def test_variables_in_resource(pattern: str, key: str, expected: bool) -> None:
    decision = ask(
        resource=f"{HOME}/{key}",
        identity=[allow(resource=pattern)],
        context={"aws:username": "alice"},
    )
    assert decision.allowed is expected


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_without_version_2012_variables_are_plain_text(version: str | None) -> None:
    statement = allow(resource=f"{HOME}/${{aws:username}}")
    for key, expected in (("alice", False), ("${aws:username}", True)):
        decision = ask(
            resource=f"{HOME}/{key}",
            identity=[statement],
            context={"aws:username": "alice"},
            version=version,
        )
        assert decision.allowed is expected


def test_a_wildcard_that_comes_out_of_a_variable_is_a_plain_character() -> None:
    statement = allow(resource=f"{HOME}/${{aws:PrincipalTag/team}}/*")
    context = {"aws:PrincipalTag/team": "*"}
    assert not ask(resource=f"{HOME}/red/x", identity=[statement], context=context).allowed
    assert ask(resource=f"{HOME}/*/x", identity=[statement], context=context).allowed


def test_a_multivalued_key_cannot_stand_in_a_variable() -> None:
    statement = allow(resource=f"{HOME}/${{aws:TagKeys}}")
    context = {"aws:TagKeys": ["red", "blue"]}
    assert not ask(resource=f"{HOME}/red", identity=[statement], context=context).allowed


@pytest.mark.parametrize(
    ("operator", "value", "actual", "expected"),
    [
        ("StringEquals", "${aws:username}", "alice", True),
        ("StringLike", "${aws:username}/*", "alice/x", True),
        ("StringLike", "${aws:username}${*}", "alice*", True),
        ("StringLike", "${aws:username}${*}", "alicex", False),
        ("StringEquals", "${*}", "*", True),
        ("StringEqualsIgnoreCase", "${aws:username}", "ALICE", True),
        ("ArnLike", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::1:user/alice", True),
        ("ArnLike", "arn:aws:iam::${aws:account}:user/*", "arn:aws:iam::1:user/alice", True),
    ],
)
def test_variables_in_string_and_arn_conditions(
    operator: str, value: str, actual: str, expected: bool
) -> None:
    context = {"aws:username": "alice", "aws:account": "1", "aws:key": actual}
    assert holds(operator, "aws:key", value, context) is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "ArnLike"])
def test_a_variable_without_a_value_equals_nothing(operator: str) -> None:
    value = "arn:aws:iam::1:user/${aws:username}"
    assert not holds(operator, "aws:key", value, {"aws:key": value})


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotLike", "ArnNotLike"])
def test_an_inverted_operator_matches_against_a_variable_without_a_value(operator: str) -> None:
    # "Inverted condition operators … do match against a null value", section policy-vars-no-value.
    value = "arn:aws:iam::1:user/${aws:username}"
    assert holds(operator, "aws:key", value, {"aws:key": "arn:aws:iam::1:user/alice"})


def test_other_values_of_the_key_still_count_when_one_has_no_value() -> None:
    assert holds("StringEquals", "aws:key", ["${aws:username}", "red"], {"aws:key": "red"})


def test_a_variable_without_a_value_in_not_resource_leaves_nothing_out() -> None:
    statement = deny(resource="")
    del statement["Resource"]
    statement["NotResource"] = f"{HOME}/${{aws:username}}/*"
    decision = ask(resource=f"{HOME}/alice/x", identity=[allow(), statement])
    assert decision.outcome == "explicitDeny"


def test_dates_take_no_variables() -> None:
    from simulator.iam import MalformedPolicyDocument

    with pytest.raises(MalformedPolicyDocument):
        holds("DateLessThan", "aws:TokenIssueTime", "${aws:CurrentTime}", {})
