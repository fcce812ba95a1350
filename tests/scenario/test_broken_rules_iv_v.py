"""Chapters IV and V fail where the rule they teach isn't enforced. Broken on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from simulator.gateway import authorize, policies
from simulator.gateway.world import World
from simulator.iam.operators import OPERATORS
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import run_scenario
from simulator.sts import assume_role, roles
from tests.scenario.test_broken_rules import _forget, failures

Break = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def uncached() -> Iterator[None]:
    """Compiled policies are remembered for the process; forget them before and after."""
    _forget()
    yield
    _forget()


def operator(name: str, *, says: bool) -> Break:
    """A condition operator that doesn't look at its values."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        broken = replace(OPERATORS[name], compile=lambda _: lambda _: says)
        patch.setitem(OPERATORS, name, broken)

    return apply


def no_propagation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(World, "set_propagation", lambda self, delay: None)


def chains_as_long_as_the_role_allows(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(roles, "CHAINED_MAX_SECONDS", 43200)


def sessions_of_users_may_call_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(authorize, "_refuse_what_the_session_may_never_do", lambda *_: None)


def without_policies(field: str, nothing: Any) -> Break:
    """Evaluation that never sees one type of policy."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        gather = policies.policies_for

        def gathered(*given: Any) -> Any:
            return replace(gather(*given), **{field: nothing})

        patch.setattr(authorize, "policies_for", gathered)

    return apply


def source_identity_is_left_behind(patch: pytest.MonkeyPatch) -> None:
    issue = roles.open_session

    def opened(*given: Any, **more: Any) -> Any:
        return issue(*given, **{**more, "source_identity": None})

    patch.setattr(assume_role, "open_session", opened)


RULES: list[tuple[Break, str, str]] = [
    (operator("datelessthan", says=False), "role-chaining", "Revoke the role that was seen"),
    (operator("datelessthan", says=True), "role-juggling", "Mallory reads the payment key"),
    (chains_as_long_as_the_role_allows, "role-chaining", "Walk the chain"),
    (chains_as_long_as_the_role_allows, "assume-yourself", "Renew, and outlive"),
    (no_propagation, "assume-yourself", "Mallory renews, three seconds after"),
    (no_propagation, "undoing-the-revoke", "The script deletes the cut-off"),
    (sessions_of_users_may_call_everything, "session-token-survives", "Be Mallory"),
    (sessions_of_users_may_call_everything, "federation-token-survives", "Find out what"),
    (operator("datelessthan", says=True), "second-foothold", "Sam goes on deploying"),
    (without_policies("service_control", ()), "undoing-the-revoke", "Put the stop where"),
    (without_policies("service_control", ()), "the-resource-says-no", "From above"),
    (without_policies("boundary", None), "the-resource-says-no", "under quarantine"),
    (without_policies("resource", None), "the-resource-says-no", "keep App out"),
    (operator("ipaddress", says=False), "one-of-many", "Try the address"),
    (source_identity_is_left_behind, "one-of-many", "Stop whoever has Tom's key"),
    (source_identity_is_left_behind, "who-did-it", "says nothing about who he is"),
    (operator("stringequals", says=True), "confused-deputy", "Tie the role"),
    (operator("numericlessthan", says=True), "mfa-sessions", "Ask for a fresh code"),
]


@pytest.mark.parametrize(
    ("broken", "story", "where"), RULES, ids=[f"{story}: {where}" for _, story, where in RULES]
)
def test_a_rule_that_is_not_enforced_fails_the_story_that_teaches_it(
    monkeypatch: pytest.MonkeyPatch, broken: Break, story: str, where: str
) -> None:
    broken(monkeypatch)
    result = run_scenario(load_by_id(story))
    assert not result.passed
    assert where in str(failures(result))
