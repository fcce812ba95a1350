"""The evaluation of one call as rows to read, in AWS's order; pure, no screen.

Identify → authenticate → explicit deny anywhere → each type of policy in turn → answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tui.formatting import short_arn
from tui.symbols import outcome_mark
from tui.why_authentication import authentication
from tui.why_changes import HEADING, change_lines
from tui.why_row import ASK, NEUTRAL, NO, YES, WhyRow

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

_VERDICTS: Mapping[str, tuple[tuple[str, str], str]] = {
    "explicitDeny": (NO, "denies"),
    "allow": (YES, "allows"),
    "implicitDeny": (NO, "does not allow"),
    "bypassed": (NEUTRAL, "does not allow, and need not"),
    "none": (NEUTRAL, "none"),
}

_DATED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?Z)")


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
            _identified(f"{record.service}:{record.operation}", record.action),
            lines=_request_lines(record),
        ),
        authentication(record, credential),
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
    found.append(
        WhyRow(0, NEUTRAL, HEADING, lines=tuple((ASK, line) for line in change_lines(record)))
    )
    return tuple(found)


def opening_row(rows: tuple[WhyRow, ...]) -> int:
    """The row to look at first: the statement that decided, else the stage that did."""
    deciding = [index for index, row in enumerate(rows) if row.deciding]
    statements = [index for index in deciding if rows[index].policy is not None]
    answer = len(rows) - 2
    return (statements or deciding or [answer])[0]


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
    if by_absence:
        mark = NO
        verdict = "none, so nothing allows it" if stage.verdict == "none" else verdict
    nearest = _nearest_allow(stage) if by_absence else None
    found = [
        WhyRow(
            0,
            mark,
            _type_name(stage.policy_type),
            verdict,
            deciding=by_absence,
            policy=nearest,
            lines=((NEUTRAL, stage.note), *(_short_of(*nearest) if nearest else ())),
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


def _nearest_allow(stage: Stage) -> tuple[PolicyTrace, StatementTrace] | None:
    """The Allow that the request comes nearest to: where nothing allows, it shows what is amiss."""
    allows = [
        (policy, statement)
        for policy in stage.policies
        for statement in policy.statements
        if statement.effect == "Allow"
    ]
    return min(allows, key=lambda pair: _misses(pair[1]), default=None)


def _misses(statement: StatementTrace) -> int:
    """How many of its elements and conditions the request does not match."""
    parts = (statement.principal, statement.action, statement.resource, *statement.conditions)
    return sum(part is not None and not part.matched for part in parts)


def _short_of(
    policy: PolicyTrace, statement: StatementTrace
) -> tuple[tuple[tuple[str, str], str], ...]:
    """The nearest statement, with what is missing marked."""
    name = f"{_policy_name(policy)} #{statement.index + 1}"
    return ((NEUTRAL, f"{name} comes nearest:"), *statement_lines(statement, missed=NO))


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
def statement_lines(
    statement: StatementTrace, missed: tuple[str, str] = NEUTRAL
) -> tuple[tuple[tuple[str, str], str], ...]:
    """Each element of a statement against the request, and what follows.

    Args:
        statement: looked at.
        missed: the mark of what does not match.
    """
    elements = (statement.principal, statement.action, statement.resource)
    found = [
        (YES if element.matched else missed, _element(element))
        for element in elements
        if element is not None
    ]
    for condition in statement.conditions:
        found.append(
            (YES if condition.matched else missed, condition_text(condition, statement.effect))
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


def _identified(operation: str, action: str) -> str:
    """The operation, and the action it needs where that has another name."""
    return operation if operation == action else f"{operation} → {action}"
