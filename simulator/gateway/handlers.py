"""An operation the lab answers itself, in place of moto."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.gateway.stages import Call, Presented, WireResponse
from simulator.gateway.world import World


def _nothing(call: Call, world: World) -> Presented:
    return Presented()


@dataclass(frozen=True, slots=True)
class Own:
    """How the lab answers one operation.

    Attributes:
        perform: does the work, after policies have allowed it.
        prepare: before policies are looked at: checks the parameters, verifies what the
            request presents (MFA code, token, assertion), and says what it proves.
    """

    perform: Callable[[Call, World], WireResponse]
    prepare: Callable[[Call, World], Presented] = _nothing
