"""What the people of a scenario get from identity providers, for tools from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.scenario.placeholders import PlaceholderError, fill
from simulator.scenario.schema.acts import ActionAct
from simulator.scenario.schema.outside import Assertion, AssertionAct, Token, TokenAct
from simulator.scenario.schema.scenario import Scenario
from simulator.scenario.schema.steps import TaskStep

if TYPE_CHECKING:
    from simulator.lab import Lab

_Offers = dict[str, dict[str, dict[str, Any]]]


def offer(scenario: Scenario, names: Mapping[str, Any], lab: Lab) -> None:
    """Let the control API give each actor's tokens and assertions, as the story would.

    Of somebody who gets several, the one that solves a task comes first. What is forged in the
    story is not offered: nobody signs that.

    Args:
        scenario: whose acts they are.
        names: what placeholders may name in the world that was built.
        lab: where it was built.
    """
    offers: dict[str, _Offers] = {"token": {}, "assertion": {}}
    for act in _in_order(scenario):
        asked: Token | Assertion
        if isinstance(act, TokenAct):
            kind, asked, request = "token", act.token, _token(act.token)
        elif isinstance(act, AssertionAct):
            kind, asked = "assertion", act.assertion
            request = _assertion(asked, names)
        else:
            continue
        if asked.tampered:
            continue
        try:
            filled = fill(request, names)
        except PlaceholderError:
            continue  # it takes something that only comes about in the story
        offers[kind].setdefault(asked.actor, {}).setdefault(asked.save, filled)
    lab.gateway.control.offers = offers


def _in_order(scenario: Scenario) -> Iterator[object]:
    """What is done to solve tasks, then everything else that is done in the story."""
    tasks = [step for step in scenario.steps if isinstance(step, TaskStep)]
    for task in tasks:
        does = {action.id: action.does for action in task.actions}
        for act in task.solution:
            yield from does[act.do] if isinstance(act, ActionAct) else (act,)
    yield from scenario.steps
    for task in tasks:
        for action in task.actions:
            yield from action.does


def _token(asked: Token) -> dict[str, Any]:
    return {
        "provider": asked.provider,
        "claims": {"sub": asked.subject, "aud": asked.audience, **asked.claims},
        "seconds": asked.lifetime.total_seconds(),
    }


def _assertion(asked: Assertion, names: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {"RoleSessionName": asked.session_name} | {
        f"PrincipalTag:{key}": value for key, value in asked.tags.items()
    }
    if asked.session_duration is not None:
        attributes["SessionDuration"] = str(asked.session_duration // timedelta(seconds=1))
    if asked.source_identity is not None:
        attributes["SourceIdentity"] = asked.source_identity
    return {
        "provider": names["saml"][asked.provider]["Arn"],
        "role_arn": names["roles"][asked.role]["Arn"],
        "name_id": asked.subject,
        "attributes": attributes,
    }
