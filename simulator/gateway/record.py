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

from simulator.clock import iso
from simulator.gateway.authorize import Authorization
from simulator.gateway.recognition.multipart import LARGEST_FIELDS
from simulator.gateway.response_elements import HIDDEN
from simulator.gateway.stages import AwsError, Caller, Operation, Presented, WireRequest
from simulator.gateway.user_identity import user_identity
from simulator.ids import random_uuid
from simulator.sts.ledger import Credential
from simulator.trail import Outcome, Record

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
        elements: what the record tells of the answer.
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
    elements: dict[str, Any] | None = None

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
    account = credential.account if credential else None
    data = _reads_or_writes_data(operation)
    event: dict[str, Any] = {
        "eventVersion": "1.08",
        "userIdentity": user_identity(
            credential, exchange.presented, operation, exchange.claimed_key
        ),
        "eventTime": iso(wire.at),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": operation.region if operation else "us-east-1",
        "sourceIPAddress": exchange.source_ip,
        "userAgent": wire.headers.get("user-agent", ""),
    }
    if exchange.error_code is not None:
        event["errorCode"] = _as_trail_has_it(exchange.error_code, operation)
        event["errorMessage"] = exchange.error_message
    event |= {
        "requestParameters": {_camel(key): value for key, value in parameters.items()} or None,
        "responseElements": exchange.elements,
        "requestID": exchange.request_id,
        "eventID": random_uuid(),
        "readOnly": bool(operation and operation.read_only) or bool(role),
        **({"resources": [role]} if role else {}),
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": account,
        **_shared(role, account),
        "eventCategory": "Data" if data else "Management",
    }
    return event


def _reads_or_writes_data(operation: Operation | None) -> bool:
    """Whether a call is a data event: CloudTrail User Guide, "Logging data events"."""
    if operation is None:
        return False
    if operation.service == "s3":
        return "Key" in operation.parameters or operation.name in _DATA_OF_BUCKETS
    return operation.name in _DATA_EVENTS.get(operation.service, ())


_DATA_OF_BUCKETS = frozenset(
    {
        "DeleteObjects", "HeadBucket", "ListMultipartUploads", "ListObjectVersions", "ListObjects",
        "ListObjectsV2", "PostObject",
    }
)  # fmt: skip
_DATA_EVENTS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset(
        {
            "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem",
            "ExecuteStatement", "ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan",
            "TransactGetItems", "TransactWriteItems", "UpdateItem",
        }
    ),
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage",
            "DeleteMessageBatch", "ReceiveMessage", "SendMessage", "SendMessageBatch",
        }
    ),
}  # fmt: skip


def _as_trail_has_it(code: str, operation: Operation | None) -> str:
    """EC2's codes say in CloudTrail whose fault it was: ``Client.UnauthorizedOperation``."""
    if operation is None or operation.protocol != "ec2":
        return code
    return f"Server.{code}" if code in _SERVERS_FAULT else f"Client.{code}"


_SERVERS_FAULT = frozenset({"InternalError", "Unavailable", "ServiceUnavailable"})


def _shared(role: Mapping[str, str] | None, account: str | None) -> dict[str, str]:
    """A role of another account is assumed: both accounts' trails have the event."""
    elsewhere = role is not None and account is not None and role["accountId"] != account
    return {"sharedEventID": random_uuid()} if elsewhere else {}


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
        "masteruserpassword",
        "privatekey",
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
