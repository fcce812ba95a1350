"""EC2's resource types: how an id shows its type, and what an operation makes.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-resources-for-iam-policies
"""

from __future__ import annotations

import re
from functools import cache

TYPE_BY_PREFIX: dict[str, str] = {
    "acl": "network-acl",
    "afi": "fpga-image",
    "ami": "image",
    "cagw": "carrier-gateway",
    "cgw": "customer-gateway",
    "coip-pool": "coip-pool",
    "cr": "capacity-reservation",
    "crf": "capacity-reservation-fleet",
    "cvpn-endpoint": "client-vpn-endpoint",
    "dopt": "dhcp-options",
    "eice": "instance-connect-endpoint",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "export-ami": "export-image-task",
    "export-i": "export-instance-task",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "h": "dedicated-host",
    "i": "instance",
    "iew": "instance-event-window",
    "igw": "internet-gateway",
    "import-ami": "import-image-task",
    "import-snap": "import-snapshot-task",
    "ipam": "ipam",
    "ipam-pool": "ipam-pool",
    "ipam-res-disco": "ipam-resource-discovery",
    "ipam-scope": "ipam-scope",
    "ipv4pool-ec2": "ipv4pool-ec2",
    "ipv6pool-ec2": "ipv6pool-ec2",
    "key": "key-pair",
    "lgw": "local-gateway",
    "lgw-rtb": "local-gateway-route-table",
    "lt": "launch-template",
    "nat": "natgateway",
    "nia": "network-insights-analysis",
    "nip": "network-insights-path",
    "nis": "network-insights-access-scope",
    "pcx": "vpc-peering-connection",
    "pg": "placement-group",
    "pl": "prefix-list",
    "rs": "route-server",
    "rse": "route-server-endpoint",
    "rsp": "route-server-peer",
    "rtb": "route-table",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "tgw-attach": "transit-gateway-attachment",
    "tgw-connect-peer": "transit-gateway-connect-peer",
    "tgw-mcast-domain": "transit-gateway-multicast-domain",
    "tgw-ptb": "transit-gateway-policy-table",
    "tgw-rtb": "transit-gateway-route-table",
    "tmf": "traffic-mirror-filter",
    "tmfr": "traffic-mirror-filter-rule",
    "tms": "traffic-mirror-session",
    "tmt": "traffic-mirror-target",
    "vae": "verified-access-endpoint",
    "vagr": "verified-access-group",
    "vai": "verified-access-instance",
    "vatp": "verified-access-trust-provider",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
    "vpn": "vpn-connection",
}
"""Resource type by the part of an id before its hexadecimal digits: ``i-…``, ``vol-…``."""

_ID = re.compile(r"^([a-z][a-z0-9-]*?)-[0-9a-f]{3,}$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

NO_ACCOUNT = frozenset({"image", "snapshot"})
"""Types whose ARN has no account, since they can be anybody's."""

_NEW: dict[str, tuple[str, ...]] = {
    "AssociateIpamResourceDiscovery": ("ipam-resource-discovery-association",),
    "AllocateAddress": ("elastic-ip",),
    "AllocateHosts": ("dedicated-host",),
    "CopyFpgaImage": ("fpga-image",),
    "CopyImage": ("image", "snapshot"),
    "CopySnapshot": ("snapshot",),
    "CopyVolumes": ("volume",),
    "CreateCapacityReservationBySplitting": ("capacity-reservation",),
    "CreateFleet": ("fleet", "instance"),
    "CreateFlowLogs": ("vpc-flow-log",),
    "CreateImage": ("image", "snapshot"),
    "CreateDelegateMacVolumeOwnershipTask": ("mac-modification-task",),
    "CreateInstanceExportTask": ("export-instance-task",),
    "CreateLaunchTemplateVersion": (),
    "CreateMacSystemIntegrityProtectionModificationTask": ("mac-modification-task",),
    "CreateManagedPrefixList": ("prefix-list",),
    "CreateNatGateway": ("natgateway",),
    "CreatePublicIpv4Pool": ("ipv4pool-ec2",),
    "CreateReplaceRootVolumeTask": ("replace-root-volume-task", "volume"),
    "CreateRestoreImageTask": ("image",),
    "CreateSnapshots": ("snapshot",),
    "CreateTransitGatewayConnect": ("transit-gateway-attachment",),
    "CreateTransitGatewayPeeringAttachment": ("transit-gateway-attachment",),
    "CreateTransitGatewayVpcAttachment": ("transit-gateway-attachment",),
    "CreateVpcEndpointServiceConfiguration": ("vpc-endpoint-service",),
    "ExportImage": ("export-image-task",),
    "ImportInstance": ("instance", "volume"),
    "ImportImage": ("import-image-task", "image", "snapshot"),
    "ImportKeyPair": ("key-pair",),
    "ImportSnapshot": ("import-snapshot-task", "snapshot"),
    "ImportVolume": ("volume",),
    "PurchaseCapacityBlock": ("capacity-reservation",),
    "PurchaseHostReservation": ("dedicated-host",),
    "RegisterImage": ("image",),
    "RequestSpotFleet": ("spot-fleet-request",),
    "RequestSpotInstances": ("spot-instances-request",),
    "StartNetworkInsightsAccessScopeAnalysis": ("network-insights-access-scope-analysis",),
    "StartNetworkInsightsAnalysis": ("network-insights-analysis",),
}
"""What an operation makes, where its name does not say so plainly."""

_KNOWN = frozenset(TYPE_BY_PREFIX.values()) | {
    "capacity-block", "capacity-manager-data-export", "declarative-policies-report",
    "host-reservation", "image-usage-report", "ipam-external-resource-verification-token",
    "ipam-policy", "ipam-prefix-list-resolver", "ipam-prefix-list-resolver-target",
    "ipam-resource-discovery-association",
    "local-gateway-route-table-virtual-interface-group-association",
    "local-gateway-route-table-vpc-association", "local-gateway-virtual-interface",
    "local-gateway-virtual-interface-group", "mac-modification-task",
    "network-insights-access-scope-analysis", "outpost-lag", "reserved-instances",
    "secondary-interface", "secondary-network", "secondary-subnet",
    "transit-gateway-metering-policy", "transit-gateway-route-table-announcement",
    "vpc-block-public-access-exclusion", "vpc-encryption-control", "vpn-concentrator",
    "vpn-connection-device-type",
}  # fmt: skip
"""All types an operation acts on or makes; those without a prefix are told by their name."""

_ID_PARAMETER = re.compile(r"^([A-Z][A-Za-z0-9]*?)Ids?$")
_IDENTIFIER = re.compile(r"^[A-Za-z0-9-]+$")
_OTHER_NAMES = {
    "allocation": "elastic-ip",
    "flow-log": "vpc-flow-log",
    "host": "dedicated-host",
    "nat-gateway": "natgateway",
    "reserved-instance": "reserved-instances",
    "service": "vpc-endpoint-service",
    "spot-instance-request": "spot-instances-request",
}
"""What parameters call a type."""


def has_region(kind: str) -> bool:
    """Whether a type's ARN names a region; those of IPAM do not."""
    return kind != "ipam" and not kind.startswith("ipam-")


def type_of(identifier: str) -> str | None:
    """The resource type of an id, ``None`` for anything that is not one."""
    found = _ID.match(identifier)
    return TYPE_BY_PREFIX.get(found.group(1)) if found else None


def type_named(parameter: str, operation: str) -> str | None:
    """The type a parameter is named after: ``IpamPolicyId``; ``None`` for any other.

    What the operation says need not be said again: the ``ReportId`` of `DeleteImageUsageReport`.
    """
    found = _ID_PARAMETER.match(parameter)
    if found is None:
        return None
    name = _kebab(found[1])
    name = _OTHER_NAMES.get(name, name)
    if name in _KNOWN:
        return name
    said = f"-{_kebab(operation)}-"
    fitting = (kind for kind in _KNOWN if kind.endswith(f"-{name}") and f"-{kind}-" in said)
    return max(fitting, key=len, default=None)


def is_identifier(text: str) -> bool:
    """Whether a text could be some resource's id."""
    return _IDENTIFIER.match(text) is not None


def makes(operation: str) -> tuple[str, ...]:
    """The types of the resources an operation makes: `CreateVolume` makes a ``volume``."""
    if operation in _NEW:
        return _NEW[operation]
    if not operation.startswith("Create"):
        return ()
    kind = _kebab(operation.removeprefix("Create"))
    return (kind,) if kind in _KNOWN else ()


@cache
def _kebab(name: str) -> str:
    return _CAMEL.sub("-", name).lower()
