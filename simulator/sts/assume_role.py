"""`AssumeRole`: the way from one identity into a role's session.

Source: STS API Reference, AssumeRole; IAM User Guide, "Role chaining", "Pass session tags in
AWS STS", "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.backend import RoleView
from simulator.gateway.stages import AwsError, Call, Presented, WireResponse
from simulator.gateway.world import World
from simulator.sts.issuing import issue
from simulator.sts.ledger import Credential
from simulator.sts.mfa import present_mfa
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer, credentials_element
from simulator.sts.session_policies import session_policies

DEFAULT_SECONDS = 3600
CHAINED_MAX_SECONDS = 3600


def prepare(call: Call, world: World) -> Presented:
    """Check the parameters and the MFA code before policies are looked at.

    Raises:
        AwsError: `ValidationError`, or `AccessDenied` for root and for a wrong MFA code.
    """
    check_parameters(call.operation)
    credential = call.caller.credential
    if credential is not None and credential.kind == "root":
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    if credential is not None and credential.source_identity:
        wanted = call.operation.parameters.get("SourceIdentity")
        if wanted not in (None, credential.source_identity):
            raise AwsError(
                "AccessDenied",
                "The source identity of a session cannot be changed by role chaining.",
                403,
            )
    return present_mfa(call, world)


def assume_role(call: Call, world: World) -> WireResponse:
    """Issue a session of the role; policies have allowed it already."""
    parameters = call.operation.parameters
    caller = call.caller.credential
    assert caller is not None
    role = find_role(parameters["RoleArn"], world)
    chained = caller.is_role_session
    seconds = session_seconds(parameters.get("DurationSeconds"), role, chained=chained)
    policies = session_policies(call.operation, role.account, world)
    tags, transitive = _session_tags(parameters, caller)
    session_name = parameters["RoleSessionName"]
    credential = issue(
        world,
        call.wire.at,
        seconds,
        kind="role",
        **role_identity(role, session_name),
        session_policies=policies.inline,
        session_policy_arns=policies.arns,
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=parameters.get("SourceIdentity") or caller.source_identity,
        mfa_at=call.presented.facts.get("mfa_at") or caller.mfa_at,
        issued_to=caller.access_key_id,
    )
    return answer(
        "AssumeRole",
        {
            "Credentials": credentials_element(credential),
            "AssumedRoleUser": {"AssumedRoleId": credential.user_id, "Arn": credential.arn},
            "PackedPolicySize": policies.packed_size,
            "SourceIdentity": credential.source_identity,
        },
    )


def find_role(arn: str, world: World) -> RoleView:
    """The role with this ARN.

    Raises:
        AwsError: there is none. (A trust policy that does not exist allows nobody, so this is
            only reached when the role went away between decision and issue.)
    """
    parts = arn.split(":", 5)
    role = world.role(parts[4], parts[5].rpartition("/")[2]) if len(parts) == 6 else None
    if role is None or role.arn != arn:
        raise AwsError("AccessDenied", f"Not authorized to assume {arn}", 403)
    return role


def role_identity(role: RoleView, session_name: str) -> dict[str, str]:
    """The fields of a `Credential` that say who a role session is."""
    return {
        "account": role.account,
        "arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}",
        "principal_arn": role.arn,
        "user_id": f"{role.unique_id}:{session_name}",
        "name": role.name,
        "session_name": session_name,
    }


def session_seconds(wanted: object, role: RoleView, *, chained: bool = False) -> int:
    """How long a role session lives.

    Args:
        wanted: `DurationSeconds` as sent, or ``None``.
        role: the role, for its `MaxSessionDuration`.
        chained: the caller is itself a role session: an hour at most, whatever the role says.

    Raises:
        AwsError: 400 `ValidationError`.
    """
    seconds = int(str(wanted)) if wanted is not None else DEFAULT_SECONDS
    if chained and seconds > CHAINED_MAX_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.",
        )
    if seconds > role.max_session_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    return seconds


def _session_tags(
    parameters: Mapping[str, object], caller: Credential
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The session's tags: those passed, over the transitive ones of the calling session."""
    inherited = {key: caller.tags[key] for key in caller.transitive_tag_keys if key in caller.tags}
    entries = parameters.get("Tags", ())
    assert isinstance(entries, (list, tuple))
    passed = {entry["Key"]: entry.get("Value", "") for entry in entries}
    lowered = [key.lower() for key in passed]
    if len(set(lowered)) != len(entries):
        raise AwsError(
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    if set(lowered) & {key.lower() for key in inherited}:
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session.",
        )
    keys = parameters.get("TransitiveTagKeys", ())
    assert isinstance(keys, (list, tuple))
    if unknown := [key for key in keys if key.lower() not in lowered]:
        raise AwsError(
            "InvalidParameterValue",
            f"The specified transitive tag key must be included in the requested tags: {unknown[0]}",
        )
    return {**inherited, **passed}, tuple(dict.fromkeys([*inherited, *keys]))
