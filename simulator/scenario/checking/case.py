"""Check the case of a capstone: its calls, and the names it is made of."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from simulator.scenario.checking.calls import check_call
from simulator.scenario.checking.findings import Finding
from simulator.scenario.nearest import near
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.case import Case, CaseCall
from simulator.scenario.values import Location

if TYPE_CHECKING:
    from simulator.scenario.schema import Scenario

FOOTHOLDS = ("key", "user", "trust")


def check_case(scenario: Scenario, case: Case) -> Iterator[Finding]:
    """What is wrong with a case: unknown actors, roles, users, addresses, footholds, calls."""
    world = scenario.world
    routines = {**case.honest, **case.noise}
    yield from _known(("honest",), routines, scenario.actors, "actor")
    yield from _known(("victim",), [case.victim], scenario.actors, "actor")
    yield from _known(("chain",), [case.chain], world.roles, "role")
    yield from _known(("trust_role",), [case.trust_role], world.roles, "role")
    yield from _known(("key_user",), [case.key_user], case.honest, "honest actor")
    outside = {
        f"{account}/{user}": None
        for account, other in world.accounts.items()
        for user in other.users
    }
    yield from _known(("outsider",), [case.outsider], outside, "user of another account")
    yield from _known(("footholds",), case.footholds.split(), FOOTHOLDS, "foothold")
    for place, address in (("company", each) for each in case.company):
        try:
            ipaddress.ip_network(address)
        except ValueError:
            yield (place,), f"{address!r} is no address range; write it like 198.51.100.0/24"
    for name, routine in routines.items():
        at: Location = ("honest" if name in case.honest else "noise", name)
        if routine.role:
            yield from _known((*at, "role"), [routine.role], world.roles, "role")
        for part in ("does", "odd", "once"):
            for number, call in enumerate(getattr(routine, part)):
                yield from _call((*at, part, number), call)
    for name, call in case.loot.items():
        yield from _call(("loot", name), call)
    roles = {routine.role for routine in case.honest.values() if routine.role}
    for wanted in (*sorted(roles), case.chain, case.planted):
        if wanted not in case.loot:
            yield ("loot",), f"there is nothing for the thief to read as {wanted!r}"


def _known(
    at: Location, names: Iterable[str], known: Collection[str], what: str
) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield at, f"there is no {what} {name!r}" + near(name, known)


def _call(at: Location, call: CaseCall) -> Iterator[Finding]:
    asked = {"as": "x", "call": call.call, "parameters": call.parameters}
    for place, message in check_call(CallAct.model_validate(asked)):
        yield (*at, *place), message
