"""Actions that put a policy: their document, and the learner's own."""

from __future__ import annotations

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.play import Play


def at_revoke() -> Play:
    play = Play(load_by_id("leaked-session"))
    index = next(i for i, step in enumerate(play.scenario.steps) if step.id == "revoke")
    play.open(at_step=index)
    return play


def test_a_policy_action_shows_its_document_and_takes_the_learners_own() -> None:
    play = at_revoke()
    try:
        revoke = next(action for action in play.actions() if action.id == "revoke")
        assert revoke.kind == "policy"
        assert revoke.document is not None
        assert "aws:TokenIssueTime" in revoke.document
        play.do("revoke", document='{"Version": "2012-10-17", "Statement": [}')
        assert "MalformedPolicyDocument" in play.terminal("dana")[-1].output
        own = revoke.document.replace(
            str(play.lab.clock.now().year), str(play.lab.clock.now().year + 1)
        )
        play.do("revoke", document=own)
        assert play.terminal("dana")[-1].outcome == "allowed"
        assert [cut.at.year for cut in play.cut_offs()] == [2022]
    finally:
        play.close()


def test_a_cut_off_in_the_wrong_zone_stops_nobody_and_pressing_again_replaces_it() -> None:
    play = at_revoke()
    try:
        play.do("office-clock")
        play.do("mallory-tries")
        assert play.terminal("mallory")[-1].outcome == "allowed"
        current = play.current
        assert current is not None
        assert current.step.id == "revoke"
        play.do("revoke")
        play.do("mallory-tries")
        assert play.terminal("mallory")[-1].outcome == "denied"
        assert len(play.cut_offs()) == 1
        assert play.steps[current.index].status == "done"
    finally:
        play.close()
