"""An hour of lab work compressed: many clients, time moving, policies changing, no wrong answer.

``python -m bench.soak [calls] [clients]``, 50,000 and 16 unless told. Every call is signed HTTP
to a real lab; `bench.soak_model` says what each answer must be. The lab serves a call inside one
hold of its clock, so its trail gives an order in which every answer has to make sense: answers
are judged in that order, whatever order they arrive in, and no call may have been served before
it was sent or after it was answered. Exit code 1 if anything is wrong.
"""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from bench.soak_calls import BUCKET, MAY_ASSUME, REGION
from bench.soak_judge import MOST_GROWTH, Judge, Report
from bench.soak_model import Holder, Model, User
from bench.soak_worker import USERS, Worker
from simulator import Lab
from simulator.clock import wall
from simulator.sts.ledger import MAX_SESSIONS, Ledger
from simulator.trail import MAX_RECORDS, Trail

CALLS = 50_000
CLIENTS = 16
_SAMPLES = 8


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
    first = Worker(lab, judge, admin, seed)
    numbers = iter(range(first.meet_refusals() + 1, calls + 1))
    first.close()
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
    for name in USERS:
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
