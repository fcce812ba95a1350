"""Check the declared world: references between its parts, and its policy documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from simulator.iam import DocumentKind
from simulator.scenario.checking.calls import check_document
from simulator.scenario.checking.findings import Finding, texts
from simulator.scenario.nearest import near
from simulator.scenario.placeholders import BUILT_IN, first_name, placeholders
from simulator.scenario.schema import Scenario
from simulator.scenario.schema.world import AccountWorld, Organization, World
from simulator.scenario.values import Location


def check_world(scenario: Scenario) -> Iterator[Finding]:
    """What is wrong with the world: names that lead nowhere, policies IAM would refuse."""
    world = scenario.world
    yield from _account(world, ("world",))
    for name, account in world.accounts.items():
        yield from _account(account, ("world", "accounts", name))
    yield from _membership(world)
    if world.organization:
        yield from _organization(world.organization)
    yield from _principals(scenario)
    for at, text in texts(world.model_dump(mode="json"), ("world",)):
        for expression in placeholders(text):
            name = first_name(expression)
            if name not in BUILT_IN:
                why = f"{{{{ {expression} }}}}: nothing is called {name!r} before the story"
                yield at, why + near(name, BUILT_IN)


def world_documents(scenario: Scenario) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    """Every policy document of the world, with its place in the file."""
    places: list[tuple[Location, AccountWorld]] = [(("world",), scenario.world)]
    places += [
        (("world", "accounts", name), account) for name, account in scenario.world.accounts.items()
    ]
    for at, world in places:
        for place, document, _ in _documents(world):
            yield (*at, *place), document


def _principals(scenario: Scenario) -> Iterator[Finding]:
    """Users and roles of the own account that policies name as principals and nobody builds."""
    world = scenario.world
    built = {"user": (*world.users, "admin"), "role": world.roles}
    for at, document in world_documents(scenario):
        statements = document.get("Statement")
        for index, statement in enumerate(statements if isinstance(statements, list) else ()):
            principal = statement.get("Principal") if isinstance(statement, Mapping) else None
            for place, text in texts(principal, (*at, "Statement", index, "Principal")):
                named = _OWN_PRINCIPAL.fullmatch(text)
                if named and named[2] not in built[named[1]]:
                    why = f"the world has no {named[1]} {named[2]!r}" + near(
                        named[2], built[named[1]]
                    )
                    yield place, why


_OWN_PRINCIPAL = re.compile(
    r"arn:aws:iam::\{\{\s*account\s*\}\}:(user|role)/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)"
)


def _account(world: AccountWorld, at: Location) -> Iterator[Finding]:
    for place, name, known, what in _references(world):
        if name not in known and not name.startswith("arn:"):
            yield (*at, *place), f"there is no {what} {name!r}" + near(name, known)
    for place, why in _limits(world):
        yield (*at, *place), why
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


def _limits(world: AccountWorld) -> Iterator[Finding]:
    """What AWS would refuse when the world is built."""
    for name, role in world.roles.items():
        if not _SHORTEST <= role.max_session_duration <= _LONGEST:
            yield ("roles", name, "max_session_duration"), "a role's sessions last 1h to 12h"
    for kind in ("users", "roles"):
        for name, each in getattr(world, kind).items():
            if each and not (each.path.startswith("/") and each.path.endswith("/")):
                yield (kind, name, "path"), f"{each.path!r} must begin and end with /"
            if not _IAM_NAME.fullmatch(name):
                yield (kind, name), f"{name!r} is no name IAM takes: letters, digits and _+=,.@-"
    for name, table in world.tables.items():
        for index, item in enumerate(table.items):
            for key in filter(None, (table.key, table.sort_key)):
                if key not in item:
                    place = ("tables", name, "items", index)
                    yield place, f"the table's key {key!r} is missing" + near(key, item)
    for name in world.buckets:
        if not _BUCKET_NAME.fullmatch(name):
            text = "3 to 63 lower-case letters, digits, dots and dashes"
            yield ("buckets", name), f"{name!r} is no name S3 takes: {text}"


_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(hours=12)
# IAM User Guide, "IAM and AWS STS quotas"; S3 User Guide, "General purpose bucket naming rules".
_IAM_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


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
