"""Agreement with an independent evaluator on 300 requests.

Where the two differ, AWS's page is named; the table must neither lack a case nor keep one
that has come to agree.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.evaluate import evaluate_line

LINES = (Path(__file__).parent / "data" / "evaluate-sample.jsonl").read_text().splitlines()

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

NO_SESSION_POLICY = (
    f"{GUIDE}reference_policies_evaluation-logic_policy-eval-denyallow.html",
    "a federated user's session without a session policy is implicitly denied",
)
SESSION_IS_NAMED = (
    f"{GUIDE}reference_policies_evaluation-logic_policy-eval-denyallow.html",
    "a resource-based policy that grants to the session itself (or to everybody) is not limited "
    "by an implicit deny in a session policy",
)
NEEDS_STAR = (
    f"{GUIDE}reference_policies_elements_resource.html",
    "an action without resource types is granted by the resource * alone, not by some ARN",
)

DIFFERENT = {
    "9001-18": ("allowed", SESSION_IS_NAMED),
    "9001-28": ("implicitDeny", NEEDS_STAR),
    "9001-34": ("implicitDeny", NO_SESSION_POLICY),
    "9001-92": ("implicitDeny", NO_SESSION_POLICY),
    "9001-125": ("implicitDeny", NEEDS_STAR),
    "9001-130": ("implicitDeny", NEEDS_STAR),
    "9001-179": ("allowed", SESSION_IS_NAMED),
    "9001-200": ("allowed", SESSION_IS_NAMED),
    "9001-205": ("implicitDeny", NO_SESSION_POLICY),
    "9001-237": ("implicitDeny", NEEDS_STAR),
    "9001-238": ("implicitDeny", NO_SESSION_POLICY),
    "9001-296": ("implicitDeny", NEEDS_STAR),
}
"""Cases in which AWS's documentation contradicts the sample: our decision, page and reason."""


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LINES]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_the_sample_is_decided_as_expected_or_as_aws_documents(case: dict[str, Any]) -> None:
    decision = evaluate_line(json.dumps(case))["decision"]
    if case["id"] in DIFFERENT:
        ours, (page, why) = DIFFERENT[case["id"]]
        assert decision == ours, f"{why}: {page}"
        assert decision != case["expected"], "no longer different: take it off the table"
    else:
        assert decision == case["expected"]


def test_the_sample_is_whole() -> None:
    assert len(LINES) == 300


def test_every_trace_of_the_sample_agrees_with_its_decision() -> None:
    for line in LINES:
        answer = evaluate_line(line, explain=True)
        stages = answer["trace"]["stages"]
        verdicts = {stage["verdict"] for stage in stages}
        deciding = [
            statement
            for stage in stages
            for policy in stage["policies"]
            for statement in policy["statements"]
            if statement["deciding"]
        ]
        if answer["decision"] == "implicitDeny":
            assert not deciding
            assert "explicitDeny" not in verdicts
            assert any(
                stage["verdict"] in ("implicitDeny", "none")
                and f"no {stage['policy_type']} allows" in answer["reason"]
                for stage in stages
            )
        else:
            assert len(deciding) == 1
            assert deciding[0]["matched"]
            wanted = "Allow" if answer["decision"] == "allowed" else "Deny"
            assert deciding[0]["effect"] == wanted
            assert ("explicitDeny" in verdicts) is (wanted == "Deny")
            assert "implicitDeny" not in verdicts or wanted == "Deny"
