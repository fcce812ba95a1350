"""Reading SAML responses: only what is signed by the registered provider counts.

Source: SAML 2.0 Core (OASIS); IAM User Guide, "Configure SAML assertions for the
authentication response", "Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.gateway.stages import AwsError
from simulator.identity_providers.saml import (
    ASSERTION_NS,
    ATTRIBUTES,
    AUDIENCE,
    METADATA_NS,
    PROTOCOL_NS,
    SIGNATURE_NS,
)

_AUDIENCES = {AUDIENCE, "urn:amazon:webservices"}
_REDEEMED_WITHIN = timedelta(minutes=5)
_SAML = f"{{{ASSERTION_NS}}}"
_RESPONSE = f"{{{PROTOCOL_NS}}}Response"
_ASSERTION = f"{_SAML}Assertion"
# Where a signature may stand: over the whole response, or over its one assertion.
_SIGNATURE_PLACES = ("./", f"./{_ASSERTION}/")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a verified assertion says.

    Attributes:
        issuer: EntityID of the provider.
        subject: the `NameID`.
        subject_format: its format, in full.
        recipient: where it was to be delivered; ``SAML:aud``.
        session_ends: `SessionNotOnOrAfter` (UTC), if it says.
        attributes: values by attribute name, AWS's prefix left out.
    """

    issuer: str
    subject: str
    subject_format: str
    recipient: str
    session_ends: datetime | None
    attributes: Mapping[str, tuple[str, ...]]

    def first(self, name: str) -> str | None:
        """The first value of an attribute; ``None`` where it is absent."""
        values = self.attributes.get(name)
        return values[0] if values else None


def read_response(encoded: str, metadata: str, now: datetime) -> Assertion:
    """Verify a base64 SAML response and read its assertion.

    Args:
        encoded: `SAMLAssertion`, as sent.
        metadata: the registered provider's metadata document.
        now: lab time.

    Raises:
        AwsError: `InvalidIdentityToken`, or `ExpiredTokenException` where it came too late.
    """
    document = _parse(encoded)
    entity, certificates = _read_metadata(metadata)
    signed = _signed_assertion(document, certificates)
    issuer = signed.findtext(f"{_SAML}Issuer", "")
    if issuer != entity:
        raise invalid("Issuer not present in specified provider")
    _check_conditions(signed, now)
    confirmation = _confirmation(signed, now)
    name = signed.find(f"{_SAML}Subject/{_SAML}NameID")
    if name is None or not name.text:
        raise invalid("Subject is required in AuthnResponse")
    ends = next(
        (each.get("SessionNotOnOrAfter") for each in signed.iter(f"{_SAML}AuthnStatement")), None
    )
    return Assertion(
        issuer=issuer,
        subject=name.text,
        subject_format=name.get("Format", ""),
        recipient=confirmation.get("Recipient", ""),
        session_ends=_moment(ends) if ends else None,
        attributes=_attributes(signed),
    )


def _parse(encoded: str) -> Any:
    from lxml import etree

    try:
        text = base64.b64decode(encoded, validate=True)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        document = etree.fromstring(text, parser)
    except (binascii.Error, ValueError, etree.XMLSyntaxError) as error:
        raise invalid("Invalid SAML response") from error
    if document.getroottree().docinfo.doctype or document.tag not in (_RESPONSE, _ASSERTION):
        raise invalid("Invalid SAML response")
    return document


def _read_metadata(metadata: str) -> tuple[str, list[str]]:
    """EntityID and signing certificates (PEM) of a metadata document."""
    from lxml import etree

    try:
        root = etree.fromstring(metadata.encode(), etree.XMLParser(resolve_entities=False))
    except (ValueError, etree.XMLSyntaxError) as error:
        raise invalid("Could not parse metadata") from error
    certificates = [
        _pem(certificate.text or "")
        for key in root.iter(f"{{{METADATA_NS}}}KeyDescriptor")
        if key.get("use", "signing") == "signing"
        for certificate in key.iter(f"{{{SIGNATURE_NS}}}X509Certificate")
    ]
    return root.get("entityID", ""), certificates


def _pem(text: str) -> str:
    compact = "".join(text.split())
    lines = [compact[start : start + 64] for start in range(0, len(compact), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def _signed_assertion(document: Any, certificates: list[str]) -> Any:
    """The one assertion, as the signature covers it.

    Whatever else the document holds is not looked at, so an assertion wrapped around, beside
    or inside the signed one changes nothing; a document with two is refused outright.
    """
    if sum(1 for _ in document.iter(_ASSERTION)) != 1:
        raise invalid("Invalid SAML response")
    for certificate in certificates:
        for place in _SIGNATURE_PLACES:
            signed = _verified(document, certificate, place)
            if signed is None:
                continue
            found = signed if signed.tag == _ASSERTION else signed.find(f"./{_ASSERTION}")
            if found is not None:
                return found
    raise invalid("Response signature invalid")


def _verified(document: Any, certificate: str, place: str) -> Any:
    """The element a signature covers; ``None`` where there is none or it is wrong."""
    from lxml import etree
    from signxml import SignatureConfiguration, XMLVerifier
    from signxml.exceptions import SignXMLException

    try:
        # Parsed once more: verifying takes the document apart.
        return (
            XMLVerifier()
            .verify(
                etree.tostring(document),
                x509_cert=certificate,
                expect_config=SignatureConfiguration(location=place),
            )
            .signed_xml
        )
    except (SignXMLException, ValueError, etree.LxmlError):
        return None


def _check_conditions(signed: Any, now: datetime) -> None:
    conditions = signed.find(f"{_SAML}Conditions")
    if conditions is None:
        raise invalid("Conditions are required in AuthnResponse")
    begins, ends = conditions.get("NotBefore"), conditions.get("NotOnOrAfter")
    if begins and now < _moment(begins):
        raise invalid("Response is not valid yet")
    if ends and now >= _moment(ends):
        raise _too_late()
    issued = signed.get("IssueInstant")
    if issued and now >= _moment(issued) + _REDEEMED_WITHIN:
        raise _too_late()
    audiences = {each.text for each in conditions.iter(f"{_SAML}Audience")}
    if not audiences & _AUDIENCES:
        raise invalid("Response does not contain the required audience.")


def _confirmation(signed: Any, now: datetime) -> Any:
    place = f"{_SAML}Subject/{_SAML}SubjectConfirmation/{_SAML}SubjectConfirmationData"
    data = signed.find(place)
    if data is None or not data.get("Recipient"):
        raise invalid("SubjectConfirmationData is required in AuthnResponse")
    if data.get("Recipient") not in _AUDIENCES:
        raise invalid("Response does not contain the required audience.")
    ends = data.get("NotOnOrAfter")
    if ends and now >= _moment(ends):
        raise _too_late()
    return data


def _attributes(signed: Any) -> dict[str, tuple[str, ...]]:
    return {
        element.get("Name", "").removeprefix(ATTRIBUTES): tuple(
            (value.text or "").strip() for value in element.iter(f"{_SAML}AttributeValue")
        )
        for element in signed.iter(f"{_SAML}Attribute")
        if element.get("Name", "").startswith(ATTRIBUTES)
    }


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("Invalid SAML response") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _too_late() -> AwsError:
    text = "Token must be redeemed within 5 minutes of issuance"
    return AwsError("ExpiredTokenException", text, 400)


def invalid(message: str) -> AwsError:
    """`InvalidIdentityToken`: what was presented does not prove anything."""
    return AwsError("InvalidIdentityToken", message, 400)
