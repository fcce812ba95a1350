"""The evaluation of one call as rows to read, in AWS's order; pure, no screen.

Identify → authenticate → explicit deny anywhere → each type of policy in turn → answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tui.formatting import milliseconds, short_arn
from tui.symbols import outcome_mark

if TYPE_CHECKING:
    from simulator.iam import Decision
    from simulator.iam.trace import (
        ConditionTrace,
        ElementTrace,
        PolicyTrace,
        Stage,
        StatementTrace,
    )
    from simulator.sts.ledger import Credential
    from simulator.trail import Record

YES = ("✓", "$allowed")
NO = ("✗", "$denied")
NOT = ("∅", "$refused")
NEUTRAL = ("·", "$quiet")

_VERDICTS: Mapping[str, tuple[tuple[str, str], str]] = {
    "explicitDeny": (NO, "denies"),
    "allow": (YES, "allows"),
    "implicitDeny": (NO, "does not allow"),
    "bypassed": (NEUTRAL, "does not allow, and need not"),
    "none": (NEUTRAL, "none"),
}

_CHECKS = ("credentials given", "access key known", "session token right", "not expired")
_LAST_CHECK = "signature right"
_FAILED_CHECK: Mapping[str, str] = {
    "MissingAuthenticationToken": _CHECKS[0],
    "MissingAuthenticationTokenException": _CHECKS[0],
    "InvalidClientTokenId": _CHECKS[1],
    "UnrecognizedClientException": _CHECKS[1],
    "InvalidAccessKeyId": _CHECKS[1],
    "AuthFailure": _CHECKS[1],
    "InvalidToken": _CHECKS[2],
    "ExpiredToken": _CHECKS[3],
    "ExpiredTokenException": _CHECKS[3],
    "RequestExpired": _CHECKS[3],
}
"""AWS's error code → the check of authentication that failed; others: the signature."""

_FAILURES: Mapping[str, str] = {
    _CHECKS[0]: "no credentials were given",
    _CHECKS[1]: "AWS does not know the access key",
    _CHECKS[2]: "the session token is not the right one",
    _CHECKS[3]: "the session has expired",
    _LAST_CHECK: "the signature is not right",
}

_DATED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?Z)")


@dataclass(frozen=True, slots=True)
class WhyRow:
    """One row of the evaluation.

    Attributes:
        depth: 0 for a stage, 1 for what belongs to it.
        mark: symbol and colour.
        title: what was looked at.
        text: what came of it.
        deciding: whether the answer rests on it.
        policy: the policy to show beside it, and the statement (or none) it is about.
        lines: more to read about it, a line each with its mark.
    """

    depth: int
    mark: tuple[str, str]
    title: str
    text: str = ""
    deciding: bool = False
    policy: tuple[PolicyTrace, StatementTrace | None] | None = None
    lines: tuple[tuple[tuple[str, str], str], ...] = ()


def why_rows(record: Record, credential: Credential | None) -> tuple[WhyRow, ...]:
    """Every row for a call.

    Args:
        record: the call.
        credential: of the session that signed, where the ledger knows it.
    """
    found = [
        WhyRow(
            0,
            YES,
            "Identified",
            f"{record.service}:{record.operation} → {record.action}",
            lines=_request_lines(record),
        ),
        _authentication(record, credential),
    ]
    several = len(record.decisions) > 1
    for number, decision in enumerate(record.decisions, 1):
        if several:
            request = decision.request
            found.append(
                WhyRow(
                    0,
                    NEUTRAL,
                    f"Check {number} of {len(record.decisions)}",
                    f"{request.action} on {short_arn(request.resource)}",
                )
            )
        found.extend(_decision_rows(decision))
    if not record.decisions and record.outcome != "refused":
        found.append(WhyRow(0, NEUTRAL, "Policies", "no permission is needed"))
    found.append(_answer(record))
    return tuple(found)


def opening_row(rows: tuple[WhyRow, ...]) -> int:
    """The row to look at first: the statement that decided, else the stage that did."""
    deciding = [index for index, row in enumerate(rows) if row.deciding]
    statements = [index for index in deciding if rows[index].policy is not None]
    return (statements or deciding or [len(rows) - 1])[0]


# -- stages ------------------------------------------------------------------------------
def _request_lines(record: Record) -> tuple[tuple[tuple[str, str], str], ...]:
    parameters = json.dumps(dict(record.parameters), default=str, ensure_ascii=False)
    facts = [
        f"caller      {record.principal_arn or 'anonymous'}",
        f"action      {record.action}",
        f"resource    {record.resource}",
        f"source IP   {record.source_ip}",
        f"parameters  {parameters}",
    ]
    if record.decisions:
        context = record.decisions[0].request.context
        facts += [f"{key}  {_value(value)}" for key, value in sorted(context.items())]
    return tuple((NEUTRAL, fact) for fact in facts)


def _value(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _authentication(record: Record, credential: Credential | None) -> WhyRow:
    key = record.access_key_id
    if record.outcome != "refused":
        if key is None:
            return WhyRow(0, NEUTRAL, "Authenticated", "nobody signed: anonymous")
        lines = _auth_checks(record, credential, None)
        until = _until(credential)
        return WhyRow(0, YES, "Authenticated", f"{key}{until}", lines=lines)
    failed = _FAILED_CHECK.get(record.error_code or "", _LAST_CHECK)
    return WhyRow(
        0,
        NOT,
        "Authentication failed",
        _FAILURES[failed],
        deciding=True,
        lines=(*_auth_checks(record, credential, failed), (NEUTRAL, record.error_message or "")),
    )


def _until(credential: Credential | None) -> str:
    if credential is None or credential.expires_at is None:
        return ", no expiry"
    return f", until {milliseconds(credential.expires_at)}"


def _auth_checks(
    record: Record, credential: Credential | None, failed: str | None
) -> tuple[tuple[tuple[str, str], str], ...]:
    """AWS's checks in order, up to the one that failed."""
    key = record.access_key_id
    details = {
        _CHECKS[0]: f"access key {key}" if key else "the request carries no credentials",
        _CHECKS[1]: _owner(record, credential),
        _CHECKS[3]: _expiry(record.at, credential),
    }
    lines: list[tuple[tuple[str, str], str]] = []
    for check in (*_CHECKS, _LAST_CHECK):
        detail = f"   {details[check]}" if details.get(check) else ""
        if check == failed:
            lines.append((NOT, f"{check}{detail}"))
            lines.append((NEUTRAL, "later checks and policies were not looked at"))
            break
        lines.append((YES, f"{check}{detail}"))
    return tuple(lines)


def _owner(record: Record, credential: Credential | None) -> str:
    if credential is not None:
        return credential.arn
    return record.principal_arn or "AWS knows no such key (deleted, inactive, or never issued)"


def _expiry(at: datetime, credential: Credential | None) -> str:
    if credential is None or credential.expires_at is None:
        return "long-term keys have no expiry"
    relation = "<" if at < credential.expires_at else "≥"
    return f"now {milliseconds(at)} {relation} expiry {milliseconds(credential.expires_at)}"


def _decision_rows(decision: Decision) -> list[WhyRow]:
    stages = decision.trace.stages
    denies = [
        (policy, statement)
        for stage in stages
        for policy in stage.policies
        for statement in policy.statements
        if statement.matched and statement.effect == "Deny"
    ]
    explicit = decision.outcome == "explicitDeny"
    if explicit and denies:
        deciding = [pair for pair in denies if pair[1].deciding] or denies
        policy, statement = deciding[0]
        first = WhyRow(
            0,
            NO,
            "Explicit deny",
            f"yes, in {_policy_name(policy)}",
            deciding=False,
            policy=(policy, statement),
            lines=statement_lines(statement),
        )
    else:
        first = WhyRow(0, YES, "Explicit deny", "none in any policy")
    found = [first]
    for stage in stages:
        found.extend(_stage_rows(stage, decision))
    return found


def _stage_rows(stage: Stage, decision: Decision) -> list[WhyRow]:
    mark, verdict = _VERDICTS[stage.verdict]
    decides = decision.policy_type == stage.policy_type
    by_absence = decides and decision.policy is None
    found = [
        WhyRow(
            0,
            mark,
            _type_name(stage.policy_type),
            verdict,
            deciding=by_absence,
            lines=((NEUTRAL, stage.note),),
        )
    ]
    found += [
        WhyRow(
            1,
            _statement_mark(statement),
            f"{_policy_name(policy)} #{statement.index + 1}",
            f"{statement.effect} {'matches' if statement.matched else 'does not match'}",
            deciding=statement.deciding,
            policy=(policy, statement),
            lines=statement_lines(statement),
        )
        for policy in stage.policies
        for statement in policy.statements
    ]
    return found


def _statement_mark(statement: StatementTrace) -> tuple[str, str]:
    if not statement.matched:
        return NEUTRAL
    return NO if statement.effect == "Deny" else YES


def _type_name(policy_type: str) -> str:
    names = {"service control policy": "SCPs", "resource control policy": "RCPs"}
    return names.get(policy_type, policy_type.capitalize())


def _policy_name(policy: PolicyTrace) -> str:
    attached = policy.attached
    if attached.name:
        return attached.name
    return {"trust": "trust policy", "resource": "resource policy"}.get(
        attached.policy.kind, "policy"
    )


def _answer(record: Record) -> WhyRow:
    mark = outcome_mark(record.outcome, record.error_code)
    text = record.error_code or record.why
    lines = [record.why]
    if record.error_message:
        lines.append(f"{record.error_code}: {record.error_message}")
    return WhyRow(
        0,
        (mark.symbol, mark.colour),
        mark.word.capitalize(),
        text,
        lines=tuple((NEUTRAL, line) for line in lines),
    )


# -- a statement -------------------------------------------------------------------------
def statement_lines(statement: StatementTrace) -> tuple[tuple[tuple[str, str], str], ...]:
    """Each element of a statement against the request, and what follows."""
    elements = (statement.principal, statement.action, statement.resource)
    found = [
        (YES if element.matched else NEUTRAL, _element(element))
        for element in elements
        if element is not None
    ]
    for condition in statement.conditions:
        found.append(
            (YES if condition.matched else NEUTRAL, condition_text(condition, statement.effect))
        )
        if condition.note:
            found.append((NEUTRAL, condition.note))
    if not statement.matched:
        found.append((NEUTRAL, f"so this {statement.effect} does not apply"))
    elif not statement.conditions:
        mark = NO if statement.effect == "Deny" else YES
        found.append((mark, f"everything matches → {statement.effect}"))
    return tuple(found)


def _element(element: ElementTrace) -> str:
    if element.value_that_matched is not None:
        text = f"{element.name} {element.value_that_matched} → match"
    else:
        text = f"{element.name} {', '.join(element.values)} → no match"
    negated = element.name.startswith("Not")
    if negated:
        text += ", applies" if element.matched else ", does not apply"
    return f"{text} ({element.note})" if element.note else text


def condition_text(condition: ConditionTrace, effect: str) -> str:
    """``aws:TokenIssueTime 06:00:00Z < 06:22:23.999Z → match → Deny``."""
    sentence = _without_day(condition.sentence)
    return f"{sentence} → match → {effect}" if condition.matched else f"{sentence} → no match"


def _without_day(sentence: str) -> str:
    """Times of one day are easier to compare without the day."""
    days = {day for day, _ in _DATED.findall(sentence)}
    return _DATED.sub(r"\2", sentence) if len(days) == 1 else sentence


# -- copies ------------------------------------------------------------------------------
def as_text(record: Record, rows: tuple[WhyRow, ...]) -> str:
    """The evaluation as plain text, to paste into a report."""
    lines = [
        f"{milliseconds(record.at)} {record.actor} {record.action} on {record.resource}",
        f"{record.outcome}: {record.error_message or record.why}",
        "",
    ]
    for row in rows:
        decides = "  <- decides" if row.deciding else ""
        lines.append(f"{'  ' * row.depth}{row.mark[0]} {row.title}: {row.text}{decides}")
        if row.deciding:
            lines += [f"{'  ' * (row.depth + 1)}{mark[0]} {text}" for mark, text in row.lines]
    return "\n".join(lines) + "\n"


def as_json(record: Record) -> str:
    """The call, its decisions with their traces, and the CloudTrail record, as JSON."""
    return json.dumps(
        {
            "at": record.at.isoformat(),
            "actor": record.actor,
            "action": record.action,
            "resource": record.resource,
            "outcome": record.outcome,
            "error_code": record.error_code,
            "error_message": record.error_message,
            "why": record.why,
            "decisions": [
                {**decision.as_dict(), "trace": decision.trace.as_dict()}
                for decision in record.decisions
            ],
            "event": dict(record.event),
        },
        indent=2,
        default=str,
        ensure_ascii=False,
    )
