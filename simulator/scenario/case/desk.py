"""The scripted defender's desk in a story: the trail to read, and a real actor's calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.scenario.case.capstone import REPORT
from simulator.scenario.case.defender import Defender, Entry, investigate, suspect
from simulator.scenario.schema.acts import AdvanceAct
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.case import Case

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story


class StoryDesk:
    """What the defender of a story has.

    Args:
        story: under way.
        actor: who makes the calls.
    """

    def __init__(self, story: Story, actor: str) -> None:
        self._story = story
        self._actor = actor

    def trail(self) -> Sequence[Entry]:
        """The trail up to now, as an investigator reads it."""
        found: list[Entry] = self._story.names()["trail"]
        return found

    def call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Make a call as the defending actor."""
        asked = {"as": self._actor, "call": operation, "parameters": parameters}
        result = self._story.call(CallAct.model_validate(asked)).result
        return (result.response if result else None) or {}

    def wait(self, minutes: int) -> None:
        """Let lab time go by."""
        self._story.perform(AdvanceAct(advance=timedelta(minutes=minutes)))


def defend(story: Story, case: Case) -> None:
    """Have the case contained and closed by the scripted defender."""
    defender = next(name for name, spec in story.scenario.actors.items() if spec.side == "defender")
    desk = StoryDesk(story, defender)
    Defender(desk, case.company, story.lab.account_id, REPORT).defend()


def deduce(story: Story, case: Case, names: Sequence[str]) -> int:
    """Which of several actors was stolen from, as the trail tells it."""
    trail = StoryDesk(story, "").trail()
    return suspect(investigate(trail, case.company, story.lab.account_id), trail, names)
