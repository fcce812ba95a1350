"""Condition operators, by table.

The rules are those of the IAM User Guide's pages `reference_policies_elements_condition_operators`,
`reference_policies_condition-single-vs-multi-valued-context-keys` and
`reference_policies_condition-logic-multiple-context-keys-or-values`.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.iam.operators import OPERATORS
from tests.iam.asking import holds

KEY = "aws:key"

NEGATED = [
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
    "NumericNotEquals",
    "DateNotEquals",
    "NotIpAddress",
    "ArnNotEquals",
    "ArnNotLike",
]
SAMPLE_VALUE = {
    "String": "red",
    "Numeric": "10",
    "Date": "2021-08-09T06:00:00Z",
    "Bool": "true",
    "Binary": "QQ==",
    "IpAddr": "10.0.0.0/8",
    "NotIpA": "10.0.0.0/8",
    "Arn": "arn:aws:iam::111122223333:role/App",
}
"""A well-formed policy value for each family, by the first letters of its operators."""


def sample_value(operator: str) -> str:
    return next(value for start, value in SAMPLE_VALUE.items() if operator.startswith(start))


VALUED = sorted(entry.name for entry in OPERATORS.values() if entry.name != "Null")


@pytest.mark.parametrize(
    ("operator", "policy", "request_value", "expected"),
    [
        ("StringEquals", "red", "red", True),
        ("StringEquals", "red", "RED", False),
        ("StringEquals", "r*", "red", False),
        ("StringEquals", ["blue", "red"], "red", True),
        ("StringNotEquals", "red", "blue", True),
        ("StringNotEquals", ["blue", "red"], "red", False),
        ("StringEqualsIgnoreCase", "Red", "rED", True),
        ("StringNotEqualsIgnoreCase", "Red", "rED", False),
        ("StringLike", "r*", "red", True),
        ("StringLike", "?ed", "red", True),
        ("StringLike", "R*", "red", False),
        ("StringLike", "*", "", True),
        ("StringNotLike", "r*", "red", False),
        ("StringNotLike", ["b*", "x*"], "red", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, "10", True),
        ("NumericNotEquals", "10", "11", True),
        ("NumericLessThan", "10", "9.5", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "300", "3600", True),
        ("NumericGreaterThanEquals", "3600", "3600", True),
        ("NumericLessThan", "10", "nine", False),
        ("NumericNotEquals", "10", "nine", True),
        ("Bool", "true", "true", True),
        ("Bool", True, "true", True),
        ("Bool", "True", "true", True),
        ("Bool", "false", "true", False),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
        ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QUFB", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.255", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.0", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "0.0.0.0/0", "203.0.113.7", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", True),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", False),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", True),
        ("NotIpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "198.51.100.1", True),
        ("NotIpAddress", "0.0.0.0/0", "198.51.100.1", False),
        ("NotIpAddress", "10.0.0.0/8", "not an address", True),
        ("ArnLike", "arn:aws:iam::*:role/App", "arn:aws:iam::111122223333:role/App", True),
        ("ArnEquals", "arn:aws:iam::*:role/App", "arn:aws:iam::111122223333:role/App", True),
        ("ArnEquals", "arn:aws:iam::1*:role/A?p", "arn:aws:iam::111122223333:role/App", True),
        ("ArnLike", "arn:aws:iam::*:role/app", "arn:aws:iam::111122223333:role/App", False),
        ("ArnLike", "arn:aws:iam::*:role/*", "not an arn", False),
        ("ArnLike", "*", "arn:aws:iam::111122223333:role/App", True),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:user/x", True),
        ("ArnNotEquals", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/x", False),
    ],
)
def test_operators_compare_one_value(
    operator: str, policy: Any, request_value: str, expected: bool
) -> None:
    assert holds(operator, KEY, policy, {KEY: request_value}) is expected


def test_arn_operators_match_field_by_field_where_string_operators_do_not() -> None:
    # The example of the page's section on ARN operators.
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    assert holds("StringLike", KEY, pattern, {KEY: value})
    assert not holds("ArnLike", KEY, pattern, {KEY: value})


@pytest.mark.parametrize("operator", VALUED)
def test_an_absent_key_fails_a_positive_operator_and_meets_a_negated_one(operator: str) -> None:
    assert holds(operator, KEY, sample_value(operator), {}) is (operator in NEGATED)


@pytest.mark.parametrize("operator", VALUED)
def test_an_absent_key_meets_if_exists(operator: str) -> None:
    assert holds(f"{operator}IfExists", KEY, sample_value(operator), {})


@pytest.mark.parametrize("operator", VALUED)
def test_an_absent_key_meets_for_all_values_and_fails_for_any_value(operator: str) -> None:
    assert holds(f"ForAllValues:{operator}", KEY, sample_value(operator), {})
    assert not holds(f"ForAnyValue:{operator}", KEY, sample_value(operator), {})


@pytest.mark.parametrize("set_operator", ["", "ForAllValues:", "ForAnyValue:"])
@pytest.mark.parametrize("operator", [*VALUED, *(f"{each}IfExists" for each in VALUED)])
def test_a_key_with_no_value_is_an_absent_one(set_operator: str, operator: str) -> None:
    asked = set_operator + operator, KEY, sample_value(operator.removesuffix("IfExists"))
    assert holds(*asked, {KEY: []}) is holds(*asked, {})


def test_a_key_with_no_value_is_null() -> None:
    # "The key exists and its value is not null" is what `Null` with "false" looks for.
    assert holds("Null", KEY, "true", {KEY: []})
    assert not holds("Null", KEY, "true", {KEY: ""})


@pytest.mark.parametrize("operator", VALUED)
def test_a_present_key_is_judged_the_same_with_if_exists(operator: str) -> None:
    for value in ("red", "10", "2021-08-09T06:00:00Z", "10.1.2.3", "true", "QQ=="):
        plain = holds(operator, KEY, sample_value(operator), {KEY: value})
        assert holds(f"{operator}IfExists", KEY, sample_value(operator), {KEY: value}) is plain


@pytest.mark.parametrize("value", ["true", "false", ["true", "false"]])
def test_null_looks_at_presence_alone(value: Any) -> None:
    wanted = [value] if isinstance(value, str) else value
    assert holds("Null", KEY, value, {}) is ("true" in wanted)
    assert holds("Null", KEY, value, {KEY: "anything"}) is ("false" in wanted)


def test_null_with_a_set_operator_says_always_the_same() -> None:
    # Access Analyzer policy checks, "Null with qualifier".
    for context in ({}, {KEY: "x"}, {KEY: ["x", "y"]}):
        assert holds("ForAllValues:Null", KEY, "true", context)
        assert not holds("ForAnyValue:Null", KEY, "true", context)


@pytest.mark.parametrize(
    ("operator", "policy", "request_values", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a", "b"], [], True),
        ("ForAllValues:StringEquals", ["a", "b"], "", True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "a"], False),
        ("ForAllValues:StringLike", ["te*"], ["team", "tent"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "a"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], [], False),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
        ("ForAnyValue:StringEquals", ["a"], "a", True),
    ],
)
def test_set_operators_compare_many_values(
    operator: str, policy: list[str], request_values: str | list[str], expected: bool
) -> None:
    assert holds(operator, KEY, policy, {KEY: request_values}) is expected


def test_for_any_value_with_if_exists_holds_for_an_absent_key() -> None:
    # "If the key is not present, evaluate the condition element as true" (IfExists).
    assert holds("ForAnyValue:StringEqualsIfExists", KEY, "a", {})


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike"])
def test_several_values_without_a_set_operator_meet_nothing(operator: str) -> None:
    assert not holds(operator, KEY, ["a", "b"], {KEY: ["a", "b"]})


def test_one_value_in_a_list_is_one_value() -> None:
    assert holds("StringEquals", KEY, "a", {KEY: ["a"]})


def test_key_names_and_operator_names_ignore_case() -> None:
    assert holds("StringEquals", "AWS:PrincipalTag/Team", "red", {"aws:principaltag/team": "red"})
    assert holds("stringequals", KEY, "red", {KEY: "red"})


ISSUED = "2021-08-09T06:22:23Z"


@pytest.mark.parametrize(
    ("operator", "cut_off", "expected"),
    [
        ("DateLessThan", "2021-08-09T06:22:23.999Z", True),
        ("DateLessThan", "2021-08-09T06:22:23.000Z", False),
        ("DateLessThan", "2021-08-09T06:22:23Z", False),
        ("DateLessThanEquals", "2021-08-09T06:22:23Z", True),
        ("DateLessThan", "2021-08-09T08:22:24+02:00", True),
        ("DateEquals", "2021-08-09T08:22:23+02:00", True),
        ("DateEquals", "2021-08-09T06:22:23", True),
        ("DateEquals", "1628490143", True),
        ("DateEquals", 1628490143, True),
        ("DateGreaterThan", "2021-08-09", True),
        ("DateLessThan", "2021-08-10", True),
        ("DateGreaterThan", "2021-08", True),
        ("DateGreaterThan", "2021", True),
        ("DateNotEquals", "2021-08-09T06:22:23Z", False),
        ("DateNotEquals", "2021-08-09T06:22:24Z", True),
        ("DateGreaterThanEquals", "2021-08-09T06:22:23Z", True),
        ("DateLessThan", "9223372036854775807", True),
    ],
)
def test_dates_in_every_form(operator: str, cut_off: Any, expected: bool) -> None:
    context = {"aws:TokenIssueTime": ISSUED}
    assert holds(operator, "aws:TokenIssueTime", cut_off, context) is expected


def test_epoch_time_in_the_request_is_a_date_too() -> None:
    assert holds(
        "DateLessThan", "aws:EpochTime", "2021-08-09T06:22:24Z", {"aws:EpochTime": "1628490143"}
    )


def test_all_operators_and_all_keys_must_hold() -> None:
    from tests.iam.asking import allow, ask

    condition = {
        "StringEquals": {"aws:a": ["1", "2"], "aws:b": "3"},
        "Bool": {"aws:c": "true"},
    }
    met = {"aws:a": "2", "aws:b": "3", "aws:c": "true"}
    assert ask(identity=[allow(Condition=condition)], context=met).allowed
    for key in met:
        assert not ask(identity=[allow(Condition=condition)], context=met | {key: "x"}).allowed
