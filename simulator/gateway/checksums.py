"""The checksums S3 lets a client send after a body.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache

from simulator.gateway.sigv4 import same
from simulator.gateway.stages import AwsError

LONGEST_SLOW = 4 * 1024 * 1024
"""Bytes: up to here the two sums that the standard library lacks are computed (about a second);
larger bodies are taken at the client's word."""


@lru_cache(maxsize=4)
def _table(polynomial: int) -> tuple[int, ...]:
    """The 256 steps of a reflected CRC."""
    table = []
    for step in range(256):
        for _ in range(8):
            step = step >> 1 ^ polynomial if step & 1 else step >> 1
        table.append(step)
    return tuple(table)


def _crc(data: bytes, polynomial: int, width: int) -> bytes:
    """A reflected CRC of ``width`` bytes with all bits set at start and turned at the end."""
    table, ones = _table(polynomial), (1 << 8 * width) - 1
    crc = ones
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return (crc ^ ones).to_bytes(width, "big")


def _crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def _crc32c(data: bytes) -> bytes | None:
    return _crc(data, 0x82F63B78, 4) if len(data) <= LONGEST_SLOW else None


def _crc64nvme(data: bytes) -> bytes | None:
    return _crc(data, 0x9A6C9329AC4BC9B5, 8) if len(data) <= LONGEST_SLOW else None


CHECKSUMS: Mapping[str, Callable[[bytes], bytes | None]] = {
    "x-amz-checksum-crc32": _crc32,
    "x-amz-checksum-crc32c": _crc32c,
    "x-amz-checksum-crc64nvme": _crc64nvme,
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}
"""Header → what computes it; ``None``: too long to compute."""


def check_trailer(name: str, value: str, body: bytes) -> None:
    """Compare a trailing checksum with the body's.

    Raises:
        AwsError: `InvalidRequest` if it is no such checksum, `BadDigest` if it is another's.
    """
    computed = CHECKSUMS[name](body)
    try:
        given = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if not given or (computed is not None and len(given) != len(computed)):
        raise AwsError("InvalidRequest", f"Value for {name} trailing header is invalid.")
    if computed is not None and not same(given.hex(), computed.hex()):
        algorithm = name.rpartition("-")[2].upper()
        raise AwsError(
            "BadDigest", f"The {algorithm} you specified did not match the calculated checksum."
        )
