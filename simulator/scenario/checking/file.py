"""Check a scenario file as `stslab validate` does: everything wrong, each at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.scenario.checking.calls import Finding, Location, check_call, operation_model
from simulator.scenario.checking.case import check_case
from simulator.scenario.checking.goals import check_actions, check_goals
from simulator.scenario.checking.placeholders import check_placeholders
from simulator.scenario.checking.world import check_world, world_documents
from simulator.scenario.loading import Problem, ScenarioError, Source, load_source
from simulator.scenario.placeholders import BUILT_IN, first_name, near, placeholders
from simulator.scenario.schema import (
    ActorSpec,
    CheckStep,
    PredictStep,
    Scenario,
    SceneStep,
    TaskStep,
    kind_of,
)
from simulator.scenario.schema.acts import (
    ACTS,
    Act,
    ActionAct,
    LeakAct,
    RestartAct,
    actor_of,
    saving_part,
)
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    AssertionAct,
    EnvironmentAct,
    FetchAct,
    MetadataAct,
    PresignAct,
    Presigned,
    TokenAct,
)
from simulator.scenario.schema.patterns import Goal
from simulator.scenario.story.commands import document_parameter
from simulator.scenario.story.deeds import OWN
from simulator.scenario.varying import variants

AnyAct = Act | ActionAct
_SHOW_NOTHING = ("tell", "predict", "quiz", "check", "nothing")


def check_file(path: Path | str) -> tuple[Problem, ...]:
    """Every problem of a scenario file, in the order of its lines; empty: it is fine.

    A file that isn't YAML or doesn't fit the schema is reported for that alone. Problems of
    severity ``warning`` don't keep it from being played.
    """
    try:
        scenario, source = load_source(path)
    except ScenarioError as error:
        return error.problems
    return check(scenario, source)


def check(scenario: Scenario, source: Source) -> tuple[Problem, ...]:
    """The same for a scenario that is loaded already."""
    found = []
    for each in variants(scenario):
        found += [source.problem(_as_written(at, source), why) for at, why in _errors(each)]
        found += [
            source.problem(_as_written(at, source), why, "warning") for at, why in _warnings(each)
        ]
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda each: (each.line, each.column)))


def _errors(scenario: Scenario) -> Iterator[Finding]:
    yield from check_world(scenario)
    yield from _actors(scenario)
    yield from _step_names(scenario)
    if scenario.case:
        yield from _below(("case",), check_case(scenario, scenario.case))
    for at, act in acts_of(scenario):
        yield from _below(at, _act_names(act, scenario))
        if isinstance(act, CallAct):
            yield from _below(at, check_call(act))
        elif isinstance(act, PresignAct):
            signed = CallAct.model_validate(
                {"as": "x", "call": act.presign.call, "parameters": act.presign.parameters}
            )
            yield from _below((*at, "presign"), check_call(signed))
    yield from _Following(scenario).findings()
    yield from check_goals(scenario)
    yield from check_placeholders(scenario, _texts(_plain(scenario), ()))


def _warnings(scenario: Scenario) -> Iterator[Finding]:
    steps = scenario.steps
    if not any(isinstance(step, PredictStep) for step in steps):
        yield ("steps",), "there is no predict: let the learner commit before a surprising call"
    for index, step in enumerate(steps):
        at: Location = ("steps", index)
        if isinstance(step, TaskStep) and not step.hints:
            yield at, f"the task {step.task!r} has no hints"
        if isinstance(step, TaskStep) and not step.actions:
            yield at, f"the task {step.task!r} offers no actions: it can only be done from outside"
        if isinstance(step, TaskStep):
            for number, act in enumerate(step.solution):
                if not isinstance(act, ActionAct) and act not in _offered(step):
                    why = "no action of the task offers this: it cannot be done by keyboard"
                    yield (*at, "solution", number), why
        following = kind_of(steps[index + 1]) if index + 1 < len(steps) else "nothing"
        if isinstance(step, PredictStep) and following in _SHOW_NOTHING:
            yield at, f"what follows this predict ({following}) doesn't show the answer"
    for at, name in _dead(scenario):
        yield at, f"{name!r} is saved here and never used"
    for name in _idle(scenario):
        yield ("actors", name), f"{name!r} is an actor and does nothing"
    yield from check_actions(world_documents(scenario))
    yield from check_actions(_sent_documents(scenario))
    for number, url in enumerate(scenario.sources):
        if not url.startswith("https://"):
            yield ("sources", number), f"{url!r} is no https URL"
    if scenario.remedies and scenario.incident is None:
        yield ("remedies",), "there are remedies but no incident to try them on"
    if scenario.incident and not scenario.remedies:
        yield ("incident",), "there is an incident but no remedies"


def _offered(step: TaskStep) -> list[Act]:
    return [act for spec in step.actions for act in spec.does]


# -- every act of a scenario ----------------------------------------------------------------
def acts_of(scenario: Scenario) -> Iterator[tuple[Location, AnyAct]]:
    """Every act, wherever it stands, with its place in the file."""
    for index, step in enumerate(scenario.steps):
        at: Location = ("steps", index)
        if isinstance(step, ACTS):
            yield at, step
        elif isinstance(step, TaskStep):
            yield from _numbered((*at, "solution"), step.solution)
            for number, spec in enumerate(step.actions):
                yield from _numbered((*at, "actions", number, "does"), spec.does)
        elif isinstance(step, CheckStep):
            yield from _numbered((*at, "calls"), step.calls)
        elif isinstance(step, SceneStep):
            yield from _numbered((*at, "happens"), step.happens)
    for name, actor in scenario.actors.items():
        if actor.workload:
            yield from _numbered(("actors", name, "workload", "does"), actor.workload.does)
    if scenario.incident:
        for part in ("happens", "attacker", "legitimate", "fresh", "long_term"):
            yield from _numbered(("incident", part), getattr(scenario.incident, part))
    for number, remedy in enumerate(scenario.remedies):
        yield from _numbered(("remedies", number, "does"), remedy.does)


def _numbered(at: Location, acts: Any) -> Iterator[tuple[Location, AnyAct]]:
    for number, act in enumerate(acts):
        yield (*at, number), act


def _below(at: Location, findings: Iterator[Finding]) -> Iterator[Finding]:
    for place, message in findings:
        yield (*at, *place), message


# -- names ----------------------------------------------------------------------------------
def _actors(scenario: Scenario) -> Iterator[Finding]:
    users = dict(scenario.world.users)
    for account, world in scenario.world.accounts.items():
        users.update({f"{account}/{name}": user for name, user in world.users.items()})
    for name, actor in scenario.actors.items():
        if actor.workload:
            yield from _below(("actors", name, "workload"), _workload(name, actor, scenario))
        at: Location = ("actors", name, "signs_as")
        if actor.signs_as is None:
            continue
        if actor.signs_as not in users:
            yield at, f"the world has no user {actor.signs_as!r}" + near(actor.signs_as, users)
        elif (user := users[actor.signs_as]) and user.access_keys == 0:
            yield at, f"the user {actor.signs_as!r} has no access key"


def _workload(name: str, actor: ActorSpec, scenario: Scenario) -> Iterator[Finding]:
    workload = actor.workload
    assert workload is not None
    world = scenario.world
    if bool(workload.instance) == bool(workload.function):
        yield (), f"the workload {name!r} runs on an `instance` or is a `function`: name one"
    if workload.instance and workload.instance not in world.instances:
        text = f"the world has no instance {workload.instance!r}"
        yield ("instance",), text + near(workload.instance, world.instances)
    if workload.function and workload.function not in world.functions:
        text = f"the world has no function {workload.function!r}"
        yield ("function",), text + near(workload.function, world.functions)
    for number, act in enumerate(workload.does):
        if act.actor != name:
            yield ("does", number, "as"), f"the calls of {name!r} are made by {name!r} itself"


def _act_names(act: AnyAct, scenario: Scenario) -> Iterator[Finding]:
    if isinstance(act, CallAct | FetchAct) and act.actor not in (*scenario.actors, "admin"):
        yield ("as",), _unknown_actor(act.actor, scenario)
    inner = saving_part(act)
    if inner is not None and inner.actor not in scenario.actors:
        key = "for" if isinstance(act, TokenAct | AssertionAct) else "as"
        yield (_key_of(act), key), _unknown_actor(inner.actor, scenario)
    yield from _providers(act, scenario)
    if isinstance(act, LeakAct):
        for part, actor in (("from", act.leak.giver), ("to", act.leak.taker)):
            if actor not in scenario.actors:
                yield ("leak", part), _unknown_actor(actor, scenario)


def _providers(act: AnyAct, scenario: Scenario) -> Iterator[Finding]:
    world = scenario.world
    known: Mapping[str, Any] = {}
    what = "provider"
    if isinstance(act, TokenAct):
        name, known = act.token.provider, world.oidc_providers
    elif isinstance(act, AssertionAct):
        name, known = act.assertion.provider, world.saml_providers
        if act.assertion.role not in world.roles:
            text = f"the world has no role {act.assertion.role!r}"
            yield ("assertion", "role"), text + near(act.assertion.role, world.roles)
    elif isinstance(act, MetadataAct):
        name, known, what = act.metadata.instance, world.instances, "instance"
    elif isinstance(act, EnvironmentAct):
        name, known, what = act.environment.function, world.functions, "function"
    elif isinstance(act, RestartAct):
        workloads = {key: actor for key, actor in scenario.actors.items() if actor.workload}
        if act.restart not in workloads:
            text = f"there is no workload {act.restart!r}"
            yield ("restart",), text + near(act.restart, workloads)
        return
    else:
        return
    if name not in known:
        at = (_key_of(act), what)
        yield at, f"the world has no {what} {name!r}" + near(name, known)


def _key_of(act: AnyAct) -> str:
    return next(iter(type(act).model_fields))


def _unknown_actor(name: str, scenario: Scenario) -> str:
    return f"there is no actor {name!r}" + near(name, scenario.actors)


def _step_names(scenario: Scenario) -> Iterator[Finding]:
    ids: set[str] = set()
    for index, step in enumerate(scenario.steps):
        at: Location = ("steps", index)
        if step.id in ids:
            yield (*at, "id"), f"the id {step.id!r} comes twice"
        if step.id:
            ids.add(step.id)
        if isinstance(step, TaskStep):
            yield from _below(at, _task(step, scenario))
        if isinstance(step, CheckStep):
            for number, wanted in enumerate(step.trail):
                here = (*at, "trail", number)
                if wanted.since and wanted.since not in ids:
                    text = f"no step before this one has the id {wanted.since!r}"
                    yield (*here, "since"), text + near(wanted.since, list(ids))
                if wanted.actor and wanted.actor not in scenario.actors:
                    yield (*here, "as"), _unknown_actor(wanted.actor, scenario)
            if not step.trail and not step.calls:
                yield at, "this check checks nothing"


def _task(step: TaskStep, scenario: Scenario) -> Iterator[Finding]:
    if not step.solution and not step.defender:
        yield (), f"the task {step.task!r} has no solution"
    actions = [spec.id for spec in step.actions]
    keys = [spec.key for spec in step.actions if spec.key]
    for number, spec in enumerate(step.actions):
        if actions.count(spec.id) > 1:
            yield ("actions", number, "id"), f"the action {spec.id!r} comes twice"
        if spec.key and keys.count(spec.key) > 1:
            yield ("actions", number, "key"), f"the key {spec.key!r} is taken twice"
    for number, act in enumerate(step.solution):
        if isinstance(act, ActionAct) and act.do not in actions:
            text = f"the task has no action {act.do!r}"
            yield ("solution", number, "do"), text + near(act.do, actions)
    for number, goal in enumerate(step.goal):
        if goal.actor and goal.actor not in scenario.actors:
            yield ("goal", number, "as"), _unknown_actor(goal.actor, scenario)


# -- saved names ----------------------------------------------------------------------------
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
                    yield from _below(place, self._use(act))
                for number, goal in enumerate(step.goal):
                    yield from _below((*at, "goal", number), self._use(goal))
                yield from _below(at, self._holes(step, ("text", "hints")))
            elif isinstance(step, SceneStep):
                for number, act in enumerate(step.happens):
                    yield from _below((*at, "happens", number), self._use(act))
                    self._take(act)
                yield from _below(at, self._holes(step, ("text",)))
            else:
                yield from _below(at, self._use(step))
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
                yield from _below(place, self._use(act))
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
            yield at, f"{actor} holds no credentials {name!r} here" + near(name, list(held))

    def _holes(self, model: Any, names: Any) -> Iterator[Finding]:
        known = (*BUILT_IN, *self.saved)
        for name in names:
            value = getattr(model, name)
            alias = type(model).model_fields[name].alias or name
            for place, text in _texts(_plain(value), (alias,)):
                for expression in placeholders(text):
                    used = first_name(expression)
                    if used not in known:
                        why = f"{{{{ {expression} }}}}: nothing is called {used!r} here"
                        yield place, why + near(used, known)


def _dead(scenario: Scenario) -> Iterator[tuple[Location, str]]:
    """Names that are saved and never used."""
    used: set[str] = set()
    for _, text in _texts(scenario.model_dump(mode="json", by_alias=True), ()):
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
                places.setdefault(inner.save, (*at, _key_of(act), "save"))
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


def _sent_documents(scenario: Scenario) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    """The policy documents that calls carry."""
    for at, act in acts_of(scenario):
        if not isinstance(act, CallAct):
            continue
        service, _, operation = act.call.partition(".")
        if isinstance(operation_model(service, operation), str):
            continue  # an error already
        name = document_parameter(service, operation)
        if name and isinstance(act.parameters.get(name), Mapping):
            yield (*at, "parameters", name), act.parameters[name]


def _idle(scenario: Scenario) -> Iterator[str]:
    """Actors in whose name nothing ever happens."""
    told = " ".join(text for _, text in _texts([_plain(step) for step in scenario.steps], ()))
    busy = {name for name, actor in scenario.actors.items() if actor.workload or actor.name in told}
    for _, act in acts_of(scenario):
        busy.add(actor_of(act) or "")
        if isinstance(act, LeakAct):
            busy.add(act.leak.taker)
    for step in scenario.steps:
        if isinstance(step, TaskStep):
            busy.update(goal.actor or "" for goal in step.goal)
    if not scenario.case:
        yield from (name for name in scenario.actors if name not in busy)


# -- places ---------------------------------------------------------------------------------
def _plain(value: Any) -> Any:
    dump: Callable[..., Any] | None = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json", by_alias=True)
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _texts(value: Any, at: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield (*at, name), str(name)
            yield from _texts(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*at, index))


def _as_written(at: Location, source: Source) -> Location:
    """A place in the model as a place in the file.

    They differ where the file has a shorthand: a list of statements for a whole policy
    document, one statement instead of a list, ``expect: denied``.
    """
    value: Any = source.value
    written: list[str | int] = []
    for part in at:
        if part == "Statement" and isinstance(value, list):
            continue
        if isinstance(part, int) and isinstance(value, Mapping):
            continue
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
        written.append(part)
    return tuple(written)
