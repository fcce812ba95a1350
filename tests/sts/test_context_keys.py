"""Condition keys by the credential behind a request, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from simulator import Lab
from simulator.actors import Actor, Keys
from simulator.clock import iso
from simulator.identity_providers.saml import Statement
from simulator.sts import mfa
from simulator.workloads import instance_session
from tests.conftest import ACCOUNT, Town, done
from tests.sts.documents import permit, trusting
from tests.sts.test_mfa import enable

ISSUER = "ci.example.com"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
APP = f"arn:aws:iam::{ACCOUNT}:role/App"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
PAT = f"arn:aws:sts::{ACCOUNT}:federated-user/pat"
TAGS = [{"Key": "team", "Value": "shop"}]
ALL = [
    "user",
    "role",
    "role with MFA",
    "GetSessionToken",
    "GetSessionToken with MFA",
    "GetFederationToken",
    "web identity",
    "SAML",
    "EC2",
]
TEMPORARY = ALL[1:]
OF_ROLE = [name for name in ALL if name not in ("user", *ALL[3:6])]
OF_USER = ["user", "GetSessionToken", "GetSessionToken with MFA"]
WITH_MFA = ["role with MFA", "GetSessionToken with MFA"]
AFTER = timedelta(seconds=40)


def _session(lab: Lab, actor: Actor, operation: str, **given: Any) -> Keys:
    return Keys.from_response(done(actor.call("sts", operation, given))["Credentials"])


def _credentials(lab: Lab) -> Iterator[tuple[str, Keys]]:
    town, admin = Town(lab), lab.admin
    alice = town.user("alice", permit("*"))
    assert alice.keys is not None
    done(admin.call("iam", "TagUser", {"UserName": "alice", "Tags": TAGS}))
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    trusts = (
        trusting(ACCOUNT, actions),
        trusting({"Federated": OIDC}, "sts:AssumeRoleWithWebIdentity"),
        trusting({"Federated": SAML}, "sts:AssumeRoleWithSAML"),
        trusting({"Service": "ec2.amazonaws.com"}),
    )
    tags = {"Tags": [{"Key": "stage", "Value": "live"}]}
    for number, document in enumerate(trusts):
        name = "App" if number == 0 else f"App{number}"
        town.role(name, document, permit("s3:ListAllMyBuckets"), **tags)
    serial = enable(lab, "alice")

    yield "user", alice.keys
    given = {"RoleArn": APP, "RoleSessionName": "work", "SourceIdentity": "alice", "Tags": TAGS}
    yield "role", _session(lab, alice, "AssumeRole", **given)
    lab.clock.advance(mfa.STEP)
    code = {"SerialNumber": serial, "TokenCode": mfa.code(lab.world, serial)}
    yield "role with MFA", _session(lab, alice, "AssumeRole", **given, **code)
    yield "GetSessionToken", _session(lab, alice, "GetSessionToken")
    lab.clock.advance(mfa.STEP)
    code["TokenCode"] = mfa.code(lab.world, serial)
    yield "GetSessionToken with MFA", _session(lab, alice, "GetSessionToken", **code)
    more = {"Name": "pat", "Policy": permit("*"), "Tags": [{"Key": "team", "Value": "guest"}]}
    yield "GetFederationToken", _session(lab, alice, "GetFederationToken", **more)

    url = {"Url": f"https://{ISSUER}", "ClientIDList": ["sts.amazonaws.com"]}
    done(admin.call("iam", "CreateOpenIDConnectProvider", {**url, "ThumbprintList": ["0" * 40]}))
    token = lab.world.identity_providers.oidc(ISSUER).token("job", now=lab.clock.now())
    given = {"RoleArn": f"{APP}1", "RoleSessionName": "work", "WebIdentityToken": token}
    yield "web identity", _session(lab, lab.actor("job"), "AssumeRoleWithWebIdentity", **given)

    corp = lab.world.identity_providers.saml("https://idp.example.com/saml")
    metadata = {"Name": "Corp", "SAMLMetadataDocument": corp.metadata()}
    done(admin.call("iam", "CreateSAMLProvider", metadata))
    assertion = corp.response(
        Statement("alice@example.com", [(f"{APP}2", SAML)], "work"), now=lab.clock.now()
    )
    given = {"RoleArn": f"{APP}2", "PrincipalArn": SAML, "SAMLAssertion": assertion}
    yield "SAML", _session(lab, lab.actor("staff"), "AssumeRoleWithSAML", **given)

    profile = {"InstanceProfileName": "App3"}
    done(admin.call("iam", "CreateInstanceProfile", profile))
    done(admin.call("iam", "AddRoleToInstanceProfile", {**profile, "RoleName": "App3"}))
    image = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}
    machine = {**image, "IamInstanceProfile": {"Name": "App3"}}
    made = done(admin.call("ec2", "RunInstances", machine))["Instances"][0]["InstanceId"]
    yield "EC2", instance_session(lab, made, "1.0")


@pytest.fixture(scope="module")
def seen() -> Iterator[Mapping[str, Mapping[str, Any]]]:
    """What policy evaluation knew of a call with each credential."""
    with Lab() as lab:
        keys = dict(_credentials(lab))
        issued = lab.clock.now()
        lab.clock.advance(AFTER)
        found = {}
        for name, held in keys.items():
            result = lab.actor(name, keys=held).call("s3", "ListBuckets")
            assert result.ok, f"{name}: {result.error_message}"
            found[name] = dict(result.record.requests[0].context)
        found["now"] = {"issued": iso(issued)}
        yield found


Seen = Mapping[str, Mapping[str, Any]]


def having(seen: Seen, key: str) -> list[str]:
    """The credentials whose calls have a key."""
    return [name for name in ALL if key in seen[name]]


def test_the_issue_time_is_there_for_every_session_and_for_no_key(seen: Seen) -> None:
    assert having(seen, "aws:TokenIssueTime") == TEMPORARY
    assert seen["EC2"]["aws:TokenIssueTime"] == seen["now"]["issued"]


def test_mfa_is_absent_for_a_key_true_with_a_code_and_false_for_every_other_session(
    seen: Seen,
) -> None:
    key = "aws:MultiFactorAuthPresent"
    assert having(seen, key) == TEMPORARY
    assert [name for name in TEMPORARY if seen[name][key] == "true"] == WITH_MFA
    assert {seen[name][key] for name in TEMPORARY if name not in WITH_MFA} == {"false"}


def test_the_age_of_mfa_is_there_only_with_mfa_and_grows(seen: Seen) -> None:
    assert having(seen, "aws:MultiFactorAuthAge") == WITH_MFA
    ages = [int(seen[name]["aws:MultiFactorAuthAge"]) for name in WITH_MFA]
    assert ages == [(AFTER + mfa.STEP).seconds, AFTER.seconds]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("user", "AIDA", ""),
        ("role", "AROA", ":work"),
        ("role with MFA", "AROA", ":work"),
        ("GetSessionToken", "AIDA", ""),
        ("GetSessionToken with MFA", "AIDA", ""),
        ("GetFederationToken", f"{ACCOUNT}:pat", ""),
        ("web identity", "AROA", ":work"),
        ("SAML", "AROA", ":work"),
        ("EC2", "AROA", ""),
    ],
)
def test_the_user_id_is_of_the_kind_of_credential(
    seen: Seen, name: str, start: str, end: str
) -> None:
    user_id = seen[name]["aws:userid"]
    assert user_id.startswith(start)
    assert user_id.endswith(end)
    if name == "EC2":
        assert user_id.partition(":")[2].startswith("i-")


def test_the_user_name_is_there_for_users_and_their_session_tokens_alone(seen: Seen) -> None:
    assert having(seen, "aws:username") == OF_USER
    assert {seen[name]["aws:username"] for name in OF_USER} == {"alice"}


@pytest.mark.parametrize(
    ("names", "arn", "kind"),
    [
        (OF_USER, ALICE, "User"),
        (["role", "role with MFA"], APP, "AssumedRole"),
        (["web identity"], f"{APP}1", "AssumedRole"),
        (["SAML"], f"{APP}2", "AssumedRole"),
        (["EC2"], f"{APP}3", "AssumedRole"),
        (["GetFederationToken"], PAT, "FederatedUser"),
    ],
)
def test_the_principals_arn_and_type(seen: Seen, names: list[str], arn: str, kind: str) -> None:
    for name in names:
        assert seen[name]["aws:PrincipalArn"] == arn
        assert seen[name]["aws:PrincipalType"] == kind
        assert seen[name]["aws:PrincipalAccount"] == ACCOUNT


def test_principal_tags_are_the_users_the_roles_and_the_sessions(seen: Seen) -> None:
    team, stage = "aws:PrincipalTag/team", "aws:PrincipalTag/stage"
    assert having(seen, stage) == OF_ROLE
    assert having(seen, team) == ALL[:6]
    assert seen["role"][team] == "shop"
    assert seen["GetFederationToken"][team] == "guest"


def test_source_identity_federation_and_instance_keys_are_where_they_belong(seen: Seen) -> None:
    assert having(seen, "aws:SourceIdentity") == ["role", "role with MFA"]
    assert having(seen, "aws:FederatedProvider") == ["web identity", "SAML"]
    assert seen["web identity"]["aws:FederatedProvider"] == OIDC
    assert having(seen, "ec2:SourceInstanceARN") == having(seen, "ec2:RoleDelivery") == ["EC2"]
    assert seen["EC2"]["ec2:RoleDelivery"] == "1.0"
    assert seen["EC2"]["ec2:SourceInstanceARN"].startswith(f"arn:aws:ec2:us-east-1:{ACCOUNT}:")


@pytest.mark.parametrize("name", ALL)
def test_some_keys_are_in_every_request(seen: Seen, name: str) -> None:
    expected = {
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:SourceIp",
        "aws:SecureTransport",
        "aws:UserAgent",
        "aws:PrincipalAccount",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
    }
    assert expected <= set(seen[name])
