"""Build the declared world with real signed calls of each account's administrator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError

from simulator.actors import Actor, Keys
from simulator.scenario.placeholders import PlaceholderError, fill
from simulator.scenario.schema.world import AccountWorld, Principal, Role, User, World
from simulator.scenario.story import world_services
from simulator.sts.mfa import code

if TYPE_CHECKING:
    from simulator.lab import Lab


class WorldError(Exception):
    """The declared world cannot be built; says which part, and what AWS answered."""


@dataclass
class Built:
    """What was built, under the names that placeholders use.

    Attributes:
        names: ``account``, ``region``, ``users``, ``roles`` … of the world's own account,
            and ``accounts``: the same for each other account, with its ``id``.
        keys: the first access key of each IAM user: ``alice``, ``partner/bob``.
        seeds: base32 TOTP seeds of virtual MFA devices, by ``alice`` or ``partner/bob``.
    """

    names: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Keys] = field(default_factory=dict)
    seeds: dict[str, str] = field(default_factory=dict)


def build_world(world: World, lab: Lab) -> Built:
    """Create everything the world declares, in an order in which references resolve.

    Principals come first in every account, then trust and policies (which may name
    principals of other accounts), then what the policies protect.

    Raises:
        WorldError: AWS refused a part of it, or a placeholder names nothing.
    """
    built = Built(names={"account": lab.account_id, "region": lab.region, "accounts": {}})
    built.names.update(_empty())
    sites = [Site("", world, lab, lab.administrator(lab.account_id), lab.account_id, built)]
    ids = _member_ids(world, sites[0])
    for name, other in world.accounts.items():
        account = other.id or ids[name]
        built.names["accounts"][name] = {"id": account, **_empty()}
        sites.append(Site(f"{name}/", other, lab, lab.administrator(account), account, built))
    for phase in (
        _principals,
        world_services.providers,
        _trust,
        _permissions,
        world_services.build,
    ):
        for site in sites:
            phase(site)
    _control(world, sites[0])
    lab.propagation = world.propagation
    return built


def _member_ids(world: World, main: Site) -> dict[str, str]:
    """Create the organization and its members; returns each member's account id."""
    if world.organization is None:
        return {}
    with main.part("organization"):
        organizations = main.admin.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        return {
            name: organizations.create_account(AccountName=name, Email=f"{name}@example.com")[
                "CreateAccountStatus"
            ]["AccountId"]
            for name in world.organization.members
        }


def _control(world: World, main: Site) -> None:
    """Put the service control policies in place, last: they would bind the builders too."""
    if world.organization is None:
        return
    with main.part("organization"):
        organizations = main.admin.client("organizations")
        root = organizations.list_roots()["Roots"][0]["Id"]
        organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
        targets = [(root, world.organization.root_scps)]
        for member, documents in world.organization.member_scps.items():
            targets.append((main.built.names["accounts"][member]["id"], documents))
        for target, documents in targets:
            for name, document in documents.items():
                made = organizations.create_policy(
                    Name=name,
                    Description=name,
                    Type="SERVICE_CONTROL_POLICY",
                    Content=main.document(document),
                )["Policy"]["PolicySummary"]
                organizations.attach_policy(PolicyId=made["Id"], TargetId=target)


_KINDS = ("users", "roles", "instances", "secrets", "keys", "mfa", "oidc", "saml")


def _empty() -> dict[str, dict[str, Any]]:
    return {kind: {} for kind in _KINDS}


@dataclass(frozen=True)
class Site:
    """One account being built.

    Attributes:
        prefix: ``""`` for the world's own account, else ``partner/``.
        world: what to build.
        lab: the lab it is built in.
        admin: who builds.
        account: 12 digits.
        built: what is there so far.
    """

    prefix: str
    world: AccountWorld
    lab: Lab
    admin: Actor
    account: str
    built: Built

    @property
    def names(self) -> dict[str, Any]:
        """This account's part of the names."""
        own = self.built.names
        found: dict[str, Any] = own["accounts"][self.prefix[:-1]] if self.prefix else own
        return found

    def filled(self, value: Any) -> Any:
        """A value with its placeholders filled in."""
        try:
            return fill(value, {**self.built.names, "now": self.lab.clock.now()})
        except PlaceholderError as error:
            raise WorldError(f"world: {error}") from None

    def document(self, value: Mapping[str, Any]) -> str:
        """A policy document as AWS wants it: JSON text."""
        return json.dumps(self.filled(value))

    def policy_arn(self, name: str) -> str:
        """The ARN of a managed policy given by name or by ARN."""
        if name.startswith("arn:"):
            return str(self.filled(name))
        return f"arn:aws:iam::{self.account}:policy/{name}"

    @contextmanager
    def part(self, what: str) -> Iterator[Callable[[str], Any]]:
        """Say which part it was if AWS refuses; yields the administrator's client maker."""
        try:
            yield self.admin.client
        except (ClientError, ParamValidationError) as error:
            raise WorldError(f"world: {self.prefix}{what}: {error}") from None


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _principals(site: Site) -> None:
    iam = site.admin.client("iam")
    for name in site.world.groups:
        with site.part(f"groups.{name}"):
            iam.create_group(GroupName=name)
    for name, user in site.world.users.items():
        with site.part(f"users.{name}"):
            _create_user(site, iam, name, user or User())
    for name, role in site.world.roles.items():
        with site.part(f"roles.{name}"):
            _create_role(site, iam, name, role)


def _create_user(site: Site, iam: Any, name: str, user: User) -> None:
    made = iam.create_user(UserName=name, Path=user.path, Tags=_tag_list(user.tags))["User"]
    found: dict[str, Any] = dict(made)
    for number in range(user.access_keys):
        key = iam.create_access_key(UserName=name)["AccessKey"]
        if number == 0:
            site.built.keys[site.prefix + name] = Keys.from_response(key)
            found["AccessKeyId"] = key["AccessKeyId"]
    for group in user.groups:
        iam.add_user_to_group(GroupName=group, UserName=name)
    if user.console_password:
        iam.create_login_profile(UserName=name, Password=user.console_password)
    if user.mfa:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        serial = device["SerialNumber"]
        first, second = (code(site.lab.world, serial, steps) for steps in (0, 1))
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=serial,
            AuthenticationCode1=first,
            AuthenticationCode2=second,
        )
        site.built.seeds[site.prefix + name] = seed
        site.names["mfa"][name] = {"SerialNumber": serial}
    site.names["users"][name] = found


def _create_role(site: Site, iam: Any, name: str, role: Role) -> None:
    # A trust policy may name roles that don't exist yet; until they do, nobody is trusted
    # but the account itself.
    interim = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{site.account}:root"},
            "Action": "sts:AssumeRole",
        },
    }
    made = iam.create_role(
        RoleName=name,
        Path=role.path,
        AssumeRolePolicyDocument=json.dumps(interim),
        Description=role.description,
        MaxSessionDuration=int(role.max_session_duration.total_seconds()),
        Tags=_tag_list(role.tags),
    )["Role"]
    site.names["roles"][name] = dict(made)


def _trust(site: Site) -> None:
    iam = site.admin.client("iam")
    for name, role in site.world.roles.items():
        with site.part(f"roles.{name}.trust"):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=site.document(role.trust))


def _permissions(site: Site) -> None:
    iam = site.admin.client("iam")
    for name, document in site.world.managed_policies.items():
        with site.part(f"managed_policies.{name}"):
            iam.create_policy(PolicyName=name, PolicyDocument=site.document(document))
    for name, group in site.world.groups.items():
        with site.part(f"groups.{name}"):
            for policy, document in group.policies.items():
                iam.put_group_policy(
                    GroupName=name, PolicyName=policy, PolicyDocument=site.document(document)
                )
            for policy in group.managed_policies:
                iam.attach_group_policy(GroupName=name, PolicyArn=site.policy_arn(policy))
    for name, user in site.world.users.items():
        with site.part(f"users.{name}"):
            _permit(site, iam, "user", name, user or User())
    for name, role in site.world.roles.items():
        with site.part(f"roles.{name}"):
            _permit(site, iam, "role", name, role)
    for name, role_name in site.world.instance_profiles.items():
        with site.part(f"instance_profiles.{name}"):
            iam.create_instance_profile(InstanceProfileName=name)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role_name)


def _permit(site: Site, iam: Any, kind: str, name: str, principal: Principal) -> None:
    who = {f"{kind.title()}Name": name}
    for policy, document in principal.policies.items():
        put = getattr(iam, f"put_{kind}_policy")
        put(**who, PolicyName=policy, PolicyDocument=site.document(document))
    for policy in principal.managed_policies:
        getattr(iam, f"attach_{kind}_policy")(**who, PolicyArn=site.policy_arn(policy))
    if principal.boundary:
        bound = getattr(iam, f"put_{kind}_permissions_boundary")
        bound(**who, PermissionsBoundary=site.policy_arn(principal.boundary))
