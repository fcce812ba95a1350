"""Requests that differ in one condition key, so that a condition turns the other way.

A table by operator proposes values; the condition itself says whether they turn it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from simulator.iam.conditions import Condition
from simulator.iam.request import Request
from simulator.iam.values import parse_date, parse_network
from simulator.iam.variables import ContextValue

ISSUE_TIME = "aws:tokenissuetime"
_MFA = "aws:multifactorauthpresent"
_SESSION = "aws:userid"
_CALLER = frozenset(
    {"aws:principalarn", "aws:principaltype", "aws:principalaccount", "aws:username"}
)
"""Keys that say who the caller is: another value would be another caller."""

_ELSEWHERE = ("203.0.113.77", "198.51.100.77", "192.0.2.77", "2001:db8::77")
"""Addresses of documentation (RFC 5737, RFC 3849)."""

_ANOTHER_SESSION = "another-session"
_SECOND = timedelta(seconds=1)

Proposals = Iterator[tuple[ContextValue | None, str]]
"""Values for the key (``None``: absent), each with how to say it."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A request that differs in one key.

    Attributes:
        request: the other request.
        wording: ``with MFA``, ``for a session issued at 06:22:24Z``.
        key: the key changed, in lower case.
        moment: for an ``aws:TokenIssueTime`` that was there before, the time put in.
        later: for it, whether the time is after the condition's, not before it.
    """

    request: Request
    wording: str
    key: str
    moment: datetime | None = None
    later: bool = False


def variations(condition: Condition, request: Request) -> Iterator[Variation]:
    """Requests for which the condition holds if it does not for this one, and the reverse.

    Args:
        condition: of a statement.
        request: as it was.
    """
    context = {key.lower(): value for key, value in request.context.items()}
    held = condition.holds(context)
    if condition.lookup == _SESSION:
        proposals = [another_session(request)]
    else:
        proposals = [
            (with_key(request, condition.key, value), wording)
            for value, wording in _proposals(condition, context, held=held)
        ]
    for other, wording in proposals:
        changed = {key.lower(): value for key, value in other.context.items()}
        if condition.holds(changed) == held:
            continue
        given = changed.get(condition.lookup)
        moment = parse_date(given) if isinstance(given, str) else None
        before = parse_date(str(context.get(ISSUE_TIME, "")))
        if condition.lookup != ISSUE_TIME or moment is None or before is None:
            yield Variation(other, wording, condition.lookup)
        else:
            yield Variation(other, wording, ISSUE_TIME, moment, moment > before)


def with_key(request: Request, key: str, value: ContextValue | None) -> Request:
    """The request with one key put, or taken away."""
    name = next((given for given in request.context if given.lower() == key.lower()), key)
    context = {given: old for given, old in request.context.items() if given != name}
    if value is not None:
        context[name] = value
    return replace(request, context=context)


def another_session(request: Request) -> tuple[Request, str]:
    """The same role's session of another name: its ARN and ``aws:userid`` end differently."""
    wording = f"for a session named {_ANOTHER_SESSION}"
    kind = request.principal.split(":", 5)[-1].partition("/")[0]
    identity = next((v for k, v in request.context.items() if k.lower() == _SESSION), None)
    if kind != "assumed-role" or not isinstance(identity, str):
        return request, wording
    changed = with_key(request, _SESSION, f"{identity.partition(':')[0]}:{_ANOTHER_SESSION}")
    principal = f"{request.principal.rpartition('/')[0]}/{_ANOTHER_SESSION}"
    return replace(changed, principal=principal), wording


def at_second(moment: datetime) -> str:
    """``2021-08-09T06:22:24Z``, as ``aws:TokenIssueTime`` is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- what to try, by operator --------------------------------------------------------------
def _proposals(condition: Condition, context: dict[str, ContextValue], *, held: bool) -> Proposals:
    if condition.lookup in _CALLER:
        return iter(())
    propose = _TABLE.get(condition.base.name)
    if propose is None and condition.base.dates:
        propose = _dates
    return propose(condition, context, held) if propose else iter(())


def _dates(condition: Condition, _context: dict[str, ContextValue], _held: bool) -> Proposals:
    """The nearest whole seconds on either side of each date."""
    name = (
        "for a session issued at"
        if condition.lookup == ISSUE_TIME
        else "at"
        if condition.lookup == "aws:currenttime"
        else f"with {condition.key}"
    )
    for value in condition.values:
        date = parse_date(value)
        if date is None or not 1970 < date.year < 9000:
            continue
        whole = date.astimezone(UTC).replace(microsecond=0)
        nearest = [whole, whole + _SECOND, whole - _SECOND]
        for moment in sorted(nearest, key=lambda each: abs(each - date)):
            text = at_second(moment)
            yield text, f"{name} {text}"


def _addresses(condition: Condition, _context: dict[str, ContextValue], _held: bool) -> Proposals:
    """The first host of each range, and addresses that are nowhere near."""
    for value in condition.values:
        network = parse_network(value)
        if network is None:
            continue
        number = (network.base << network.host_bits) + (1 if network.host_bits > 1 else 0)
        address = str(IPv4Address(number) if network.version == 4 else IPv6Address(number))
        within = f" in {value}, such as {address}" if network.host_bits else f" {address}"
        yield address, f"from a source IP{within}"
    ranges = " and ".join(condition.values)
    for address in _ELSEWHERE:
        yield address, f"from a source IP outside {ranges}, such as {address}"


def _booleans(condition: Condition, _context: dict[str, ContextValue], _held: bool) -> Proposals:
    for value in ("true", "false"):
        if condition.lookup == _MFA:
            yield value, "with MFA" if value == "true" else "without MFA"
        else:
            yield value, f"with {condition.key} {value}"


def _texts(condition: Condition, context: dict[str, ContextValue], held: bool) -> Proposals:
    """The policy's own values, where they are plain; and the key left out."""
    for value in condition.resolved_values(context):
        if value and not set(value) & set("*?$"):
            wanted: ContextValue = (value,) if condition.quantifier else value
            yield wanted, f"with {condition.key} {value}"
    if held and condition.lookup in context:
        yield None, f"without {condition.key}"


def _presence(condition: Condition, context: dict[str, ContextValue], _held: bool) -> Proposals:
    if condition.lookup == _MFA:
        yield "true", "with MFA"
    if condition.lookup in context and condition.lookup != ISSUE_TIME:
        yield None, f"without {condition.key}"


_Propose = Callable[[Condition, dict[str, ContextValue], bool], Proposals]

_TABLE: dict[str, _Propose] = {
    "IpAddress": _addresses,
    "NotIpAddress": _addresses,
    "Bool": _booleans,
    "Null": _presence,
    **dict.fromkeys(
        (
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
            "ArnEquals",
            "ArnLike",
            "ArnNotEquals",
            "ArnNotLike",
            "NumericEquals",
            "NumericLessThanEquals",
            "NumericGreaterThanEquals",
        ),
        _texts,
    ),
}
