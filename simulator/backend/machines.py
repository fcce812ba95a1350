"""Instances and functions, as those need them that hand them credentials.

Looking creates nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.backend.held import held, latest_function


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An EC2 instance as it sees itself through its metadata.

    Attributes:
        instance_id: ``i-…``.
        account: 12 digits.
        region: ``us-east-1``.
        availability_zone: ``us-east-1a``.
        instance_type: ``t3.micro``.
        image_id: ``ami-…``.
        state: ``running``, ``stopped`` …
        private_ip: its address in the VPC.
        public_ip: its public address, if it has one.
        private_dns: its host name.
        mac: of its first interface.
        security_groups: names.
        launched_at: UTC.
        tags: its tags.
        profile_arn: of its instance profile, ``None`` without one.
        profile_id: the profile's unique id.
        role_arn: of the profile's role, ``None`` without one.
        imds_enabled: `HttpEndpoint`.
        token_required: `HttpTokens` is ``required``.
        tags_in_metadata: `InstanceMetadataTags`.
        user_data: as passed at launch, base64; empty without.
    """

    instance_id: str
    account: str
    region: str
    availability_zone: str
    instance_type: str
    image_id: str
    state: str
    private_ip: str
    public_ip: str | None
    private_dns: str
    mac: str
    security_groups: tuple[str, ...]
    launched_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    profile_arn: str | None = None
    profile_id: str = ""
    role_arn: str | None = None
    imds_enabled: bool = True
    token_required: bool = False
    tags_in_metadata: bool = False
    user_data: str = ""

    @property
    def arn(self) -> str:
        """``arn:aws:ec2:<region>:<account>:instance/<id>``."""
        return f"arn:aws:ec2:{self.region}:{self.account}:instance/{self.instance_id}"

    @property
    def running(self) -> bool:
        """Whether anything on it can ask for its metadata."""
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class FunctionView:
    """A Lambda function: its ARN and the ARN of its execution role."""

    name: str
    arn: str
    role_arn: str


def instances() -> Iterator[InstanceView]:
    """Every instance of every account and region, terminated ones left out."""
    from moto.ec2.models import ec2_backends

    for account in tuple(ec2_backends):
        for region in tuple(ec2_backends[account]):
            backend = ec2_backends[account][region]
            for instance in backend.all_instances():
                if instance._state.name != "terminated":
                    yield _instance(instance, backend, account, region)


def instance(instance_id: str) -> InstanceView | None:
    """An instance by id, wherever it is."""
    return next((each for each in instances() if each.instance_id == instance_id), None)


def function(account: str, region: str, name: str) -> FunctionView | None:
    """A Lambda function by name."""
    latest = latest_function(account, region, name)
    return FunctionView(name, latest.function_arn, latest.role) if latest is not None else None


def _instance(found: Any, backend: Any, account: str, region: str) -> InstanceView:
    options = found.metadata_options
    profile = _profile(found, backend, account)
    launched = found.launch_time
    return InstanceView(
        instance_id=found.id,
        account=account,
        region=region,
        availability_zone=found.placement.availability_zone or f"{region}a",
        instance_type=found.instance_type,
        image_id=found.image_id,
        state=found._state.name,
        private_ip=found.private_ip or "",
        public_ip=found.public_ip,
        private_dns=found.private_dns_name,
        mac=found.nics[0].mac_address if found.nics else "",
        security_groups=tuple(group.name for group in found.nics[0].group_set)
        if found.nics
        else (),
        launched_at=launched.replace(tzinfo=UTC) if launched.tzinfo is None else launched,
        tags={tag["key"]: tag["value"] for tag in found.get_tags()},
        profile_arn=profile.arn if profile else None,
        profile_id=profile.id if profile else "",
        role_arn=profile.roles[0].arn if profile and profile.roles else None,
        imds_enabled=options.http_endpoint != "disabled",
        token_required=options.http_tokens == "required",
        tags_in_metadata=options.instance_metadata_tags == "enabled",
        user_data=str(found.user_data or ""),
    )


def _profile(found: Any, backend: Any, account: str) -> Any:
    """The profile as it is now: a deleted one is gone from the instance too."""
    association = backend.iam_instance_profile_associations.get(found.id)
    iam = held("iam", account)
    if association is None or iam is None:
        return None
    arn = association.iam_instance_profile.arn
    profiles = tuple(iam.instance_profiles.values())
    return next((profile for profile in profiles if profile.arn == arn), None)
