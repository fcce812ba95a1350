"""The workloads of a story: they work when their time comes, on the story's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.backend import machines
from simulator.scenario.case.capstone import CaseRun
from simulator.scenario.case.cast import Member
from simulator.scenario.schema import Workload
from simulator.scenario.story.deeds import OWN
from simulator.scenario.story.workers import FunctionClient, InstanceClient, Worker, halts

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story


class Crew:
    """The workload actors of one story.

    Args:
        story: in which they act, and whose clock they live by.
    """

    def __init__(self, story: Story) -> None:
        self._story = story
        self._workers: list[Worker] = []
        self.case: CaseRun | None = None
        self._rounds = 0

    def begin(self, instances: Mapping[str, Any]) -> None:
        """Start every workload of the scenario in a new world.

        Args:
            instances: what was built: name → ``{"InstanceId": …}``.
        """
        now = self._story.lab.clock.now()
        self._rounds = 0
        self._workers = [
            self._hired(name, spec.workload, instances, now)
            for name, spec in self._story.scenario.actors.items()
            if spec.workload
        ]
        for worker in self._workers:
            self._refresh(worker)
        declared = self._story.scenario.case
        self.case = CaseRun(self._story, declared) if declared else None

    @property
    def working(self) -> bool:
        """Whether a round is under way: its calls take no time."""
        return self._rounds > 0

    @property
    def due(self) -> bool:
        """Whether a workload's time has come."""
        now = self._story.lab.clock.now()
        return not self.working and any(each.next_at <= now for each in self._hands())

    def pass_until(self, at: datetime) -> None:
        """Move lab time on; workloads work on the way, each when its time comes.

        Over a long time, at so many moments of it that it is worth watching: `MOST_ROUNDS`.
        """
        clock = self._story.lab.clock
        for each in self._workers:
            each.pace_until(at)
        while True:
            hand = min(self._hands(), key=lambda each: each.next_at, default=None)
            if hand is None or hand.next_at > at:
                break
            if hand.next_at > clock.now():
                clock.move_to(hand.next_at)
            hand.turn()
            self._work(hand)
        if at > clock.now():
            clock.move_to(at)

    def work(self) -> None:
        """Do what is due: time was moved by somebody else's hand."""
        now = self._story.lab.clock.now()
        for hand in self._hands():
            if hand.next_at <= now:
                hand.late(now)
                self._work(hand)

    def restart(self, name: str) -> bool:
        """Restart a workload's program; whether there is one of that name."""
        for worker in self._workers:
            if worker.name == name:
                worker.client.forget()
                self._story.take(name, OWN)
                return True
        return False

    def _hands(self) -> list[Worker | Member]:
        """Everybody who works by the clock."""
        return [*self._workers, *(self.case.members if self.case else ())]

    def _work(self, hand: Worker | Member) -> None:
        if isinstance(hand, Worker):
            self._round(hand)
        else:
            hand.work()

    def _round(self, worker: Worker) -> None:
        """One round of a workload's calls, with the credentials it has now."""
        if self._halted(worker):
            worker.client.forget()
            self._story.take(worker.name, OWN)
        if not worker.running():
            return
        self._refresh(worker)
        if self._story.keys(worker.name) is None:
            self._story.remark(worker.name, "Unable to locate credentials")
            return
        self._rounds += 1
        try:
            for act in worker.workload.does:
                self._story.call(act)
        finally:
            self._rounds -= 1

    def _halted(self, worker: Worker) -> bool:
        """Whether its machine was stopped or rebooted since it last worked."""
        trail = self._story.lab.trail
        records = trail.records(worker.seen)
        worker.seen = trail.next_sequence - 1
        return any(halts(record, worker.machine) for record in records)

    def _refresh(self, worker: Worker) -> None:
        keys, held = worker.client.keys(), self._story.keys(worker.name)
        if keys is None:
            self._story.take(worker.name, OWN)
        elif held is None or held.access_key_id != keys.access_key_id:
            self._story.give(worker.name, OWN, keys)

    def _hired(
        self, name: str, workload: Workload, instances: Mapping[str, Any], now: datetime
    ) -> Worker:
        """A workload with its machine and where its credentials are from."""
        lab, refreshing = self._story.lab, workload.client == "refreshing"
        if workload.instance is None:
            function = FunctionClient(lab, str(workload.function), refreshing=refreshing)
            return Worker(name, workload, function, lambda: True, now)
        instance_id = str(instances[workload.instance]["InstanceId"])

        def running() -> bool:
            with lab.clock.hold():
                view = machines.instance(instance_id)
            return view is not None and view.running

        client = InstanceClient(lab.imds.url_of(instance_id), refreshing=refreshing)
        return Worker(name, workload, client, running, now, instance_id)
