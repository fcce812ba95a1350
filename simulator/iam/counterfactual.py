"""What would change an answer: small changes, each of them evaluated.

Nothing is said that `evaluate` has not answered: a change is listed only where the request
or the policies, so changed, come out the other way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from simulator.iam.altered import all_policies, granting, without_statement
from simulator.iam.conditions import Condition
from simulator.iam.decision import Decision, Outcome, PolicyType
from simulator.iam.evaluation import (
    BOUNDARY,
    IDENTITY,
    RESOURCE,
    SESSION,
    evaluate,
)
from simulator.iam.operators import NULL
from simulator.iam.request import AttachedPolicy, Facts, PolicySet, Request
from simulator.iam.statement import Statement
from simulator.iam.values import parse_date
from simulator.iam.variations import ISSUE_TIME, Variation, at_second, variations, with_key

MOST = 5
"""How many changes are listed."""

_STEPS = 6
"""How many statements in a row one change may have to get past."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that turns the answer.

    Attributes:
        sentence: ``A session issued at or after 06:22:24Z would be allowed.``
        outcome: what `evaluate` answers then.
        request: the request it was asked with.
        policies: the policies it was asked with.
    """

    sentence: str
    outcome: Outcome
    request: Request
    policies: PolicySet

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"change": self.sentence, "decision": self.outcome}


def changes(decision: Decision) -> tuple[Change, ...]:
    """The small changes that turn a decision, at most five, each of them evaluated.

    Args:
        decision: as `evaluate` gave it.
    """
    found: list[Change] = []
    for wording, request, policies in _candidates(decision):
        answer = evaluate(request, policies)
        if answer.allowed == decision.allowed:
            continue
        sentence = _sentence(wording, decision.request, allowed=answer.allowed)
        if all(sentence != each.sentence for each in found):
            found.append(Change(sentence, answer.outcome, request, policies))
        if len(found) == MOST:
            break
    return tuple(found)


_Candidate = tuple[str, Request, PolicySet]


def _candidates(decision: Decision) -> Iterator[_Candidate]:
    request, policies = decision.request, decision.policies
    if decision.outcome == "explicitDeny":
        yield from _past_the_deny(decision)
        yield from _without_the_denies(decision)
        return
    if decision.outcome == "implicitDeny":
        yield from _with_conditions_met(decision, "Allow")
        yield from _with_allows(decision)
        yield from _without_limits(decision)
        return
    hit = _deciding(decision)
    if hit is not None:
        policy, statement = hit
        for condition in statement.conditions:
            for variation in variations(condition, request):
                if not evaluate(variation.request, policies).allowed:
                    yield _worded(variation, policies, allowed=False), variation.request, policies
                    break
    yield from _with_conditions_met(decision, "Deny")
    if hit is not None:
        named = _statement_name(policy, statement)
        yield f"without {named}", request, without_statement(policies, policy, statement)


# -- an explicit deny --------------------------------------------------------------------
def _past_the_deny(decision: Decision) -> Iterator[_Candidate]:
    """Requests that the denying statement's conditions no longer catch."""
    hit = _deciding(decision)
    for condition in hit[1].conditions if hit else ():
        for first in variations(condition, decision.request):
            last = _past_all(first, decision.policies)
            if last is not None:
                wording = _worded(last, decision.policies, allowed=True)
                yield wording, last.request, decision.policies
                break


def _past_all(variation: Variation, policies: PolicySet) -> Variation | None:
    """Further along the same key, until no statement that looks at it denies."""
    for _ in range(_STEPS):
        answer = evaluate(variation.request, policies)
        hit = _deciding(answer)
        if answer.outcome != "explicitDeny" or hit is None:
            return variation if answer.allowed else None
        further = [
            other
            for condition in hit[1].conditions
            if condition.lookup == variation.key
            for other in variations(condition, variation.request)
        ]
        if not further:
            return None
        variation = further[0]
    return None


def _without_the_denies(decision: Decision) -> Iterator[_Candidate]:
    """The policies without the statement that denies, or without all that do."""
    request, policies = decision.request, decision.policies
    names: list[str] = []
    answer = decision
    for _ in range(_STEPS):
        hit = _deciding(answer)
        if answer.outcome != "explicitDeny" or hit is None:
            break
        policy, statement = hit
        original = _original(decision.policies, policy, statement)
        names.append(_statement_name(*original))
        policies = without_statement(policies, policy, statement)
        answer = evaluate(request, policies)
    if names:
        yield f"without {_and(names)}", request, policies


# -- conditions that stand between -------------------------------------------------------
def _with_conditions_met(decision: Decision, effect: str) -> Iterator[_Candidate]:
    """Requests for which a statement applies that only its conditions keep from applying."""
    request, policies = decision.request, decision.policies
    facts = Facts(request, bounded=policies.boundary is not None)
    for policy in all_policies(policies):
        for statement in policy.policy.statements:
            missed = [c for c in statement.conditions if not c.holds(facts.context)]
            about_it = (
                statement.effect == effect
                and statement.matches_principal(facts)
                and statement.matches_action(facts.action)
                and statement.matches_resource(facts)
            )
            if not missed or not about_it:
                continue
            made = _meet(missed, request, policies, allowed=effect == "Allow")
            if made is not None:
                yield made[0], made[1], policies


def _meet(
    missed: list[Condition], request: Request, policies: PolicySet, *, allowed: bool
) -> tuple[str, Request] | None:
    words = []
    for condition in missed:
        variation = next(variations(condition, request), None)
        if variation is None:
            return None
        request = variation.request
        words.append(
            _worded(variation, policies, allowed=allowed) if len(missed) == 1 else variation.wording
        )
    return _and(words), request


# -- a missing allow -----------------------------------------------------------------------
def _with_allows(decision: Decision) -> Iterator[_Candidate]:
    """The policies with an Allow wherever one is missing."""
    request, policies = decision.request, decision.policies
    places: list[str] = []
    answer = decision
    for _ in range(_STEPS):
        if answer.outcome != "implicitDeny" or answer.policy_type is None:
            break
        grown = granting(policies, request, answer.policy_type)
        if grown is None:
            return
        policies = grown
        places.append(_place_of(answer.policy_type, decision))
        answer = evaluate(request, policies)
    if places:
        yield f"with an Allow for {request.action} in {_and(places)}", request, policies


def _without_limits(decision: Decision) -> Iterator[_Candidate]:
    request, policies = decision.request, decision.policies
    if decision.policy_type == BOUNDARY:
        yield "without the permissions boundary", request, replace(policies, boundary=None)
    if decision.policy_type == SESSION and policies.session:
        plural = "policies" if len(policies.session) > 1 else "policy"
        yield f"without the session {plural}", request, replace(policies, session=None)


def _place_of(policy_type: PolicyType, decision: Decision) -> str:
    if policy_type == RESOURCE:
        trust = ":role/" in decision.request.resource
        return "the trust policy" if trust else "the resource's own policy"
    article = "an" if policy_type == IDENTITY else "the"
    return f"{article} {policy_type}"


# -- which statement --------------------------------------------------------------------
def _deciding(decision: Decision) -> tuple[AttachedPolicy, Statement] | None:
    policy = decision.policy
    if policy is None or decision.statement is None:
        return None
    return next(
        ((policy, s) for s in policy.policy.statements if s.index == decision.statement), None
    )


def _original(
    policies: PolicySet, policy: AttachedPolicy, statement: Statement
) -> tuple[AttachedPolicy, Statement]:
    """The policy as attached: how many statements it has says how to name one of them."""
    for each in all_policies(policies):
        if any(s is statement for s in each.policy.statements) and each.name == policy.name:
            return each, statement
    return policy, statement


# -- words ---------------------------------------------------------------------------------
_KIND_NAMES = {"trust": "the trust policy", "resource": "the resource's own policy"}


def _statement_name(policy: AttachedPolicy, statement: Statement) -> str:
    name = policy.name or _KIND_NAMES.get(policy.policy.kind, "the policy")
    if len(policy.policy.statements) == 1:
        return name
    return f"statement {statement.index + 1} of {name}"


def _worded(variation: Variation, policies: PolicySet, *, allowed: bool) -> str:
    """How to say it; ``at or after`` where every later issue time gets the same answer."""
    if variation.key != ISSUE_TIME or variation.moment is None:
        return variation.wording
    text = at_second(variation.moment)
    if _same_beyond(variation, policies, allowed=allowed):
        side = "after" if variation.later else "before"
        return f"for a session issued at or {side} {text}"
    return f"for a session issued at {text}"


def _same_beyond(variation: Variation, policies: PolicySet, *, allowed: bool) -> bool:
    """Whether no date in any policy turns the answer back further on.

    Between the dates that policies name for the key nothing can change, so one moment on
    either side of each is enough.
    """
    moment = variation.moment
    if moment is None:
        return False
    dates: list[datetime] = []
    for policy in all_policies(policies):
        for statement in policy.policy.statements:
            for condition in statement.conditions:
                if condition.lookup != ISSUE_TIME or condition.base.name == NULL:
                    continue
                if not condition.base.dates:
                    return False
                dates += [date for value in condition.values if (date := parse_date(value))]
    second = timedelta(seconds=1)
    for date in dates:
        if not 1970 < date.year < 9000:
            return False
        whole = date.replace(microsecond=0)
        for other in (whole - second, whole, whole + second):
            beyond = other > moment if variation.later else other < moment
            if beyond:
                asked = with_key(variation.request, ISSUE_TIME, at_second(other))
                if evaluate(asked, policies).allowed != allowed:
                    return False
    return True


def _and(words: list[str]) -> str:
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _sentence(wording: str, request: Request, *, allowed: bool) -> str:
    today = next((str(v) for k, v in request.context.items() if k.lower() == "aws:currenttime"), "")
    if len(today) > len("2021-08-09T"):
        wording = wording.replace(today[:11], "")
    answer = "allowed" if allowed else "denied"
    if wording.startswith("for a session") and " and " not in wording:
        wording = wording.removeprefix("for ")
        return f"{wording[0].upper()}{wording[1:]} would be {answer}."
    return f"{wording[0].upper()}{wording[1:]}, it would be {answer}."
