"""Workloads: programs that make a living with a machine's credentials, call by call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

from botocore.credentials import InstanceMetadataProvider
from botocore.httpsession import URLLib3Session
from botocore.utils import InstanceMetadataFetcher

from simulator.actors import Keys
from simulator.scenario.schema import Workload
from simulator.workloads import WorkloadError, function_environment

if TYPE_CHECKING:
    from simulator.lab import Lab
    from simulator.trail import Record

MOST_ROUNDS = 60
"""How many rounds a workload works while time is moved in one go: an hour of them at one a
minute. In a longer time it works more seldom, so that a day is told in seconds."""

_TIMEOUT = 60


class Client(Protocol):
    """Where a program has its credentials from."""

    def keys(self) -> Keys | None:
        """The three values to sign with now; ``None``: it has none."""

    def forget(self) -> None:
        """The program is restarted."""


class InstanceClient:
    """A program on an instance: botocore's own IMDS provider, with botocore's own caching.

    Args:
        url: the instance's metadata service.
        refreshing: renew before the end, as SDKs do; otherwise the first set is kept for ever.
    """

    def __init__(self, url: str, *, refreshing: bool) -> None:
        self._url = url
        self._refreshing = refreshing
        self._cached: Any = None
        self._first: Keys | None = None

    def keys(self) -> Keys | None:
        """What the SDK signs with now."""
        if self._cached is None:
            self._cached = InstanceMetadataProvider(_Fetcher(self._url)).load()
        if self._cached is None:
            return None
        if not self._refreshing and self._first:
            return self._first
        frozen = self._cached.get_frozen_credentials()
        self._first = self._first or Keys(frozen.access_key, frozen.secret_key, frozen.token)
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    def forget(self) -> None:
        """The process is a new one."""
        self._cached = self._first = None


class FunctionClient:
    """A function: its credentials are variables of its environment.

    Args:
        lab: where it runs.
        name: the function's name.
        refreshing: read the environment at each invocation; otherwise once.
    """

    def __init__(self, lab: Lab, name: str, *, refreshing: bool) -> None:
        self._lab = lab
        self._name = name
        self._refreshing = refreshing
        self._first: Keys | None = None

    def keys(self) -> Keys | None:
        """What is in the environment now."""
        if self._first and not self._refreshing:
            return self._first
        try:
            self._first = function_environment(self._lab, self._name)
        except WorkloadError:
            self._first = None
        return self._first

    def forget(self) -> None:
        """A cold start: a new environment."""
        lab = self._lab
        lab.workloads.cold_start(self._name, account=lab.account_id, region=lab.region)
        self._first = None


class Worker:
    """One workload actor: knows when it works next.

    Args:
        name: the actor.
        workload: what it does.
        client: where its credentials are from.
        running: whether the machine runs.
        began: lab time at which it starts to work.
        machine: id of the instance it runs on.

    Attributes:
        next_at: lab time of its next round.
        seen: number of the last record it has looked at, for what happened to its machine.
    """

    def __init__(
        self,
        name: str,
        workload: Workload,
        client: Client,
        running: Callable[[], bool],
        began: datetime,
        machine: str | None = None,
    ) -> None:
        self.name = name
        self.workload = workload
        self.client = client
        self.running = running
        self.machine = machine
        self.seen = 0
        self._stride = workload.every
        self.next_at = began + workload.every

    def turn(self) -> None:
        """The round due is over; the next one is due one period later, or some."""
        self.next_at += self._stride

    def pace_until(self, at: datetime) -> None:
        """Spread at most `MOST_ROUNDS` rounds over the time until then."""
        rounds = int((at - self.next_at) / self.workload.every) + 1
        self._stride = self.workload.every * max(1, ceil(rounds / MOST_ROUNDS))

    def late(self, now: datetime) -> None:
        """Rounds that were missed are not made up for."""
        while self.next_at <= now:
            self.next_at += self.workload.every


def halts(record: Record, machine: str | None) -> bool:
    """Whether a call ended every process on an instance. A reboot keeps IMDS's cached set."""
    return (
        machine is not None
        and record.service == "ec2"
        and record.operation in _HALTS
        and record.error_code is None
        and machine in (record.parameters.get("InstanceIds") or ())
    )


_HALTS = ("StopInstances", "RebootInstances", "TerminateInstances")


class _Fetcher(InstanceMetadataFetcher):  # type: ignore[misc,unused-ignore]
    """botocore's IMDS client, deaf to the user's environment and proxies."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=_TIMEOUT, num_attempts=1, base_url=url, env={})
        self._session = URLLib3Session(timeout=_TIMEOUT, proxies={})
