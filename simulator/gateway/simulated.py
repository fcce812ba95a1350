"""What a policy simulation answers for an action, and which policies it leaves out.

Source: IAM API Reference, EvaluationResult, ResourceSpecificResult, PolicyIdentifier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.gateway.stages import AwsError
from simulator.iam import AttachedPolicy, Decision, PolicyType
from simulator.iam.matching import glob
from simulator.iam.positions import statement_spans
from simulator.sts.responses import Entries

# What AWS answers; the API's model lists other values, which it doesn't use.
_SOURCE_TYPES: Mapping[PolicyType, str] = {
    "identity-based policy": "IAM Policy",
    "resource-based policy": "Resource Policy",
}
_MOST_RESTRICTIVE_FIRST = ("explicitDeny", "implicitDeny", "allowed")


def evaluation_result(decisions: Sequence[Decision]) -> dict[str, Any]:
    """The one `EvaluationResult` of an action: over all its resources, and resource by resource.

    AWS's `EvalResourceName` is here the resource, where there is one, and else ``*``: not the
    form its ARN has.

    Args:
        decisions: one a resource.
    """
    outcomes = [decision.outcome for decision in decisions]
    outcome = next(each for each in _MOST_RESTRICTIVE_FIRST if each in outcomes)
    resources = [decision.request.resource for decision in decisions]
    parts = [_common(decision) for decision in decisions]
    result: dict[str, Any] = {
        "EvalActionName": decisions[0].request.action,
        "EvalResourceName": resources[0] if len(resources) == 1 else "*",
        "EvalDecision": outcome,
        "MatchedStatements": _without_repetition(
            statement
            for decision, part in zip(decisions, parts, strict=True)
            if decision.outcome == outcome
            for statement in part["MatchedStatements"]
        ),
        "MissingContextValues": sorted(
            {key for part in parts for key in part["MissingContextValues"]}
        ),
    }
    if decisions[0].policies.service_control:
        allows = all(_verdict(each, "service control policy") == "allow" for each in decisions)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allows}
    if decisions[0].policies.boundary is not None:
        result["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": all(map(_within_boundary, decisions))
        }
    if resources != ["*"]:
        details = [_by_source(decision) for decision in decisions]
        result["EvalDecisionDetails"] = _most_restrictive(details)
        result["ResourceSpecificResults"] = [
            {
                "EvalResourceName": decision.request.resource,
                "EvalResourceDecision": decision.outcome,
                **part,
                **({"EvalDecisionDetails": detail} if detail else {}),
            }
            for decision, part, detail in zip(decisions, parts, details, strict=True)
        ]
    return result


def _common(decision: Decision) -> dict[str, Any]:
    """What is told of every resource."""
    common: dict[str, Any] = {
        "MatchedStatements": list(_matched_statements(decision)),
        "MissingContextValues": sorted(_missing_keys(decision)),
    }
    if decision.policies.boundary is not None:
        common["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": _within_boundary(decision)
        }
    return common


def _without_repetition(statements: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for each in statements:
        if each not in found:
            found.append(each)
    return found


def _within_boundary(decision: Decision) -> bool:
    return _verdict(decision, "permissions boundary") in ("allow", "bypassed")


def _by_source(decision: Decision) -> Entries:
    """Across accounts: what each side says; within one account nothing."""
    request = decision.request
    if not request.resource_account or request.resource_account == request.principal.split(":")[4]:
        return Entries()
    said = {"allow": "allowed", "explicitDeny": "explicitDeny"}
    return Entries(
        {
            name: said.get(_verdict(decision, policy_type), "implicitDeny")
            for policy_type, name in _SOURCE_TYPES.items()
        }
    )


def _most_restrictive(details: Sequence[Entries]) -> Entries:
    found = Entries()
    for name in _SOURCE_TYPES.values():
        said = [each[name] for each in details if name in each]
        if said:
            found[name] = min(said, key=_MOST_RESTRICTIVE_FIRST.index)
    return found


def _verdict(decision: Decision, policy_type: PolicyType) -> str:
    stages = decision.trace.stages
    return next(stage.verdict for stage in stages if stage.policy_type == policy_type)


def _matched_statements(decision: Decision) -> Iterator[dict[str, Any]]:
    """Identity and resource policies' statements for the outcome; none for an implicit deny."""
    effect = {"allowed": "Allow", "explicitDeny": "Deny"}.get(decision.outcome)
    for stage in decision.trace.stages:
        kind = _SOURCE_TYPES.get(stage.policy_type)
        for policy in stage.policies if kind else ():
            spans = statement_spans(policy.attached.policy.text)
            for statement in policy.statements:
                if statement.matched and statement.effect == effect:
                    start, end = spans[statement.index]
                    yield {
                        "SourcePolicyId": _source_id(policy.attached),
                        "SourcePolicyType": kind,
                        "StartPosition": {"Line": start.line, "Column": start.column},
                        "EndPosition": {"Line": end.line, "Column": end.column},
                    }


def _source_id(attached: AttachedPolicy) -> str:
    """A managed policy by its name, an inline one by whom it is in as well."""
    kind, holder = _holder(attached)
    if attached.arn is None and kind in ("user", "group", "role"):
        return f"{kind}_{holder}_{attached.name}"
    return attached.name


def _holder(attached: AttachedPolicy) -> tuple[str, str]:
    """The kind and the name of whom an inline policy is in."""
    kind, _, path_and_name = (attached.attached_to or "").rpartition(":")[2].partition("/")
    return kind, path_and_name.rpartition("/")[2]


def _missing_keys(decision: Decision) -> set[str]:
    """Condition keys that identity and resource policies ask for and nobody gave."""
    return {
        condition.key
        for stage in decision.trace.stages
        if stage.policy_type in _SOURCE_TYPES
        for policy in stage.policies
        for statement in policy.statements
        for condition in statement.conditions
        if condition.request_values is None
    }


# -- policies left out ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Policies a simulation is to do without.

    Attributes:
        types: `PolicyType` of whole kinds.
        arns: patterns of managed policies' ARNs.
        inline: name, kind of its holder, and pattern of the holder's name.
    """

    types: frozenset[str]
    arns: tuple[str, ...]
    inline: tuple[tuple[str, str, str], ...]

    def has_type(self, policy_type: str) -> bool:
        """Whether all policies of a type are left out."""
        return policy_type in self.types

    def has(self, policy: AttachedPolicy) -> bool:
        """Whether this policy is left out."""
        if policy.arn is not None:
            aws = policy.arn.startswith("arn:aws:iam::aws:")
            whole = "aws-managed" if aws else "user-managed"
            return whole in self.types or any(glob(arn)(policy.arn) for arn in self.arns)
        kind, holder = _holder(policy)
        return "inline" in self.types or any(
            (name, of) == (policy.name, kind) and glob(pattern)(holder)
            for name, of, pattern in self.inline
        )


def exclusions(parameters: Mapping[str, Any]) -> Exclusions:
    """The `PolicyExclusionList` of a request.

    Raises:
        AwsError: 400 `InvalidInput`: an entry that names no policy, or in more ways than one.
    """
    types: set[str] = set()
    arns: list[str] = []
    inline: list[tuple[str, str, str]] = []
    for entry in parameters.get("PolicyExclusionList") or ():
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise AwsError("InvalidInput", "Specify exactly one way to identify a policy.")
        if "PolicyType" in entry:
            types.add(str(entry["PolicyType"]))
        elif "PolicyArn" in entry:
            arn = str(entry["PolicyArn"])
            if arn.count(":") != 5 or "*" in arn.rpartition(":")[0] or arn.count("*") > 1:
                raise AwsError("InvalidInput", f"Invalid policy ARN: {arn}")
            arns.append(arn)
        else:
            named = entry["InlinePolicyIdentifier"]
            kind = str(named.get("AttachmentType", "")).lower()
            inline.append((str(named.get("PolicyName")), kind, str(named.get("AttachmentName"))))
    return Exclusions(frozenset(types), tuple(arns), tuple(inline))
