"""Whatever a policy document holds: IAM's refusal, or a policy that can be evaluated."""

from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import example, given
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
from tests.fuzz import fuzzed
from tests.iam.asking import ACCOUNT, ALICE, ROOT

KINDS: tuple[DocumentKind, ...] = get_args(DocumentKind)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["*", "Allow", "Deny", "s3:*", "s3:Get?bject", "arn:aws:s3:::b/*", ROOT, ALICE,
         "2012-10-17", "2008-10-17", "${aws:username}", "${aws:username, 'x'}", "${", "${}",
         "${*}", "2021-08-09", "10.0.0.0/8", "::1/129", "999.1.1.1", "1e999", "NaN",
         "true", "\ud800", "2021-13-45T", "9" * 400, "arn:aws:iam::*:role/?*", "[", "\\", "\x00"]
    ),
)  # fmt: skip
names = st.one_of(
    st.sampled_from(
        ["Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource",
         "NotResource", "Principal", "NotPrincipal", "Condition", "AWS", "Service", "Federated",
         "StringLike", "StringEquals", "NumericLessThan", "DateLessThan", "Bool", "IpAddress",
         "Null", "ArnLike", "ForAllValues:StringLike", "ForAnyValue:StringEqualsIfExists",
         "BinaryEquals", "aws:username", "aws:TokenIssueTime", "aws:SourceIp", "aws:TagKeys",
         "aws:PrincipalTag/x"]
    ),
    st.text(max_size=6),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)
operators = st.sampled_from(
    [
        f"{many}{name}{if_exists}"
        for many in ("", "ForAllValues:", "ForAnyValue:")
        for name in ("StringEquals", "StringNotLike", "NumericLessThan", "DateGreaterThan", "Bool",
                     "BinaryEquals", "IpAddress", "NotIpAddress", "ArnLike", "ArnNotEquals", "Null")
        for if_exists in ("", "IfExists")
    ]
)  # fmt: skip
keys = st.sampled_from(
    ["aws:username", "aws:TokenIssueTime", "aws:SourceIp", "aws:TagKeys", "s3:max-keys", "x:y"]
)
values = scalars | st.lists(scalars, max_size=3)
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"])},
    optional={
        "Action": values,
        "NotAction": values,
        "Resource": values,
        "Principal": anything,
        "Condition": st.dictionaries(operators, st.dictionaries(keys, values, max_size=2)),
    },
)
documents = anything | st.fixed_dictionaries(
    {"Version": st.sampled_from(["2012-10-17", "2008-10-17"]), "Statement": statements | anything}
)
contexts = st.dictionaries(
    keys, st.text(max_size=8) | st.tuples(st.text(max_size=4)) | st.just("2021-08-09T06:00:00Z")
)


def compiled(given: Any, kind: DocumentKind) -> Any:
    """The policy, or ``None`` where IAM refuses it; anything else is a crash."""
    try:
        return parse_policy(given, kind)
    except MalformedPolicyDocument:
        return None


@fuzzed(400)
@given(document=documents, kind=st.sampled_from(KINDS), context=contexts)
def test_a_document_is_refused_by_iams_code_or_can_be_evaluated(
    document: Any, kind: DocumentKind, context: dict[str, Any]
) -> None:
    text = json.dumps(document)
    policy = compiled(text, kind)
    if isinstance(document, dict):
        assert (compiled(document, kind) is None) == (policy is None)
    if policy is None or kind not in _LAYERS:
        return
    request = Request(
        principal=ALICE,
        action="s3:GetObject",
        resource="arn:aws:s3:::b/k",
        resource_account=ACCOUNT,
        context=context,
    )
    decision = evaluate(request, _LAYERS[kind](AttachedPolicy(policy, "p")))
    json.dumps(decision.as_dict())


_LAYERS: dict[DocumentKind, Any] = {
    "identity": lambda policy: PolicySet(identity=(policy,)),
    "session": lambda policy: PolicySet(session=(policy,)),
    "boundary": lambda policy: PolicySet(boundary=policy),
    "resource": lambda policy: PolicySet(resource=policy),
}


@fuzzed(300)
@given(text=st.text(st.characters(codec=None), max_size=60), kind=st.sampled_from(KINDS))
@example(text="[" * 100_000, kind="identity")
@example(text='{"a":' * 50_000, kind="identity")
@example(text='{"Version": "2012-10-17", "Statement": ' + "[" * 900 + "]" * 900 + "}", kind="trust")
@example(text="9" * 5_000, kind="identity")
@example(text='{"Statement": NaN}', kind="identity")
@example(text="\ufeff{}", kind="resource")
def test_text_of_any_kind_is_refused_by_iams_code(text: str, kind: DocumentKind) -> None:
    assert compiled(text, kind) is None
