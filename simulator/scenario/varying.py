"""Scenarios that are different each time: a seed chooses, and the same seed chooses the same."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from simulator.scenario.schema import Scenario, SceneStep
from simulator.scenario.schema.acts import Act

_MOST = 10_000


def new_seed() -> int:
    """A seed short enough to be read out: 1 to 9999."""
    return random.SystemRandom().randrange(1, _MOST)


def vary(scenario: Scenario, seed: int) -> Scenario:
    """The scenario with every ``{{ name }}`` of its `vary` replaced by the seed's choice.

    One without `vary` comes back as it is. Shuffled scenes are put in the seed's order.

    Args:
        scenario: as loaded.
        seed: any number.
    """
    chance = random.Random(seed)
    if scenario.case:
        scenario = scenario.model_copy(
            update={"case": scenario.case.model_copy(update={"seed": seed})}
        )
    chosen = {name: chance.choice(texts) for name, texts in scenario.vary.items()}
    steps = [
        step.model_copy(update={"happens": _shuffled(step.happens, chance)})
        if isinstance(step, SceneStep) and step.shuffled
        else step
        for step in scenario.steps
    ]
    shuffled = scenario.model_copy(update={"steps": steps})
    if not chosen:
        return shuffled
    return _with(shuffled, chosen)


def variants(scenario: Scenario) -> tuple[Scenario, ...]:
    """Enough varied scenarios to have each text of each name in one of them, for checking."""
    most = max((len(texts) for texts in scenario.vary.values()), default=0)
    return tuple(
        _with(
            scenario,
            {name: texts[turn % len(texts)] for name, texts in scenario.vary.items() if texts},
        )
        for turn in range(most)
    ) or (scenario,)


def _with(scenario: Scenario, chosen: Mapping[str, str]) -> Scenario:
    raw = scenario.model_dump(by_alias=True, exclude_unset=True)
    return Scenario.model_validate({**_replaced(raw, chosen), "vary": scenario.vary})


def _shuffled(acts: list[Act], chance: random.Random) -> list[Act]:
    return chance.sample(acts, len(acts))


def _replaced(value: Any, chosen: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _HOLE.sub(lambda hole: chosen.get(hole[1], hole[0]), value)
    if isinstance(value, Mapping):
        return {_replaced(key, chosen): _replaced(item, chosen) for key, item in value.items()}
    return [_replaced(item, chosen) for item in value] if isinstance(value, list) else value


_HOLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
