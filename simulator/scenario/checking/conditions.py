"""Condition keys of policies that are nearly AWS's: IAM takes any, and they match nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from simulator.scenario.checking.findings import Finding
from simulator.scenario.values import Location

_NEARLY = 0.85

# IAM User Guide, "AWS global condition context keys", and those of STS. A key that is none of
# them and like none of them may be newer than this list: nothing is said of it.
KEYS = tuple(
    f"aws:{name}"
    for name in (
        "AssumedRoot", "CalledVia", "CalledViaFirst", "CalledViaLast", "ChatbotSourceArn",
        "CurrentTime", "Ec2InstanceSourcePrivateIPv4", "Ec2InstanceSourceVpc", "EpochTime",
        "FederatedProvider", "MultiFactorAuthAge", "MultiFactorAuthPresent", "PrincipalAccount",
        "PrincipalArn", "PrincipalIsAWSService", "PrincipalOrgID", "PrincipalOrgPaths",
        "PrincipalServiceName", "PrincipalServiceNamesList", "PrincipalTag", "PrincipalType",
        "referer", "RequestedRegion", "RequestTag", "ResourceAccount", "ResourceOrgID",
        "ResourceOrgPaths", "ResourceTag", "SecureTransport", "SourceAccount", "SourceArn",
        "SourceIdentity", "SourceIp", "SourceOrgID", "SourceOrgPaths", "SourceVpc", "SourceVpcArn",
        "SourceVpce", "TagKeys", "TokenIssueTime", "UserAgent", "userid", "username",
        "ViaAWSService", "VpceAccount", "VpceOrgID", "VpceOrgPaths", "VpcSourceIp",
    )
) + tuple(
    f"sts:{name}"
    for name in (
        "AWSServiceName", "DurationSeconds", "ExternalId", "RequestContext",
        "RequestContextProviders", "RoleSessionName", "SourceIdentity", "TaskPolicyArn",
        "TransitiveTagKeys",
    )
)  # fmt: skip
_KNOWN = frozenset(key.lower() for key in KEYS)


def check_keys(documents: Iterable[tuple[Location, Mapping[str, Any]]]) -> Iterator[Finding]:
    """Keys that look like one of AWS's and are none.

    Args:
        documents: policy documents and where they stand.
    """
    for at, document in documents:
        for index, statement in _listed(document.get("Statement")):
            blocks = statement.get("Condition") if isinstance(statement, Mapping) else None
            for operator, keys in blocks.items() if isinstance(blocks, Mapping) else ():
                for key in keys if isinstance(keys, Mapping) else ():
                    meant = _meant(str(key))
                    if meant:
                        place = (*at, "Statement", index, "Condition", operator, key)
                        yield place, f"AWS has no condition key {key!r}; did you mean {meant!r}?"


def _meant(key: str) -> str:
    name = key.partition("/")[0]
    if name.lower() in _KNOWN or "{{" in name:
        return ""
    return next(iter(get_close_matches(name, KEYS, n=1, cutoff=_NEARLY)), "")


def _listed(value: Any) -> Iterator[tuple[int, Any]]:
    yield from enumerate(value if isinstance(value, list) else [] if value is None else [value])
