"""moto's answers are written faster, and are what moto would have written."""

from __future__ import annotations

from typing import Any

import pytest
import xmltodict  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from simulator import Lab
from simulator.backend.serializing import unparse_by
from tests.conftest import Town, allow

NAMES = st.sampled_from(
    ["A", "Key", "ü", "#text", "@x", "@xmlns", "@xsi:type", "#comment", "a b", "<", "", "1"]
)
TEXTS = st.text(max_size=6) | st.sampled_from(["", "&<>\"'", "a\nb\t", "\r", "]]>"])
LEAVES = TEXTS | st.integers() | st.booleans() | st.none() | st.floats() | st.binary(max_size=4)
VALUES = st.recursive(
    LEAVES,
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(NAMES, each, max_size=4) | st.tuples(each)
    ),
    max_leaves=15,
)
LISTING = {
    "ListBucketResult": {
        "@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
        "Name": "reports",
        "KeyCount": 2,
        "IsTruncated": False,
        "Contents": [{"Key": "a&b", "Size": 5, "Owner": None}, {"Key": "", "Tags": []}],
    }
}


def written(unparse: Any, content: Any, **options: Any) -> Any:
    """What is written, or the error that says why it can't be."""
    try:
        return unparse(content, **options)
    except Exception as error:
        return type(error), str(error)


@given(content=st.dictionaries(NAMES, VALUES, max_size=2), full=st.booleans())
@example(content=LISTING, full=True)
@example(content={"A": [LISTING, LISTING]}, full=False)
def test_xml_is_what_xmltodict_writes(content: dict[str, Any], full: bool) -> None:
    options = {"full_document": full, "short_empty_elements": True, "pretty": False}
    quick = unparse_by(xmltodict)
    assert written(quick, content, **options) == written(xmltodict.unparse, content, **options)


def test_a_listing_is_written_without_xmltodict() -> None:
    class Nobody:
        _validate_name = staticmethod(xmltodict._validate_name)

    options = {"full_document": True, "short_empty_elements": True, "pretty": False}
    assert "<Key>a&amp;b</Key>" in unparse_by(Nobody)(LISTING, **options)


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("iam", "ListUsers", {}),
    ("iam", "ListRoles", {}),
    ("iam", "GetAccountAuthorizationDetails", {}),
    ("s3", "ListObjectsV2", {"Bucket": "reports"}),
    ("s3", "ListBuckets", {}),
    ("s3", "GetBucketTagging", {"Bucket": "reports"}),
    ("dynamodb", "DescribeTable", {"TableName": "orders"}),
    ("sqs", "ListQueues", {}),
    ("sns", "ListTopics", {}),
    ("kms", "ListKeys", {}),
    ("ssm", "DescribeParameters", {}),
    ("secretsmanager", "ListSecrets", {}),
]


def test_names_that_are_kept_are_those_moto_finds(
    lab: Lab, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.core.serialize import XFormedAttributePicker as Picker

    kept: Any = Picker.get_possible_keys
    compared: list[str] = []

    def both(self: Any, context: Any) -> Any:
        found = kept(self, context)
        assert list(found) == list(dict.fromkeys(kept.__wrapped__(self, context)))
        compared.append(context.key)
        return found

    monkeypatch.setattr(Picker, "get_possible_keys", both)
    town.user("alice", allow("s3:*"))
    town.bucket("reports", a="1", b="2")
    call = lab.admin.call
    assert call("sns", "CreateTopic", {"Name": "news"}).ok
    assert call("sqs", "CreateQueue", {"QueueName": "jobs"}).ok
    assert call("kms", "CreateKey", {}).ok
    assert call("ssm", "PutParameter", {"Name": "p", "Value": "v", "Type": "String"}).ok
    assert call("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "v"}).ok
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    types = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    table = {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST", **keys, **types}
    assert call("dynamodb", "CreateTable", table).ok
    tags = {"TagSet": [{"Key": "team", "Value": "blue"}]}
    assert call("s3", "PutBucketTagging", {"Bucket": "reports", "Tagging": tags}).ok
    for each in CALLS * 2:  # an assertion that fails in moto is told as an error
        assert call(*each).ok, each
    assert len(set(compared)) > 100
