"""Wildcards in actions and resources.

IAM User Guide, `reference_policies_elements_action` and `reference_policies_elements_resource`.
"""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.iam.matching import glob, resource_pattern
from tests.iam.asking import allow, ask


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:GetObject", True),
        ("S3:getobject", True),
        ("s3:Get*", True),
        ("s3:*Object", True),
        ("s3:?etObject", True),
        ("s3:GetObject?", False),
        ("s3:G*t*j?ct", True),
        ("s3:*", True),
        ("*", True),
        ("*:*", True),
        ("s3:GetObjectAcl", False),
        ("sqs:*", False),
    ],
)
def test_actions_ignore_case_and_take_wildcards(action: str, expected: bool) -> None:
    assert ask("s3:GetObject", identity=[allow(action)]).allowed is expected
    statement = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    assert ask("s3:GetObject", identity=[statement]).allowed is not expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", "arn:aws:s3:::b/k", True),
        ("*", "*", True),
        ("arn:aws:s3:::b/k", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/K", "arn:aws:s3:::b/k", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b:c/d", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/kk", False),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/k", True),
        ("arn:aws:iam::*:user/alice", "arn:aws:iam::111122223333:user/alice", True),
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-east-1:1:q", True),
        # A * inside a segment stays in it; one at a segment's end may go beyond the colon.
        ("arn:aws:sqs:us-*-1:1:q", "arn:aws:sqs:us-east:9-1:1:q", False),
        ("arn:aws:lambda:us-east-1:*", "arn:aws:lambda:us-east-1:1:function:f", True),
        ("arn:aws:lambda:*:function:f", "arn:aws:lambda:us-east-1:1:function:f", True),
        # Missing fields are wildcards.
        ("arn:aws:sqs", "arn:aws:sqs:us-east-1:1:q", True),
        ("arn:aws:sqs:us-east-1", "arn:aws:sqs:us-east-1:1:q", True),
        ("arn:aws:sqs:us-east-1", "arn:aws:sqs:eu-west-1:1:q", False),
        ("arn:aws:logs:*:*:log-group:/a*b:*", "arn:aws:logs:r:1:log-group:/a:x:b:s", True),
        # An action without resource types is allowed on * only.
        ("arn:aws:s3:::b", "*", False),
    ],
)
def test_resource_patterns(pattern: str, resource: str, expected: bool) -> None:
    assert resource_pattern(pattern)(resource) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("1/test/object.jpg", True),
        ("1/2/test/3/object.jpg", True),
        ("1///test///object.jpg", True),
        ("1/test/.jpg", True),
        ("/test/object.jpg", True),
        ("1/test/", True),
        ("1-test/object.jpg", False),
        ("test/object.jpg", False),
        ("1/2/test.jpg", False),
    ],
)
def test_the_example_of_the_resource_page(key: str, expected: bool) -> None:
    bucket = "arn:aws:s3:::DOC-EXAMPLE-BUCKET"
    assert resource_pattern(f"{bucket}/*/test/*")(f"{bucket}/{key}") is expected


@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8))
def test_a_glob_means_what_the_regular_expression_means(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    assert glob(pattern)(text) is (re.fullmatch(expression, text, re.DOTALL) is not None)


@given(st.text("ab:*?", max_size=12), st.text("ab:", max_size=12))
def test_a_resource_pattern_means_what_its_regular_expression_means(
    pattern: str, text: str
) -> None:
    pattern, text = f"arn:aws:{pattern}", f"arn:aws:{text}"
    completed = pattern + ":*" * max(0, 5 - pattern.count(":"))
    expression, colons = "", 0
    for index, c in enumerate(completed):
        colons += c == ":"
        ends = completed[index + 1 : index + 2] in ("", ":", "*") or colons >= 5
        expression += {"*": ".*" if ends else "[^:]*", "?": "."}.get(c, re.escape(c))
    assert resource_pattern(pattern)(text) is (re.fullmatch(expression, text) is not None)


def test_a_hostile_pattern_takes_no_time() -> None:
    started = time.thread_time()  # of the processor, which others may keep busy
    assert not glob("a*" * 60 + "b")("a" * 2000)
    assert not glob("a*?" * 60 + "b")("a" * 1000)
    assert not resource_pattern("arn:aws:s3:a*a*a*a*a*a*b:1:x")("arn:aws:s3:" + "a" * 500 + ":1:x")
    assert time.thread_time() - started < 10
