"""The typed values of conditions: numbers, dates, addresses. ``None``: not one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_YEAR_DIGITS = 4


def parse_number(text: str) -> int | float | None:
    """Read an integer or a decimal number; Python's own extras (``1_0``, ``nan``) are none."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 4000 else None
    if not text or not set(text) <= set("0123456789+-.eE"):
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None


@lru_cache(maxsize=4096)
def parse_date(text: str) -> datetime | None:
    """Read ISO 8601 (date, time with fraction, offset or ``Z``) or epoch seconds, as UTC.

    A date without a zone is UTC. Four digits are a year, as in W3C's profile of ISO 8601.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    text = text.strip()
    if len(text) != _YEAR_DIGITS and _looks_like_epoch(text):
        number = parse_number(text)
        try:
            return None if number is None else _EPOCH + timedelta(seconds=number)
        except OverflowError:
            return _LATEST
    if len(text) == _YEAR_DIGITS and text.isdigit():
        text += "-01-01"
    elif len(text) == len("2021-08") and text[4] == "-":
        text += "-01"
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _looks_like_epoch(text: str) -> bool:
    return text[:1].isdigit() and "-" not in text and ":" not in text and "T" not in text


def parse_bool(text: str) -> bool | None:
    """Read ``true`` or ``false``, in any case."""
    return {"true": True, "false": False}.get(text.strip().lower())


class Network(NamedTuple):
    """A range of addresses: IP version, first address, and the host bits to drop."""

    version: int
    base: int
    host_bits: int


def parse_address(text: str) -> tuple[int, int] | None:
    """Read an IPv4 or IPv6 address as IP version and number."""
    if ":" in text:
        return _parse_ipv6(text)
    fields = text.split(".")
    if len(fields) != 4:
        return None
    number = 0
    for field in fields:
        if not (field.isascii() and field.isdigit() and len(field) <= 3):
            return None
        octet = int(field)
        if octet > 255:
            return None
        number = number << 8 | octet
    return 4, number


@lru_cache(maxsize=1024)
def _parse_ipv6(text: str) -> tuple[int, int] | None:
    from ipaddress import IPv6Address

    try:
        return 6, int(IPv6Address(text))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def parse_network(text: str) -> Network | None:
    """Read an address or CIDR range; host bits may be set."""
    address, slash, prefix = text.strip().partition("/")
    parsed = parse_address(address)
    if parsed is None:
        return None
    version, number = parsed
    width = 32 if version == 4 else 128
    if slash:
        if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 3):
            return None
        if int(prefix) > width:
            return None
    host_bits = width - int(prefix) if slash else 0
    return Network(version, number >> host_bits, host_bits)
