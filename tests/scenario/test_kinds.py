"""Every kind of act and step has its entry in each table that needs one."""

from __future__ import annotations

from simulator.scenario.schema import STEP_KEYS
from simulator.scenario.schema.acts import ACTS
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.titles import TITLES
from simulator.scenario.story.describing import WORDS
from simulator.scenario.story.performing import PERFORMERS


def test_every_act_that_is_no_call_is_performed_and_put_into_words() -> None:
    others = set(ACTS) - {CallAct}
    assert set(PERFORMERS) == others
    assert set(WORDS) == others


def test_every_step_has_a_title() -> None:
    assert set(TITLES) == set(STEP_KEYS)
