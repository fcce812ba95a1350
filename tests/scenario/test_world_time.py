"""What building a world costs. Apart from the other tests of worlds, as it resets the lab."""

from __future__ import annotations

import resource

from simulator import Lab
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.story.world import build_world


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def test_a_typical_world_is_built_in_well_under_a_second(lab: Lab) -> None:
    world = load_by_id("leaked-session").world

    def seconds() -> float:
        lab.reset()
        began = processor_seconds()
        build_world(world, lab)
        return processor_seconds() - began

    # The best of three, without what else this machine is doing.
    assert min(seconds() for _ in range(3)) < 1
