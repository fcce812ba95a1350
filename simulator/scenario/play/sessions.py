"""The timeline's data: sessions as bars, cut-offs as lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from simulator.iam.values import parse_date
from simulator.scenario.states import CutOff, SessionState
from simulator.scenario.story.recognise import Holdings
from simulator.sts.ledger import Credential, Ledger
from simulator.trail import Record

_PUTS = {"PutRolePolicy": "RoleName", "PutUserPolicy": "UserName"}
_TAKES_BACK = {"DeleteRolePolicy": "RoleName", "DeleteUserPolicy": "UserName"}
_ENDS = {"DeleteRole": "RoleName", "DeleteUser": "UserName"}


def session_states(ledger: Ledger, holdings: Holdings) -> tuple[SessionState, ...]:
    """Every temporary credential issued, oldest first."""
    return tuple(
        SessionState(
            access_key_id=each.access_key_id,
            label=_label(each),
            principal_arn=each.principal_arn,
            issued_at=each.issued_at,
            expires_at=each.expires_at,
            holders=tuple(
                actor
                for actor, held in holdings.keys.items()
                if each.access_key_id in held.values()
            ),
        )
        for each in ledger.sessions()
        if each.issued_at and each.expires_at
    )


def cut_offs(records: Iterable[Record]) -> tuple[CutOff, ...]:
    """Every cut-off now in force, in the order in which they were put there."""
    found: dict[tuple[str, str, str], CutOff] = {}
    for record in records:
        if record.error_code or record.service != "iam":
            continue
        name = str(record.parameters.get("PolicyName", ""))
        if record.operation in _PUTS:
            at = _place(record, _PUTS[record.operation], name)
            found.pop(at, None)
            moment = cut_off_of(record.parameters.get("PolicyDocument"))
            if moment:
                found[at] = CutOff(record.resource, name, moment, record.at)
        elif record.operation in _TAKES_BACK:
            found.pop(_place(record, _TAKES_BACK[record.operation], name), None)
        elif record.operation in _ENDS:
            kind, who, _ = _place(record, _ENDS[record.operation], "")
            found = {at: each for at, each in found.items() if at[:2] != (kind, who)}
    return tuple(found.values())


def cut_off_of(document: Any) -> datetime | None:
    """The latest ``DateLessThan aws:TokenIssueTime`` of a policy's denies, UTC."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return None
    if not isinstance(document, Mapping):
        return None
    moments = []
    for statement in _listed(document.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Effect") == "Deny":
            moments += list(_moments(statement.get("Condition")))
    return max(moments, default=None)


def _moments(condition: Any) -> Iterable[datetime]:
    for operator, keys in condition.items() if isinstance(condition, Mapping) else ():
        if not operator.startswith("DateLessThan") or not isinstance(keys, Mapping):
            continue
        for key, values in keys.items():
            if key.lower() != "aws:tokenissuetime":
                continue
            for value in _listed(values):
                moment = parse_date(str(value))
                if moment is not None:
                    yield moment


def _place(record: Record, parameter: str, policy: str) -> tuple[str, str, str]:
    return parameter, f"{record.resource}|{record.parameters.get(parameter)}", policy


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _label(credential: Credential) -> str:
    if credential.is_role_session:
        return f"{credential.name}/{credential.session_name}"
    call = "GetFederationToken" if credential.kind == "federation" else "GetSessionToken"
    return f"{credential.name} ({call})"
