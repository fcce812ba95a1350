"""Deciding a request, in AWS's order.

An explicit deny in any policy; then SCPs and RCPs must leave the action open; then the
resource's own policy, identity-based policies, permissions boundary and session policies.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simulator.iam.checks import TRUST_ACTIONS
from simulator.iam.decision import Decision, PolicyType
from simulator.iam.principals import DIRECT, NO_MATCH, ROLE
from simulator.iam.request import AttachedPolicy, Facts, PolicySet, Request
from simulator.iam.statement import Statement

Hit = tuple[AttachedPolicy, Statement]
"""A statement that matched, and the policy it is in."""

IDENTITY: Final = "identity-based policy"
RESOURCE: Final = "resource-based policy"
SESSION: Final = "session policy"
BOUNDARY: Final = "permissions boundary"
SERVICE_CONTROL: Final = "service control policy"
RESOURCE_CONTROL: Final = "resource control policy"

NEEDS_NO_PERMISSION: Final = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that any authenticated caller has and no policy takes away.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

_BOTH_MUST_ALLOW: Final = frozenset({"sts:tagsession", "sts:setsourceidentity"})
"""What a trust policy alone does not give, not even to a caller of its own account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""


def evaluate(request: Request, policies: PolicySet) -> Decision:
    """Decide a request.

    Pure: the answer depends on the arguments alone.

    Returns:
        The decision with its reason; its trace is worked out only if asked for.
    """
    facts = Facts(request, bounded=policies.boundary is not None)
    caller = facts.caller
    authenticated = caller.account != ""
    if facts.action in NEEDS_NO_PERMISSION and request.principal != "*":
        note = f"{request.action} needs no permission, and no policy can deny it"
        return Decision(request, policies, "allowed", note=note)

    # A deny anywhere ends it; what allows is kept for afterwards.
    closed: PolicyType | None = None
    if authenticated and policies.service_control and not is_service_linked(facts):
        for level in policies.service_control:
            deny, allow = scan(level, facts)
            if deny:
                return Decision(request, policies, "explicitDeny", SERVICE_CONTROL, deny)
            if not allow:
                closed = SERVICE_CONTROL
    if policies.resource_control and not is_service_linked(facts):
        for level in policies.resource_control:
            # RCPFullAWSAccess hangs on every level and cannot be taken off.
            deny, _ = scan(level, facts)
            if deny:
                return Decision(request, policies, "explicitDeny", RESOURCE_CONTROL, deny)
    granted, grant = NO_MATCH, None
    if policies.resource is not None:
        deny, grant, granted = scan_resource(policies.resource, facts)
        if deny:
            return Decision(request, policies, "explicitDeny", RESOURCE, deny)
    deny, identity = scan(policies.identity, facts)
    if deny:
        return Decision(request, policies, "explicitDeny", IDENTITY, deny)
    bounded, boundary = policies.boundary is not None, None
    if policies.boundary is not None:
        deny, boundary = scan((policies.boundary,), facts)
        if deny:
            return Decision(request, policies, "explicitDeny", BOUNDARY, deny)
    narrowed, session = is_narrowed(policies, facts), None
    if policies.session:
        deny, session = scan(policies.session, facts)
        if deny:
            return Decision(request, policies, "explicitDeny", SESSION, deny)

    def refused(by: PolicyType) -> Decision:
        return Decision(request, policies, "implicitDeny", by)

    def allowed(by: PolicyType, hit: Hit | None, note: str = "") -> Decision:
        return Decision(request, policies, "allowed", by, hit, note)

    if closed:
        return refused(closed)
    if not authenticated or request.federated is not None:
        return allowed(RESOURCE, grant) if granted == DIRECT else refused(RESOURCE)

    same_account = request.resource_account in ("", caller.account)
    if same_account and granted == DIRECT and facts.action not in _BOTH_MUST_ALLOW:
        return allowed(RESOURCE, grant)
    own_policy_first = needs_resource_policy(facts)
    if (not same_account or own_policy_first) and not granted:
        return refused(RESOURCE)
    if caller.kind == "root":
        return Decision(
            request,
            policies,
            "allowed",
            note="the root user may do everything in its own account"
            if same_account
            else f"a {RESOURCE} allows the {request.action} action to the root user's account",
        )
    by_role = same_account and granted == ROLE and facts.action not in _BOTH_MUST_ALLOW
    if not by_role and not identity:
        return refused(IDENTITY)
    if bounded and not boundary:
        return refused(BOUNDARY)
    if narrowed and not session:
        return refused(SESSION)
    return allowed(RESOURCE, grant) if by_role and not identity else allowed(IDENTITY, identity)


def scan(attached: Iterable[AttachedPolicy], facts: Facts) -> tuple[Hit | None, Hit | None]:
    """The first statement that denies, or else the first that allows."""
    allow: Hit | None = None
    for policy in attached:
        for statement in policy.policy.statements:
            if (statement.denies or allow is None) and statement.applies(facts):
                if statement.denies:
                    return (policy, statement), None
                allow = (policy, statement)
    return None, allow


def scan_resource(attached: AttachedPolicy, facts: Facts) -> tuple[Hit | None, Hit | None, int]:
    """As `scan`, for a policy with principals.

    Returns:
        A denying statement; or the statement that names the caller most directly, and how
        directly (see `simulator.iam.principals`).
    """
    grant: Hit | None = None
    granted = NO_MATCH
    for statement in attached.policy.statements:
        strength = statement.matches_principal(facts)
        wanted = strength if statement.denies else strength > granted
        if wanted and statement.applies(facts):
            if statement.denies:
                return (attached, statement), None, NO_MATCH
            grant, granted = (attached, statement), strength
    return None, grant, granted


def needs_resource_policy(facts: Facts) -> bool:
    """Whether identity-based policies count only if the resource's own policy lets them.

    So it is with roles and KMS keys.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
    """
    if facts.action in TRUST_ACTIONS:
        return ":role/" in facts.resource
    return facts.action.startswith("kms:") and ":key/" in facts.resource


def is_narrowed(policies: PolicySet, facts: Facts) -> bool:
    """Whether session policies limit the caller.

    A federated user's session without a policy has no permissions of its own.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    return bool(policies.session) or facts.caller.kind == "federated-user"


def is_service_linked(facts: Facts) -> bool:
    """Whether a service-linked role asks: SCPs and RCPs leave those alone."""
    if facts.caller.kind != "role-session":
        return False
    return ":role/aws-service-role/" in facts.text("aws:principalarn")
