"""Which service a request is for: by what it was signed for, else by what it looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from simulator.gateway.stages import WireRequest

DEFAULT_REGION = "us-east-1"

_CREDENTIAL = re.compile(r"Credential=([^,\s]+)")
_QUERY_CREDENTIAL = re.compile(r"(?:^|&)X-Amz-Credential=([^&]+)")
_AWS_HOST = re.compile(
    r"(?:^|\.)(?P<service>[a-z][a-z0-9-]*)(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?"
    r"\.amazonaws\.com(?:\.cn)?$"
)
_S3_HOST = re.compile(r"(?:^|\.)s3[.-][a-z0-9.-]*amazonaws\.com")
_REGION = re.compile(r"^[a-z]{2}(?:-[a-z]+)+-\d$")

QUERY_VERSIONS = {
    "2009-04-15": "sdb",
    "2011-06-15": "sts",
    "2010-05-08": "iam",
    "2016-11-15": "ec2",
    "2012-11-05": "sqs",
    "2010-03-31": "sns",
    "2010-08-01": "monitoring",
    "2010-05-15": "cloudformation",
    "2011-01-01": "autoscaling",
    "2012-06-01": "elasticloadbalancing",
    "2015-12-01": "elasticloadbalancing",
    "2014-10-31": "rds",
    "2012-12-01": "redshift",
    "2015-02-02": "elasticache",
    "2010-12-01": "elasticbeanstalk",
}
"""Signing name by the ``Version`` of an unsigned query-protocol request."""

TARGET_PREFIXES = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
    "AWSEvents": "events",
    "AWSOrganizationsV20161128": "organizations",
    "AWSStepFunctions": "states",
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AmazonSQS": "sqs",
    "AmazonSSM": "ssm",
    "DynamoDBStreams_20120810": "dynamodb",
    "DynamoDB_20120810": "dynamodb",
    "GraniteServiceVersion20100801": "monitoring",
    "Kinesis_20131202": "kinesis",
    "Logs_20140328": "logs",
    "TrentService": "kms",
    "secretsmanager": "secretsmanager",
}
"""Signing name by the ``X-Amz-Target`` prefix of an unsigned JSON request."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request is addressed to.

    Attributes:
        service: the signing name, ``s3``.
        region: ``us-east-1``.
    """

    service: str
    region: str


def form_of(wire: WireRequest) -> list[tuple[str, str]]:
    """The query string's and the form body's parameters, in order, decoded."""
    pairs = parse_qsl(wire.raw_query, keep_blank_values=True) if "?" in wire.target else []
    content_type = wire.headers.get("content-type", "")
    if wire.body and (
        content_type.startswith("application/x-www-form-urlencoded") or not content_type
    ):
        pairs += parse_qsl(wire.body.decode("utf-8", "replace"), keep_blank_values=True)
    return pairs


def scope_of(wire: WireRequest) -> Scope:
    """The service and region of a request.

    A signed request says so in its credential scope
    (``AKIA…/20210809/us-east-1/sts/aws4_request``), in the header or in a presigned URL.
    An unsigned one is told by its ``X-Amz-Target``, its ``Version``, or its host; what is left
    is anonymous S3.
    """
    signed = _signed_scope(wire)
    return signed if signed is not None else _unsigned_scope(wire)


def _signed_scope(wire: WireRequest) -> Scope | None:
    authorization = wire.headers.get("authorization", "")
    found = _CREDENTIAL.search(authorization) if authorization.startswith("AWS4-") else None
    found = found or _QUERY_CREDENTIAL.search(wire.raw_query)
    if found is None:
        return None
    parts = unquote(found.group(1)).split("/")
    if len(parts) < 4:
        return None
    service = parts[-2]
    # A SigV4A scope has no region: AKIA…/date/service/aws4_request.
    region = parts[-3] if len(parts) >= 5 and _REGION.match(parts[-3]) else DEFAULT_REGION
    return Scope(service, region)


def _unsigned_scope(wire: WireRequest) -> Scope:
    host = wire.host.partition(":")[0].lower()
    by_host = None if _S3_HOST.search(host) else _AWS_HOST.search(host)
    region = (by_host and by_host.group("region")) or DEFAULT_REGION
    target = wire.headers.get("x-amz-target", "")
    if target:
        prefix = target.rpartition(".")[0]
        return Scope(TARGET_PREFIXES.get(prefix, prefix.lower()), region)
    form = (
        dict(reversed(form_of(wire)))
        if "Action" in wire.raw_query or b"Action=" in wire.body
        else {}
    )
    if "Action" in form:
        service = QUERY_VERSIONS.get(form.get("Version", ""))
        if service is None and by_host is not None:
            service = by_host.group("service")
        if service is not None or wire.method == "POST":
            return Scope(service or "sts", region)
    if by_host is not None:
        return Scope(by_host.group("service"), region)
    return Scope("s3", region)
