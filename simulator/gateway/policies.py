"""Which policies apply to a caller and a resource: the evaluator's `PolicySet`."""

from __future__ import annotations

from datetime import datetime

from simulator.backend import RoleView, UserView
from simulator.clock import iso
from simulator.gateway.stages import Check
from simulator.gateway.world import World
from simulator.iam import AttachedPolicy, PolicySet, Request, parse_policy
from simulator.sts.ledger import Credential


def policies_for(credential: Credential | None, check: Check, world: World) -> PolicySet:
    """Gather everything AWS would look at, as one consistent picture of the world.

    Args:
        credential: the caller's; ``None`` is an anonymous caller.
        check: what is to be allowed.
        world: where the policies are kept.
    """
    account = credential.account if credential else world.account
    owner = check.resource_account or account
    identity, boundary = _identity(credential, world)
    return PolicySet(
        identity=identity,
        boundary=boundary,
        session=_session(credential, world),
        resource=_resource(credential, check, owner, world),
        service_control=(
            world.organization_policies(account, "SERVICE_CONTROL_POLICY") if credential else ()
        ),
        resource_control=(
            world.organization_policies(owner, "RESOURCE_CONTROL_POLICY")
            if check.action.partition(":")[0] in _RCP_SERVICES
            else ()
        ),
    )


def service_trust(role: RoleView, world: World) -> PolicySet:
    """What decides whether an AWS service may assume a role.

    Its trust policy, and the RCPs of its account: those bind services as well, which is why
    AWS's examples leave them out by ``aws:PrincipalIsAWSService``; but no service-linked role.
    Source: Organizations User Guide, "Resource control policies (RCPs)", "Resources and entities
    not restricted by RCPs".
    """
    linked = ":role/aws-service-role/" in role.arn
    return PolicySet(
        resource=role.trust,
        resource_control=()
        if linked
        else world.organization_policies(role.account, "RESOURCE_CONTROL_POLICY"),
    )


def service_request(service: str, role: RoleView, now: datetime, **more: str) -> Request:
    """What a service asks that is about to assume a role.

    Args:
        service: its principal: ``lambda.amazonaws.com``.
        role: the role; the service acts for something in the role's account.
        now: lab time.
        **more: further context keys, by their name after ``sts:``.
    """
    context = {
        "aws:CurrentTime": iso(now),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service,
        "aws:SourceAccount": role.account,
        "aws:ResourceAccount": role.account,
        **{f"sts:{key}": value for key, value in more.items()},
    }
    return Request(service, "sts:AssumeRole", role.arn, role.account, context)


def _identity(
    credential: Credential | None, world: World
) -> tuple[tuple[AttachedPolicy, ...], AttachedPolicy | None]:
    """Identity policies and boundary; none where the user or role is gone."""
    if credential is None:
        return (), None
    view: UserView | RoleView | None = None
    if credential.is_role_session:
        role_id = credential.user_id.partition(":")[0]
        view = world.role(credential.account, credential.name, role_id)
    elif credential.kind == "user":
        view = world.user(credential.account, credential.name, credential.user_id)
    elif credential.issuer is not None:
        view = world.user(credential.account, *credential.issuer[:2])
    elif credential.kind in ("federation", "session-token"):
        return (EVERYTHING,), None
    return (view.identity, view.boundary) if view else ((), None)


def _session(credential: Credential | None, world: World) -> tuple[AttachedPolicy, ...] | None:
    """Session policies; ``None`` where the session was issued without any.

    `GetFederationToken` without a policy gives a session that may do nothing by itself.
    Source: STS API Reference, GetFederationToken, "Permissions".
    """
    if credential is None:
        return None
    inline = tuple(
        AttachedPolicy(parse_policy(text, "session"), name="inline session policy")
        for text in credential.session_policies
    )
    managed = tuple(
        found
        for arn in credential.session_policy_arns
        if (found := world.backend.managed_policy(arn, credential.account, "session"))
    )
    if not credential.session_policies and not credential.session_policy_arns:
        return () if credential.kind == "federation" else None
    return inline + managed


def _resource(
    credential: Credential | None, check: Check, owner: str, world: World
) -> AttachedPolicy | None:
    if check.action.startswith("sts:") and ":role/" in check.resource:
        parts = check.resource.split(":", 5)
        role = world.role(parts[4], parts[5].rpartition("/")[2])
        return role.trust if role and role.arn == check.resource else None
    if check.action.startswith("iam:"):
        return None  # a trust policy says who may assume the role, not who may administer it
    if check.action == "s3:CreateBucket":
        return None  # what there is of this name is another bucket
    own = credential is not None and owner == credential.account
    if own and credential is not None and credential.is_root and check.action in _ROOT_MAY_ALWAYS:
        return None
    found = world.backend.resource_policy(check.resource)
    if found is None and own and check.action.startswith("kms:") and ":key/" in check.resource:
        # That a key of one's own account does not exist is KMS's to say, to whoever may ask.
        return _delegating(owner)
    return found


# Nobody locks himself out of his bucket for good. Source: S3 API Reference, PutBucketPolicy.
_ROOT_MAY_ALWAYS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})

EVERYTHING = AttachedPolicy(
    parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        },
    ),
    name="account root",
)
"""What the root user of an account may by itself."""


def _delegating(account: str) -> AttachedPolicy:
    """The policy a key has where nobody says otherwise: its account's policies decide."""
    allow = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [allow]}
    return AttachedPolicy(parse_policy(document, "resource"), name="key policy (no such key)")


# Services whose resources RCPs cover. Source: Organizations User Guide, "Resource control
# policies (RCPs)", list of AWS services that support RCPs.
_RCP_SERVICES = frozenset(
    {"s3", "sts", "sqs", "kms", "secretsmanager", "dynamodb", "ecr", "logs", "cognito-idp"}
)
