"""What is refused when a policy is saved, and where.

IAM User Guide, `reference_policies_grammar` and `access-analyzer-reference-policy-checks`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.iam import DocumentKind, MalformedPolicyDocument, compile_policy, parse_policy
from tests.iam.asking import ALICE, allow, deny, document, trusts


def refusal(given: Any, kind: DocumentKind = "identity") -> MalformedPolicyDocument:
    with pytest.raises(MalformedPolicyDocument) as caught:
        parse_policy(given, kind)
    return caught.value


def without(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names}


SYNTAX = "Syntax errors in policy."

REFUSED_STATEMENTS = [
    (without(allow(), "Effect"), "Effect", SYNTAX),
    (allow() | {"Effect": "Permit"}, "Effect", SYNTAX),
    (allow() | {"Effect": "allow"}, "Effect", "The policy failed legacy parsing"),
    (without(allow(), "Action"), "Action", "Policy statement must contain actions."),
    (allow([]), "Action", "Policy statement must contain actions."),
    (allow(NotAction="s3:*"), "NotAction", SYNTAX),
    (allow(NotResource="*"), "NotResource", SYNTAX),
    (without(allow(), "Resource"), "Resource", "Policy statement must contain resources."),
    (allow(resource=[]), "Resource", "Policy statement must contain resources."),
    (allow("GetObject"), "Action", "Actions/Conditions must be prefaced by a vendor"),
    (allow("s3:Get:Object"), "Action", "Actions/Condition can contain only one colon."),
    (allow("s3 x:Get"), "Action", "Vendor s3 x is not valid"),
    (allow(resource="my-bucket"), "Resource", "Resource my-bucket must be in ARN format"),
    (allow(resource="arn:aws:*:::x"), "Resource", "Resource vendor must be fully qualified"),
    (allow(resource="arn:error:s3:::x"), "Resource", 'Partition "error" is not valid'),
    (allow(resource="aws:s3:x"), "Resource", 'resource "arn:s3:x:*:*:*"'),
    (allow(resource="arn:aws"), "Resource", "Resource vendor must be fully qualified"),
    (allow(resource="arn:aws:s3::x"), "Resource", "The policy failed legacy parsing"),
    (allow(resource="arn:aws::::x"), "Resource", "The policy failed legacy parsing"),
    (allow(resource="arn:aws:s3:us-east-1::x"), "Resource", "can not contain region information"),
    (allow(resource="arn:aws:iam:us-east-1::user/x"), "Resource", "cannot contain region"),
    (allow(resource="arn:aws:iam:::x"), "Resource", "IAM resource path must either be"),
    (allow(resource="arn:aws:iam:::x:y"), "Resource", "IAM resource path must either be"),
    (allow(Principal="*"), "Principal", "Policy document should not specify a principal."),
    (allow(NotPrincipal={"AWS": ALICE}), "NotPrincipal", "should not specify a principal."),
    (allow(Action=7), "Action", SYNTAX),
    (allow(Action=["s3:*", 7]), "Action", SYNTAX),
    (allow(Effects="Allow"), "Effects", SYNTAX),
    (allow(Sid="not plain"), "Sid", "Statement IDs (SID) must be alpha-numeric."),
    (allow(Sid=7), "Sid", SYNTAX),
    (allow(Condition=[]), "Condition", SYNTAX),
    (allow(Condition={"StringEqualz": {"a:b": "c"}}), "Condition.StringEqualz", SYNTAX),
    (allow(Condition={"NullIfExists": {"a:b": "true"}}), "Condition.NullIfExists", SYNTAX),
    (allow(Condition={"ForSome:Bool": {"a:b": "true"}}), "Condition.ForSome:Bool", SYNTAX),
    (allow(Condition={"StringEquals": "a:b"}), "Condition.StringEquals", SYNTAX),
    (allow(Condition={"StringEquals": {"a:b": {}}}), "Condition.StringEquals.a:b", SYNTAX),
    (allow(Condition={"StringEquals": {"a:b": None}}), "Condition.StringEquals.a:b", SYNTAX),
    (
        allow(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}}),
        "Condition.DateLessThan.aws:CurrentTime",
        "The policy failed legacy parsing",
    ),
]


@pytest.mark.parametrize(("statement", "place", "message"), REFUSED_STATEMENTS)
def test_a_bad_statement_is_refused_with_its_place(
    statement: dict[str, Any], place: str, message: str
) -> None:
    error = refusal(document(deny(), statement))
    assert error.place == f"Statement[1].{place}"
    assert message in error.message


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"Statement": []}, "Statement"),
        ({"Statement": "x"}, "Statement"),
        ({}, "Statement"),
        ({"Statement": ["x"]}, "Statement[0]"),
        (document(allow()) | {"Version": "2012-10-18"}, "Version"),
        (document(allow()) | {"Version": None}, "Version"),
        (document(allow()) | {"Id": 7}, "Id"),
        (document(allow()) | {"Statements": []}, "Statements"),
    ],
)
def test_a_bad_document_is_refused_with_its_place(given: Any, place: str) -> None:
    error = refusal(given)
    assert (error.message, error.place) == (SYNTAX, place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1 column 1"),
        ('{\n  "Version": "2012-10-17",\n  oops\n}', "line 3 column 3"),
        ("[]", "document"),
        ('"x"', "document"),
        ("[" * 100_000, "document"),
        ('{"Statement": [], "Statement": []}', "Statement (twice in one object)"),
        ('{"Statement": NaN}', "NaN"),
    ],
)
def test_bad_text_is_refused_with_its_place(text: str, place: str) -> None:
    assert refusal(text).place == place


def test_statement_ids_are_unique() -> None:
    error = refusal(document(allow(Sid="A"), deny(Sid="A")))
    assert error.message == "Statement IDs (SID) in a single policy must be unique."
    assert error.place == "Statement[1].Sid"


@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17", None])
def test_both_versions_and_none_are_read(version: str | None) -> None:
    assert parse_policy(document(allow(), version=version)).statements


@pytest.mark.parametrize(
    ("date", "accepted"),
    [
        ("2021-08-09T06:22:23.999Z", True),
        ("2021-08-09T06:22:23+23:00", True),
        ("2021-08-09t6:22:23.593194+23", True),
        ("2021-08-09T06:22Z", True),
        ("-292275054", True),
        ("9223372036854775807", True),
        ("9223372036854775808", False),
        ("2021-13", False),
        ("\u0662\u0660\u0662\u0661-08", False),
        ("2021-08-09T25:00:00Z", False),
        ("2021-08-09t6:00:00.593194+1", False),
        ("", False),
        ("now", False),
    ],
)
def test_the_dates_that_may_be_saved(date: str, accepted: bool) -> None:
    given = document(allow(Condition={"DateLessThan": {"aws:CurrentTime": [date]}}))
    if accepted:
        assert parse_policy(given)
    else:
        assert refusal(given).message == "The policy failed legacy parsing"


@pytest.mark.parametrize(
    "statement",
    [
        allow("iam: odd name "),
        allow("nosuchservice:Action"),
        allow("service-prefix.x:Action"),
        allow(["s3:*", None]),
        allow(resource=["arn:aws:s3:::b", None]),
        allow(resource="arn:aws:nosuchservice"),
        allow(resource="arn:*:s3:::b"),
        allow(resource="arn:aws-cn:s3:::b"),
        allow(Condition={}),
        allow(Condition={"NoSuchOperator": {}}),
        allow(Condition={"DateGreaterThan": {"aws:CurrentTime": []}}),
        allow(Condition={"Bool": {"aws:SecureTransport": True}}),
        allow(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}),
        allow(Sid=""),
    ],
)
def test_odd_statements_that_iam_accepts(statement: Any) -> None:
    assert parse_policy(document(statement, allow(Sid="")))


def test_one_statement_need_not_be_in_a_list() -> None:
    assert len(parse_policy({"Version": "2012-10-17", "Statement": allow()}).statements) == 1


@pytest.mark.parametrize("kind", ["session", "boundary", "service-control"])
def test_the_other_policies_of_an_identity_have_no_principal(kind: DocumentKind) -> None:
    assert parse_policy(document(allow()), kind).kind == kind
    assert refusal(document(allow(Principal="*")), kind).place == "Statement[0].Principal"


def test_a_trust_policy_has_principals_and_no_resource() -> None:
    good = trusts({"AWS": ALICE})
    assert parse_policy(document(good), "trust")
    missing = refusal(document(without(good, "Principal")), "trust")
    assert missing.message == "Missing required field Principal"
    prohibited = refusal(document(good | {"Resource": "*"}), "trust")
    assert prohibited.message == "Has prohibited field Resource"
    swapped = without(good, "Principal") | {"NotPrincipal": {"AWS": ALICE}}
    assert "NotPrincipal" in refusal(document(swapped), "trust").message


@pytest.mark.parametrize(
    ("action", "accepted"),
    [
        ("sts:AssumeRole", True),
        ("sts:TagSession", True),
        ("sts:AssumeRole*", True),
        ("s3:GetObject", False),
        ("*", False),
        ("sts:GetCallerIdentity", False),
    ],
)
def test_a_trust_policy_is_about_assuming_roles(action: str, accepted: bool) -> None:
    given = document(trusts({"AWS": ALICE}, action))
    if accepted:
        assert parse_policy(given, "trust")
    else:
        assert "STS AssumeRole actions" in refusal(given, "trust").message


def test_a_resource_policy_has_principals_and_may_leave_the_resource_out() -> None:
    assert parse_policy(document(allow(Principal="*")), "resource")
    assert parse_policy(document(without(allow(Principal="*"), "Resource")), "resource")
    assert parse_policy(document(allow(Principal="*", Sid="with spaces")), "resource")
    assert refusal(document(allow()), "resource").place == "Statement[0].Principal"


@pytest.mark.parametrize(
    ("principal", "accepted"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "111122223333"}, True),
        ({"AWS": ["arn:aws:iam::111122223333:root", ALICE]}, True),
        ({"AWS": "AROAEXAMPLE000000001"}, True),
        ({"AWS": "arn:aws:sts::111122223333:assumed-role/App/x"}, True),
        ({"Service": "ec2.amazonaws.com", "Federated": "x"}, True),
        ({"AWS": "arn:aws:iam::111122223333:user/*"}, False),
        ({"AWS": "arn:aws:iam::*:root"}, False),
        ({"AWS": "arn:aws:s3:::bucket"}, False),
        ({"AWS": "arn:aws:s3:us-east-1:111122223333:root"}, False),
        ({"AWS": "arn:root"}, False),
        ({"AWS": "arn:aws:root"}, False),
        ({"AWS": "\uff11" * 12}, False),
        ({"AWS": "alice"}, False),
        ({"AWS": 111122223333}, False),
        ({"Aws": ALICE}, False),
        ({}, False),
        (ALICE, False),
        ([ALICE], False),
    ],
)
def test_the_forms_of_a_principal(principal: Any, accepted: bool) -> None:
    given = document(allow(Principal=principal))
    if accepted:
        assert parse_policy(given, "resource")
    else:
        assert refusal(given, "resource").place.startswith("Statement[0].Principal")


@pytest.mark.parametrize(
    ("statement", "accepted"),
    [
        (deny("s3:*", Principal="*"), True),
        (allow(Principal="*"), True),
        (allow("s3:*", Principal="*"), False),
        (deny(Principal="*"), False),
        (deny("s3:*", Principal={"AWS": "*"}), False),
        (without(deny(NotAction="s3:*", Principal="*"), "Action"), False),
        (without(deny("s3:*", NotPrincipal={"AWS": ALICE}), "Principal"), False),
    ],
)
def test_a_resource_control_policy_only_denies(statement: Any, accepted: bool) -> None:
    if accepted:
        assert parse_policy(document(statement), "resource-control")
    else:
        refusal(document(statement), "resource-control")


def test_the_same_content_is_compiled_once() -> None:
    text = json.dumps(document(allow("s3:ThisTestOnly")))
    assert parse_policy(text) is parse_policy(text)
    assert parse_policy(text) is not parse_policy(text, "session")
    given = document(allow("s3:ThisTestOnly"))
    assert parse_policy(given) is parse_policy(document(allow("s3:ThisTestOnly")))


def test_a_policy_shows_its_document_and_text() -> None:
    text = json.dumps(document(allow()), indent=2)
    policy = parse_policy(text)
    assert policy.text == text
    assert policy.document == document(allow())
    assert json.loads(compile_policy(document(allow())).text) == document(allow())


def test_every_policy_that_aws_manages_is_accepted() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    managed = json.loads(aws_managed_policies_data)
    assert len(managed) > 1000
    for name, policy in managed.items():
        assert compile_policy(policy["Document"]).statements, name
