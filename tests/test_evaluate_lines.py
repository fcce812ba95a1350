"""`simulator.evaluate`: requests as JSON lines in, decisions as JSON lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.evaluate import evaluate_line, evaluate_stream

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
LINE: dict[str, Any] = {
    "id": "1",
    "principal": "arn:aws:iam::111122223333:user/alice",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::data-prod/a",
    "resource_account": "111122223333",
    "identity_policies": [ALLOW],
}


def answer(explain: bool = False, **changes: Any) -> dict[str, Any]:
    return evaluate_line(json.dumps(LINE | changes), explain)


def test_a_line_is_answered_with_decision_and_reason() -> None:
    assert answer() == {
        "id": "1",
        "decision": "allowed",
        "reason": "an identity-based policy allows the s3:GetObject action",
    }


def test_the_trace_comes_only_when_asked_for() -> None:
    assert "trace" not in answer()
    trace = answer(explain=True)["trace"]
    assert trace["stages"][3]["policies"][0]["name"] == "identity_policies[0]"


def test_all_but_the_request_may_be_left_out_or_null() -> None:
    bare = {name: value for name, value in LINE.items() if name != "identity_policies"}
    assert evaluate_line(json.dumps(bare))["decision"] == "implicitDeny"
    nothing: dict[str, Any] = dict.fromkeys(
        (
            "context",
            "identity_policies",
            "session_policies",
            "permissions_boundary",
            "resource_policy",
            "service_control_policies",
            "resource_control_policies",
        )
    )
    assert evaluate_line(json.dumps(LINE | nothing))["decision"] == "implicitDeny"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"principal": 7}, "principal: must be a string"),
        ({"principal": "alice"}, "principal: must be the caller's ARN"),
        ({"action": "GetObject"}, "action: must be service:Operation"),
        ({"resource": ""}, "resource: must be an ARN, or *"),
        ({"resource_account": "1111-2222-3333"}, "resource_account: must be 12 digits"),
        ({"context": []}, "context: must be an object"),
        ({"context": {"aws:a": 7}}, "context.aws:a: must be a string or a list of strings"),
        ({"context": {"aws:a": [7]}}, "context.aws:a: must be a string or a list of strings"),
        ({"identity_policies": {}}, "identity_policies: must be a list of documents"),
        ({"identity_policies": [7]}, "identity_policies[0]: must be a policy document"),
        ({"service_control_policies": [ALLOW]}, "service_control_policies[0]: must be a list"),
        (
            {"identity_polices": [ALLOW]},
            "identity_polices: no such member; did you mean identity_policies?",
        ),
        (
            {"identity_policies": [ALLOW, {"Statement": [{"Effect": "Allow"}]}]},
            "identity_policies[1].Statement[0].Action: Policy statement must contain actions.",
        ),
        (
            {"resource_policy": ALLOW},
            "resource_policy.Statement[0].Principal: Missing required field Principal",
        ),
    ],
)
def test_a_bad_line_says_what_and_where(changes: dict[str, Any], error: str) -> None:
    found = answer(**changes)
    assert found["id"] == "1"
    assert found["error"].startswith(error)
    assert "decision" not in found


def test_members_of_the_writers_own_are_passed_over() -> None:
    assert answer(expected="allowed", note="why this line is here")["decision"] == "allowed"


@pytest.mark.parametrize("name", ["id", "principal", "action", "resource", "resource_account"])
def test_a_missing_member_is_named(name: str) -> None:
    line = {key: value for key, value in LINE.items() if key != name}
    assert evaluate_line(json.dumps(line))["error"] == f"{name}: is missing"


@pytest.mark.parametrize("line", ["", "{", "[]", "7", "null", '"x"', "[" * 100_000])
def test_a_line_that_is_no_object_is_an_error_without_an_id(line: str) -> None:
    found = evaluate_line(line)
    assert found["id"] is None
    assert found["error"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from([*LINE, "context", "resource_policy", "session_policies"]), json_values)
def test_no_line_makes_it_raise(name: str, value: Any) -> None:
    found = evaluate_line(json.dumps(LINE | {name: value}), explain=True)
    assert ("error" in found) is not ("decision" in found)


def test_lines_are_answered_in_order_as_they_come() -> None:
    taken = []

    def lines() -> Iterator[str]:
        for number in range(3):
            taken.append(number)
            yield json.dumps(LINE | {"id": number})
        yield "\n"
        yield "nonsense"

    answers = evaluate_stream(lines(), False)
    text, fine = next(answers)
    assert json.loads(text)["id"] == 0
    assert fine
    assert taken == [0]
    rest = [(json.loads(text), fine) for text, fine in answers]
    assert [found["id"] for found, _ in rest] == [1, 2, None]
    assert [fine for _, fine in rest] == [True, True, False]


def test_evaluating_offline_imports_nothing_but_the_evaluator() -> None:
    code = "import sys, simulator.evaluate; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"moto", "boto3", "botocore", "textual", "typer", "pydantic", "asyncio"} & set(
        loaded
    )
    outside = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert {name for name in outside if not name.startswith("_")} <= {"simulator", "sitecustomize"}


def test_a_line_cut_short_says_where_it_ends() -> None:
    line = json.dumps(LINE)[:-1]
    assert f"at column {len(line) + 1}" in evaluate_line(line + "\n")["error"]


@pytest.mark.parametrize("principal", ["*", "ec2.amazonaws.com", "arn:aws:iam::111122223333:root"])
def test_the_public_and_services_may_be_asked_for(principal: str) -> None:
    assert "decision" in answer(principal=principal)
