"""EC2's resources are told by their ids, else by the parameters that hold them.

Source of every line: the Service Authorization Reference, "Actions, resources, and condition keys
for Amazon EC2".
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.backend import MotoLookup
from simulator.gateway.actions import checks_for, ec2
from simulator.gateway.actions.ec2_types import type_named
from simulator.gateway.identify import identify
from tests.gateway.actions.capture import ACCOUNT, call, client, minimal, sent

HERE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:"
NOWHERE = f"arn:aws:ec2::{ACCOUNT}:"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/c"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
EXPORT = "8f4e3b4a-1c1d-4ad1-9f35-0f3c0f7f7b55"

ROWS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("DeleteIpamPolicy", {"IpamPolicyId": "ipam-policy-0a"},
     [f"{NOWHERE}ipam-policy/ipam-policy-0a"]),
    ("CreateIpamPolicy", {"IpamId": "ipam-0ab1"},
     [f"{NOWHERE}ipam-policy/*", f"{NOWHERE}ipam/ipam-0ab1"]),
    ("ModifyReservedInstances", {"ReservedInstancesIds": [EXPORT], "TargetConfigurations": []},
     [f"{HERE}reserved-instances/{EXPORT}"]),
    ("AcceptReservedInstancesExchangeQuote", {"ReservedInstanceIds": [EXPORT]},
     [f"{HERE}reserved-instances/{EXPORT}"]),
    # One parameter, two types: the operation says which.
    ("DeleteImageUsageReport", {"ReportId": "iur-1"}, [f"{HERE}image-usage-report/iur-1"]),
    ("CancelDeclarativePoliciesReport", {"ReportId": "p-1"},
     [f"{HERE}declarative-policies-report/p-1"]),
    ("ModifyVpcBlockPublicAccessExclusion",
     {"ExclusionId": "vpcbpa-exclude-0ab1", "InternetGatewayExclusionMode": "allow-egress"},
     [f"{HERE}vpc-block-public-access-exclusion/vpcbpa-exclude-0ab1"]),
    ("DeleteVpnConcentrator", {"VpnConcentratorId": "vcn-0ab1"},
     [f"{HERE}vpn-concentrator/vcn-0ab1"]),
    ("CreateVpcEncryptionControl", {"VpcId": "vpc-0ab1"},
     [f"{HERE}vpc-encryption-control/*", f"{HERE}vpc/vpc-0ab1"]),
    ("DisassociateVpcCidrBlock", {"AssociationId": "vpc-cidr-assoc-0ab1"}, [f"{HERE}vpc/*"]),
    ("AcceptAddressTransfer", {"Address": "203.0.113.9"}, [f"{HERE}elastic-ip/*"]),
    ("AssociateEnclaveCertificateIamRole", {"CertificateArn": CERTIFICATE, "RoleArn": ROLE},
     [CERTIFICATE, ROLE]),
    # A garbled id is still an instance's: a Deny on instances must not miss it.
    ("TerminateInstances", {"InstanceIds": ["i-XYZ"]}, [f"{HERE}instance/i-XYZ"]),
    # No id, but a way to say which: AWS resolves it.
    ("RunInstances", {"ImageId": "resolve:ssm:/golden", "MinCount": 1, "MaxCount": 1},
     [f"{HERE}instance/*", f"{HERE}volume/*", f"{HERE}network-interface/*",
      "arn:aws:ec2:us-east-1::image/*", f"{HERE}security-group/*", f"{HERE}subnet/*"]),
    ("GetIpamAddressHistory",
     {"Cidr": "10.0.0.0/8", "IpamScopeId": "ipam-scope-0ab1", "VpcId": "vpc-0ab1"},
     [f"{NOWHERE}ipam-scope/ipam-scope-0ab1"]),
    ("RunScheduledInstances",
     {"ScheduledInstanceId": "sci-1", "LaunchSpecification": {"ImageId": "ami-0ab1"}},
     ["*"]),
]  # fmt: skip


def resources(operation: str, parameters: dict[str, Any]) -> list[str]:
    wire = sent("ec2", operation, **parameters)
    checks = checks_for(identify(wire), wire, MotoLookup(), ACCOUNT)
    return [check.resource for check in checks if check.action == f"ec2:{operation}"]


@pytest.mark.parametrize(("operation", "parameters", "expected"), ROWS, ids=[r[0] for r in ROWS])
def test_a_resource_is_told_by_its_id_or_its_parameter(
    operation: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    assert resources(operation, parameters) == expected


def test_no_operation_that_must_name_a_resource_is_checked_on_a_star_alone() -> None:
    made = client("ec2")
    model = made.meta.service_model
    on_star = []
    for name in model.operation_names:
        reads = name.startswith(("Describe", "List")) and name not in ec2._READS_ONE
        operation = model.operation_model(name)
        shape = operation.input_shape
        if reads or name in ec2._NO_RESOURCE or shape is None:
            continue
        if not any(type_named(member, name) for member in shape.required_members):
            continue
        wire = call(made, name, minimal(operation))
        found = checks_for(identify(wire), wire, MotoLookup(), ACCOUNT)
        if all(check.resource == "*" for check in found):
            on_star.append(name)
    assert on_star == []
