"""Do what a step says, act by act, up to the first that isn't as expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from simulator.scenario.case.desk import defend
from simulator.scenario.play.offers import document_of
from simulator.scenario.play.stepping import run_check
from simulator.scenario.schema import ActionSpec, CheckStep, SceneStep, Step, TaskStep
from simulator.scenario.schema.acts import ACTS, Act, ActionAct, actor_of
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.story.deeds import StoryError
from simulator.scenario.story.story import Story


class Doing:
    """Performs the acts of steps in a story; everything returns why it went wrong, or ``""``.

    Args:
        story: under way.
        after: called after each act, so that a screen sees a long step grow.
    """

    def __init__(self, story: Story, after: Callable[[], None]) -> None:
        self._story = story
        self._after = after

    def step(self, step: Step, began: Mapping[str, int]) -> str:
        """What happens at a step by itself; at a tell, a task or a question nothing does.

        Args:
            step: any step.
            began: step id → sequence number of its first record, for checks.
        """
        if isinstance(step, ACTS):
            return self._act(step)
        if isinstance(step, SceneStep):
            return self._acts(step.happens)
        return run_check(step, self._story, began) if isinstance(step, CheckStep) else ""

    def action(self, action: ActionSpec, document: str | None = None) -> str:
        """One action of a task.

        Args:
            action: which.
            document: JSON text in place of the first policy document that its calls carry.
        """
        for act in action.does:
            carried = document_of(act, self._story) if document is not None else None
            failure = self._act(act, {carried[0]: document} if carried else None)
            if failure:
                return failure
            document = None if carried else document
        return ""

    def solution(self, task: TaskStep) -> str:
        """A task as its solution says, or as the scripted defender sees fit."""
        case = self._story.scenario.case
        if task.defender and case:
            defend(self._story, case)
            return ""
        actions = {spec.id: spec.does for spec in task.actions}
        acts: list[Act] = []
        for each in task.solution:
            acts += actions.get(each.do, []) if isinstance(each, ActionAct) else [each]
        return self._acts(acts)

    def _acts(self, acts: Sequence[Act]) -> str:
        return next((failure for act in acts if (failure := self._act(act))), "")

    def _act(self, act: Act, parameters: Mapping[str, object] | None = None) -> str:
        try:
            if isinstance(act, CallAct):
                return self._story.call(act, parameters=parameters).failure
            return self._story.perform(act).failure
        except StoryError as error:
            self._story.remark(actor_of(act) or "", str(error))
            return str(error)
        finally:
            self._after()


def solution_says(task: TaskStep) -> str:
    """What the author says of the solution: of its last action that has something to say."""
    says = {spec.id: spec.says for spec in task.actions}
    parts = (
        says.get(each.do, "") for each in reversed(task.solution) if isinstance(each, ActionAct)
    )
    return next((part for part in parts if part), "")
