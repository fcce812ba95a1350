"""The trail's record of a role that an AWS service assumes for a machine.

Source: CloudTrail User Guide, "CloudTrail userIdentity element" (`AWSService`, `invokedBy`);
IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail", AWS service logging.
"""

from __future__ import annotations

from typing import Any

from simulator.clock import iso, parse_time
from simulator.gateway.response_elements import HIDDEN
from simulator.iam import Decision, Request
from simulator.ids import random_uuid
from simulator.sts.ledger import Credential
from simulator.trail import Record

_ACTION = "sts:AssumeRole"


def service_record(
    sequence: int,
    service: str,
    region: str,
    request: Request,
    decision: Decision,
    issued: Credential | None,
) -> Record:
    """A service's `AssumeRole`.

    Args:
        sequence: the record's number.
        service: its principal, ``ec2.amazonaws.com``.
        region: where the machine is.
        request: what was asked; its context says when, and under which session name.
        decision: what the role's trust policy answered.
        issued: the session; ``None`` where it was denied.
    """
    at = parse_time(str(request.context["aws:CurrentTime"]))
    parameters = {
        "RoleArn": request.resource,
        "RoleSessionName": request.context["sts:RoleSessionName"],
    }
    refused = None if decision.allowed else "AccessDenied"
    message = refused and (
        f"User: {service} is not authorized to perform: {_ACTION} on resource: {request.resource}"
    )
    event: dict[str, Any] = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "AWSService", "invokedBy": service},
        "eventTime": iso(at),
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "awsRegion": region,
        "sourceIPAddress": service,
        "userAgent": service,
        **({"errorCode": refused, "errorMessage": message} if refused else {}),
        "requestParameters": {
            "roleArn": parameters["RoleArn"],
            "roleSessionName": parameters["RoleSessionName"],
        },
        "responseElements": _credentials(issued) if issued else None,
        "requestID": random_uuid(),
        "eventID": random_uuid(),
        "readOnly": True,
        "resources": [
            {
                "accountId": request.resource_account,
                "type": "AWS::IAM::Role",
                "ARN": request.resource,
            }
        ],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": request.resource_account,
        "sharedEventID": random_uuid(),
        "eventCategory": "Management",
    }
    return Record(
        sequence=sequence,
        at=at,
        actor=service,
        service="sts",
        operation="AssumeRole",
        action=_ACTION,
        resource=request.resource,
        outcome="allowed" if decision.allowed else "denied",
        error_code=refused,
        error_message=message,
        why=decision.why,
        access_key_id=None,
        principal_arn=None,
        source_ip=service,
        user_agent=service,
        parameters=parameters,
        issued_key=issued.access_key_id if issued else None,
        derived=True,
        requests=(request,),
        decisions=(decision,),
        event=event,
    )


def _credentials(issued: Credential) -> dict[str, Any]:
    return {
        "credentials": {
            "accessKeyId": issued.access_key_id,
            "sessionToken": HIDDEN,
            "expiration": iso(issued.expires_at) if issued.expires_at else None,
        }
    }
