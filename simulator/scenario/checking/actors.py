"""Check who is in the story: what they sign as, and what workloads run on."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from simulator.scenario.checking.findings import Finding, below
from simulator.scenario.nearest import near
from simulator.scenario.schema import (
    ActorSpec,
    Scenario,
)
from simulator.scenario.values import Location


# -- names ----------------------------------------------------------------------------------
def check_actors(scenario: Scenario) -> Iterator[Finding]:
    """Users without a key or not in the world; workloads that run on nothing."""
    users = dict(scenario.world.users)
    for account, world in scenario.world.accounts.items():
        users.update({f"{account}/{name}": user for name, user in world.users.items()})
    for name, actor in scenario.actors.items():
        if actor.workload:
            yield from below(("actors", name, "workload"), _workload(name, actor, scenario))
        if not _is_address(actor.source_ip):
            yield ("actors", name, "source_ip"), f"{actor.source_ip!r} is no IP address"
        at: Location = ("actors", name, "signs_as")
        if actor.signs_as is None:
            continue
        if actor.signs_as not in users:
            yield at, f"the world has no user {actor.signs_as!r}" + near(actor.signs_as, users)
        elif (user := users[actor.signs_as]) and user.access_keys == 0:
            yield at, f"the user {actor.signs_as!r} has no access key"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return "{{" in text
    return True


def _workload(name: str, actor: ActorSpec, scenario: Scenario) -> Iterator[Finding]:
    workload = actor.workload
    assert workload is not None
    world = scenario.world
    if bool(workload.instance) == bool(workload.function):
        yield (), f"the workload {name!r} runs on an `instance` or is a `function`: name one"
    if workload.instance and workload.instance not in world.instances:
        text = f"the world has no instance {workload.instance!r}"
        yield ("instance",), text + near(workload.instance, world.instances)
    if workload.function and workload.function not in world.functions:
        text = f"the world has no function {workload.function!r}"
        yield ("function",), text + near(workload.function, world.functions)
    for number, act in enumerate(workload.does):
        if act.actor != name:
            yield ("does", number, "as"), f"the calls of {name!r} are made by {name!r} itself"
