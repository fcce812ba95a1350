"""The capstone: a case made from a seed, worked by the clock, and scored.

The same seed makes the same case. Nothing here is read by the scripted defender
(`simulator.scenario.case.defender`), who has the trail and nothing else.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.actors import Keys
from simulator.backend import machines
from simulator.scenario.case.cast import Honest, Member, Thief
from simulator.scenario.schema.case import Case
from simulator.scenario.states import Score
from simulator.workloads import WorkloadError, instance_session

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story

REPORT = "kibble-security/report.txt"
"""Bucket and key of the report: whoever puts it there closes the case."""

FREE_MINUTES = 15
"""Lab minutes that cost nothing: somebody has to read the trail."""

POINTS = 100
"""The most a case can bring."""

COSTS = {"attacker_calls": 2, "broken": 1, "footholds": 15, "minutes": 1}
"""Points off for each."""


@dataclass(frozen=True, slots=True)
class CaseScore:
    """How a case was handled; every number is counted from calls.

    Attributes:
        attacker_calls: calls of the thief's that succeeded after the alarm.
        broken: honest calls that broke after it, the workloads' too.
        footholds: ways in that still worked when the case was closed; each was tried.
        idle: honest people and programs that couldn't work when it was closed.
        minutes: lab minutes from the alarm to the closing.
        points: of `POINTS`.
    """

    attacker_calls: int
    broken: int
    footholds: int
    idle: int
    minutes: int
    points: int


class CaseRun:
    """One case under way.

    Args:
        story: in which it happens; its world is built.
        case: what is in it, with the seed.

    Attributes:
        alarm: lab time at which the defenders are called.
        score: how it was handled, once :meth:`close` has been called.
    """

    def __init__(self, story: Story, case: Case) -> None:
        self.story = story
        self.case = case
        began = story.lab.clock.now()
        self.alarm = began + case.history
        self.score: CaseScore | None = None
        self._honest = [
            Honest(story, self._chance(name), name, routine)
            for name, routine in case.honest.items()
        ]
        self._others = [
            Honest(story, self._chance(name), name, routine) for name, routine in case.noise.items()
        ]
        share = self._chance("theft").uniform(0.75, 0.85)
        self._thief = Thief(
            story, self._chance("thief"), case, self._stolen, began + case.history * share
        )

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody who acts by the clock."""
        return (*self._honest, *self._others, self._thief)

    def facts(self) -> dict[str, Any]:
        """What the scenario's text may show as ``{{ case.… }}``; the answer isn't in it."""
        score = asdict(self.score) if self.score else {}
        return {"seed": self.case.seed, "alarm": self.alarm, **score}

    def added_to(self, score: Score) -> Score:
        """The scenario's score with the case's own hundred points."""
        points = self.score.points if self.score else 0
        return replace(score, points=score.points + points, out_of=score.out_of + POINTS)

    def close(self) -> str:
        """Close the case and score it; why it isn't over, one line, or nothing.

        Every way in that the thief ever had is tried once more, and everybody honest works.
        """
        now = self.story.lab.clock.now()
        attacker = self._since_alarm(self._thief.results, works=True)
        broken = sum(self._since_alarm(each.results, works=False) for each in self._honest)
        broken += self._workloads_broken()
        footholds = sum(self._thief.use(way) for way in self._thief.ways)
        idle = sum(not each.try_work() for each in self._honest) + self._workloads_idle()
        minutes = round((now - self.alarm) / timedelta(minutes=1))
        spent = {
            "attacker_calls": attacker,
            "broken": broken,
            "footholds": footholds + idle,
            "minutes": max(0, minutes - FREE_MINUTES),
        }
        points = POINTS - sum(COSTS[name] * count for name, count in spent.items())
        self.score = CaseScore(attacker, broken, footholds, idle, minutes, max(0, points))
        left = [f"{footholds} of the thief's ways in still work"] if footholds else []
        left += [f"{idle} honest people or programs cannot work"] if idle else []
        return "; ".join(left)

    # -- inside -------------------------------------------------------------------------
    def _chance(self, of: str) -> random.Random:
        return random.Random(f"{self.case.seed} {of}")

    def _stolen(self) -> Keys | None:
        """The victim's credentials, as they leave: a person's session, or IMDSv1's answer."""
        for each in self._honest:
            if each.name == self.case.victim and each.enter_anew():
                return each.keys
        workload = self.story.scenario.actors[self.case.victim].workload
        if workload is None or workload.instance is None:
            return None
        instance = self.story.names()["instances"][workload.instance]["InstanceId"]
        with self.story.lab.clock.hold():
            view = machines.instance(instance)
        if view is None or view.token_required:
            return None
        try:
            return instance_session(self.story.lab, instance, "1.0")
        except WorkloadError:
            return None

    def _since_alarm(self, results: list[tuple[datetime, bool]], *, works: bool) -> int:
        return sum(at > self.alarm and ok is works for at, ok in results)

    def _workloads(self) -> tuple[str, ...]:
        return tuple(name for name, spec in self.story.scenario.actors.items() if spec.workload)

    def _workloads_broken(self) -> int:
        names = self._workloads()
        return sum(
            record.actor in names and record.at > self.alarm and record.error_code is not None
            for record in self.story.records()
        )

    def _workloads_idle(self) -> int:
        last = {record.actor: record.error_code for record in self.story.records()}
        return sum(last.get(name) is not None for name in self._workloads())
