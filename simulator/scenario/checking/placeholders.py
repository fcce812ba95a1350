"""Check what stands between ``{{`` and ``}}``: that it is closed, well formed, and leads somewhere.

What a call answers is known beforehand, from botocore's models; what the world holds, from its
declaration. Only plain paths, ``app.Credentials.Expiration``, are followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jmespath
from botocore.model import ListShape, MapShape, Shape, StructureShape
from jmespath.exceptions import JMESPathError

from simulator.scenario.checking.calls import operation_model
from simulator.scenario.checking.findings import Finding
from simulator.scenario.nearest import near
from simulator.scenario.placeholders import placeholders, split_shift
from simulator.scenario.schema import Scenario, TaskStep
from simulator.scenario.schema.acts import saving_part
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import EnvironmentAct, MetadataAct
from simulator.scenario.schema.patterns import Goal
from simulator.scenario.schema.world import AccountWorld
from simulator.scenario.values import Location, parse_duration

Tree = Mapping[str, Any] | Shape | None
"""What a value has inside; ``None`` for nothing, an empty mapping for nobody knows what."""

_OPEN = re.compile(r"\{\{(?:(?!\}\}).)*(?=\{\{|$)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\.(?:[A-Za-z_]\w*|\"[^\"]*\"))*")
_PART = re.compile(r"\"[^\"]*\"|\w+")

_SESSION: dict[str, Any] = {
    "Credentials": dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
}
_ADOPTED: dict[str, Any] = {**_SESSION, "AssumedRoleUser": {"Arn": None, "AssumedRoleId": None}}
_FIELDS: dict[str, tuple[str, ...]] = {
    "instances": ("InstanceId",),
    "secrets": ("ARN", "Name"),
    "keys": ("Arn", "KeyId"),
    "mfa": ("SerialNumber", "Code"),
    "oidc": ("Arn",),
    "saml": ("Arn", "Issuer"),
}
"""What the lab knows of the things in its world, beside users and roles."""


def check_placeholders(
    scenario: Scenario, texts: Iterator[tuple[Location, str]]
) -> Iterator[Finding]:
    """What is wrong with the placeholders of some texts.

    Args:
        scenario: whose.
        texts: each text and where it stands.
    """
    trees = _world(scenario), _saved(scenario)
    for at, text in texts:
        if "{{" not in text:
            continue
        for left in _OPEN.findall(text):
            shown = left if len(left) <= 30 else left[:29] + "…"
            yield at, f"{shown!r} has no }}}} to it"
        for expression in placeholders(text):
            why = _wrong(expression, *trees)
            if why:
                yield at, f"{{{{ {expression} }}}}: {why}"


def _wrong(
    expression: str, world: Mapping[str, Tree], saved: Mapping[str, tuple[Tree, ...]]
) -> str:
    path, by = split_shift(expression)
    try:
        jmespath.compile(path)
        if by:
            parse_duration(by.lstrip("+- "))
    except JMESPathError:
        return "isn't well formed; it is a path like app.Credentials.Expiration"
    except ValueError as error:
        return str(error)
    if not _PLAIN.fullmatch(path):
        return ""
    name, *parts = (part.strip('"') for part in _PART.findall(path))
    if name in saved:
        lost = [_follow(tree, parts, name) for tree in saved[name]]
        return lost[0] if all(lost) else ""
    return _follow(world[name], parts, name) if name in world else ""


def _follow(tree: Tree, parts: list[str], name: str) -> str:
    """Where a path is lost, with the nearest name; ``""`` if it isn't."""
    for part in parts:
        inside = _inside(tree)
        if inside is None:
            return f"{name} has nothing inside"
        if not inside:
            return ""
        if part not in inside:
            return f"{name} has no {part!r}" + near(part, inside)
        tree, name = inside[part], f"{name}.{part}"
    return ""


def _inside(tree: Tree) -> Mapping[str, Any] | None:
    if isinstance(tree, StructureShape):
        members: Mapping[str, Any] = tree.members
        return members or None
    if isinstance(tree, ListShape | MapShape):
        return {}
    return tree if isinstance(tree, Mapping) else None


def _saved(scenario: Scenario) -> dict[str, tuple[Tree, ...]]:
    """What each saved name may hold: one tree for each place that saves it."""
    from simulator.scenario.checking.acts import acts_of

    found: dict[str, tuple[Tree, ...]] = {}
    for _, act in acts_of(scenario):
        inner = saving_part(act)
        if isinstance(act, CallAct) and act.save:
            found[act.save] = (*found.get(act.save, ()), _answer(act.call))
        elif inner is not None and inner.save:
            holds = _SESSION if isinstance(act, MetadataAct | EnvironmentAct) else None
            found[inner.save] = (*found.get(inner.save, ()), holds)
    for step in scenario.steps:
        for goal in step.goal if isinstance(step, TaskStep) else ():
            if isinstance(goal, Goal) and goal.save:
                found[goal.save] = (*found.get(goal.save, ()), _ADOPTED)
    return found


def _answer(call: str) -> Tree:
    service, _, operation = call.partition(".")
    model = operation_model(service, operation)
    if isinstance(model, str):
        return {}
    # `ResponseMetadata` is there too, and nobody has asked for it yet.
    return model.output_shape


def _world(scenario: Scenario) -> dict[str, Tree]:
    accounts = {
        name: {"id": None, **_account(world)} for name, world in scenario.world.accounts.items()
    }
    nothing = dict.fromkeys(("now", "account", "region"))
    return {**nothing, **_account(scenario.world), "accounts": accounts or None}


def _account(world: AccountWorld) -> dict[str, Tree]:
    named: dict[str, Iterable[str]] = {
        "instances": world.instances,
        "secrets": world.secrets,
        "keys": world.keys,
        "mfa": [name for name, user in world.users.items() if user and user.mfa],
        "oidc": world.oidc_providers,
        "saml": world.saml_providers,
    }
    found: dict[str, Tree] = {
        kind: {name: dict.fromkeys(_FIELDS[kind]) for name in names} or None
        for kind, names in named.items()
    }
    user = {**_made("CreateUser", "User"), "AccessKeyId": None}
    found["users"] = dict.fromkeys(world.users, user) or None
    found["roles"] = dict.fromkeys(world.roles, _made("CreateRole", "Role")) or None
    return found


def _made(operation: str, member: str) -> dict[str, Any]:
    model = operation_model("iam", operation)
    shape = None if isinstance(model, str) else model.output_shape
    made = shape.members[member] if shape else None
    return dict(made.members) if isinstance(made, StructureShape) else {}
