"""A rule that isn't enforced makes the scenario that teaches it fail. Broken on purpose."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.gateway import authenticate
from simulator.iam.operators import OPERATORS
from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import ScenarioResult, run_scenario


@pytest.fixture
def uncached() -> Iterator[None]:
    """Compiled policies are remembered for the process; forget them before and after."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for name, module in tuple(sys.modules.items()):
        if name.startswith(("simulator.iam.", "simulator.gateway.")):
            for member in tuple(vars(module).values()):
                if hasattr(member, "cache_clear"):
                    member.cache_clear()


def failures(result: ScenarioResult) -> list[str]:
    return [f"{step.title}: {step.failure}" for step in result.steps if step.failure]


@pytest.mark.usefixtures("uncached")
def test_without_date_less_than_the_revoke_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = replace(OPERATORS["datelessthan"], compile=lambda _: lambda _: False)
    monkeypatch.setitem(OPERATORS, "datelessthan", blind)
    result = run_scenario(load_by_id("leaked-session"))
    assert not result.passed
    assert "Stop Mallory" in str(failures(result))


@pytest.mark.usefixtures("uncached")
def test_a_cut_off_that_ignores_the_issue_time_stops_the_honest_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crude = replace(OPERATORS["datelessthan"], compile=lambda _: lambda _: True)
    monkeypatch.setitem(OPERATORS, "datelessthan", crude)
    result = run_scenario(load_by_id("leaked-session"))
    assert not result.passed
    assert "Get Alice back to work" in str(failures(result))


def test_without_expiry_the_last_call_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check = authenticate.credential_of

    def ageless(wire: Any, *rest: Any) -> Any:
        return check(replace(wire, at=datetime(2000, 1, 1, tzinfo=UTC)), *rest)

    monkeypatch.setattr(authenticate, "credential_of", ageless)
    result = run_scenario(load_by_id("leaked-session"))
    assert not result.passed
    assert "expected refused, was denied" in str(failures(result))
