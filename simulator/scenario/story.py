"""A story under way: who holds what, what was saved, what the terminals show.

:class:`Story` performs acts (calls, leaks, time) on a running lab. It knows nothing of
steps; :class:`simulator.scenario.play.Play` and the matrix are built on it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyotp
from botocore.exceptions import ParamValidationError

from simulator.actors import Actor, CallResult, Keys
from simulator.backend import machines
from simulator.scenario.acts import (
    Act,
    ActionAct,
    AdvanceAct,
    AssertionAct,
    CallAct,
    EnvironmentAct,
    Expectation,
    FetchAct,
    LeakAct,
    MetadataAct,
    PresignAct,
    RestartAct,
    TokenAct,
    Until,
)
from simulator.scenario.commands import command_line, error_text, output_text, prepared
from simulator.scenario.outside import (
    OutsideError,
    presign,
    read_environment,
    read_metadata,
    sign_assertion,
    sign_token,
)
from simulator.scenario.placeholders import PlaceholderError, fill
from simulator.scenario.recognise import Holdings, contains, like
from simulator.scenario.schema import Scenario
from simulator.scenario.states import TerminalLine
from simulator.scenario.values import spell_duration
from simulator.scenario.workers import Client, FunctionClient, InstanceClient, Worker
from simulator.scenario.world import Built, build_world
from simulator.trail import Record

if TYPE_CHECKING:
    from simulator.lab import Lab

OWN = "own"
"""The name under which an actor holds the key they came with."""


class StoryError(Exception):
    """The scenario asks for something impossible: a name nobody saved, wrong parameters."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act came to.

    Attributes:
        result: a call's result; ``None`` for leaks and time.
        failure: why it isn't what the scenario expects, one line; ``""`` when it is.
    """

    result: CallResult | None = None
    failure: str = ""


class Story:
    """One telling of a scenario on a running lab.

    Args:
        scenario: what to tell.
        lab: started; its world is replaced by :meth:`begin`.
        paced: let `scenario.pace` go by before each call (not when time runs by itself).
        on_line: told of each new terminal line.
    """

    def __init__(
        self,
        scenario: Scenario,
        lab: Lab,
        *,
        paced: bool = True,
        on_line: Callable[[TerminalLine], None] = lambda line: None,
    ) -> None:
        self.scenario = scenario
        self.lab = lab
        self.paced = paced
        self.first_sequence = 0
        self._on_line = on_line
        self._built = Built()
        self._saved: dict[str, Any] = {}
        self._held: dict[str, dict[str, Keys]] = {}
        self._own_issue: dict[str, str] = {}
        self._actors: dict[tuple[str, str | None], Actor] = {}
        self._lines: list[TerminalLine] = []
        self._backstage: set[int] = set()
        self._own: set[int] = set()
        self._workers: list[Worker] = []
        self._rounds = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Build the world and give each actor their own key.

        Raises:
            WorldError: the world cannot be built.
        """
        self._built = build_world(self.scenario.world, self.lab)
        self._saved.clear()
        self._actors.clear()
        self._lines.clear()
        self._backstage.clear()
        self._own.clear()
        self._held = {
            name: {OWN: self._built.keys[spec.signs_as]} if spec.signs_as else {}
            for name, spec in self.scenario.actors.items()
        }
        self.first_sequence = self.lab.trail.next_sequence
        self._rounds = 0
        self._workers = self._hire()
        for worker in self._workers:
            self._refresh(worker)

    # -- what is ------------------------------------------------------------------------
    def names(self) -> Mapping[str, Any]:
        """Everything a placeholder may name, as of now."""
        now = self.lab.clock.now()
        mfa = {
            user: {**device, "Code": pyotp.TOTP(self._built.seeds[user]).at(now)}
            for user, device in self._built.names.get("mfa", {}).items()
        }
        trail = [_as_read(record) for record in self.records()]
        return {**self._built.names, "mfa": mfa, "now": now, "trail": trail, **self._saved}

    def filled(self, value: Any) -> Any:
        """A value with its placeholders filled in.

        Raises:
            StoryError: one of them names nothing.
        """
        try:
            return fill(value, self.names())
        except PlaceholderError as error:
            raise StoryError(str(error)) from None

    def holdings(self) -> Holdings:
        """Who holds which credentials."""
        return Holdings(
            {
                actor: {name: keys.access_key_id for name, keys in held.items()}
                for actor, held in self._held.items()
            }
        )

    def keys(self, actor: str, name: str | None = None) -> Keys | None:
        """The three values an actor holds under a name; their own key without one.

        Raises:
            StoryError: the actor holds nothing of that name.
        """
        held = self._held.get(actor, {})
        if name is None:
            return held.get(OWN)
        if name not in held:
            raise StoryError(f"{actor} holds no credentials called {name!r}")
        return held[name]

    def records(self) -> tuple[Record, ...]:
        """The calls of the story: not the world's building, not the checks'."""
        return tuple(
            record
            for record in self.lab.trail.records(self.first_sequence - 1)
            if record.sequence not in self._backstage
        )

    def lines(self, actor: str | None = None) -> tuple[TerminalLine, ...]:
        """Terminal lines, of one actor or all."""
        with self._lock:
            return tuple(line for line in self._lines if actor in (None, line.actor))

    def actor(self, name: str, using: str | None = None) -> Actor:
        """The actor's boto3 side, signing with credentials they hold.

        Raises:
            StoryError: they hold nothing of that name.
        """
        keys = self.keys(name, using)
        at = (name, keys.access_key_id if keys else None)
        if at not in self._actors:
            spec = self.scenario.actors[name]
            self._actors[at] = self.lab.actor(
                name, keys=keys, source_ip=spec.source_ip, user_agent=spec.user_agent
            )
        return self._actors[at]

    # -- what happens -------------------------------------------------------------------
    def perform(self, act: Act) -> Performed:
        """Perform one act.

        Raises:
            StoryError: the scenario asks for something impossible.
        """
        performers: dict[type, Callable[[Any], Performed]] = {
            CallAct: self.call,
            LeakAct: self._leak,
            AdvanceAct: self._advance,
            TokenAct: self._sign,
            AssertionAct: self._sign,
            PresignAct: self._presign,
            FetchAct: self._fetch,
            MetadataAct: self._metadata,
            EnvironmentAct: self._environment,
            RestartAct: self._restart,
        }
        return next(do(act) for kind, do in performers.items() if isinstance(act, kind))

    def command(self, act: CallAct) -> str:
        """The AWS CLI command of a call, with what is known now filled in."""
        service, _, operation = act.call.partition(".")
        try:
            parameters = fill(act.parameters, self.names())
        except PlaceholderError:
            parameters = act.parameters
        return command_line(service, operation, prepared(service, operation, parameters))

    def call(self, act: CallAct, *, parameters: Mapping[str, Any] | None = None) -> Performed:
        """Make a call of the story.

        Args:
            act: the call.
            parameters: in place of some of the act's (an edited policy document).

        Raises:
            StoryError: a name nobody saved, or parameters botocore refuses.
        """
        self._wait(act.after if act.after is not None else self.scenario.pace)
        service, _, operation = act.call.partition(".")
        sent = {**self.filled(act.parameters), **(parameters or {})}
        sent = prepared(service, operation, sent)
        result = self._send(self.actor(act.actor, act.using), service, operation, sent)
        if act.save and result.ok:
            self._keep(act.save, act.actor, result.response or {})
        self._write(
            act.actor,
            command_line(service, operation, sent),
            output_text(service, operation, result),
            result.record,
        )
        return Performed(result, self._unexpected(act.expect, result))

    def check(self, act: CallAct) -> Performed:
        """Make a call by the administrator that is no part of the story."""
        service, _, operation = act.call.partition(".")
        sent = prepared(service, operation, self.filled(act.parameters))
        admin = self.lab.administrator(self.lab.account_id)
        result = self._send(admin, service, operation, sent)
        self._backstage.add(result.record.sequence)
        if act.save and result.ok:
            self._saved[act.save] = result.response
        return Performed(result, self._unexpected(act.expect, result))

    def adopt(self, name: str, record: Record) -> None:
        """Keep what a call from outside issued, as if a call of the story had saved it."""
        issued = self.lab.ledger.find(record.issued_key) if record.issued_key else None
        if issued is None or self._own_issue.get(name) == issued.access_key_id:
            return
        credentials = {
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": issued.expires_at,
        }
        holder = record.actor
        if holder not in self._held:
            holder = self.holdings().holder(record.access_key_id) or holder
        user = {"Arn": issued.arn, "AssumedRoleId": issued.user_id}
        self._keep(name, holder, {"Credentials": credentials, "AssumedRoleUser": user})

    def overheard(self, record: Record) -> None:
        """Show a call from outside in the terminal of whoever's credentials signed it."""
        holder = record.actor
        if holder not in self._held:
            holder = self.holdings().holder(record.access_key_id) or record.actor
        output = ""
        if record.error_code:
            output = error_text(record.operation, record.error_code, record.error_message)
        command = command_line(record.service, record.operation, record.parameters)
        self._write(holder, command, output, record)

    def remark(self, actor: str, text: str) -> None:
        """Write a remark in an actor's terminal."""
        self._write(actor, f"# {text}", "", None)

    def held(self, actor: str) -> Mapping[str, Keys]:
        """Everything an actor holds, by name."""
        return dict(self._held.get(actor, {}))

    def hold(self, actor: str, name: str, keys: Keys) -> None:
        """Give an actor credentials under a name, and save them for placeholders."""
        self._held.setdefault(actor, {})[name] = keys
        self._saved[name] = {
            "Credentials": {
                "AccessKeyId": keys.access_key_id,
                "SecretAccessKey": keys.secret_access_key,
                "SessionToken": keys.session_token,
                "Expiration": keys.expiration,
            }
        }

    def hide(self, record: Record) -> None:
        """Count a record as no part of the story."""
        self._backstage.add(record.sequence)

    def made(self, record: Record) -> bool:
        """Whether the story made this call itself."""
        return record.sequence in self._own

    def _wait(self, delta: timedelta) -> None:
        if self.paced and delta and not self._rounds:
            self._pass_until(self.lab.clock.now() + delta)

    def _pass_until(self, at: datetime) -> None:
        """Move lab time on; workloads work on the way, each when its time comes."""
        while True:
            due = min(self._workers, key=lambda each: each.next_at, default=None)
            if due is None or due.next_at > at:
                break
            if due.next_at > self.lab.clock.now():
                self.lab.clock.move_to(due.next_at)
            due.turn()
            self._round(due)
        if at > self.lab.clock.now():
            self.lab.clock.move_to(at)

    def work(self) -> None:
        """Have the workloads do what is due: time was moved by somebody else's hand."""
        now = self.lab.clock.now()
        for worker in self._workers:
            if worker.next_at <= now:
                worker.late(now)
                self._round(worker)

    @property
    def work_due(self) -> bool:
        """Whether a workload's time has come."""
        now = self.lab.clock.now()
        return not self._rounds and any(each.next_at <= now for each in self._workers)

    def _round(self, worker: Worker) -> None:
        """One round of a workload's calls, with the credentials it has now."""
        if not worker.running():
            worker.client.forget()
            self._held[worker.name] = {}
            return
        self._refresh(worker)
        self._rounds += 1
        try:
            for act in worker.workload.does:
                self.call(act)
        finally:
            self._rounds -= 1

    def _refresh(self, worker: Worker) -> None:
        keys = worker.client.keys()
        held = self._held[worker.name]
        if keys is None:
            held.pop(OWN, None)
        elif held.get(OWN, keys).access_key_id != keys.access_key_id or OWN not in held:
            held[OWN] = keys

    def _hire(self) -> list[Worker]:
        """The workloads of the scenario, each with its credentials."""
        now = self.lab.clock.now()
        workers = []
        for name, spec in self.scenario.actors.items():
            if spec.workload is None:
                continue
            workload = spec.workload
            refreshing = workload.client == "refreshing"
            client: Client
            running: Callable[[], bool] = lambda: True  # noqa: E731
            if workload.instance:
                instance_id = self._built.names["instances"][workload.instance]["InstanceId"]
                url = self.lab.imds.url_of(instance_id)
                client = InstanceClient(url, refreshing=refreshing)
                running = _running(instance_id)
            else:
                client = FunctionClient(self.lab, str(workload.function), refreshing=refreshing)
            workers.append(Worker(name, workload, client, running, now))
        return workers

    # -- inside -------------------------------------------------------------------------
    def _send(
        self, actor: Actor, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> CallResult:
        try:
            result = actor.call(service, operation, parameters)
        except ParamValidationError as error:
            reason = " ".join(str(error).split())
            raise StoryError(f"{service}.{operation}: {reason}") from None
        self._own.add(result.record.sequence)
        return result

    def _keep(self, name: str, actor: str, response: Mapping[str, Any]) -> None:
        self._saved[name] = response
        credentials = response.get("Credentials") or response.get("AccessKey")
        if isinstance(credentials, Mapping) and "SecretAccessKey" in credentials:
            keys = Keys.from_response(credentials)
            self._own_issue[name] = keys.access_key_id
            self._held.setdefault(actor, {})[name] = keys

    def _leak(self, act: LeakAct) -> Performed:
        path = act.leak
        self._wait(path.after)
        keys = self.keys(path.giver, path.credentials)
        if keys is None:
            raise StoryError(f"{path.giver} has nothing that could leak")
        if path.without_token:
            keys = replace(keys, session_token=None)
        name = path.credentials if path.credentials != OWN else path.giver
        self._held[path.taker][name] = keys
        who = {name: spec.name for name, spec in self.scenario.actors.items()}
        how = f" ({path.how})" if path.how else ""
        label = "access key" if keys.session_token is None else "three values"
        if path.without_token:
            label = "access key id and secret, without the session token"
        self._write(path.giver, f"# leaked to {who[path.taker]}: the {label}{how}", "", None)
        self._write(path.taker, f"# now holds the {label} of {who[path.giver]}{how}", "", None)
        return Performed()

    def _sign(self, act: TokenAct | AssertionAct) -> Performed:
        asked = act.token if isinstance(act, TokenAct) else act.assertion
        try:
            sign = sign_token(self, act) if isinstance(act, TokenAct) else sign_assertion(self, act)
        except OutsideError as error:
            raise StoryError(str(error)) from None
        remark, self._saved[asked.save] = sign
        self.remark(asked.actor, remark)
        return Performed()

    def _presign(self, act: PresignAct) -> Performed:
        try:
            command, url = presign(self, act)
        except OutsideError as error:
            raise StoryError(str(error)) from None
        self._saved[act.presign.save] = url
        self._write(act.presign.actor, command, url, None)
        return Performed()

    def _metadata(self, act: MetadataAct) -> Performed:
        asked = act.metadata
        try:
            command, output, status, keys = read_metadata(self, act)
        except OutsideError as error:
            raise StoryError(str(error)) from None
        if keys and asked.save:
            self.hold(asked.actor, asked.save, keys)
        self._write(asked.actor, command, output, None)
        expected = f"expected {asked.status} from IMDS, was {status}"
        return Performed(failure="" if status == asked.status else expected)

    def _environment(self, act: EnvironmentAct) -> Performed:
        asked = act.environment
        try:
            command, output, keys = read_environment(self, act)
        except OutsideError as error:
            raise StoryError(str(error)) from None
        self.hold(asked.actor, asked.save, keys)
        self._write(asked.actor, command, output, None)
        return Performed()

    def _restart(self, act: RestartAct) -> Performed:
        worker = next((each for each in self._workers if each.name == act.restart), None)
        if worker is None:
            raise StoryError(f"{act.restart!r} is no workload")
        worker.client.forget()
        self._held[act.restart] = {}
        self.remark(act.restart, "restarted")
        return Performed()

    def _fetch(self, act: FetchAct) -> Performed:
        self._wait(act.after if act.after is not None else self.scenario.pace)
        url = str(self.filled(act.fetch))
        try:
            result = self.actor(act.actor).fetch(url)
        except ValueError as error:
            raise StoryError(str(error)) from None
        self._own.add(result.record.sequence)
        body = (result.response or {}).get("Body", b"").decode("utf-8", "replace")
        output = body.rstrip("\n") if result.ok else f"{result.error_code}: {result.error_message}"
        self._write(act.actor, f"curl '{url}'", output, result.record)
        return Performed(result, self._unexpected(act.expect, result))

    def _advance(self, act: AdvanceAct) -> Performed:
        clock = self.lab.clock
        if isinstance(act.advance, timedelta):
            self._pass_until(clock.now() + act.advance)
            return Performed()
        until: Until = act.advance
        target = self.filled(until.to)
        try:
            at = datetime.fromisoformat(str(target)) + until.plus
        except ValueError:
            raise StoryError(f"{target!r} is no moment to advance to") from None
        self._pass_until(at)
        return Performed()

    def _write(self, actor: str, command: str, output: str, record: Record | None) -> None:
        at = record.at if record else self.lab.clock.now()
        outcome = record.outcome if record else None
        line = TerminalLine(at, actor, command, output, outcome, record)
        with self._lock:
            self._lines.append(line)
        self._on_line(line)

    def _unexpected(self, expected: Expectation | None, result: CallResult) -> str:
        if expected is None:
            return ""
        record = result.record
        if expected.outcome and record.outcome != expected.outcome:
            return f"expected {expected.outcome}, was {record.outcome}: {record.why}"
        if expected.outcome == "allowed" and not expected.error_code and result.error_code:
            return f"expected success, was {result.error_code}: {result.error_message}"
        if expected.error_code and not like(expected.error_code, result.error_code or ""):
            return f"expected {expected.error_code}, was {result.error_code or 'success'}"
        message = str(self.filled(expected.message or "*"))
        if not like(message, result.error_message or ""):
            return f"expected the text {message!r}, was {result.error_message!r}"
        return self._missing(expected.returns, result)

    def _missing(self, returns: Mapping[str, Any], result: CallResult) -> str:
        import jmespath

        for path, wanted in returns.items():
            found = jmespath.search(path, result.response or {})
            wanted = self.filled(wanted)
            if not (contains(found, wanted) if wanted is not None else found is None):
                return f"expected {path} to be {wanted!r}, was {found!r}"
        return ""


def _as_read(record: Record) -> dict[str, Any]:
    """A record as an investigator reads it: who it was in truth is not in there."""
    return {
        "at": record.at,
        "action": record.action,
        "operation": record.operation,
        "resource": record.resource,
        "outcome": record.outcome,
        "error_code": record.error_code,
        "principal": record.principal_arn,
        "user": (record.principal_arn or "").rpartition("/")[2],
        "access_key_id": record.access_key_id,
        "issued_key": record.issued_key,
        "source_ip": record.source_ip,
        "user_agent": record.user_agent,
        "parameters": record.parameters,
    }


def _running(instance_id: str) -> Callable[[], bool]:
    def running() -> bool:
        view = machines.instance(instance_id)
        return view is not None and view.running

    return running


def describe(act: Act | ActionAct, story: Story) -> str:
    """An act as one line: the command, the leak, or the time that passes."""
    if isinstance(act, CallAct):
        return story.command(act)
    if isinstance(act, LeakAct):
        return f"# {act.leak.credentials}: {act.leak.giver} → {act.leak.taker}"
    if isinstance(act, AdvanceAct):
        by = act.advance
        return f"# {spell_duration(by)} later" if isinstance(by, timedelta) else "# later"
    if isinstance(act, TokenAct):
        return f"# a token of {act.token.provider} for {act.token.subject}"
    if isinstance(act, AssertionAct):
        return f"# an assertion of {act.assertion.provider} for {act.assertion.subject}"
    if isinstance(act, MetadataAct):
        return f"curl http://169.254.169.254/…  # on {act.metadata.instance}"
    if isinstance(act, EnvironmentAct):
        return f"env | grep ^AWS_  # in {act.environment.function}"
    if isinstance(act, RestartAct):
        return f"# restart {act.restart}"
    if isinstance(act, PresignAct):
        return f"# a presigned URL for {act.presign.call}"
    return "curl <the URL>" if isinstance(act, FetchAct) else act.do
