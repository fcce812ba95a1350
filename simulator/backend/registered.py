"""What an account has registered with IAM for signing in: MFA devices and identity providers.

Looking creates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.backend.held import backends_of, held


@dataclass(frozen=True, slots=True)
class RegisteredOidc:
    """An OIDC provider an account has registered.

    Attributes:
        arn: ``arn:aws:iam::<account>:oidc-provider/<host and path>``.
        name: host and path; what condition keys begin with.
        client_ids: audiences it may issue tokens for.
    """

    arn: str
    name: str
    client_ids: tuple[str, ...]


def mfa_seed(serial: str) -> str | None:
    """The base32 seed of a virtual MFA device, by its ARN; ``None``: there is no such device."""
    parts = serial.split(":", 5)
    iam = held("iam", parts[4]) if len(parts) == 6 else None
    device = iam.virtual_mfa_devices.get(serial) if iam is not None else None
    return str(device.base32_string_seed) if device is not None else None


def oidc_provider(account: str, name: str) -> RegisteredOidc | None:
    """The OIDC provider an account has registered for an issuer's host and path."""
    iam = held("iam", account)
    for provider in tuple(iam.open_id_providers.values()) if iam is not None else ():
        if provider.url.rstrip("/") == name:
            return RegisteredOidc(provider.arn, name, tuple(provider.client_id_list))
    return None


def saml_metadata(arn: str) -> str | None:
    """The metadata document an account has registered for a SAML provider, by its ARN."""
    parts = arn.split(":", 5)
    iam = held("iam", parts[4]) if len(parts) == 6 else None
    for provider in tuple(iam.saml_providers.values()) if iam is not None else ():
        if provider.arn == arn:
            return str(provider.saml_metadata_document)
    return None


def oidc_names() -> list[str]:
    """Host and path of every OIDC provider that any account has registered."""
    return [
        str(provider.url).rstrip("/")
        for iam in _every_iam()
        for provider in tuple(iam.open_id_providers.values())
    ]


def saml_entities() -> dict[str, str]:
    """EntityIDs of every registered SAML provider, by its ARN; ``""`` where it has none."""
    from lxml import etree

    found = {}
    for iam in _every_iam():
        for provider in tuple(iam.saml_providers.values()):
            try:
                root = etree.fromstring(
                    str(provider.saml_metadata_document).encode(),
                    etree.XMLParser(resolve_entities=False, no_network=True),
                )
            except (ValueError, etree.XMLSyntaxError):
                found[str(provider.arn)] = ""
            else:
                found[str(provider.arn)] = root.get("entityID", "")
    return found


def _every_iam() -> list[Any]:
    every = (held("iam", account) for account in tuple(backends_of("iam")))
    return [iam for iam in every if iam is not None]
