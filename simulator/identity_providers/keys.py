"""Key pairs and self-signed certificates of the lab's identity providers.

They are made once a process and provider: making one takes a tenth of a second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_KEY_BITS = 2048
# Lab time may stand in any year, and AWS does not judge the validity of the certificate.
_VALID_YEARS = (2000, 2099)


@cache
def private_key(owner: str) -> RSAPrivateKey:
    """The RSA key of a provider (by its issuer), the same for the life of the process."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


@cache
def private_key_pem(owner: str) -> bytes:
    """The same key as PEM text."""
    from cryptography.hazmat.primitives import serialization

    return private_key(owner).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@cache
def certificate_pem(owner: str) -> bytes:
    """A self-signed certificate of the same key, as PEM text."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    key = private_key(owner)
    # Made here, not when the module is loaded: cryptography takes only what `datetime` is while
    # the lab's clock holds the process's time.
    begins, ends = (datetime(year, 1, 1, tzinfo=UTC) for year in _VALID_YEARS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stslab identity provider")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
