"""Who a trail's record says made a call.

Source: CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from __future__ import annotations

from typing import Any

from simulator.clock import iso
from simulator.gateway.stages import Operation, Presented
from simulator.sts.ledger import Credential

_ROLE = "AssumedRole"
_IDENTITY_TYPES = {"user": "IAMUser", "session-token": "IAMUser", "federation": "FederatedUser"}


def user_identity(
    credential: Credential | None,
    presented: Presented,
    operation: Operation | None,
    claimed_key: str | None,
) -> dict[str, Any]:
    """CloudTrail's `userIdentity`.

    Args:
        credential: the caller's; ``None``: nobody's was proved.
        presented: what the request proves instead: a token, an assertion.
        operation: what was asked for, if it could be told.
        claimed_key: the access key id the request claims.
    """
    if credential is None:
        if presented.federated:
            return _federated(presented, operation)
        if claimed_key:
            return {"type": "Unknown", "accessKeyId": claimed_key}
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    identity: dict[str, Any] = {
        "type": "Root" if credential.is_root else _IDENTITY_TYPES.get(credential.kind, _ROLE),
        "principalId": credential.user_id,
        "arn": credential.arn,
        "accountId": credential.account,
        "accessKeyId": credential.access_key_id,
    }
    if identity["type"] == "IAMUser":
        identity["userName"] = credential.name
    if credential.issued_at is not None:
        identity["sessionContext"] = _session_context(credential)
    return identity


def _federated(presented: Presented, operation: Operation | None) -> dict[str, Any]:
    """Who presented a web identity token or an assertion."""
    saml = bool(operation and operation.name == "AssumeRoleWithSAML")
    claims = {key.rpartition(":")[2]: str(value) for key, value in presented.context.items()}
    subject = claims.get("sub", "")
    provider = str(presented.federated)
    first = claims.get("namequalifier", "") if saml else provider
    audience = () if saml else (claims.get("aud", ""),)
    return {
        "type": "SAMLUser" if saml else "WebIdentityUser",
        "principalId": ":".join((first, *audience, subject)),
        "userName": subject,
        "identityProvider": provider,
    }


def _session_context(credential: Credential) -> dict[str, Any]:
    context: dict[str, Any] = {
        "attributes": {
            "creationDate": iso(credential.issued_at) if credential.issued_at else None,
            "mfaAuthenticated": "true" if credential.mfa_at else "false",
        }
    }
    if credential.is_role_session:
        context["sessionIssuer"] = {
            "type": "Role",
            "principalId": credential.user_id.partition(":")[0],
            "arn": credential.principal_arn,
            "accountId": credential.account,
            "userName": credential.name,
        }
    elif credential.kind == "federation" and credential.issuer is not None:
        context["sessionIssuer"] = {
            "type": "IAMUser",
            "principalId": credential.issuer.unique_id,
            "arn": credential.issuer.arn,
            "accountId": credential.account,
            "userName": credential.issuer.name,
        }
    if credential.federated_provider:
        context["webIdFederationData"] = {
            "federatedProvider": credential.federated_provider,
            "attributes": {},
        }
    if credential.source_identity:
        context["sourceIdentity"] = credential.source_identity
    if credential.role_delivery:
        context["ec2RoleDelivery"] = credential.role_delivery
    return context
