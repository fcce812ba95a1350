"""A SAML 2.0 identity provider that signs real assertions (RSA-SHA256).

Source: SAML 2.0 Core and Metadata (OASIS); IAM User Guide, "Configure SAML assertions for the
authentication response".
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator.identity_providers.keys import certificate_pem, private_key_pem

AUDIENCE = "https://signin.aws.amazon.com/saml"
"""AWS as a service provider: the audience and the recipient of an assertion."""

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
DEFAULT_LIFETIME = timedelta(minutes=5)

ASSERTION_NS = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL_NS = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA_NS = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE_NS = "http://www.w3.org/2000/09/xmldsig#"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


@dataclass(frozen=True)
class Statement:
    """What an assertion says about somebody.

    Attributes:
        subject: the `NameID`.
        roles: pairs of role ARN and provider ARN the person may take.
        session_name: `RoleSessionName`.
        session_duration: `SessionDuration`; ``None`` leaves the attribute out.
        source_identity: `SourceIdentity`; ``None`` leaves the attribute out.
        tags: `PrincipalTag:…` attributes.
        transitive_tag_keys: `TransitiveTagKeys`.
        subject_format: format of the `NameID`.
        audience: whom it is meant for.
        recipient: where it is to be delivered.
    """

    subject: str
    roles: Sequence[tuple[str, str]]
    session_name: str
    session_duration: timedelta | None = None
    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: Sequence[str] = ()
    subject_format: str = PERSISTENT
    audience: str = AUDIENCE
    recipient: str = AUDIENCE

    def attributes(self) -> dict[str, list[str]]:
        """The attributes AWS reads, by full name."""
        found = {"Role": [",".join(pair) for pair in self.roles]}
        found["RoleSessionName"] = [self.session_name]
        if self.session_duration is not None:
            found["SessionDuration"] = [str(int(self.session_duration.total_seconds()))]
        if self.source_identity is not None:
            found["SourceIdentity"] = [self.source_identity]
        for key, value in self.tags.items():
            found[f"PrincipalTag:{key}"] = [value]
        if self.transitive_tag_keys:
            found["TransitiveTagKeys"] = list(self.transitive_tag_keys)
        return {ATTRIBUTES + name: values for name, values in found.items()}


@dataclass(frozen=True)
class SamlProvider:
    """One identity provider with one signing certificate.

    Attributes:
        issuer: its EntityID.
    """

    issuer: str

    def metadata(self) -> str:
        """Its metadata document, for `CreateSAMLProvider`."""
        from lxml import etree

        root = etree.Element(
            f"{{{METADATA_NS}}}EntityDescriptor",
            {"entityID": self.issuer},
            nsmap={"md": METADATA_NS, "ds": SIGNATURE_NS},
        )
        descriptor = _child(
            root, METADATA_NS, "IDPSSODescriptor", protocolSupportEnumeration=PROTOCOL_NS
        )
        key = _child(descriptor, METADATA_NS, "KeyDescriptor", use="signing")
        info = _child(key, SIGNATURE_NS, "KeyInfo")
        data = _child(info, SIGNATURE_NS, "X509Data")
        pem = certificate_pem(self.issuer).decode()
        _child(data, SIGNATURE_NS, "X509Certificate").text = "".join(pem.splitlines()[1:-1])
        _child(descriptor, METADATA_NS, "NameIDFormat").text = PERSISTENT
        _child(
            descriptor, METADATA_NS, "SingleSignOnService", Binding=_REDIRECT, Location=self.issuer
        )
        text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return text.decode()

    def response(
        self, statement: Statement, *, now: datetime, lifetime: timedelta = DEFAULT_LIFETIME
    ) -> str:
        """A base64 authentication response with one signed assertion.

        Args:
            statement: what it says.
            now: lab time; the assertion's `IssueInstant` and `NotBefore`.
            lifetime: until `NotOnOrAfter`; AWS takes it for five minutes at most.
        """
        from lxml import etree
        from signxml import XMLSigner, methods

        issued, ends = _instant(now), _instant(now + lifetime)
        root = etree.Element(
            f"{{{PROTOCOL_NS}}}Response",
            {
                "ID": _identifier(),
                "Version": "2.0",
                "IssueInstant": issued,
                "Destination": statement.recipient,
            },
            nsmap={"samlp": PROTOCOL_NS, "saml": ASSERTION_NS, "ds": SIGNATURE_NS},
        )
        _child(root, ASSERTION_NS, "Issuer").text = self.issuer
        status = _child(root, PROTOCOL_NS, "Status")
        _child(status, PROTOCOL_NS, "StatusCode", Value=_SUCCESS)
        assertion = self._assertion(statement, issued, ends)
        signed = XMLSigner(
            method=methods.enveloped, c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"
        ).sign(
            assertion,
            key=private_key_pem(self.issuer),
            cert=certificate_pem(self.issuer).decode(),
            reference_uri=f"#{assertion.get('ID')}",
        )
        root.append(signed)
        return base64.b64encode(etree.tostring(root)).decode()

    def _assertion(self, statement: Statement, issued: str, ends: str) -> Any:
        from lxml import etree

        assertion = etree.Element(
            f"{{{ASSERTION_NS}}}Assertion",
            {"ID": _identifier(), "Version": "2.0", "IssueInstant": issued},
            nsmap={"saml": ASSERTION_NS, "ds": SIGNATURE_NS},
        )
        _child(assertion, ASSERTION_NS, "Issuer").text = self.issuer
        # The signature takes this element's place.
        _child(assertion, SIGNATURE_NS, "Signature", Id="placeholder")
        subject = _child(assertion, ASSERTION_NS, "Subject")
        name = _child(subject, ASSERTION_NS, "NameID", Format=statement.subject_format)
        name.text = statement.subject
        confirmation = _child(subject, ASSERTION_NS, "SubjectConfirmation", Method=_BEARER)
        _child(
            confirmation,
            ASSERTION_NS,
            "SubjectConfirmationData",
            NotOnOrAfter=ends,
            Recipient=statement.recipient,
        )
        conditions = _child(
            assertion, ASSERTION_NS, "Conditions", NotBefore=issued, NotOnOrAfter=ends
        )
        restriction = _child(conditions, ASSERTION_NS, "AudienceRestriction")
        _child(restriction, ASSERTION_NS, "Audience").text = statement.audience
        _child(assertion, ASSERTION_NS, "AuthnStatement", AuthnInstant=issued)
        attributes = _child(assertion, ASSERTION_NS, "AttributeStatement")
        for attribute, values in statement.attributes().items():
            element = _child(attributes, ASSERTION_NS, "Attribute", Name=attribute)
            for value in values:
                _child(element, ASSERTION_NS, "AttributeValue").text = value
        return assertion


def _child(parent: Any, namespace: str, tag: str, **attributes: str) -> Any:
    from lxml import etree

    return etree.SubElement(parent, f"{{{namespace}}}{tag}", attributes)


def _identifier() -> str:
    return f"_{secrets.token_hex(16)}"


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
