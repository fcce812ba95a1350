"""An hour of lab work compressed: many clients, time moving, policies changing, no wrong answer.

``python -m bench.soak [calls] [clients]``, 50,000 and 16 unless told. Every call is signed HTTP
to a real lab; `bench.soak_model` says what each answer must be. The lab serves a call inside one
hold of its clock, so its trail gives an order in which every answer has to make sense: answers
are judged in that order, whatever order they arrive in, and no call may have been served before
it was sent or after it was answered. Exit code 1 if anything is wrong.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import os
import random
import stat
import subprocess
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.soak_calls import BUCKET, MAY_ASSUME, REGION, Client, presigned
from bench.soak_model import REVOKE, Answer, Ask, Holder, Model, User
from simulator import Lab
from simulator.clock import wall
from simulator.sts.ledger import MAX_SESSIONS, Ledger
from simulator.trail import MAX_RECORDS, Trail

CALLS = 50_000
CLIENTS = 16
MOST_GROWTH = 0.03
"""How much more may be allocated at the end than half-way, when all that is bounded is full."""

_USERS = ("ann", "bob", "cyd", "dan")
_ROLES = ("App", "Batch", "Deploy", "Edge")
_POOL = 48
_SAMPLES = 8
_MOST_TOLD = 20


@dataclass
class Report:
    """How a soak went.

    Attributes:
        calls: how many were judged.
        seconds: real seconds.
        wrong: complaints, the first few.
        outcomes: how often each operation ended how.
        blocks: allocated blocks of memory, at even distances.
        resident: MiB resident at the same moments.
        threads, sockets: what was left of them when the lab was stopped.
    """

    calls: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocks: list[int] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    sockets: int = 0

    @property
    def growth(self) -> float:
        """Of allocated memory in the second half, as a share."""
        half = self.blocks[len(self.blocks) // 2]
        return self.blocks[-1] / half - 1

    @property
    def good(self) -> bool:
        """Nothing wrong, nothing grown, nothing left."""
        clean = not self.wrong and not self.threads and not self.sockets
        return clean and self.growth <= MOST_GROWTH


class Judge:
    """Judges answers in the order in which the lab served the calls."""

    def __init__(self, model: Model, first: int, report: Report) -> None:
        self.model = model
        self.report = report
        self.holders: deque[Holder] = deque(maxlen=_POOL)
        self.lock = threading.Lock()
        self._next = first
        self._waiting: list[tuple[int, int, Ask, Answer, datetime]] = []
        self._tie = itertools.count()

    def told(self, sequence: int, *call: *tuple[Ask, Answer, datetime]) -> None:
        """Take a call, its answer and when it was served; judge all that can be judged by now."""
        with self.lock:
            heapq.heappush(self._waiting, (sequence, next(self._tie), *call))
            while self._waiting and self._waiting[0][0] == self._next:
                _, _, ask, answer, at = heapq.heappop(self._waiting)
                self._next += 1
                self._judge(ask, answer, at)

    def _judge(self, ask: Ask, answer: Answer, at: datetime) -> None:
        complaint, holder = self.model.judge(ask, answer, at)
        if complaint:
            self.complain(complaint)
        if holder is not None:
            self.holders.append(holder)
        self.report.calls += 1
        self.report.outcomes[ask.operation, answer.code] += 1

    def complain(self, text: str) -> None:
        """Note something wrong."""
        if len(self.report.wrong) < _MOST_TOLD:
            self.report.wrong.append(text)

    @property
    def unjudged(self) -> int:
        """Answers that wait for one before them."""
        return len(self._waiting)


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
        role, user = pick.choice(_ROLES), pick.choice(_USERS)
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
    values = {name: getattr(holder, name) for name in holder.__dataclass_fields__}
    return Holder(**values | {"secret": "x" * 40, "forged": True})


def soak(calls: int = CALLS, clients: int = CLIENTS, seed: int = 7) -> Report:
    """Soak a lab of this process.

    Args:
        calls: how many AWS calls to make.
        clients: how many make them at the same time.
        seed: chooses the calls; the order in which they are served differs all the same.
    """
    report = Report()
    threads, sockets = set(threading.enumerate()), _sockets()
    began = wall()
    _soak_a_lab(report, calls, clients, seed)
    # The lab's own clients close their connections when they are no longer needed.
    gc.collect()
    report.seconds = (wall() - began).total_seconds()
    report.threads = [each.name for each in threading.enumerate() if each not in threads]
    report.sockets = _sockets() - sockets
    return report


def _soak_a_lab(report: Report, calls: int, clients: int, seed: int) -> None:
    lab = Lab()
    # What is bounded must be full at half time, or it would count as growth.
    lab.trail = Trail(min(MAX_RECORDS, max(calls // 4, 8 * clients)))
    with lab:
        lab.world.ledger = Ledger(min(MAX_SESSIONS, max(calls // 40, clients)))
        judge, admin = _furnished(lab, report)
        _work(lab, judge, admin, calls, clients, seed)
        if judge.unjudged:
            judge.complain(f"{judge.unjudged} answers were never judged: a call is missing")


def _work(lab: Lab, judge: Judge, admin: Holder, calls: int, clients: int, seed: int) -> None:
    numbers = iter(range(1, calls + 1))
    taking = threading.Lock()
    sampled = {calls * sample // _SAMPLES for sample in range(1, _SAMPLES + 1)}

    def run(worker: Worker) -> None:
        try:
            while True:
                with taking:
                    number = next(numbers, 0)
                if not number:
                    return
                worker.step(number)
                if number in sampled:
                    _sample(judge.report)
        except Exception as error:
            judge.complain(f"a client gave up: {type(error).__name__}: {error}")
        finally:
            worker.close()

    workers = [Worker(lab, judge, admin, seed * 1000 + number) for number in range(clients)]
    running = [threading.Thread(target=run, args=(worker,)) for worker in workers]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _furnished(lab: Lab, report: Report) -> tuple[Judge, Holder]:
    """A lab with users, keys and a bucket, and the judge who knows of them."""
    keys = lab.admin.keys
    assert keys is not None
    arn = f"arn:aws:iam::{lab.account_id}:user"
    admin = Holder(keys.access_key_id, keys.secret_access_key, "", "admin", "admin", f"{arn}/admin")
    iam = lab.admin.client("iam")
    model = Model(lab.account_id)
    holders = []
    for name in _USERS:
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=MAY_ASSUME)
        key: dict[str, Any] = iam.create_access_key(UserName=name)["AccessKey"]
        model.users[name] = User({key["AccessKeyId"]: True})
        holders.append(
            Holder(key["AccessKeyId"], key["SecretAccessKey"], "", "user", name, f"{arn}/{name}")
        )
    lab.admin.client("s3").create_bucket(Bucket=BUCKET)
    assert lab.region == REGION
    judge = Judge(model, lab.trail.next_sequence, report)
    judge.holders.extend(holders)
    return judge, admin


def _sample(report: Report) -> None:
    gc.collect()
    report.blocks.append(sys.getallocatedblocks())
    report.resident.append(_resident())


def _resident() -> float:
    """MiB resident in this process."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    listed = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(os.getpid())], check=True, capture_output=True, text=True
    )
    return int(listed.stdout) / 1024


def _sockets() -> int:
    """Sockets and pipes that this process has open."""
    found = 0
    for entry in Path("/dev/fd").iterdir():
        try:
            mode = os.fstat(int(entry.name)).st_mode
        except OSError:
            continue
        found += stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)
    return found


def main(arguments: list[str]) -> int:
    """Soak, and say how it went."""
    report = soak(*(int(each) for each in arguments))
    print(f"{report.calls:,} calls in {report.seconds:.0f} s")
    operations = sorted({operation for operation, _ in report.outcomes})
    for operation in operations:
        ends = {code or "ok": n for (name, code), n in report.outcomes.items() if name == operation}
        print(f"  {operation}: " + ", ".join(f"{code} {n:,}" for code, n in sorted(ends.items())))
    print("allocated blocks: " + " ".join(f"{each:,}" for each in report.blocks))
    print("MiB resident:     " + " ".join(f"{each:.0f}" for each in report.resident))
    print(f"growth in the second half: {report.growth:+.1%} (at most {MOST_GROWTH:.0%})")
    print(f"left over: threads {report.threads or 'none'}, sockets {report.sockets}")
    print(f"wrong answers: {len(report.wrong)}")
    for complaint in report.wrong:
        print(f"  {complaint}")
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
