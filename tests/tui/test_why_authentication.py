"""Why, of calls that nobody signs: the token or the assertion is what authenticates them."""

from __future__ import annotations

import pytest

from simulator.scenario.catalogue import load_by_id
from simulator.scenario.running import run_scenario
from simulator.trail import Record
from tui.why_authentication import authentication


def federated(story: str) -> list[Record]:
    calls = run_scenario(load_by_id(story)).calls
    return [each for each in calls if each.operation.startswith("AssumeRoleWith")]


@pytest.mark.parametrize(
    ("story", "proof", "words"),
    [
        ("outside-identities", "web identity token", "The token's signature could not be verified"),
        ("signed-assertions", "SAML assertion", "Response signature invalid"),
    ],
)
def test_a_proof_that_proves_nothing_is_named_with_awss_words(
    story: str, proof: str, words: str
) -> None:
    records = federated(story)
    accepted = authentication(records[0], None)
    assert (accepted.deciding, proof in accepted.text) == (False, True)
    forged = next(each for each in records if each.error_code == "InvalidIdentityToken")
    row = authentication(forged, None)
    assert row.deciding
    assert row.text == f"the {proof} proves nothing"
    assert [line for _, line in row.lines] == [words, "policies were not looked at"]
