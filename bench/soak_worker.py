"""One client of a soak: chooses calls by chance, makes them, and tells the judge."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bench.soak_calls import Client, presigned
from bench.soak_judge import Judge
from bench.soak_model import REVOKE, Answer, Ask, Holder
from simulator import Lab

USERS = ("ann", "bob", "cyd", "dan")
ROLES = ("App", "Batch", "Deploy", "Edge")
TURNS = ("Inactive", "Active")


class Worker:
    """One client: chooses calls by chance, makes them, and tells the judge."""

    def __init__(self, lab: Lab, judge: Judge, admin: Holder, seed: int) -> None:
        self._lab = lab
        self._judge = judge
        self._admin = admin
        self._chance = random.Random(seed)
        host, _, port = lab.endpoint_url.removeprefix("http://").partition(":")
        self._host = f"{host}:{port}"
        self._client = Client(host, int(port))
        self._links: deque[tuple[Ask, str]] = deque(maxlen=4)

    def step(self, number: int) -> None:
        """One call, and now and then something that is no call of AWS."""
        if number % 40 == 0:
            self._move_time()
        if self._chance.random() < 0.005:
            self._client.close()
        if self._chance.random() < 0.003:
            self._client.leave_half_way()
        if self._links and self._chance.random() < 0.03:
            ask, link = self._chance.choice(self._links)
            self._make(ask, lambda: self._client.send("GET", link, {}))
            return
        ask = self._choose()
        self._make(ask, lambda: self._client.call(ask))

    def meet_refusals(self) -> int:
        """Make the calls that chance may leave out of a short soak; say how many they were."""
        user = self._judge.holders[0]
        session = Ask("GetSessionToken", user, ROLES[0], seconds=900)
        turn = [Ask("UpdateAccessKey", self._admin, user.name, f"{user.key} {to}") for to in TURNS]
        role, policy = Ask("CreateRole", self._admin, ROLES[0]), "DeleteRolePolicy"
        asks = [
            turn[0],
            Ask("GetCallerIdentity", user),
            turn[1],
            Ask("GetCallerIdentity", _forger(user)),
            role,
            role,
            Ask(policy, self._admin, ROLES[0], "own"),
            session,
        ]
        for ask in asks:
            self._make(ask, partial(self._client.call, ask))
        self._advance(session.seconds)
        ended = Ask("GetCallerIdentity", self._judge.holders[-1])
        self._make(ended, lambda: self._client.call(ended))
        return len(asks) + 1

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _make(self, ask: Ask, send: Callable[[], tuple[Answer, str]]) -> None:
        before = self._lab.clock.now()
        answer, request_id = send()
        after = self._lab.clock.now()
        record = self._lab.trail.find(request_id)
        if record is None:
            self._judge.complain(f"no record of {request_id!r}: {ask} {answer}")
            return
        if not before <= record.at <= after:
            self._judge.complain(f"{ask} was served at {record.at}, not in {before}..{after}")
        if (record.error_code or "") != answer.code:
            self._judge.complain(f"{ask}: {answer.code!r} answered, {record.error_code!r} recorded")
        self._judge.told(record.sequence, ask, answer, record.at)

    def _move_time(self) -> None:
        chance = self._chance.random()
        seconds = self._chance.randrange(1, 60)
        if chance < 0.01:
            seconds = 2 * 86_400
        elif chance < 0.1:
            seconds = self._chance.randrange(600, 4_000)
        elif chance < 0.4 and (edge := self._next_end()) is not None:
            # To the second before a session ends, to that second, or to the next.
            until = (edge - self._lab.clock.now()).total_seconds()
            seconds = max(int(until) + self._chance.randrange(-1, 2), 0)
        self._advance(seconds)

    def _advance(self, seconds: int) -> None:
        body = b'{"advance_seconds": %d}' % seconds
        headers = {"Content-Type": "application/json"}
        answer, _ = self._client.send("POST", "/_stslab/clock", headers, body)
        if answer.status != 200:
            self._judge.complain(f"moving the clock: {answer}")

    def _next_end(self) -> datetime | None:
        now = self._lab.clock.now()
        with self._judge.lock:
            ends = [each.expires_at for each in self._judge.holders if each.expires_at]
        return min((end for end in ends if end > now), default=None)

    def _on_the_edge(self, holders: Sequence[Holder]) -> Holder:
        """Whose session ends next, or ended last: there a wrong second shows."""
        now = self._lab.clock.now()
        ending = [each for each in holders if each.expires_at]
        if not ending:
            return holders[0]
        return min(ending, key=lambda each: abs((each.expires_at or now) - now))

    def _choose(self) -> Ask:
        pick = self._chance
        operation = pick.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        if operation in _BY_ANYBODY:
            with self._judge.lock:
                holders = tuple(self._judge.holders)
            holder = self._on_the_edge(holders) if pick.random() < 0.1 else pick.choice(holders)
            if pick.random() < 0.03:
                holder = _forger(holder)
            elif operation == "AssumeRole" and pick.random() < 0.5:
                holder = self._admin
        else:
            holder = self._admin
        role, user = pick.choice(ROLES), pick.choice(USERS)
        thing = f"{pick.randrange(12)}.txt"
        if operation == "GetObject" and pick.random() < 0.2:
            link, signed_at = presigned(holder, thing, self._host)
            self._links.append((Ask(operation, holder, thing, signed_at=signed_at), link))
        if operation in ("GetObject", "PutObject"):
            return Ask(operation, holder, thing, f"{pick.random()}" if operation[0] == "P" else "")
        if operation in ("AssumeRole", "GetSessionToken"):
            seconds = pick.randrange(900, 3_601)
            name = f"s{pick.randrange(100)}"
            return Ask(operation, holder, role, name, seconds=seconds)
        if "AccessKey" in operation:
            return Ask(operation, holder, user, self._key(operation, user))
        if operation.endswith("RolePolicy"):
            return self._policy(Ask(operation, holder, role, "own"), 0.35)
        if operation.endswith("UserPolicy"):
            return self._policy(Ask(operation, holder, user, "deny"), 0.5)
        return Ask(operation, holder, role if "Role" in operation else "")

    def _key(self, operation: str, user: str) -> str:
        with self._judge.lock:
            held = [each.key for each in self._judge.holders if each.kind == "user"]
            held += self._judge.model.users[user].keys
        key = self._chance.choice(held or ["AKIANOBODYNOBODY0000"])
        if operation == "UpdateAccessKey":
            return f"{key} {self._chance.choice(['Active', 'Active', 'Inactive'])}"
        return key if operation == "DeleteAccessKey" else ""

    def _policy(self, ask: Ask, revoking: float) -> Ask:
        if self._chance.random() >= revoking:
            return ask
        ago = timedelta(seconds=self._chance.randrange(0, 120))
        fraction = timedelta(milliseconds=self._chance.randrange(1000))
        moment = self._lab.clock.now().replace(microsecond=0) - ago + fraction
        put = ask.operation.startswith("Put")
        return Ask(ask.operation, ask.holder, ask.target, REVOKE, moment if put else None)


_BY_ANYBODY = {
    "ListBuckets": 20,
    "GetObject": 20,
    "PutObject": 8,
    "GetCallerIdentity": 6,
    "AssumeRole": 16,
    "GetSessionToken": 5,
}

_WEIGHTS = _BY_ANYBODY | {
    "PutRolePolicy": 8,
    "DeleteRolePolicy": 5,
    "CreateRole": 6,
    "DeleteRole": 2,
    "PutUserPolicy": 1,
    "DeleteUserPolicy": 3,
    "CreateAccessKey": 3,
    "UpdateAccessKey": 4,
    "DeleteAccessKey": 1,
    "PutBucketPolicy": 1,
    "DeleteBucketPolicy": 2,
}


def _forger(holder: Holder) -> Holder:
    return replace(holder, secret="x" * 40, forged=True)
