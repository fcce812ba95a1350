"""Check saved names: that they are there when they are used, and used at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.scenario.checking.acts import acts_of, key_of
from simulator.scenario.checking.findings import Finding, below, plain, texts
from simulator.scenario.nearest import near
from simulator.scenario.placeholders import BUILT_IN, first_name, placeholders
from simulator.scenario.schema import (
    CheckStep,
    Scenario,
    SceneStep,
    TaskStep,
)
from simulator.scenario.schema.acts import (
    LeakAct,
    saving_part,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    EnvironmentAct,
    MetadataAct,
    PresignAct,
    Presigned,
)
from simulator.scenario.schema.patterns import Goal
from simulator.scenario.story.deeds import OWN
from simulator.scenario.values import Location


def check_saved(scenario: Scenario) -> Iterator[Finding]:
    """Names used before anything is saved under them, and credentials nobody holds yet."""
    yield from _Following(scenario).findings()


def never_used(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    """Names that are saved and never used."""
    used: set[str] = set()
    for _, text in texts(scenario.model_dump(mode="json", by_alias=True), ()):
        used.update(first_name(expression) for expression in placeholders(text))
    places: dict[str, Location] = {}
    for at, act in acts_of(scenario):
        if isinstance(act, CallAct):
            used.update([act.using] if act.using else [])
            if act.save:
                places.setdefault(act.save, (*at, "save"))
        elif isinstance(act, LeakAct):
            used.add(act.leak.credentials)
        elif (inner := saving_part(act)) is not None:
            if isinstance(inner, Presigned) and inner.using:
                used.add(inner.using)
            if inner.save:
                places.setdefault(inner.save, (*at, key_of(act), "save"))
    for index, step in enumerate(scenario.steps):
        if isinstance(step, TaskStep):
            used.update(goal.using for goal in step.goal if goal.using)
            for number, goal in enumerate(step.goal):
                if goal.save:
                    places.setdefault(goal.save, ("steps", index, "goal", number, "save"))
        elif isinstance(step, CheckStep):
            used.update(wanted.using for wanted in step.trail if wanted.using)
    for name, at in places.items():
        if name not in used:
            yield at, name


@dataclass
class _Following:
    """Follows the story and knows at each place what has been saved, and who holds what."""

    scenario: Scenario
    saved: set[str] = field(default_factory=set)
    held: dict[str, set[str]] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        self._begin()
        for index, step in enumerate(self.scenario.steps):
            at: Location = ("steps", index)
            if isinstance(step, TaskStep):
                # Its actions come in any order, so what any of them saves may be there.
                inside = [(place, act) for place, act in acts_of(self.scenario) if place[:2] == at]
                for _, act in inside:
                    self._take(act)
                for goal in step.goal:
                    self._take(goal)
                for place, act in inside:
                    yield from below(place, self._use(act))
                for number, goal in enumerate(step.goal):
                    yield from below((*at, "goal", number), self._use(goal))
                yield from below(at, self._holes(step, ("text", "hints")))
            elif isinstance(step, SceneStep):
                for number, act in enumerate(step.happens):
                    yield from below((*at, "happens", number), self._use(act))
                    self._take(act)
                yield from below(at, self._holes(step, ("text",)))
            else:
                yield from below(at, self._use(step))
                self._take(step)
        yield from self._holes(self.scenario, ("debrief",))
        yield from self._matrix()

    def _begin(self) -> None:
        self.saved = set()
        self.held = {
            name: {OWN} if actor.signs_as or actor.workload else set()
            for name, actor in self.scenario.actors.items()
        }

    def _matrix(self) -> Iterator[Finding]:
        if not self.scenario.incident:
            return
        self._begin()
        for place, act in acts_of(self.scenario):
            if place[0] in ("incident", "remedies"):
                yield from below(place, self._use(act))
                self._take(act)

    def _take(self, act: Any) -> None:
        if isinstance(act, CallAct | Goal) and act.save:
            self.saved.add(act.save)
            for actor in [act.actor] if act.actor else list(self.held):
                self.held.setdefault(actor, set()).add(act.save)
        elif (inner := saving_part(act)) is not None and inner.save:
            self.saved.add(inner.save)
            if isinstance(act, MetadataAct | EnvironmentAct):
                self.held.setdefault(inner.actor, set()).add(inner.save)
        elif isinstance(act, LeakAct):
            name = act.leak.credentials
            given = act.leak.giver if name == OWN else name
            self.held.setdefault(act.leak.taker, set()).add(given)

    def _use(self, act: Any) -> Iterator[Finding]:
        if isinstance(act, CallAct | Goal) and act.using:
            holder = act.actor or next(iter(self.held), "")
            yield from self._holds(holder, act.using, ("using",))
        if isinstance(act, LeakAct):
            path = act.leak
            yield from self._holds(path.giver, path.credentials, ("leak", "credentials"))
        if isinstance(act, PresignAct) and act.presign.using:
            holder = act.presign.actor
            yield from self._holds(holder, act.presign.using, ("presign", "using"))
        names = [name for name in type(act).model_fields if name not in ("actions", "solution")]
        yield from self._holes(act, names)

    def _holds(self, actor: str, name: str, at: Location) -> Iterator[Finding]:
        held = self.held.get(actor, set())
        if actor in self.scenario.actors and name not in held:
            yield at, f"{actor} holds no credentials {name!r} here" + near(name, held)

    def _holes(self, model: Any, names: Any) -> Iterator[Finding]:
        known = (*BUILT_IN, *self.saved)
        for name in names:
            value = getattr(model, name)
            alias = type(model).model_fields[name].alias or name
            for place, text in texts(plain(value), (alias,)):
                for expression in placeholders(text):
                    used = first_name(expression)
                    if used not in known:
                        why = f"{{{{ {expression} }}}}: nothing is called {used!r} here"
                        yield place, why + near(used, known)
