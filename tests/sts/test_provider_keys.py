"""What the lab's identity providers keep: their keys, and for whom they signed."""

from __future__ import annotations

import pytest

from simulator import identity_providers
from simulator.identity_providers import IdentityProviders, keys


def test_a_provider_has_one_key_for_the_life_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_KEY_BITS", 1024)  # sooner made
    first = keys.private_key("https://many-0.example.com")
    for number in range(1, 40):
        keys.private_key(f"https://many-{number}.example.com")
    assert keys.private_key("https://many-0.example.com") is first


def test_for_whom_they_signed_is_remembered_of_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity_providers, "MOST_HANDED", 2)
    providers = IdentityProviders()
    for number, who in enumerate(("job", "erin", "sam")):
        providers.hand(f"token {number}", who)
    assert [providers.handed(f"token {number}") for number in range(3)] == [None, "erin", "sam"]
