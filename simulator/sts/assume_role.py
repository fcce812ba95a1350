"""`AssumeRole`: the way from one identity into a role's session.

Source: STS API Reference, AssumeRole; IAM User Guide, "Role chaining", "Pass session tags in
AWS STS", "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations

from dataclasses import replace

from simulator.gateway.stages import AwsError, Call, Check, Presented, WireResponse
from simulator.gateway.world import World
from simulator.sts.mfa import present_mfa
from simulator.sts.parameters import check_parameters
from simulator.sts.responses import answer
from simulator.sts.roles import check_role_arn, find_role, open_session, session_seconds
from simulator.sts.tags import SessionTags, inherited, session_tags, tag_pairs, tag_request_context


def prepare(call: Call, world: World) -> Presented:
    """Check the parameters and the MFA code before policies are looked at.

    Raises:
        AwsError: `ValidationError`, `InvalidParameterValue`, or `AccessDenied` for root and
            for a wrong MFA code.
    """
    check_parameters(call.operation)
    check_role_arn(str(call.operation.parameters["RoleArn"]))
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
    tags = _tags(call)
    presented = present_mfa(call, world)
    context = {**presented.context, **tag_request_context(tags)}
    return replace(presented, context=context, checks=_inherited_tags_check(call))


def assume_role(call: Call, world: World) -> WireResponse:
    """Issue a session of the role; policies have allowed it already."""
    parameters = call.operation.parameters
    caller = call.caller.credential
    assert caller is not None
    role = find_role(parameters["RoleArn"], world)
    result = open_session(
        call.operation,
        world,
        call.wire.at,
        role,
        kind="role",
        seconds=session_seconds(
            parameters.get("DurationSeconds"), role, chained=caller.is_role_session
        ),
        session_name=parameters["RoleSessionName"],
        tags=_tags(call),
        source_identity=parameters.get("SourceIdentity") or caller.source_identity,
        mfa_at=call.presented.facts.get("mfa_at") or caller.mfa_at,
        issued_to=caller.access_key_id,
    )
    return answer("AssumeRole", result)


def _tags(call: Call) -> SessionTags:
    parameters = call.operation.parameters
    return session_tags(
        tag_pairs(parameters.get("Tags")),
        parameters.get("TransitiveTagKeys", ()),
        call.caller.credential,
    )


def _inherited_tags_check(call: Call) -> tuple[Check, ...]:
    """Inherited transitive tags are session tags too, and need `sts:TagSession`.

    Source: Amazon EKS User Guide, "Access AWS resources using EKS Pod Identity target IAM
    roles": the target role must trust `sts:TagSession`, for the tags are transitive.
    """
    parameters = call.operation.parameters
    if parameters.get("Tags") or not inherited(call.caller.credential):
        return ()
    arn = str(parameters["RoleArn"])
    own = next((check for check in call.operation.checks if check.resource == arn), None)
    if own is None:
        return ()
    return (replace(own, action="sts:TagSession"),)
