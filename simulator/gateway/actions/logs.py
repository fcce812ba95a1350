"""CloudWatch Logs: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.gateway.actions.keys import passed_to, request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target, Targets, is_arn
from simulator.gateway.actions.targets import by_arn, fill, first_named, named, role, with_tags


def _group_target(asked: Asked, identifier: str, stream: str = "") -> Target:
    """A log group, as AWS checks it: ``log-group:<name>:log-stream:<stream or nothing>``."""
    if is_arn(identifier):
        arn = ":".join(identifier.split(":")[:7])
    else:
        arn = fill(asked, "logs", f"log-group:{identifier}")
    tags = with_tags(asked, arn).context if identifier else {}
    return Target(f"{arn}:log-stream:{stream}", context=tags)


def _group(asked: Asked) -> Iterator[Target]:
    identifier = (
        asked.text("logGroupName")
        or asked.text("logGroupIdentifier")
        or asked.text("resourceIdentifier")
    )
    yield _group_target(asked, identifier)


def _groups(asked: Asked) -> Iterator[Target]:
    names = asked.items("logGroupNames") + asked.items("logGroupIdentifiers")
    names += asked.items("logGroupArnList")
    if asked.text("logGroupName") or not names:
        yield from _group(asked)
    for name in names:
        yield _group_target(asked, str(name))


def _stream(asked: Asked) -> Iterator[Target]:
    identifier = asked.text("logGroupName") or asked.text("logGroupIdentifier")
    yield _group_target(asked, identifier, asked.text("logStreamName"))


def _on(action: str, targets: Targets) -> Rules:
    return (Rule(f"logs:{action}", targets, (request_tags,)),)


def _passes(asked: Asked) -> object:
    return asked.text("roleArn")


_PASS_ROLE = Rule("iam:PassRole", role("roleArn"), (passed_to["logs.amazonaws.com"],), _passes)
_destination = named("logs", "destination:", "destinationName")

RULES: dict[str, Rules] = {
    "CreateLogAnomalyDetector": _on("CreateLogAnomalyDetector", _groups),
    "CreateLogGroup": (
        *_on("CreateLogGroup", _group),
        Rule("logs:TagResource", _group, (request_tags,), lambda asked: asked.get("tags")),
    ),
    "CreateLogStream": _on("CreateLogStream", _stream),
    "DeleteLogStream": _on("DeleteLogStream", _stream),
    "DescribeLogGroups": _on("DescribeLogGroups", _group),
    "DescribeMetricFilters": _on("DescribeMetricFilters", _group),
    "GetLogEvents": _on("GetLogEvents", _stream),
    "GetLogRecord": _on("GetLogRecord", _group),
    "GetQueryResults": _on("GetQueryResults", _group),
    "PutDestination": (*_on("PutDestination", _destination), _PASS_ROLE),
    "PutLogEvents": _on("PutLogEvents", _stream),
    "PutSubscriptionFilter": (*_on("PutSubscriptionFilter", _group), _PASS_ROLE),
    "StartLiveTail": _on("StartLiveTail", _groups),
    "StartQuery": _on("StartQuery", _groups),
}

_NO_RESOURCE = frozenset(
    {
        "CancelExportTask", "DeleteAccountPolicy", "DeleteIndexPolicy", "DeleteIntegration",
        "DeleteQueryDefinition", "DeleteResourcePolicy", "DescribeAccountPolicies",
        "DescribeConfigurationTemplates", "DescribeDeliveries", "DescribeDeliveryDestinations",
        "DescribeDeliverySources", "DescribeDestinations", "DescribeExportTasks",
        "DescribeFieldIndexes", "DescribeIndexPolicies", "DescribeQueries",
        "DescribeQueryDefinitions", "DescribeResourcePolicies", "GetIntegration",
        "GetLogFields", "ListEntitiesForLogGroup", "ListIntegrations", "ListLogGroups",
        "ListLogGroupsForQuery", "PutAccountPolicy", "PutIndexPolicy", "PutIntegration",
        "PutQueryDefinition", "PutResourcePolicy", "StopQuery", "TestMetricFilter",
        "TestTransformer",
    }
)  # fmt: skip

_BY_PARAMETER = (
    ("logGroupName", _group),
    ("logGroupIdentifier", _group),
    ("resourceIdentifier", _group),
    ("destinationName", _destination),
    ("anomalyDetectorArn", by_arn("anomalyDetectorArn")),
    ("lookupTableArn", by_arn("lookupTableArn")),
    ("lookupTableName", named("logs", "lookup-table:", "lookupTableName")),
    ("deliveryDestinationName", named("logs", "delivery-destination:", "deliveryDestinationName")),
    ("resourceArn", by_arn("resourceArn")),
)

_BY_NAME = {
    "DeleteDelivery": ("delivery:", "id"),
    "DeleteDeliveryDestination": ("delivery-destination:", "name"),
    "DeleteDeliverySource": ("delivery-source:", "name"),
    "GetDelivery": ("delivery:", "id"),
    "GetDeliveryDestination": ("delivery-destination:", "name"),
    "GetDeliverySource": ("delivery-source:", "name"),
    "PutDeliveryDestination": ("delivery-destination:", "name"),
    "PutDeliverySource": ("delivery-source:", "name"),
    "CreateScheduledQuery": ("scheduled-query:", "name"),
    "DeleteScheduledQuery": ("scheduled-query:", "identifier"),
    "GetScheduledQuery": ("scheduled-query:", "identifier"),
    "GetScheduledQueryHistory": ("scheduled-query:", "identifier"),
    "UpdateScheduledQuery": ("scheduled-query:", "identifier"),
    "UpdateDeliveryConfiguration": ("delivery:", "id"),
}
"""Resource prefix and parameter of operations whose parameter name alone says too little."""


def rules(asked: Asked) -> Rules:
    """The rules of a CloudWatch Logs operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    if name in _NO_RESOURCE:
        return (Rule(f"logs:{name}"),)
    if name in _BY_NAME:
        return _on(name, named("logs", *_BY_NAME[name]))
    return _on(name, first_named(asked, _BY_PARAMETER))
