"""Check the declared world: references between its parts, and its policy documents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from simulator.iam import DocumentKind
from simulator.scenario.checking_calls import Finding, Location, check_document
from simulator.scenario.placeholders import BUILT_IN, first_name, near, placeholders
from simulator.scenario.schema import Scenario
from simulator.scenario.world_schema import AccountWorld, Organization, World


def check_world(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the world: names that lead nowhere, policies IAM would refuse."""
    world = scenario.world
    yield from _account(world, ("world",))
    for name, account in world.accounts.items():
        yield from _account(account, ("world", "accounts", name))
    yield from _membership(world)
    if world.organization:
        yield from _organization(world.organization)
    for at, text in _texts(world.model_dump(mode="json"), ("world",)):
        for expression in placeholders(text):
            name = first_name(expression)
            if name not in BUILT_IN:
                why = f"{{{{ {expression} }}}}: nothing is called {name!r} before the story"
                yield at, why + near(name, BUILT_IN)


def _account(world: AccountWorld, at: Location) -> Iterator[Finding]:
    for place, name, known, what in _references(world):
        if name not in known and not name.startswith("arn:"):
            yield (*at, *place), f"there is no {what} {name!r}" + near(name, list(known))
    for place, document, kind in _documents(world):
        for deeper, message in check_document(document, kind):
            yield (*at, *place, *deeper), message


def _references(world: AccountWorld) -> Iterator[tuple[Location, str, Collection[str], str]]:
    managed = world.managed_policies
    for kind in ("users", "groups", "roles"):
        for name, each in getattr(world, kind).items():
            for index, policy in enumerate(each.managed_policies if each else ()):
                yield (kind, name, "managed_policies", index), policy, managed, "managed policy"
            boundary = getattr(each, "boundary", None)
            if boundary:
                yield (kind, name, "boundary"), boundary, managed, "managed policy"
    for name, user in world.users.items():
        for index, group in enumerate(user.groups if user else ()):
            yield ("users", name, "groups", index), group, world.groups, "group"
    for name, role in world.instance_profiles.items():
        yield ("instance_profiles", name), role, world.roles, "role"
    for name, function in world.functions.items():
        yield ("functions", name, "role"), function.role, world.roles, "role"
    for name, instance in world.instances.items():
        if instance.profile:
            place: Location = ("instances", name, "profile")
            yield place, instance.profile, world.instance_profiles, "instance profile"


def _documents(
    world: AccountWorld,
) -> Iterator[tuple[Location, Mapping[str, Any], DocumentKind]]:
    for name, document in world.managed_policies.items():
        yield ("managed_policies", name), document, "identity"
    for kind in ("users", "groups", "roles"):
        for name, each in getattr(world, kind).items():
            for policy, document in (each.policies if each else {}).items():
                yield (kind, name, "policies", policy), document, "identity"
    for name, role in world.roles.items():
        yield ("roles", name, "trust"), role.trust, "trust"
    for kind in ("buckets", "tables", "secrets", "queues", "keys"):
        for name, each in getattr(world, kind).items():
            if getattr(each, "policy", None):
                yield (kind, name, "policy"), each.policy, "resource"


def _membership(world: World) -> Iterator[Finding]:
    members = world.organization.members if world.organization else []
    for index, name in enumerate(members):
        if name not in world.accounts:
            text = f"there is no account {name!r}" + near(name, world.accounts)
            yield ("world", "organization", "members", index), text
    for name, account in world.accounts.items():
        at: Location = ("world", "accounts", name)
        if account.id and name in members:
            yield (*at, "id"), "a member of the organization gets its id from AWS Organizations"
        if account.id is None and name not in members:
            yield at, f"the account {name!r} needs an id, or to be a member of the organization"


def _organization(organization: Organization) -> Iterator[Finding]:
    at: Location = ("world", "organization")
    for name, document in organization.root_scps.items():
        for deeper, message in check_document(document, "service-control"):
            yield (*at, "root_scps", name, *deeper), message
    for member, documents in organization.member_scps.items():
        if member not in organization.members:
            text = f"the organization has no member {member!r}"
            yield (*at, "member_scps", member), text + near(member, organization.members)
        for name, document in documents.items():
            for deeper, message in check_document(document, "service-control"):
                yield (*at, "member_scps", member, name, *deeper), message


def _texts(value: Any, at: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield (*at, name), str(name)
            yield from _texts(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*at, index))
