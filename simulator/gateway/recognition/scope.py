"""Which service a request is for: by what it was signed for, else by what it looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from simulator.gateway.recognition import rest
from simulator.gateway.recognition.models import models_for, operation_model
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
_DATED_PATH = re.compile(r"^/(\d{4}-\d\d-\d\d)/")
_CBOR_PATH = re.compile(r"^/service/([^/]+)/operation/")

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

HOST_SERVICES = {"email": "ses", "pinpoint": "mobiletargeting"}
"""Signing name by the host name of a service, where they differ."""

PATH_DATES = {
    "2013-01-01": "cloudsearch",
    "2013-04-01": "route53",
    "2015-01-01": "es",
    "2015-02-01": "elasticfilesystem",
    "2017-08-29": "mediaconvert",
    "2020-05-31": "cloudfront",
    "2021-01-01": "es",
    "2022-01-01": "osis",
    "2023-10-12": "deadline",
}
"""Signing name by the API version that an unsigned REST request's path begins with; all others
are Lambda's, which has many."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request is addressed to.

    Attributes:
        service: the signing name, ``s3``.
        region: ``us-east-1``.
        signed: the request says so itself; ``False``: it was told by what it looks like.
    """

    service: str
    region: str
    signed: bool = True


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
    An unsigned one is told by its ``X-Amz-Target``, its ``Version``, its host, or the API version
    in its path; what is left is anonymous S3, and with it the REST services whose paths begin with
    no version (``/clusters``), for those could as well be buckets.
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
    named = by_host.group("service") if by_host is not None else None
    named = HOST_SERVICES.get(named, named) if named else None
    service = _by_target(wire) or _by_version(wire, named) or named or _by_dated_path(wire)
    return Scope(service or "s3", region, signed=False)


def _by_target(wire: WireRequest) -> str | None:
    """The service of a JSON or CBOR request."""
    prefix = wire.headers.get("x-amz-target", "").rpartition(".")[0]
    if "x-amz-target" not in wire.headers:
        found = _CBOR_PATH.match(wire.raw_path)
        if found is None:
            return None
        prefix = found[1]
    return TARGET_PREFIXES.get(prefix, prefix.lower())


def _by_version(wire: WireRequest, named: str | None) -> str | None:
    """The service of a query request; STS where neither version nor host tell."""
    if "Action" not in wire.raw_query and b"Action=" not in wire.body:
        return None
    form = dict(reversed(form_of(wire)))
    if "Action" not in form:
        return None
    version = form.get("Version", "")
    if version == _SHARED_VERSION and any(
        operation_model(model, form["Action"]) for model in models_for("ses")
    ):
        return "ses"
    service = QUERY_VERSIONS.get(version) or named
    return service or ("sts" if wire.method == "POST" else None)


_SHARED_VERSION = "2010-12-01"
"""Elastic Beanstalk's and SES's."""


def _by_dated_path(wire: WireRequest) -> str | None:
    """The service of a REST request; a bucket may have a date for its name, so it must fit."""
    found = _DATED_PATH.match(wire.raw_path)
    if found is None or "AWSAccessKeyId=" in wire.raw_query:  # only S3's older URLs have that
        return None
    service = PATH_DATES.get(found[1], "lambda")
    query = dict(parse_qsl(wire.raw_query, keep_blank_values=True))
    for model in models_for(service):
        if rest.match(model.service_name, wire.method, wire.raw_path, query, wire.headers):
            return service
    return None
