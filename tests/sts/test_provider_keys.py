"""The lab's identity providers keep their keys, however many they are."""

from __future__ import annotations

import pytest

from simulator.identity_providers import keys


def test_a_provider_has_one_key_for_the_life_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_KEY_BITS", 1024)  # sooner made
    first = keys.private_key("https://many-0.example.com")
    for number in range(1, 40):
        keys.private_key(f"https://many-{number}.example.com")
    assert keys.private_key("https://many-0.example.com") is first
