"""EC2: what each operation must be allowed.

An operation is checked on every resource it names (ids show their type) and on every resource
it makes, which has no id yet: ``arn:aws:ec2:…:instance/*``. Most `Describe…` operations have no
resource.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.gateway.actions.ec2_types import (
    NO_ACCOUNT,
    has_region,
    is_identifier,
    makes,
    type_named,
    type_of,
)
from simulator.gateway.actions.keys import constant, passed_to, tag_request_context, tags_of
from simulator.gateway.actions.rules import (
    Asked,
    Context,
    Rule,
    Rules,
    Target,
    Targets,
    everything,
    is_arn,
    tag_context,
)
from simulator.gateway.actions.targets import role
from simulator.gateway.stages import ContextValue

_TAG_PREFIXES = ("aws:ResourceTag", "ec2:ResourceTag")


def arn(asked: Asked, kind: str, name: str) -> str:
    """The ARN of an EC2 resource."""
    region = asked.region if has_region(kind) else ""
    account = "" if kind in NO_ACCOUNT else asked.account
    return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"


def _existing(asked: Asked, kind: str, name: str) -> Target:
    resource = arn(asked, kind, name)
    tags = asked.lookup.resource_tags(resource, asked.account, asked.region)
    return Target(resource, context={**tag_context(_TAG_PREFIXES, tags), **_about(asked, kind)})


def _new(asked: Asked, kind: str) -> Target:
    tags = _tags_for(asked, kind)
    context = {**tag_request_context(tags), **_about(asked, kind)}
    return Target(arn(asked, kind, _NEW_NAMES.get(kind, _any)(asked)), context=context)


def _any(_asked: Asked) -> str:
    return "*"


_NEW_NAMES = {
    "key-pair": lambda asked: asked.text("KeyName", "*"),
    "placement-group": lambda asked: asked.text("GroupName", "*"),
}
"""New resources that are called by their name rather than an id."""


def _tags_for(asked: Asked, kind: str) -> dict[str, str]:
    """The tags a request gives to the resources of a type as it makes them."""
    tags: dict[str, str] = {}
    for entry in asked.items("TagSpecifications") + asked.items("TagSpecification"):
        if isinstance(entry, Mapping) and entry.get("ResourceType", kind) == kind:
            tags |= tags_of(entry.get("Tags"))
    return tags


# -- condition keys ------------------------------------------------------------------------


def _region(asked: Asked) -> Context:
    return {"ec2:Region": asked.region}


_INSTANCE_KEYS = {
    "ec2:InstanceType": "InstanceType",
    "ec2:Tenancy": "Placement.Tenancy",
    "ec2:EbsOptimized": "EbsOptimized",
    "ec2:MetadataHttpEndpoint": "MetadataOptions.HttpEndpoint",
    "ec2:MetadataHttpTokens": "MetadataOptions.HttpTokens",
    "ec2:MetadataHttpPutResponseHopLimit": "MetadataOptions.HttpPutResponseHopLimit",
}
_VOLUME_KEYS = {
    "ec2:Encrypted": "Encrypted",
    "ec2:VolumeIops": "Iops",
    "ec2:VolumeSize": "Size",
    "ec2:VolumeThroughput": "Throughput",
    "ec2:VolumeType": "VolumeType",
    "ec2:KmsKeyId": "KmsKeyId",
}
_KEYS_OF_TYPE = {"instance": _INSTANCE_KEYS, "volume": _VOLUME_KEYS}


def _about(asked: Asked, kind: str) -> Context:
    """Keys of one type: what an instance or a volume is asked to be."""
    context: dict[str, ContextValue] = {}
    for key, path in _KEYS_OF_TYPE.get(kind, {}).items():
        if asked.text(path):
            context[key] = asked.text(path)
    if kind == "instance":
        profile = profile_arn(asked)
        context |= {"ec2:InstanceProfile": profile} if profile else {}
    return context


def profile_arn(asked: Asked) -> str:
    """The ARN of the instance profile a request names, by name or ARN; empty without one."""
    for path in ("IamInstanceProfile", "LaunchSpecification.IamInstanceProfile"):
        found = asked.text(f"{path}.Arn")
        name = asked.text(f"{path}.Name")
        if found or name:
            place = asked.lookup.iam_path("instance-profile", name, asked.account)
            return found or f"arn:aws:iam::{asked.account}:instance-profile{place}{name}"
    return ""


# -- resources -----------------------------------------------------------------------------

_NOT_RESOURCES = frozenset(
    {
        "ClientToken", "Description", "Filters", "IpPermissions", "SecurityGroupRuleDescriptions",
        "SecurityGroupRules", "TagSpecifications", "UserData", "UserIds", "UserIdGroupPairs",
    }
)  # fmt: skip
"""Parameters whose ids choose or describe, and are not what is acted on."""

_ONLY: dict[str, frozenset[str]] = {
    "AcceptTransitGatewayMulticastDomainAssociations": frozenset(
        {"transit-gateway-attachment", "transit-gateway-multicast-domain"}
    ),
    "AcceptVpcEndpointConnections": frozenset({"vpc-endpoint-service"}),
    "CreateIpamPrefixListResolverTarget": frozenset({"ipam-prefix-list-resolver"}),
    "CreateRoute": frozenset({"route-table"}),
    "DeleteRoute": frozenset({"route-table"}),
    "GetIpamAddressHistory": frozenset({"ipam-scope"}),
    "ModifyVpnConnection": frozenset({"vpn-connection"}),
    "RejectTransitGatewayMulticastDomainAssociations": frozenset(
        {"transit-gateway-attachment", "transit-gateway-multicast-domain"}
    ),
    "RejectVpcEndpointConnections": frozenset({"vpc-endpoint-service"}),
    "ReplaceRoute": frozenset({"route-table"}),
    "RevokeSecurityGroupEgress": frozenset({"security-group"}),
    "RevokeSecurityGroupIngress": frozenset({"security-group"}),
}
"""Operations that check only some of the resources they name."""

_UNNAMED: dict[str, tuple[str, ...]] = {
    "AcceptAddressTransfer": ("elastic-ip",),
    "AcceptVpcPeeringConnection": ("vpc",),
    "AuthorizeSecurityGroupEgress": ("security-group",),
    "AuthorizeSecurityGroupIngress": ("security-group",),
    "CreateSnapshots": ("volume",),
    "DeleteLaunchTemplate": ("launch-template",),
    "DeleteNetworkInterfacePermission": ("network-interface",),
    "DeleteSecurityGroup": ("security-group",),
    "DeleteTrafficMirrorFilterRule": ("traffic-mirror-filter",),
    "DetachNetworkInterface": ("instance", "network-interface"),
    "DisassociateAddress": ("elastic-ip",),
    "DisassociateIamInstanceProfile": ("instance",),
    "DisassociateNatGatewayAddress": ("elastic-ip",),
    "DisassociateRouteTable": ("route-table", "subnet"),
    "DisassociateSubnetCidrBlock": ("subnet",),
    "DisassociateVpcCidrBlock": ("vpc",),
    "ModifySecurityGroupRules": ("security-group-rule",),
    "ModifyTrafficMirrorFilterRule": ("traffic-mirror-filter",),
    "ReleaseAddress": ("elastic-ip",),
    "ReplaceIamInstanceProfileAssociation": ("instance",),
    "ReplaceNetworkAclAssociation": ("network-acl", "subnet"),
    "ReplaceRouteTableAssociation": ("route-table", "subnet"),
    "RevokeSecurityGroupEgress": ("security-group",),
    "RevokeSecurityGroupIngress": ("security-group",),
}
"""What is acted on where a request may name it in another way than by its id."""


def _ids(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text among some parameters, with the name of the parameter it is in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _ids(each, name)
    elif isinstance(value, Mapping):
        for member, each in value.items():
            if member not in _NOT_RESOURCES:
                yield from _ids(each, str(member))


def _named(asked: Asked) -> list[tuple[str, str]]:
    """Type and id of every resource a request names, once each.

    An id shows its type; where it does not, the parameter's name does.
    """
    operation = asked.operation.name
    only = _ONLY.get(operation)
    found: dict[tuple[str, str], None] = {}
    for parameter, identifier in _ids(asked.operation.parameters):
        kind = type_of(identifier)
        if kind is None and is_identifier(identifier):
            kind = type_named(parameter, operation)
        if kind is not None and (only is None or kind in only):
            found[kind, identifier] = None
    return list(found)


def _resources(asked: Asked) -> Iterator[Target]:
    """What an operation makes, then what it names."""
    name = asked.operation.name
    created = makes(name)
    named = _named(asked)
    for kind in created:
        yield _new(asked, kind)
    for kind, identifier in named:
        yield _existing(asked, kind, identifier)
    called = [] if created else _by_name(asked)
    for kind, identifier in called:
        yield _existing(asked, kind, identifier)
    kinds = {kind for kind, _ in named}
    for kind in _UNNAMED.get(name, ()):
        if kind not in kinds:
            yield Target(arn(asked, kind, "*"))
    if not (created or named or called or name in _UNNAMED):
        yield Target("*")


def _by_name(asked: Asked) -> list[tuple[str, str]]:
    """The resources whose ARN has their name: key pairs and placement groups."""
    found = [("key-pair", asked.text("KeyName"))]
    if asked.operation.name == "DeletePlacementGroup":
        found.append(("placement-group", asked.text("GroupName")))
    return [(kind, name) for kind, name in found if name]


def _instances_to_run(asked: Asked) -> Iterator[Target]:
    """`RunInstances`: image, instances, network interfaces, security groups, subnet, volumes.

    What the request leaves to defaults is checked as "any of its type".
    """
    named = _named(asked)
    kinds = {kind for kind, _ in named}
    for kind in ("instance", "volume"):
        yield _new(asked, kind)
    if "network-interface" not in kinds:
        yield _new(asked, "network-interface")
    for kind, identifier in named:
        yield _existing(asked, kind, identifier)
    if asked.text("KeyName"):
        yield _existing(asked, "key-pair", asked.text("KeyName"))
    for kind in ("image", "security-group", "subnet"):
        if kind not in kinds:
            yield Target(arn(asked, kind, "*"))


def _tagged(asked: Asked) -> Iterator[Target]:
    """`CreateTags` and `DeleteTags`: each resource that is named."""
    tags = tags_of(asked.get("Tags"))
    for name in map(str, asked.items("Resources")):
        kind = type_of(name)
        target = _existing(asked, kind, name) if kind else Target("*")
        yield Target(target.arn, context={**target.context, **tag_request_context(tags)})


def _tagged_at_birth(asked: Asked) -> Iterator[Target]:
    """`CreateTags` on resources that are made with tags.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    """
    for entry in asked.items("TagSpecifications"):
        kind = entry.get("ResourceType") if isinstance(entry, Mapping) else None
        kind = kind or next(iter(makes(asked.operation.name)), None)
        if kind and _tags_for(asked, str(kind)):
            target = _new(asked, str(kind))
            yield Target(
                target.arn,
                context={**target.context, "ec2:CreateAction": asked.operation.name},
            )


def _passed_roles(asked: Asked) -> Iterator[Target]:
    profile = profile_arn(asked)
    if profile and is_arn(profile):
        account = profile.split(":")[4] or asked.account
        for found in asked.lookup.instance_profile_roles(profile.rpartition("/")[2], account):
            yield Target(found)


_REGION = (_region,)
_TAGS_AT_BIRTH = Rule("ec2:CreateTags", _tagged_at_birth, _REGION)
_PASS_ROLE = Rule("iam:PassRole", _passed_roles, (passed_to["ec2.amazonaws.com"],))


def _passes(parameter: str, service: str) -> Rule:
    keys = (constant("iam:PassedToService", service),)
    return Rule("iam:PassRole", role(parameter), keys, lambda asked: asked.text(parameter))


_ENCLAVES = {
    "AssociateEnclaveCertificateIamRole": ("CertificateArn", "RoleArn"),
    "DisassociateEnclaveCertificateIamRole": ("CertificateArn", "RoleArn"),
    "GetAssociatedEnclaveCertificateIamRoles": ("CertificateArn",),
}


def _given(asked: Asked) -> Iterator[Target]:
    """The resources of other services, whose whole ARNs a request gives."""
    for name in _ENCLAVES[asked.operation.name]:
        yield Target(asked.text(name) if is_arn(asked.text(name)) else "*")


RULES: dict[str, Rules] = {
    **{name: (Rule(f"ec2:{name}", _given, _REGION),) for name in _ENCLAVES},
    "CreateTags": (Rule("ec2:CreateTags", _tagged, _REGION),),
    "DeleteTags": (Rule("ec2:DeleteTags", _tagged, _REGION),),
    "RunInstances": (
        Rule("ec2:RunInstances", _instances_to_run, _REGION),
        _TAGS_AT_BIRTH,
        _PASS_ROLE,
    ),
}

_FLEET_ROLE = "SpotFleetRequestConfig.IamFleetRole"
_PASS_ROLE_TOO: dict[str, Rules] = {
    "AssociateIamInstanceProfile": (_PASS_ROLE,),
    "CreateFlowLogs": (_passes("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),),
    "ReplaceIamInstanceProfileAssociation": (_PASS_ROLE,),
    "RequestSpotFleet": (_passes(_FLEET_ROLE, "spotfleet.amazonaws.com"),),
    "RequestSpotInstances": (_PASS_ROLE,),
}

_READS_ONE = frozenset(
    {
        "DescribeCapacityBlockExtensionOfferings", "DescribeClientVpnAuthorizationRules",
        "DescribeClientVpnConnections", "DescribeClientVpnRoutes",
        "DescribeClientVpnTargetNetworks", "DescribeFleetHistory", "DescribeFleetInstances",
        "DescribeFpgaImageAttribute", "DescribeImageAttribute", "DescribeInstanceAttribute",
        "DescribeSecurityGroupReferences", "DescribeSnapshotAttribute",
        "DescribeSpotFleetInstances", "DescribeSpotFleetRequestHistory",
        "DescribeVolumeAttribute", "DescribeVpcAttribute",
        "DescribeVpcEndpointServicePermissions",
    }
)  # fmt: skip
"""The few `Describe…` operations that are checked on a resource."""

_NO_RESOURCE = frozenset(
    {
        "AssociateTrunkInterface", "BundleInstance", "CancelBundleTask", "CancelConversionTask",
        "ConfirmProductInstance", "CreateDefaultSubnet", "CreateDefaultVpc",
        "CreateReservedInstancesListing", "DisassociateTrunkInterface",
        "ExportTransitGatewayRoutes", "GetSubnetCidrReservations",
        "GetTransitGatewayAttachmentPropagations", "GetTransitGatewayPrefixListReferences",
        "GetTransitGatewayRouteTableAssociations", "GetTransitGatewayRouteTablePropagations",
        "ModifyEbsDefaultKmsKeyId", "RunScheduledInstances",
    }
)  # fmt: skip
"""Other operations that are not, although they name some."""


def _targets(name: str) -> Targets:
    if name in _NO_RESOURCE:
        return everything
    if name.startswith(("Describe", "List")) and name not in _READS_ONE:
        return everything
    return _resources


def rules(asked: Asked) -> Rules:
    """The rules of an EC2 operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    rule = Rule(f"ec2:{name}", _targets(name), _REGION)
    return (rule, _TAGS_AT_BIRTH, *_PASS_ROLE_TOO.get(name, ()))
