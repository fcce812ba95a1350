"""Who acts in a case by the clock: honest people at work, and the thief."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.actors import Actor, CallResult, Keys
from simulator.scenario.schema.case import Case, CaseCall, Routine
from simulator.scenario.story.commands import prepared
from simulator.scenario.story.deeds import OWN

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story

SESSION = "session"
"""The name under which an honest actor holds the session they work with."""

_RENEWED_BEFORE = timedelta(minutes=2)


class Member:
    """Somebody who works by the story's clock; the crew asks for `next_at`, `turn`, `work`.

    Args:
        story: in which they act.
        chance: their own, so that one member's luck doesn't change another's.
        every: about how long between two rounds.
    """

    def __init__(self, story: Story, chance: random.Random, every: timedelta) -> None:
        self.story = story
        self.chance = chance
        self.every = every
        self._actors: dict[tuple[str, str], Actor] = {}
        self.next_at = story.lab.clock.now() + every * chance.random()

    def turn(self) -> None:
        """The round due is over; the next is due after about one period."""
        self.next_at += self.every * self.chance.uniform(0.7, 1.3)

    def late(self, now: datetime) -> None:
        """Rounds that were missed are not made up for."""
        while self.next_at <= now:
            self.turn()

    def work(self) -> None:
        """One round."""
        raise NotImplementedError

    def send(
        self, name: str, keys: Keys | None, call: CaseCall, ip: str, agent: str | None
    ) -> CallResult:
        """One real call, as part of the story, in nobody's terminal."""
        service, _, operation = call.call.partition(".")
        parameters = prepared(service, operation, self.story.filled(call.parameters))
        at = (keys.access_key_id if keys else "", ip)
        if at not in self._actors:
            self._actors[at] = self.story.lab.actor(name, keys=keys, source_ip=ip, user_agent=agent)
        result = self._actors[at].call(service, operation, parameters)
        self.story.claim(result.record)
        return result

    def assume(
        self, name: str, keys: Keys | None, role: str, session: str, ip: str, agent: str | None
    ) -> tuple[CallResult, Keys | None]:
        """Assume a role of the world's own account."""
        arn = f"arn:aws:iam::{self.story.lab.account_id}:role/{role}"
        parameters = {"RoleArn": arn, "RoleSessionName": session}
        asked = CaseCall(call="sts.AssumeRole", parameters=parameters)
        result = self.send(name, keys, asked, ip, agent)
        issued = Keys.from_response(result.response["Credentials"]) if result.response else None
        return result, issued


class Honest(Member):
    """One honest actor: assumes the role, works, and assumes it again when denied.

    Attributes:
        results: what the work came to, with lab time; odd calls don't count.
    """

    def __init__(self, story: Story, chance: random.Random, name: str, routine: Routine) -> None:
        super().__init__(story, chance, routine.every)
        self.name = name
        self.routine = routine
        self.spec = story.scenario.actors[name]
        self.results: list[tuple[datetime, bool]] = []
        self._once = list(routine.once)
        self._ip = self.spec.source_ip

    @property
    def keys(self) -> Keys | None:
        """What they work with now."""
        return self.story.held(self.name).get(SESSION if self.routine.role else OWN)

    def work(self) -> None:
        """A piece of work; with a new session if the old one is over or no longer does."""
        self._ip = self.chance.choice([self.spec.source_ip] * 3 + self.routine.addresses)
        if self.chance.random() < 0.2 and self.routine.odd and self._enter():
            self._send(self.chance.choice(self.routine.odd))
        if self._once and self.chance.random() < 0.3 and self._enter():
            self._send(self._once.pop(0))
        self.try_work()

    def try_work(self) -> bool:
        """One call that ought to succeed; whether it did, at the second try at the latest."""
        if not self._enter():
            return False
        call = self.chance.choice(self.routine.does)
        if self._counted(self._send(call)):
            return True
        return (
            self.routine.role is not None and self.enter_anew() and self._counted(self._send(call))
        )

    def _enter(self) -> bool:
        """Have a session that hasn't ended, if they work with one."""
        if self.routine.role is None:
            return True
        keys = self.keys
        ends = keys.expiration if keys else None
        if ends and self.story.lab.clock.now() < ends - _RENEWED_BEFORE:
            return True
        return self.enter_anew()

    def enter_anew(self) -> bool:
        """Assume the role again; whether it worked."""
        result, keys = self.assume(
            self.name,
            self.story.held(self.name).get(OWN),
            str(self.routine.role),
            self.name,
            self._ip,
            self.spec.user_agent,
        )
        if keys:
            self.story.give(self.name, SESSION, keys)
        return self._counted(result)

    def _send(self, call: CaseCall) -> CallResult:
        return self.send(self.name, self.keys, call, self._ip, self.spec.user_agent)

    def _counted(self, result: CallResult) -> bool:
        self.results.append((result.record.at, result.ok))
        return result.ok


@dataclass
class Way:
    """One way in that the thief has.

    Attributes:
        loot: what is read through it.
        keys: what signs, as long as it works.
        renew: how to get new keys; ``None``: they are all there is.
    """

    loot: CaseCall
    keys: Keys | None
    renew: Callable[[], Keys | None] | None = None


class Thief(Member):
    """The thief. Has no name in the trail but the one on the credentials in use.

    Args:
        steal: gives the victim's credentials; called once.
        at: lab time of the theft.

    Attributes:
        results: every call but `GetCallerIdentity`, with lab time.
    """

    def __init__(
        self,
        story: Story,
        chance: random.Random,
        case: Case,
        steal: Callable[[], Keys | None],
        at: datetime,
    ) -> None:
        super().__init__(story, chance, timedelta(minutes=2))
        self.next_at = at
        self.case = case
        self.results: list[tuple[datetime, bool]] = []
        self.ways: list[Way] = []
        self._steal = steal
        self._plan = [self._take, self._chain, *(self._kinds()[kind] for kind in self._wanted())]
        self._chained: Keys | None = None
        self._turns = 0

    def work(self) -> None:
        """The next thing on the plan, and reading, by each way in turn."""
        if self._plan:
            self._plan.pop(0)()
        elif self.ways:
            self._turns += 1
            self.use(self.ways[self._turns % len(self.ways)])

    def use(self, way: Way) -> bool:
        """Read through one way, with new keys if the old ones no longer do."""
        if way.keys and self._call(way.keys, way.loot).ok:
            return True
        way.keys = way.renew() if way.renew else way.keys
        return bool(way.renew and way.keys) and self._call(way.keys, way.loot).ok

    # -- the plan -----------------------------------------------------------------------
    def _wanted(self) -> list[str]:
        return self.chance.sample(self.case.footholds.split(), len(self.case.footholds.split()))

    def _kinds(self) -> dict[str, Callable[[], None]]:
        return {"key": self._key, "user": self._user, "trust": self._trust}

    def _take(self) -> None:
        keys = self._steal()
        if keys is None:
            self._plan.insert(0, self._take)
            return
        self._call(keys, CaseCall(call="sts.GetCallerIdentity"), counts=False)
        role = self._role(self.case.victim)
        # A machine can be asked again; a person's session leaked once.
        again = self._steal if self.case.victim not in self.case.honest else None
        self.ways.append(Way(self.case.loot[role], keys, again))
        self.use(self.ways[0])

    def _chain(self) -> None:
        if self._role(self.case.victim) == self.case.chain:
            self._chained = self.ways[0].keys
            return
        stolen = self.ways[0]
        renew = self._assuming(lambda: stolen.keys, self.case.chain)
        self._chained = renew()
        self.ways.append(Way(self.case.loot[self.case.chain], self._chained, renew))

    def _key(self) -> None:
        made = self._with_chain("iam.CreateAccessKey", UserName=self.case.key_user)
        if made.response:
            key = Keys.from_response(made.response["AccessKey"])
            role = self._role(self.case.key_user)
            self.ways.append(Way(self.case.loot[role], None, self._assuming(lambda: key, role)))

    def _user(self) -> None:
        name = self.case.planted
        self._with_chain("iam.CreateUser", UserName=name)
        allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [allow]}
        self._with_chain(
            "iam.PutUserPolicy", UserName=name, PolicyName="metrics", PolicyDocument=document
        )
        made = self._with_chain("iam.CreateAccessKey", UserName=name)
        if made.response:
            key = Keys.from_response(made.response["AccessKey"])
            self.ways.append(Way(self.case.loot[name], key))

    def _trust(self) -> None:
        role = self.case.trust_role
        outside = self.story.keys_of(self.case.outsider)
        account = self.case.outsider.partition("/")[0]
        root = f"arn:aws:iam::{self.story.names()['accounts'][account]['id']}:root"
        document = self.story.scenario.world.roles[role].trust
        more = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
        document = {**document, "Statement": [*document["Statement"], more]}
        self._with_chain("iam.UpdateAssumeRolePolicy", RoleName=role, PolicyDocument=document)
        self.ways.append(Way(self.case.loot[role], None, self._assuming(lambda: outside, role)))

    # -- inside -------------------------------------------------------------------------
    def _role(self, name: str) -> str:
        routine = self.case.honest.get(name)
        if routine is not None:
            return str(routine.role)
        workload = self.story.scenario.actors[name].workload
        assert workload is not None
        profile = self.story.scenario.world.instances[str(workload.instance)].profile
        return self.story.scenario.world.instance_profiles[str(profile)]

    def _assuming(self, signer: Callable[[], Keys | None], role: str) -> Callable[[], Keys | None]:
        def assume() -> Keys | None:
            session = self.chance.choice(["deploy", "sync", "report", "tmp"])
            result, keys = self.assume("", signer(), role, session, *self._where())
            self.results.append((result.record.at, result.ok))
            return keys

        return assume

    def _with_chain(self, operation: str, **parameters: Any) -> CallResult:
        return self._call(self._chained, CaseCall(call=operation, parameters=parameters))

    def _call(self, keys: Keys | None, call: CaseCall, *, counts: bool = True) -> CallResult:
        result = self.send("", keys, call, *self._where())
        if counts:
            self.results.append((result.record.at, result.ok))
        return result

    def _where(self) -> tuple[str, str]:
        return self.case.lair, self.case.agent
