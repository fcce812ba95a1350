"""A story under way: who holds what, what was saved, what the terminals show.

:class:`Story` performs acts (calls, leaks, time) on a running lab. It knows nothing of
steps; :class:`simulator.scenario.play.Play` and the matrix are built on it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
from botocore.exceptions import ParamValidationError

from simulator.actors import Actor, CallResult, Keys
from simulator.scenario.placeholders import PlaceholderError, fill, fill_known
from simulator.scenario.schema import Scenario
from simulator.scenario.schema.acts import Act
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.states import TerminalLine
from simulator.scenario.story import performing
from simulator.scenario.story.commands import command_line, error_text, output_text, prepared
from simulator.scenario.story.crew import Crew
from simulator.scenario.story.deeds import OWN, Performed, StoryError, unexpected
from simulator.scenario.story.offering import offer
from simulator.scenario.story.recognise import Holdings
from simulator.scenario.story.world import Built, build_world
from simulator.trail import Record

if TYPE_CHECKING:
    from simulator.lab import Lab


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
        self.crew = Crew(self)
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
        self.crew.begin(self._built.names["instances"])
        offer(self.scenario, self._built.names, self.lab)
        if self.crew.case:
            self.crew.pass_until(self.crew.case.alarm)

    # -- what is ------------------------------------------------------------------------
    def names(self) -> Mapping[str, Any]:
        """Everything a placeholder may name, as of now."""
        now = self.lab.clock.now()
        mfa = {
            user: {**device, "Code": pyotp.TOTP(self._built.seeds[user]).at(now)}
            for user, device in self._built.names.get("mfa", {}).items()
        }
        trail = [_as_read(record) for record in self.records()]
        case = {"case": self.crew.case.facts()} if self.crew.case else {}
        always = {**self._built.names, "mfa": mfa, "now": now, "trail": trail, **case}
        return {**always, **self._saved}

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
        """Who holds which credentials; may be asked for from any thread."""
        # Copied first: a worker's act may put something there meanwhile.
        return Holdings(
            {
                actor: {name: keys.access_key_id for name, keys in held.copy().items()}
                for actor, held in self._held.copy().items()
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

    def keys_of(self, user: str) -> Keys:
        """The access key of a user of the world: ``alice``, ``elsewhere/mule``."""
        return self._built.keys[user]

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
        return self.call(act) if isinstance(act, CallAct) else performing.perform(self, act)

    def command(self, act: CallAct) -> str:
        """The AWS CLI command of a call, with what is known now filled in."""
        service, _, operation = act.call.partition(".")
        parameters = fill_known(act.parameters, self.names())
        return command_line(service, operation, prepared(service, operation, parameters))

    def call(self, act: CallAct, *, parameters: Mapping[str, Any] | None = None) -> Performed:
        """Make a call of the story.

        Args:
            act: the call.
            parameters: in place of some of the act's (an edited policy document).

        Raises:
            StoryError: a name nobody saved, or parameters botocore refuses.
        """
        self.wait(act.after if act.after is not None else self.scenario.pace)
        service, _, operation = act.call.partition(".")
        sent = {**self.filled(act.parameters), **(parameters or {})}
        sent = prepared(service, operation, sent)
        result = self._send(self.actor(act.actor, act.using), service, operation, sent)
        if act.save and result.ok:
            self._keep(act.save, act.actor, result.response or {})
        self.write(
            act.actor,
            command_line(service, operation, sent),
            output_text(service, operation, result),
            result.record,
        )
        return Performed(result, unexpected(act.expect, result, self.filled))

    def check(self, act: CallAct) -> Performed:
        """Make a call by the administrator that is no part of the story."""
        service, _, operation = act.call.partition(".")
        sent = prepared(service, operation, self.filled(act.parameters))
        admin = self.lab.administrator(self.lab.account_id)
        result = self._send(admin, service, operation, sent)
        self._backstage.add(result.record.sequence)
        if act.save and result.ok:
            self._saved[act.save] = result.response
        return Performed(result, unexpected(act.expect, result, self.filled))

    def adopt(
        self, name: str, record: Record, actor: str | None = None, to: str | None = None
    ) -> None:
        """Keep what a call from outside issued, as if a call of the story had saved it.

        Args:
            name: what it is kept as.
            record: the call.
            actor: who holds it from now on; ``None`` for whoever holds what signed the call.
            to: who is handed it as well.
        """
        issued = self.lab.world.find(record.issued_key) if record.issued_key else None
        if issued is None or self._own_issue.get(name) == issued.access_key_id:
            return
        keys: dict[str, Any] = {
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.secret_access_key,
        }
        holder = actor or record.actor
        if holder not in self._held:
            holder = self.holdings().holder(record.access_key_id) or holder
        if issued.session_token is None:  # CreateAccessKey's answer, else one of STS's
            key = {"UserName": issued.name, "Status": "Active", **keys}
            self._keep(name, holder, {"AccessKey": key})
        else:
            keys |= {"SessionToken": issued.session_token, "Expiration": issued.expires_at}
            user = {"Arn": issued.arn, "AssumedRoleId": issued.user_id}
            self._keep(name, holder, {"Credentials": keys, "AssumedRoleUser": user})
        if to is not None:
            self.give(to, name, self._held[holder][name])

    def overheard(self, record: Record) -> None:
        """Show a call from outside in the terminal of whoever's credentials signed it."""
        holder = record.actor
        if holder not in self._held:
            holder = self.holdings().holder(record.access_key_id) or record.actor
        output = ""
        if record.error_code:
            output = error_text(record.operation, record.error_code, record.error_message)
        command = command_line(record.service, record.operation, record.parameters)
        self.write(holder, command, output, record)

    def remark(self, actor: str, text: str) -> None:
        """Write a remark in an actor's terminal."""
        self.write(actor, f"# {text}", "", None)

    def held(self, actor: str) -> Mapping[str, Keys]:
        """Everything an actor holds, by name."""
        return dict(self._held.get(actor, {}))

    def hold(self, actor: str, name: str, keys: Keys) -> None:
        """Give an actor credentials under a name, and save them for placeholders."""
        self.give(actor, name, keys)
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

    def wait(self, delta: timedelta) -> None:
        """Let time pass before an act, unless time runs by itself."""
        if self.paced and delta and not self.crew.working:
            self.crew.pass_until(self.lab.clock.now() + delta)

    def claim(self, record: Record) -> None:
        """Count a record as a call the story made itself."""
        self._own.add(record.sequence)

    def save(self, name: str, value: Any) -> None:
        """Keep a value for placeholders."""
        self._saved[name] = value

    def give(self, actor: str, name: str, keys: Keys) -> None:
        """Give an actor credentials under a name, and nothing else."""
        self._held.setdefault(actor, {})[name] = keys

    def take(self, actor: str, name: str) -> None:
        """Take credentials from an actor, if they hold them."""
        self._held.get(actor, {}).pop(name, None)

    # -- inside -------------------------------------------------------------------------
    def _send(
        self, actor: Actor, service: str, operation: str, parameters: Mapping[str, Any]
    ) -> CallResult:
        try:
            result = actor.call(service, operation, parameters)
        except ParamValidationError as error:
            reason = " ".join(str(error).split())
            raise StoryError(f"{service}.{operation}: {reason}") from None
        self.claim(result.record)
        return result

    def _keep(self, name: str, actor: str, response: Mapping[str, Any]) -> None:
        self._saved[name] = response
        credentials = response.get("Credentials") or response.get("AccessKey")
        if isinstance(credentials, Mapping) and "SecretAccessKey" in credentials:
            keys = Keys.from_response(credentials)
            self._own_issue[name] = keys.access_key_id
            self._held.setdefault(actor, {})[name] = keys

    def write(self, actor: str, command: str, output: str, record: Record | None) -> None:
        """Add a line to an actor's terminal."""
        at = record.at if record else self.lab.clock.now()
        outcome = record.outcome if record else None
        line = TerminalLine(at, actor, command, output, outcome, record)
        with self._lock:
            self._lines.append(line)
        self._on_line(line)


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
