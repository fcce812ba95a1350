"""AssumeRoleWithSAML: really signed assertions of a provider the account has registered."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from simulator import Lab
from simulator.actors import CallResult, Keys
from simulator.gateway.stages import AwsError
from simulator.identity_providers import SamlProvider
from simulator.identity_providers.saml import ASSERTION_NS, ATTRIBUTES, AUDIENCE, Statement
from simulator.sts.assertions import read_response
from tests.conftest import ACCOUNT, Town, done
from tests.sts.documents import permit, trusting, when

ENTITY = "https://idp.example.com/saml"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Staff"
ACTION = "sts:AssumeRoleWithSAML"
FEDERATED = {"Federated": PROVIDER}
ALICE = Statement("alice@example.com", [(ROLE, PROVIDER)], "alice")


@pytest.fixture
def idp(lab: Lab, town: Town) -> SamlProvider:
    """A company's identity provider, registered, and a role its people may assume."""
    provider = lab.world.identity_providers.saml(ENTITY)
    given = {"Name": "Corp", "SAMLMetadataDocument": provider.metadata()}
    arn = done(lab.admin.call("iam", "CreateSAMLProvider", given))["SAMLProviderArn"]
    assert arn == PROVIDER
    town.role(
        "Staff",
        trusting(FEDERATED, ACTION, **when("StringEquals", "SAML:aud", AUDIENCE)),
        permit("s3:ListAllMyBuckets"),
        MaxSessionDuration=7200,
    )
    return provider


def assume(lab: Lab, response: str, **more: Any) -> CallResult:
    given = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": response, **more}
    return lab.actor("alice").call("sts", "AssumeRoleWithSAML", given)


def changed(response: str, old: str, new: str) -> str:
    """The same response with some text replaced after signing."""
    text = base64.b64decode(response).decode()
    assert old in text
    return base64.b64encode(text.replace(old, new).encode()).decode()


def test_a_signed_assertion_opens_the_role(lab: Lab, idp: SamlProvider) -> None:
    answer = done(assume(lab, idp.response(ALICE, now=lab.clock.now())))
    assert answer["Subject"] == "alice@example.com"
    assert answer["SubjectType"] == "persistent"
    assert answer["Issuer"] == ENTITY
    assert answer["Audience"] == AUDIENCE
    digest = hashlib.sha1(f"{ENTITY}{ACCOUNT}/Corp".encode()).digest()
    assert answer["NameQualifier"] == base64.b64encode(digest).decode()
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Staff/alice"
    session = lab.actor("alice", keys=Keys.from_response(answer["Credentials"]))
    done(session.call("s3", "ListBuckets"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">alice@example.com<", ">root@example.com<"),
        (">alice<", ">admin<"),
        ("/Staff,", "/Admin,"),
        ("T06:05:00Z", "T08:05:00Z"),
    ],
)
def test_a_tampered_assertion_is_refused(lab: Lab, idp: SamlProvider, old: str, new: str) -> None:
    refused = assume(lab, changed(idp.response(ALICE, now=lab.clock.now()), old, new))
    assert (refused.status, refused.error_code) == (400, "InvalidIdentityToken")
    assert refused.error_message == "Response signature invalid"


def test_an_assertion_without_a_signature_is_refused(lab: Lab, idp: SamlProvider) -> None:
    document = etree.fromstring(base64.b64decode(idp.response(ALICE, now=lab.clock.now())))
    signature = document.find(".//{http://www.w3.org/2000/09/xmldsig#}Signature")
    signature.getparent().remove(signature)
    refused = assume(lab, base64.b64encode(etree.tostring(document)).decode())
    assert refused.error_code == "InvalidIdentityToken"


def test_an_assertion_signed_by_another_provider_is_refused(lab: Lab, idp: SamlProvider) -> None:
    thief = SamlProvider("https://thief.example.com/saml")
    refused = assume(lab, thief.response(ALICE, now=lab.clock.now()))
    assert refused.error_message == "Response signature invalid"


@pytest.mark.parametrize("place", ["before", "after", "around", "inside the signature"])
def test_an_assertion_wrapped_around_a_signed_one_is_refused(
    lab: Lab, idp: SamlProvider, place: str
) -> None:
    document = etree.fromstring(base64.b64decode(idp.response(ALICE, now=lab.clock.now())))
    tag = f"{{{ASSERTION_NS}}}Assertion"
    signed = document.find(tag)
    text = etree.tostring(signed).replace(b"alice", b"admin")
    evil = etree.fromstring(text)
    signature = evil.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    evil.remove(signature)
    evil.set("ID", "_evil")
    if place == "before":
        signed.addprevious(evil)
    elif place == "after":
        signed.addnext(evil)
    elif place == "around":
        document.replace(signed, evil)
        evil.append(signed)
    else:
        document.replace(signed, evil)
        original = etree.fromstring(etree.tostring(signed))
        holder = etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object")
        holder.append(original)
        evil.insert(1, signature)
    refused = assume(lab, base64.b64encode(etree.tostring(document)).decode())
    assert (refused.status, refused.error_code) == (400, "InvalidIdentityToken")


def test_comments_do_not_cut_a_name_short(lab: Lab, idp: SamlProvider) -> None:
    both = Statement("alice@example.com.evil.example", [(ROLE, PROVIDER)], "alice")
    response = idp.response(both, now=lab.clock.now())
    split = changed(response, "alice@example.com.evil", "alice@example.com<!-- -->.evil")
    assert done(assume(lab, split))["Subject"] == "alice@example.com.evil.example"


def test_an_assertion_must_be_redeemed_within_five_minutes_of_lab_time(
    lab: Lab, idp: SamlProvider
) -> None:
    response = idp.response(ALICE, now=lab.clock.now(), lifetime=timedelta(hours=1))
    lab.clock.advance(timedelta(seconds=299))
    done(assume(lab, response))
    lab.clock.advance(timedelta(seconds=1))
    refused = assume(lab, response)
    assert (refused.status, refused.error_code) == (400, "ExpiredTokenException")
    assert refused.error_message == "Token must be redeemed within 5 minutes of issuance"


def test_an_assertion_is_not_valid_before_its_time(lab: Lab, idp: SamlProvider) -> None:
    response = idp.response(ALICE, now=lab.clock.now() + timedelta(seconds=1))
    assert assume(lab, response).error_code == "InvalidIdentityToken"


def test_an_assertion_for_another_audience_is_refused(lab: Lab, idp: SamlProvider) -> None:
    other = replace(ALICE, audience="https://elsewhere.example.com")
    refused = assume(lab, idp.response(other, now=lab.clock.now()))
    assert refused.error_message == "Response does not contain the required audience."


def test_a_role_the_assertion_does_not_offer_is_not_authorized(lab: Lab, idp: SamlProvider) -> None:
    other = replace(ALICE, roles=[(ROLE.replace("Staff", "Other"), PROVIDER)])
    refused = assume(lab, idp.response(other, now=lab.clock.now()))
    assert (refused.status, refused.error_code) == (403, "AccessDenied")
    assert refused.error_message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_a_role_that_does_not_trust_the_provider_is_not_authorized(
    lab: Lab, idp: SamlProvider
) -> None:
    trust = trusting(FEDERATED, ACTION, **when("StringEquals", "SAML:sub", "bob@example.com"))
    given = {"RoleName": "Staff", "PolicyDocument": trust}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    refused = assume(lab, idp.response(ALICE, now=lab.clock.now()))
    assert refused.error_message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_role_and_provider_may_stand_in_either_order(lab: Lab, idp: SamlProvider) -> None:
    swapped = replace(ALICE, roles=[(PROVIDER, ROLE)])
    done(assume(lab, idp.response(swapped, now=lab.clock.now())))


def test_an_unregistered_provider_is_refused(lab: Lab, idp: SamlProvider) -> None:
    response = idp.response(ALICE, now=lab.clock.now())
    refused = assume(lab, response, PrincipalArn=PROVIDER.replace("Corp", "Nobody"))
    assert refused.error_code == "InvalidIdentityToken"


@pytest.mark.parametrize(
    ("offered", "asked", "seconds"),
    [(None, None, 3600), (1800, None, 1800), (7200, None, 7200), (7200, 900, 900)],
)
def test_the_session_lasts_as_long_as_attribute_and_parameter_allow(
    lab: Lab, idp: SamlProvider, offered: int | None, asked: int | None, seconds: int
) -> None:
    duration = timedelta(seconds=offered) if offered else None
    response = idp.response(replace(ALICE, session_duration=duration), now=lab.clock.now())
    more = {"DurationSeconds": asked} if asked else {}
    credentials = done(assume(lab, response, **more))["Credentials"]
    assert credentials["Expiration"] - lab.clock.now() == timedelta(seconds=seconds)


def test_a_session_duration_beyond_the_roles_maximum_is_refused(
    lab: Lab, idp: SamlProvider
) -> None:
    long = replace(ALICE, session_duration=timedelta(hours=3))
    refused = assume(lab, idp.response(long, now=lab.clock.now()))
    assert refused.error_code == "ValidationError"


class AnyDuration(Statement):
    """Says of `SessionDuration` what its source identity says."""

    def attributes(self) -> dict[str, list[str]]:
        found = replace(ALICE).attributes()
        return {**found, f"{ATTRIBUTES}SessionDuration": [str(self.source_identity)]}


@pytest.mark.parametrize(
    "said", ["899", "43201", "1h", "", "-900", "\u00b2\u00b2\u00b2\u00b2", "9e3"]
)
def test_a_session_duration_that_is_none_is_the_assertions_fault(
    lab: Lab, idp: SamlProvider, said: str
) -> None:
    odd = AnyDuration(ALICE.subject, ALICE.roles, ALICE.session_name, source_identity=said)
    refused = assume(lab, idp.response(odd, now=lab.clock.now()))
    assert refused.error_code == "InvalidIdentityToken"
    assert "SessionDuration in AuthnResponse must be 900 to 43200" in str(refused.error_message)


def test_principal_tags_and_source_identity_come_from_attributes(
    lab: Lab, town: Town, idp: SamlProvider
) -> None:
    tagged = when("StringEquals", "aws:PrincipalTag/team", "shop")
    town.put_role_policy("Staff", "own", permit("s3:ListAllMyBuckets", **tagged))
    said = replace(ALICE, tags={"team": "shop"}, source_identity="alice")
    response = idp.response(said, now=lab.clock.now())
    assert assume(lab, response).error_code == "AccessDenied"
    trust = trusting(FEDERATED, [ACTION, "sts:TagSession", "sts:SetSourceIdentity"])
    given = {"RoleName": "Staff", "PolicyDocument": trust}
    done(lab.admin.call("iam", "UpdateAssumeRolePolicy", given))
    answer = done(assume(lab, response))
    assert answer["SourceIdentity"] == "alice"
    session = lab.actor("alice", keys=Keys.from_response(answer["Credentials"]))
    done(session.call("s3", "ListBuckets"))


@pytest.mark.parametrize(
    "content",
    [
        b"not xml",
        b"<a/>",
        b"",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>',
    ],
)
def test_what_is_no_saml_response_is_refused(lab: Lab, idp: SamlProvider, content: bytes) -> None:
    encoded = base64.b64encode(content).decode() or "===="
    refused = assume(lab, encoded)
    assert (refused.status, refused.error_code) == (400, "InvalidIdentityToken")


def test_a_provider_with_new_metadata_no_longer_vouches_with_its_old_key(
    lab: Lab, idp: SamlProvider
) -> None:
    response = idp.response(ALICE, now=lab.clock.now())
    rekeyed = SamlProvider("https://new-key.example.com").metadata()
    rekeyed = rekeyed.replace("https://new-key.example.com", ENTITY)
    given = {"SAMLProviderArn": PROVIDER, "SAMLMetadataDocument": rekeyed}
    done(lab.admin.call("iam", "UpdateSAMLProvider", given))
    assert assume(lab, response).error_message == "Response signature invalid"


def test_a_mutilated_response_is_refused_or_says_what_was_signed(
    lab: Lab, idp: SamlProvider
) -> None:
    now, metadata = lab.clock.now(), idp.metadata()
    response = idp.response(ALICE, now=now)
    whole = read_response(response, metadata, now)
    text, chance = base64.b64decode(response), random.Random(1)
    outcomes = set()
    for _ in range(300):
        start, other = chance.randrange(len(text)), chance.randrange(len(text))
        length = chance.randrange(1, 60)
        piece = chance.choice([b"", b"<x/>", b"&", text[other : other + length]])
        end = start + chance.choice([0, 1, length])
        changed_text = text[:start] + piece + text[end:]
        try:
            read = read_response(base64.b64encode(changed_text).decode(), metadata, now)
        except AwsError as refused:
            outcomes.add(refused.code)
        else:
            assert read == whole
            outcomes.add("read")
    assert outcomes == {"InvalidIdentityToken", "read"}
