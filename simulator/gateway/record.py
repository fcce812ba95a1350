"""Last stage: one CloudTrail-shaped record a call, with its decisions.

Source: CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity
element".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from simulator.clock import iso
from simulator.gateway.authorize import Authorization
from simulator.gateway.recognition.multipart import LARGEST_FIELDS
from simulator.gateway.stages import AwsError, Caller, Operation, Presented, WireRequest
from simulator.sts.ledger import Credential
from simulator.trail import Outcome, Record

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail writes where a secret was."""

_MAX_TEXT = 2048


@dataclass(slots=True)
class Exchange:
    """One call on its way through the stages, filled in as it goes.

    Attributes:
        wire: the request.
        request_id: what the answer's headers say.
        source_ip: ``aws:SourceIp``.
        actor: who acts, where the lab says so.
        operation: what was asked for; ``None`` until it is recognised.
        caller: who signed; ``None`` until that is proved.
        presented: what the request proves beside its signature.
        authorization: what policy evaluation answered; ``None`` until it was asked.
        error: why the request failed, where the gateway refused it.
        error_code: the code the caller got, from the gateway or from the service.
        error_message: likewise.
        issued_key: the access key the answer hands out, if it does.
        issued: the session behind it.
    """

    wire: WireRequest
    request_id: str
    source_ip: str
    actor: str | None
    operation: Operation | None = None
    caller: Caller | None = None
    presented: Presented = field(default_factory=Presented)
    authorization: Authorization | None = None
    error: AwsError | None = None
    error_code: str | None = None
    error_message: str | None = None
    issued_key: str | None = None
    issued: Credential | None = None

    @property
    def claimed_key(self) -> str | None:
        """The access key id the request claims, whether or not it could be authenticated."""
        wire = self.wire
        found = _CLAIMED.search(wire.headers.get("authorization", "")) or _CLAIMED.search(
            wire.raw_query
        )
        if found is None and wire.headers.get("content-type", "").startswith("multipart/form-data"):
            posted = _CLAIMED_IN_FORM.search(wire.body, 0, LARGEST_FIELDS)
            return posted[1].decode() if posted else None
        return found[1] if found else None


_CLAIMED = re.compile(r"(?:Credential=|AWSAccessKeyId=)([A-Za-z0-9]{1,128})")
_CLAIMED_IN_FORM = re.compile(
    rb'name="(?:x-amz-credential|AWSAccessKeyId)"\r\n\r\n([A-Za-z0-9]{1,128})', re.IGNORECASE
)


def record(exchange: Exchange, sequence: int) -> Record:
    """The trail's record of a call."""
    operation, caller = exchange.operation, exchange.caller
    service = operation.service if operation else "unknown"
    name = operation.name if operation else "Unknown"
    action, resource, why = _decided(exchange, f"{service}:{name}")
    credential = caller.credential if caller else None
    parameters = _without_secrets(operation) if operation else {}
    return Record(
        sequence=sequence,
        at=exchange.wire.at,
        actor=exchange.actor or _derived_actor(credential),
        service=service,
        operation=name,
        action=action,
        resource=resource,
        outcome=_outcome(exchange),
        error_code=exchange.error_code,
        error_message=exchange.error_message,
        why=why,
        access_key_id=credential.access_key_id if credential else exchange.claimed_key,
        principal_arn=caller.arn if caller else None,
        source_ip=exchange.source_ip,
        user_agent=exchange.wire.headers.get("user-agent", ""),
        parameters=parameters,
        derived=exchange.actor is None,
        issued_key=exchange.issued_key,
        requests=exchange.authorization.requests if exchange.authorization else (),
        decisions=exchange.authorization.decisions if exchange.authorization else (),
        event=_event(exchange, service, name, parameters, credential),
    )


# A web identity token or a SAML assertion is what its bearer is authenticated by.
_PROVES_NOTHING = {
    "InvalidClientTokenId", "InvalidIdentityToken", "ExpiredTokenException", "IDPRejectedClaim",
}  # fmt: skip


def _outcome(exchange: Exchange) -> Outcome:
    error = exchange.error
    decided = exchange.authorization.refusal if exchange.authorization else None
    if error is not None and (error.code == "AccessDenied" or decided):
        return "denied"
    if exchange.caller is None or (error is not None and error.code in _PROVES_NOTHING):
        return "refused"
    return "allowed"


def _decided(exchange: Exchange, fallback: str) -> tuple[str, str, str]:
    """Action, resource and reason of the check that decided, or of the first one."""
    authorization = exchange.authorization
    if authorization is None or not authorization.checks:
        operation = exchange.operation
        checks = operation.checks if operation else ()
        action = checks[0].action if checks else fallback
        resource = checks[0].resource if checks else "*"
        if exchange.error is not None:
            return action, resource, exchange.error_message or exchange.error.message
        return action, resource, f"{fallback} needs no permission"
    refusal = authorization.refusal
    check, decision = refusal or (authorization.checks[0], authorization.decisions[0])
    return check.action, check.resource, decision.why


def _derived_actor(credential: Credential | None) -> str:
    if credential is None:
        return "anonymous"
    return credential.session_name or credential.name


def _event(
    exchange: Exchange,
    service: str,
    name: str,
    parameters: Mapping[str, Any],
    credential: Credential | None,
) -> dict[str, Any]:
    wire, operation = exchange.wire, exchange.operation
    role = _assumed_role(operation)
    event: dict[str, Any] = {
        "eventVersion": "1.08",
        "userIdentity": _user_identity(credential, exchange),
        "eventTime": iso(wire.at),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": operation.region if operation else "us-east-1",
        "sourceIPAddress": exchange.source_ip,
        "userAgent": wire.headers.get("user-agent", ""),
    }
    if exchange.error_code is not None:
        event["errorCode"] = exchange.error_code
        event["errorMessage"] = exchange.error_message
    event |= {
        "requestParameters": {_camel(key): value for key, value in parameters.items()} or None,
        "responseElements": _response_elements(exchange),
        "requestID": exchange.request_id,
        "eventID": str(uuid4()),
        "readOnly": bool(operation and operation.read_only) or bool(role),
        **({"resources": [role]} if role else {}),
        "eventType": "AwsApiCall",
        "managementEvent": service not in ("s3", "dynamodb") or name.startswith("ListBuckets"),
        "recipientAccountId": credential.account if credential else None,
        "eventCategory": "Management",
    }
    return event


def _assumed_role(operation: Operation | None) -> dict[str, str] | None:
    """The role an `AssumeRole…` is about, as CloudTrail names it; such a call counts as read-only.

    Source: IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail", examples.
    """
    if operation is None or not operation.name.startswith("AssumeRole"):
        return None
    arn = str(operation.parameters.get("RoleArn", ""))
    if arn.count(":") < 5:
        return None
    return {"accountId": arn.split(":")[4], "type": "AWS::IAM::Role", "ARN": arn}


def _user_identity(credential: Credential | None, exchange: Exchange) -> dict[str, Any]:
    if credential is None:
        if exchange.presented.federated:
            return _federated_identity(exchange)
        if exchange.claimed_key:
            return {"type": "Unknown", "accessKeyId": exchange.claimed_key}
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    identity: dict[str, Any] = {
        "type": _IDENTITY_TYPES.get(credential.kind, "AssumedRole"),
        "principalId": credential.user_id,
        "arn": credential.arn,
        "accountId": credential.account,
        "accessKeyId": credential.access_key_id,
    }
    if credential.kind == "user":
        identity["userName"] = credential.name
    if credential.issued_at is not None:
        identity["sessionContext"] = _session_context(credential)
    return identity


def _federated_identity(exchange: Exchange) -> dict[str, Any]:
    """Who presented a web identity token or an assertion."""
    presented = exchange.presented
    saml = bool(exchange.operation and exchange.operation.name == "AssumeRoleWithSAML")
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
    elif credential.issuer is not None:
        name, unique_id = credential.issuer
        context["sessionIssuer"] = {
            "type": "IAMUser",
            "principalId": unique_id,
            "arn": f"arn:aws:iam::{credential.account}:user/{name}",
            "accountId": credential.account,
            "userName": name,
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


def _response_elements(exchange: Exchange) -> dict[str, Any] | None:
    issued = exchange.issued
    if issued is None:
        if exchange.issued_key is None:
            return None
        return {"accessKey": {"accessKeyId": exchange.issued_key, "status": "Active"}}
    elements: dict[str, Any] = {
        "credentials": {
            "accessKeyId": issued.access_key_id,
            "sessionToken": HIDDEN,
            "expiration": iso(issued.expires_at) if issued.expires_at else None,
        }
    }
    if issued.is_role_session:
        elements["assumedRoleUser"] = {"assumedRoleId": issued.user_id, "arn": issued.arn}
    return elements


def _without_secrets(operation: Operation) -> dict[str, Any]:
    hidden = _SECRET_IN.get((operation.service, operation.name), frozenset())
    return {
        name: HIDDEN if name in hidden else _clean(name, value)
        for name, value in operation.parameters.items()
    }


def _clean(name: str, value: Any) -> Any:
    if name.lower() in _SECRET_PARAMETERS:
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(name, item) for item in value]
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return value[:_MAX_TEXT] + "…"
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return json.loads(json.dumps(value, default=str))


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


_IDENTITY_TYPES = {
    "root": "Root",
    "user": "IAMUser",
    "session-token": "IAMUser",
    "federation": "FederatedUser",
}

# Secret in one operation, harmless in others of the same name.
_SECRET_IN = {("ssm", "PutParameter"): frozenset({"Value"})}

_SECRET_PARAMETERS = frozenset(
    {
        "secretstring",
        "secretbinary",
        "plaintext",
        "password",
        "newpassword",
        "oldpassword",
        "webidentitytoken",
        "samlassertion",
        "tokencode",
        "authenticationcode1",
        "authenticationcode2",
        "clienttoken",
        "body",
        "ciphertextblob",
        "x-amz-security-token",
        "x-amz-signature",
    }
)
