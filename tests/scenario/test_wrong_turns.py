"""A learner who tries everything that is offered, the wrong things first, still gets there."""

from __future__ import annotations

from itertools import islice

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.play import Play
from simulator.scenario.play.offers import GO_ON
from simulator.scenario.schema import Question, TaskStep
from simulator.scenario.schema.acts import ActionAct

STORIES = (
    "first-session",
    "who-may-assume",
    "how-long",
    "less-than-the-role",
    "outside-identities",
    "signed-assertions",
    "waiting-it-out",
    "the-cut-off",
    "presigned",
    "role-chaining",
    "role-juggling",
    "assume-yourself",
    "session-token-survives",
    "federation-token-survives",
    "second-foothold",
    "undoing-the-revoke",
    "one-of-many",
    "confused-deputy",
    "mfa-sessions",
    "who-did-it",
    "the-resource-says-no",
)


def wander(play: Play, step: TaskStep) -> None:
    """Do all that is no part of the solution, then the solution, by its keys."""
    at = play.current
    right = [act.do for act in step.solution if isinstance(act, ActionAct)]
    assert len(right) == len(step.solution), "solved by what is offered"
    for wanted in [*(spec.id for spec in step.actions if spec.id not in right), *right]:
        if play.current is None or at is None or play.current.index != at.index:
            return
        play.do(wanted)


@pytest.mark.parametrize("story", STORIES)
def test_every_wrong_turn_can_be_taken_and_leads_back(story: str) -> None:
    scenario = load_by_id(story)
    with Play(scenario) as play:
        for _ in islice(iter(lambda: play.current, None), 3 * len(scenario.steps)):
            current = play.current
            assert current is not None
            if isinstance(current.step, TaskStep):
                wander(play, current.step)
                after = play.steps[current.index]
                assert after.status == "done", [goal for goal in after.goals if not goal.met]
            elif isinstance(current.step, Question) and current.answer is None:
                play.answer(0)
            else:
                play.do(GO_ON)
        assert play.finished
        assert [step.failure for step in play.steps if step.failure] == []
