"""The record of every call the endpoint answered, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulator.iam import Decision, Request

Outcome = Literal["allowed", "denied", "refused"]
"""``denied`` by policy, ``refused`` by authentication; a call that was let through and then
failed on its own (`NoSuchKey`) is ``allowed`` and has an error code."""


@dataclass(frozen=True, slots=True)
class Record:
    """One call, as the endpoint saw it.

    Attributes:
        sequence: 1 for the first call of a world.
        at: lab time, UTC.
        actor: the lab's name for who acted; for outside callers the user's or session's name.
        service: signing name, ``s3``.
        operation: ``ListObjectsV2``.
        action: IAM form of the action that decided, ``s3:ListBucket``.
        resource: ARN of the resource that decided, or ``*``.
        outcome: see `Outcome`.
        error_code: as the caller got it; ``None`` when the call succeeded.
        error_message: likewise.
        why: one line saying what decided.
        access_key_id: who signed; ``None`` for an anonymous call.
        principal_arn: the caller's ARN, where the credential is known.
        source_ip: ``aws:SourceIp`` as evaluated.
        user_agent: as sent.
        parameters: request parameters, secrets removed.
        derived: whether `actor` was derived from the credential, for an outside caller.
        issued_key: id of the access key this call handed out, if it did.
        requests: what was asked of policy evaluation, one for each check.
        decisions: the answers, in the same order.
        event: the CloudTrail record.
    """

    sequence: int
    at: datetime
    actor: str
    service: str
    operation: str
    action: str
    resource: str
    outcome: Outcome
    error_code: str | None
    error_message: str | None
    why: str
    access_key_id: str | None
    principal_arn: str | None
    source_ip: str
    user_agent: str
    parameters: Mapping[str, Any]
    issued_key: str | None = None
    derived: bool = False
    requests: tuple[Request, ...] = ()
    decisions: tuple[Decision, ...] = ()
    event: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Record], None]


MAX_RECORDS = 20_000
"""How many records are kept, the newest; about 70 MiB. Numbering goes on regardless."""


class Trail:
    """Every `Record` of a world; appended by the gateway alone, read by anyone.

    Args:
        limit: how many records are kept.
    """

    def __init__(self, limit: int = MAX_RECORDS) -> None:
        self._records: deque[Record] = deque(maxlen=limit)
        self._by_request: dict[str, Record] = {}
        self._appended = 0
        self._listeners: list[Listener] = []

    def __len__(self) -> int:
        return len(self._records)

    @property
    def next_sequence(self) -> int:
        """The number the next record will carry."""
        return self._appended + 1

    def append(self, record: Record) -> None:
        """Add a record, forget the oldest beyond the limit, and tell the listeners."""
        if len(self._records) == self._records.maxlen:
            self._by_request.pop(_request_id(self._records[0]), None)
        self._records.append(record)
        self._by_request[_request_id(record)] = record
        self._appended += 1
        for listener in tuple(self._listeners):
            listener(record)

    def records(self, after: int = 0) -> tuple[Record, ...]:
        """The records kept with a sequence greater than `after`, oldest first."""
        records = tuple(self._records)
        # From the copy itself: the gateway goes on appending while somebody reads.
        first = records[0].sequence if records else 1
        return records[max(after + 1 - first, 0) :]

    def find(self, request_id: str) -> Record | None:
        """The record of the call that was answered with this request id."""
        return self._by_request.get(request_id)

    def last(self) -> Record | None:
        """The newest record."""
        return self._records[-1] if self._records else None

    def cloudtrail(self) -> dict[str, Any]:
        """The trail as a CloudTrail log file holds it: ``{"Records": [...]}``.

        Source: CloudTrail User Guide, "CloudTrail log file examples".
        """
        return {"Records": [record.event for record in self.records()]}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(record)` for each new record, on the server's thread.

        Returns:
            A function that ends the subscription.
        """
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def clear(self) -> None:
        """Forget everything (a new world)."""
        self._records.clear()
        self._by_request.clear()
        self._appended = 0


def _request_id(record: Record) -> str:
    return str(record.event.get("requestID"))
