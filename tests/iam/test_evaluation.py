"""The order and the meeting of policy types.

IAM User Guide, `reference_policies_evaluation-logic` (and `…-cross-account`),
`access_policies_boundaries`, `reference_policies_elements_principal`,
`reference_policies_elements_notprincipal`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.asking import (
    ACCOUNT,
    ALICE,
    APP,
    FEDERATED,
    OTHER_ACCOUNT,
    ROOT,
    SESSION,
    Statement,
    allow,
    ask,
    deny,
    trusts,
)

NOTHING = allow("sqs:SendMessage")
"""A policy that says nothing of the request."""


def grants(principal: Any, **more: Any) -> Statement:
    return allow(Principal=principal, **more)


def refuses(principal: Any, **more: Any) -> Statement:
    return deny(Principal=principal, **more)


def test_everything_is_denied_by_default() -> None:
    decision = ask()
    assert decision.outcome == "implicitDeny"
    assert decision.reason == "because no identity-based policy allows the s3:GetObject action"


def test_an_allow_in_an_identity_based_policy_is_enough() -> None:
    assert ask(identity=[allow("s3:Get*")]).allowed


@pytest.mark.parametrize(
    "layer",
    [
        {"identity": [allow(), deny()]},
        {"resource_policy": [refuses("*")]},
        {"boundary": [allow(), deny()]},
        {"session": [allow(), deny()]},
        {"service_control": [[allow()], [allow(), deny()]]},
        {"resource_control": [[refuses("*", Action="s3:*")]]},
    ],
)
def test_a_deny_in_any_policy_overrides_every_allow(layer: dict[str, Any]) -> None:
    everything: dict[str, Any] = {
        "identity": [allow()],
        "resource_policy": [grants({"AWS": SESSION})],
        "boundary": [allow()],
        "session": [allow()],
        "service_control": [[allow()]],
    }
    assert ask(**everything).allowed
    assert ask(**everything | layer).outcome == "explicitDeny"


@pytest.mark.parametrize(
    ("layer", "policy_type"),
    [
        ({"identity": [NOTHING]}, "identity-based policy"),
        ({"boundary": [NOTHING]}, "permissions boundary"),
        ({"session": [NOTHING]}, "session policy"),
        ({"service_control": [[allow()], [NOTHING]]}, "service control policy"),
        ({"service_control": [[NOTHING], [allow()]]}, "service control policy"),
    ],
)
def test_each_type_of_policy_must_allow(layer: dict[str, Any], policy_type: str) -> None:
    everything: dict[str, Any] = {
        "identity": [allow()],
        "boundary": [allow()],
        "session": [allow()],
        "service_control": [[allow()]],
    }
    decision = ask(**everything | layer)
    assert decision.outcome == "implicitDeny"
    assert decision.policy_type == policy_type
    assert decision.reason == f"because no {policy_type} allows the s3:GetObject action"


def test_resource_control_policies_need_no_allow_of_their_own() -> None:
    # RCPFullAWSAccess hangs everywhere and cannot be detached.
    unrelated = refuses("*", Action="sqs:*")
    assert ask(identity=[allow()], resource_control=[[unrelated], [unrelated]]).allowed


# --- resource-based policies within one account ---------------------------------------------

WITHIN = [
    # principal, what the resource policy names, needs identity policy, limited by the others
    (ALICE, {"AWS": ALICE}, False, False),
    (ALICE, {"AWS": "AIDAEXAMPLE000000001"}, False, False),
    (ALICE, {"AWS": ACCOUNT}, True, True),
    (ALICE, {"AWS": ROOT}, True, True),
    (ALICE, "*", False, False),
    (ALICE, {"AWS": "*"}, False, False),
    (SESSION, {"AWS": SESSION}, False, False),
    (SESSION, {"AWS": APP}, False, True),
    (SESSION, {"AWS": "AROAEXAMPLE000000001"}, False, True),
    (SESSION, {"AWS": ROOT}, True, True),
    (SESSION, "*", False, False),
    (FEDERATED, {"AWS": FEDERATED}, False, False),
    (FEDERATED, {"AWS": ALICE}, False, True),
    (FEDERATED, {"AWS": ROOT}, True, True),
]
USER_IDS = {
    ALICE: "AIDAEXAMPLE000000001",
    SESSION: "AROAEXAMPLE000000001:alice",
    FEDERATED: f"{ACCOUNT}:bob",
}


@pytest.mark.parametrize(("principal", "named", "needs_identity", "limited"), WITHIN)
def test_what_a_resource_policy_grants_within_one_account(
    principal: str, named: Any, needs_identity: bool, limited: bool
) -> None:
    def asked(**layers: Any) -> bool:
        session = None if principal == ALICE else [allow()]
        request = {
            "principal": principal,
            "context": {"aws:userid": USER_IDS[principal]},
            "federated_by": ALICE,
            "session": session,
        }
        return ask(resource_policy=[grants(named)], **request | layers).allowed

    assert asked() is not needs_identity
    assert asked(identity=[allow()])
    assert asked(identity=[allow()], boundary=[NOTHING]) is not limited
    if principal != ALICE:
        assert asked(identity=[allow()], session=[NOTHING]) is not limited


def test_a_grant_by_principal_arn_condition_is_direct() -> None:
    # "… do not limit permissions granted using the aws:PrincipalArn condition key with a
    # wildcard(*) in the Principal element", page reference_policies_elements_principal.
    statement = grants("*", Condition={"ArnEquals": {"aws:PrincipalArn": APP}})
    decision = ask(
        resource_policy=[statement], session=[NOTHING], context={"aws:PrincipalArn": APP}
    )
    assert decision.allowed


@pytest.mark.parametrize(
    "named",
    [
        {"AWS": OTHER_ACCOUNT},
        {"AWS": ALICE},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/mallory"},
        {"AWS": "AROAEXAMPLE000000002"},
        {"Service": "lambda.amazonaws.com"},
        {"Federated": "accounts.google.com"},
        {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    ],
)
def test_a_principal_that_is_somebody_else_does_not_match(named: Any) -> None:
    context = {"aws:userid": "AROAEXAMPLE000000001:alice", "aws:PrincipalArn": APP}
    assert not ask(resource_policy=[grants(named)], context=context).allowed


def test_a_role_is_known_with_its_path_by_principal_arn() -> None:
    deep = f"arn:aws:iam::{ACCOUNT}:role/service/deep/App"
    assert ask(resource_policy=[grants({"AWS": deep})], context={"aws:PrincipalArn": deep}).allowed
    assert not ask(
        resource_policy=[grants({"AWS": APP})], context={"aws:PrincipalArn": deep}
    ).allowed


# --- across accounts ------------------------------------------------------------------------


@pytest.mark.parametrize("named", [{"AWS": SESSION}, {"AWS": APP}, {"AWS": ROOT}, "*"])
def test_across_accounts_both_sides_must_allow(named: Any) -> None:
    def asked(**layers: Any) -> str | None:
        decision = ask(resource_account=OTHER_ACCOUNT, **layers)
        return None if decision.allowed else decision.policy_type

    here, there = {"identity": [allow()]}, {"resource_policy": [grants(named)]}
    assert asked(**here, **there) is None
    assert asked(**here) == "resource-based policy"
    assert asked(**there) == "identity-based policy"
    assert asked(**here, **there, boundary=[NOTHING]) == "permissions boundary"
    assert asked(**here, **there, session=[NOTHING]) == "session policy"


# --- roles and keys -------------------------------------------------------------------------

HOP = f"arn:aws:iam::{ACCOUNT}:role/Hop"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def assume(**layers: Any) -> bool:
    return ask("sts:AssumeRole", HOP, **{"principal": ALICE} | layers).allowed


def test_a_role_is_assumed_only_with_its_trust() -> None:
    assert not assume(identity=[allow()])
    assert not assume(identity=[allow()], trust=[trusts({"AWS": f"{ALICE}2"})])


def test_trust_in_the_caller_itself_is_enough_in_one_account() -> None:
    assert assume(trust=[trusts({"AWS": ALICE})])


@pytest.mark.parametrize("named", [ROOT, ACCOUNT])
def test_trust_in_the_account_leaves_it_to_the_identity_policy(named: str) -> None:
    assert not assume(trust=[trusts({"AWS": named})])
    assert assume(trust=[trusts({"AWS": named})], identity=[allow("sts:AssumeRole", HOP)])


def test_a_role_does_not_trust_itself() -> None:
    hop_session = f"arn:aws:sts::{ACCOUNT}:assumed-role/Hop/x"
    mine = {"principal": hop_session, "context": {"aws:PrincipalArn": HOP}}
    assert not assume(identity=[allow()], trust=[trusts({"AWS": ALICE})], **mine)
    assert assume(trust=[trusts({"AWS": HOP})], **mine)


def test_trust_across_accounts_needs_the_callers_side_too() -> None:
    trust = [trusts({"AWS": ALICE})]
    assert not assume(trust=trust, resource_account=OTHER_ACCOUNT)
    assert assume(trust=trust, resource_account=OTHER_ACCOUNT, identity=[allow()])


def test_trust_by_unique_id_survives_only_for_the_same_user() -> None:
    trust = [trusts({"AWS": "AIDAEXAMPLE000000001"})]
    assert assume(trust=trust, context={"aws:userid": "AIDAEXAMPLE000000001"})
    assert not assume(trust=trust, context={"aws:userid": "AIDAEXAMPLE000000002"})


@pytest.mark.parametrize("action", ["sts:TagSession", "sts:SetSourceIdentity"])
def test_tags_and_source_identity_need_both_sides_like_the_role_itself(action: str) -> None:
    def asked(**layers: Any) -> bool:
        return ask(action, HOP, principal=ALICE, **layers).allowed

    assert not asked(identity=[allow()], trust=[trusts({"AWS": ROOT})])
    assert asked(identity=[allow()], trust=[trusts({"AWS": ROOT}, action)])


def test_a_service_assumes_a_role_that_names_it() -> None:
    trust = [trusts({"Service": "ec2.amazonaws.com"})]
    assert assume(principal="ec2.amazonaws.com", trust=trust)
    assert not assume(principal="lambda.amazonaws.com", trust=trust)
    assert not assume(trust=trust, identity=[allow()])


def test_a_web_identity_is_judged_by_its_provider_and_claims() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example"
    action = "sts:AssumeRoleWithWebIdentity"
    condition = {"StringEquals": {"ci.example:aud": "lab"}}
    trust = [trusts({"Federated": provider}, action, Condition=condition)]

    def asked(federated: str, audience: str) -> bool:
        context = {"ci.example:aud": audience}
        return ask(
            action, HOP, principal="*", federated=federated, trust=trust, context=context
        ).allowed

    assert asked(provider, "lab")
    assert not asked(provider, "other")
    assert not asked(f"{provider}2", "lab")


def test_a_kms_key_needs_its_key_policy() -> None:
    def asked(**layers: Any) -> bool:
        return ask("kms:Decrypt", KEY, principal=ALICE, **layers).allowed

    assert not asked(identity=[allow()])
    assert not asked(resource_policy=[grants({"AWS": ROOT})])
    assert asked(identity=[allow()], resource_policy=[grants({"AWS": ROOT})])
    assert asked(resource_policy=[grants({"AWS": ALICE})])


# --- who is who -----------------------------------------------------------------------------


def test_the_root_user_may_do_everything_in_its_account() -> None:
    assert ask(principal=ROOT).allowed
    assert not ask(principal=ROOT, resource_account=OTHER_ACCOUNT).allowed
    grant = [grants({"AWS": ROOT})]
    assert ask(principal=ROOT, resource_account=OTHER_ACCOUNT, resource_policy=grant).allowed


def test_even_the_root_user_is_held_by_control_policies_and_resource_policies() -> None:
    assert not ask(principal=ROOT, service_control=[[NOTHING]]).allowed
    assert ask(principal=ROOT, resource_policy=[refuses("*")]).outcome == "explicitDeny"


def test_an_anonymous_caller_has_what_the_resource_gives_everybody() -> None:
    assert not ask(principal="*").allowed
    assert ask(principal="*", resource_policy=[grants("*")]).allowed
    assert ask(principal="*", resource_policy=[grants({"AWS": "*"})]).allowed
    assert not ask(principal="*", resource_policy=[grants({"AWS": ACCOUNT})]).allowed


def test_a_federated_user_without_a_session_policy_may_do_nothing_by_itself() -> None:
    # "If there is no session policy … if the principal is a role session, then the request is
    # Allowed. Otherwise, the request is implicitly denied", reference_policies_evaluation-logic.
    decision = ask(principal=FEDERATED, identity=[allow()])
    assert decision.policy_type == "session policy"
    assert ask(principal=FEDERATED, identity=[allow()], session=[allow()]).allowed
    assert ask(principal=FEDERATED, resource_policy=[grants({"AWS": FEDERATED})]).allowed
    assert ask(principal=SESSION, identity=[allow()]).allowed


def test_a_federated_user_needs_the_users_policies_too() -> None:
    assert not ask(principal=FEDERATED, session=[allow()]).allowed


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "sts:GetSessionToken"])
def test_some_calls_need_no_permission_and_cannot_be_denied(action: str) -> None:
    assert ask(action, "*", identity=[deny()], service_control=[[deny()]]).allowed


def test_service_linked_roles_are_out_of_reach_of_control_policies() -> None:
    linked = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/y"
    decision = ask(
        principal=session,
        context={"aws:PrincipalArn": linked},
        identity=[allow()],
        service_control=[[deny()]],
    )
    assert decision.allowed


@pytest.mark.parametrize(
    ("left_out", "denied"),
    [
        ({"AWS": [SESSION, APP, ROOT]}, False),
        ({"AWS": SESSION}, False),
        ({"AWS": ROOT}, False),
        ({"AWS": [ALICE, ROOT]}, True),
        ({"AWS": [ALICE.replace(ACCOUNT, OTHER_ACCOUNT), ROOT]}, False),
        ({"AWS": ALICE}, True),
        ({"Service": "lambda.amazonaws.com"}, True),
    ],
)
def test_a_deny_with_not_principal_catches_everybody_else(left_out: Any, denied: bool) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": left_out, "Action": "*", "Resource": "*"}
    decision = ask(identity=[allow()], resource_policy=[statement])
    assert decision.allowed is not denied


def test_a_deny_with_not_principal_always_catches_a_caller_with_a_boundary() -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": SESSION}, "Action": "*", "Resource": "*"}
    decision = ask(identity=[allow()], resource_policy=[statement], boundary=[allow()])
    assert decision.outcome == "explicitDeny"


# --- revoking -------------------------------------------------------------------------------


def revoked(cut_off: str, **context: str) -> bool:
    revoke = deny(["*"], ["*"], Condition={"DateLessThan": {"aws:TokenIssueTime": cut_off}})
    return not ask(identity=[allow(), revoke], context=context).allowed


@pytest.mark.parametrize(
    ("issued", "denied"),
    [
        ("2021-08-09T06:00:00Z", True),
        ("2021-08-09T06:22:23Z", True),
        ("2021-08-09T06:22:24Z", False),
    ],
)
def test_a_session_issued_before_or_in_the_second_of_the_cut_off_is_denied(
    issued: str, denied: bool
) -> None:
    assert revoked("2021-08-09T06:22:23.999Z", **{"aws:TokenIssueTime": issued}) is denied


def test_a_long_term_key_is_never_caught_by_a_revocation() -> None:
    assert not revoked("2021-08-09T06:22:23.999Z")
