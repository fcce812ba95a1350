"""Where an S3 request points to: bucket and key, in path style and virtual-host style."""

from __future__ import annotations

import re

from simulator.gateway.stages import WireRequest

_VIRTUAL_HOST = re.compile(
    r"^(?P<bucket>[a-z0-9][a-z0-9.-]*?)\."
    r"(?:s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?"
    r"|(?:s3\.)?localhost(?:\.localdomain)?"
    r"|127\.0\.0\.1)$"
)
_SERVICE_HOST = re.compile(r"^s3[.-]")

SUBRESOURCES = frozenset(
    {
        "abac", "accelerate", "acl", "analytics", "annotation", "attributes", "cors", "delete",
        "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location",
        "logging", "metadataAnnotationTable", "metadataConfiguration", "metadataInventoryTable",
        "metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock",
        "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject",
        "replication", "requestPayment", "restore", "retention", "select", "session", "tagging",
        "torrent", "uploads", "versioning", "versions", "website",
    }
)  # fmt: skip
"""Query keys that turn a request to a bucket or an object into another operation."""


def spaced(raw_path: str) -> str:
    """S3 takes a plain ``+`` in a path for a space, as in a form; only ``%2B`` is a plus sign."""
    return raw_path.replace("+", "%20")


def path_style(wire: WireRequest) -> str:
    """The request's percent-encoded path as ``/bucket/key``, whatever style it came in."""
    host = wire.host.rpartition(":")[0] if ":" in wire.host else wire.host
    path = spaced(wire.raw_path) or "/"
    if not path.startswith("/"):  # absolute form: http://host/bucket/key
        path = "/" + path.partition("://")[2].partition("/")[2]
    if host == "127.0.0.1" or host == "localhost":
        return path
    host = host.lower()
    if _SERVICE_HOST.match(host) and host.count(".") <= 1 + host.endswith("amazonaws.com"):
        return path
    found = _VIRTUAL_HOST.match(host)
    if found is None or _is_service_host(host):
        return path
    return f"/{found['bucket']}{path}"


def _is_service_host(host: str) -> bool:
    """``s3.us-east-1.amazonaws.com`` is the service, not a bucket named ``s3``."""
    return _SERVICE_HOST.match(host) is not None and not re.search(r"\.s3[.-]", host)
