"""Chapters I and II: break the rule a scenario teaches, and the scenario fails where it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from simulator.backend.state import Backend
from simulator.gateway import authenticate, policies
from simulator.iam import document
from simulator.iam.operators import OPERATORS
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import run_scenario
from simulator.sts import assertions, assume_role, roles

Break = Callable[[pytest.MonkeyPatch], None]


def _tokens_are_optional(patch: pytest.MonkeyPatch) -> None:
    check = authenticate.credential_of

    def lenient(wire: Any, key: str, token: str | None, keys: Any) -> Any:
        found = keys.find(key)
        return check(wire, key, token or (found and found.session_token), keys)

    patch.setattr(authenticate, "credential_of", lenient)


def _sessions_are_ageless(patch: pytest.MonkeyPatch) -> None:
    check = authenticate.credential_of

    def ageless(wire: Any, key: str, token: str | None, keys: Any) -> Any:
        return check(replace(wire, at=datetime(2000, 1, 1, tzinfo=UTC)), key, token, keys)

    patch.setattr(authenticate, "credential_of", ageless)


def _names_are_trusted_for_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Backend, "forget_principal", lambda self, arn, unique_id: None)


def _chains_are_as_long_as_one_likes(patch: pytest.MonkeyPatch) -> None:
    limit = roles.session_seconds
    patch.setattr(
        assume_role, "session_seconds", lambda wanted, role, *, chained: limit(wanted, role)
    )


def _sessions_are_as_long_as_one_likes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        assume_role, "session_seconds", lambda wanted, role, *, chained: int(wanted or 3600)
    )


def _session_policies_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(policies, "_session", lambda credential, world: None)


def _tokens_need_no_signature(patch: pytest.MonkeyPatch) -> None:
    read = jwt.decode
    unverified: Any = {"verify_signature": False}
    patch.setattr(jwt, "decode", lambda text, *_, **__: read(text, options=unverified))


def _assertions_need_no_signature(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        assertions,
        "_signed_assertion",
        lambda document, certificates: next(document.iter(assertions._ASSERTION)),
    )


def _cut_offs_have_whole_seconds(patch: pytest.MonkeyPatch) -> None:
    exact = OPERATORS["datelessthan"]

    def coarse(values: Any) -> Callable[[str], bool]:
        moments = [datetime.fromisoformat(value[0][0]).replace(microsecond=0) for value in values]
        return lambda text: any(datetime.fromisoformat(text) < moment for moment in moments)

    patch.setitem(OPERATORS, "datelessthan", replace(exact, compile=coarse))


def _urls_never_age(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(authenticate, "_check_url_age", lambda wire, claim: None)


def forget_policies() -> None:
    """Compiled policies and split operator names hold the operators they met."""
    document._parse_text.cache_clear()
    document._split_operator.cache_clear()


@pytest.mark.parametrize(
    ("story", "broken", "where"),
    [
        ("first-session", _tokens_are_optional, "Bob lists the bucket with two values"),
        ("first-session", _sessions_are_ageless, "Alice lists the reports again"),
        ("who-may-assume", _names_are_trusted_for_good, "Carol assumes Wages, with her new key"),
        ("how-long", _chains_are_as_long_as_one_likes, "From Export, Alice asks for two hours"),
        ("how-long", _sessions_are_as_long_as_one_likes, "Alice asks for four hours of Export"),
        ("less-than-the-role", _session_policies_are_ignored, "Try out what Ivo got"),
        ("outside-identities", _tokens_need_no_signature, "shows the corrected token"),
        ("signed-assertions", _assertions_need_no_signature, "with the corrected assertion"),
        ("waiting-it-out", _sessions_are_ageless, "Wait until the hour is over"),
        ("the-cut-off", _cut_offs_have_whole_seconds, "with the quick session"),
        ("presigned", _sessions_are_ageless, "Pia opens the evening's link"),
        ("presigned", _urls_never_age, "Pia opens it after six"),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_a_broken_rule_fails_the_story_that_teaches_it(
    story: str, broken: Break, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_policies()
    broken(monkeypatch)
    try:
        result = run_scenario(load_by_id(story))
    finally:
        forget_policies()
    assert not result.passed
    assert any(where in step.title for step in result.steps if step.failure), [
        f"{step.title}: {step.failure}" for step in result.steps if step.failure
    ]
