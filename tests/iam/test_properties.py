"""What must hold for every request and every policy, by Hypothesis."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.iam import (
    AttachedPolicy,
    DocumentKind,
    MalformedPolicyDocument,
    PolicySet,
    Request,
    evaluate,
    parse_policy,
)
from tests.iam.asking import ACCOUNT, ALICE, APP, FEDERATED, OTHER_ACCOUNT, ROOT, SESSION

Document = dict[str, Any]
Layers = dict[str, Any]

ACTIONS = ["s3:GetObject", "s3:Get*", "s3:?etObject", "*", "sqs:*", "s3:PutObject"]
RESOURCES = [
    "*",
    "arn:aws:s3:::data-prod/*",
    "arn:aws:s3:::data-prod/a",
    "arn:aws:s3:::logs/*",
    "arn:aws:s3:::data-prod/${aws:username}",
]
PRINCIPALS = ["*", *({"AWS": name} for name in (ALICE, APP, SESSION, ROOT, FEDERATED, "*"))]
CONDITIONS = [
    {"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}},
    {"StringNotLike": {"aws:PrincipalTag/team": "r*"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2021-08-09T06:22:23.999Z"}},
    {"Null": {"aws:TokenIssueTime": "true"}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ["t*"]}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}},
]


def string_or_list(values: list[str]) -> st.SearchStrategy[Any]:
    one = st.sampled_from(values)
    return one | st.lists(one, min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn, *, principal: bool = False, effect: str | None = None) -> Document:
    statement: Document = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(
        string_or_list(ACTIONS)
    )
    statement[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(
        string_or_list(RESOURCES)
    )
    if principal:
        statement["Principal"] = draw(st.sampled_from(PRINCIPALS))
    if draw(st.booleans()):
        statement["Condition"] = draw(st.sampled_from(CONDITIONS))
    return statement


def documents(*, principal: bool = False) -> st.SearchStrategy[Document]:
    return st.builds(
        lambda found: {"Version": "2012-10-17", "Statement": found},
        st.lists(statements(principal=principal), min_size=1, max_size=3),
    )


layers = st.fixed_dictionaries(
    {
        "identity": st.lists(documents(), max_size=2),
        "session": st.none() | documents(),
        "boundary": st.none() | documents(),
        "resource": st.none() | documents(principal=True),
        "service_control": st.lists(documents(), max_size=2),
    }
)
requests = st.builds(
    lambda principal, action, resource, account, context: Request(
        principal, action, resource, account, context
    ),
    st.sampled_from([ALICE, SESSION, FEDERATED, ROOT, "*"]),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
    st.sampled_from(["arn:aws:s3:::data-prod/a", "arn:aws:s3:::logs/x", "*"]),
    st.sampled_from([ACCOUNT, OTHER_ACCOUNT]),
    st.fixed_dictionaries(
        {"aws:SourceIp": st.sampled_from(["10.1.2.3", "203.0.113.7"])},
        optional={
            "aws:PrincipalTag/team": st.sampled_from(["red", "blue", "green"]),
            "aws:TokenIssueTime": st.sampled_from(["2021-08-09T06:00:00Z", "2021-08-09T07:00:00Z"]),
            "aws:TagKeys": st.lists(st.sampled_from(["team", "cost"]), max_size=2),
            "aws:MultiFactorAuthPresent": st.sampled_from(["true", "false"]),
            "aws:SecureTransport": st.sampled_from(["true", "false"]),
            "aws:username": st.sampled_from(["a", "alice"]),
        },
    ),
)


def attach(document: Document, kind: DocumentKind) -> AttachedPolicy:
    return AttachedPolicy(parse_policy(document, kind))


def policy_set(given_layers: Layers) -> PolicySet:
    session, boundary, resource = (given_layers[n] for n in ("session", "boundary", "resource"))
    return PolicySet(
        identity=tuple(attach(found, "identity") for found in given_layers["identity"]),
        session=(attach(session, "session"),) if session else None,
        boundary=attach(boundary, "boundary") if boundary else None,
        resource=attach(resource, "resource") if resource else None,
        service_control=tuple(
            (attach(found, "service-control"),) for found in given_layers["service_control"]
        ),
    )


def outcome(request: Request, given_layers: Layers) -> str:
    return evaluate(request, policy_set(given_layers)).outcome


def documents_of(given_layers: Layers) -> list[Document]:
    found: list[Document] = [*given_layers["identity"], *given_layers["service_control"]]
    return found + [
        given_layers[name] for name in ("session", "boundary", "resource") if given_layers[name]
    ]


@given(requests, layers, statements(effect="Deny"), st.data())
def test_a_deny_never_turns_a_denied_request_into_an_allowed_one(
    request: Request, given_layers: Layers, denial: Document, data: st.DataObject
) -> None:
    before = outcome(request, given_layers)
    changed = copy.deepcopy(given_layers)
    present = documents_of(changed)
    if not present:
        return
    target = data.draw(st.sampled_from(present))
    if target is changed["resource"]:
        denial = denial | {"Principal": "*"}
    target["Statement"].append(denial)
    after = outcome(request, changed)
    assert before == "allowed" or after != "allowed"
    assert before != "explicitDeny" or after == "explicitDeny"


@given(requests, layers, statements(effect="Allow"))
def test_adding_an_allow_without_a_boundary_never_removes_one(
    request: Request, given_layers: Layers, permission: Document
) -> None:
    given_layers = given_layers | {"boundary": None}
    before = outcome(request, given_layers)
    added = {"Version": "2012-10-17", "Statement": [permission]}
    after = outcome(request, given_layers | {"identity": [*given_layers["identity"], added]})
    assert before != "allowed" or after == "allowed"


@given(requests, layers, st.randoms(use_true_random=False))
def test_the_order_of_statements_and_policies_does_not_matter(
    request: Request, given_layers: Layers, random: Any
) -> None:
    changed = copy.deepcopy(given_layers)
    for found in documents_of(changed):
        random.shuffle(found["Statement"])
    random.shuffle(changed["identity"])
    assert outcome(request, changed) == outcome(request, given_layers)


def swap_actions(statement: Document) -> None:
    for name in ("Action", "NotAction"):
        if name in statement:
            given_values = statement[name]
            one = isinstance(given_values, str)
            statement[name] = (
                given_values.swapcase() if one else [v.swapcase() for v in given_values]
            )


@given(requests, layers)
def test_letter_case_of_actions_and_keys_does_not_matter(
    request: Request, given_layers: Layers
) -> None:
    changed = copy.deepcopy(given_layers)
    for found in documents_of(changed):
        for statement in found["Statement"]:
            swap_actions(statement)
            if "Condition" in statement:
                statement["Condition"] = {
                    operator: {key.swapcase(): values for key, values in keys.items()}
                    for operator, keys in statement["Condition"].items()
                }
    shouted = Request(
        request.principal,
        request.action.upper(),
        request.resource,
        request.resource_account,
        {key.upper(): value for key, value in request.context.items()},
    )
    assert outcome(shouted, changed) == outcome(request, given_layers)


def listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


@given(requests, layers)
def test_a_string_and_a_list_of_it_mean_the_same(request: Request, given_layers: Layers) -> None:
    changed = copy.deepcopy(given_layers)
    for found in documents_of(changed):
        for statement in found["Statement"]:
            for name in ("Action", "NotAction", "Resource", "NotResource"):
                if name in statement:
                    statement[name] = listed(statement[name])
            for keys in statement.get("Condition", {}).values():
                for key in keys:
                    keys[key] = listed(keys[key])
        if len(found["Statement"]) == 1:
            found["Statement"] = found["Statement"][0]
    assert outcome(request, changed) == outcome(request, given_layers)


@given(requests, layers)
def test_the_trace_agrees_with_the_decision(request: Request, given_layers: Layers) -> None:
    decision = evaluate(request, policy_set(given_layers))
    trace = decision.trace
    matched = {
        statement.effect
        for stage in trace.stages
        for policy in stage.policies
        for statement in policy.statements
        if statement.matched
    }
    assert (decision.outcome == "explicitDeny") is ("Deny" in matched)
    deciding = [
        statement
        for stage in trace.stages
        for policy in stage.policies
        for statement in policy.statements
        if statement.deciding
    ]
    assert len(deciding) == (0 if decision.policy is None else 1)
    assert all(statement.matched for statement in deciding)
    json.dumps(trace.as_dict())


@given(requests, layers)
def test_the_same_question_has_the_same_answer(request: Request, given_layers: Layers) -> None:
    policies = policy_set(given_layers)
    first, second = evaluate(request, policies), evaluate(request, policies)
    assert first.as_dict() == second.as_dict()


# --- hostile documents ----------------------------------------------------------------------

words = st.sampled_from(
    [
        *("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action"),
        *("NotAction", "Resource", "NotResource", "Condition", "Allow", "Deny", "2012-10-17"),
        *("*", "s3:*", "arn:aws:s3:::${aws:username}", "${", "${}", "arn:", "AWS", "", "\ud800"),
        *("StringEquals", "ForAllValues:DateLessThanIfExists", "IpAddress", "Null", "ArnLike"),
    ]
) | st.text(max_size=6)
hostile = st.recursive(
    words | st.none() | st.booleans() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)
hostile_statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Action": st.just("*") | hostile,
        "Resource": st.just("*") | hostile,
        "Principal": st.just("*") | hostile,
        "Condition": st.dictionaries(words, st.dictionaries(words, hostile, max_size=2), max_size=2)
        | hostile,
        "Sid": hostile,
    },
)
kinds = st.sampled_from(
    ["identity", "resource", "trust", "session", "boundary", "service-control", "resource-control"]
)


@given(st.text() | hostile, kinds)
def test_a_hostile_document_raises_nothing_but_the_validation_error(
    given_document: Any, kind: DocumentKind
) -> None:
    with contextlib.suppress(MalformedPolicyDocument):
        parse_policy(given_document, kind)


@given(
    st.lists(hostile_statements, min_size=1, max_size=3),
    kinds,
    st.dictionaries(words, words | st.lists(words, max_size=3), max_size=4),
    words,
    words,
)
def test_what_is_accepted_can_be_evaluated_and_explained(
    found: list[Any], kind: DocumentKind, context: dict[str, Any], action: str, resource: str
) -> None:
    try:
        policy = parse_policy({"Version": "2012-10-17", "Statement": found}, kind)
    except MalformedPolicyDocument:
        return
    attached = AttachedPolicy(policy)
    policies = PolicySet(
        identity=(attached,), session=(attached,), boundary=attached, resource=attached
    )
    request = Request(SESSION, action, resource, ACCOUNT, context)
    assert evaluate(request, policies).trace.as_dict()
