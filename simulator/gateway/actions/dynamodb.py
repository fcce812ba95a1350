"""DynamoDB: what each operation must be allowed.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simulator.gateway.actions import partiql
from simulator.gateway.actions.dynamodb_keys import item_context
from simulator.gateway.actions.keys import request_tags
from simulator.gateway.actions.rules import Asked, Rule, Rules, Target, Targets, is_arn
from simulator.gateway.actions.targets import (
    both,
    by_arn,
    fill,
    first_named,
    named,
    with_tags,
)


def table_arn(asked: Asked, table: str, index: str = "") -> str:
    """The ARN of a table given by name or ARN, or of one of its indexes."""
    arn = table if is_arn(table) else fill(asked, "dynamodb", f"table/{table}")
    return f"{arn}/index/{index}" if index else arn


def _items(asked: Asked) -> Iterator[Target]:
    """The table or index an item operation reads or writes."""
    table, index = asked.text("TableName"), asked.text("IndexName")
    context = item_context(asked, asked.operation.parameters, table=table, index=index)
    target = with_tags(asked, table_arn(asked, table, index))
    yield Target(target.arn, context={**target.context, **context})


def _batch(asked: Asked) -> Iterator[Target]:
    requests = asked.get("RequestItems")
    for table, entry in requests.items() if isinstance(requests, Mapping) else ():
        parts = list(_batch_parts(entry))
        target = with_tags(asked, table_arn(asked, str(table)))
        context = item_context(asked, *parts, table=str(table)) if parts else {}
        yield Target(target.arn, context={**target.context, **context})


def _batch_parts(entry: Any) -> Iterator[Mapping[str, Any]]:
    """The single items of a table's part of a batch, in the form of single requests."""
    if isinstance(entry, Mapping):  # BatchGetItem
        for key in entry.get("Keys") or ():
            yield {**entry, "Key": key}
    for write in entry if isinstance(entry, list) else ():  # BatchWriteItem
        if isinstance(write, Mapping):
            for part in (write.get("PutRequest"), write.get("DeleteRequest")):
                if isinstance(part, Mapping):
                    yield part


_TRANSACT_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def _transaction(asked: Asked) -> Rules:
    """`TransactWriteItems` and `TransactGetItems`: the action of each part, on its table."""
    return tuple(
        Rule(f"dynamodb:{_TRANSACT_ACTIONS[kind]}", _one(asked, part))
        for entry in asked.items("TransactItems")
        if isinstance(entry, Mapping)
        for kind, part in entry.items()
        if kind in _TRANSACT_ACTIONS and isinstance(part, Mapping)
    )


def _one(asked: Asked, part: Mapping[str, Any]) -> Targets:
    table = str(part.get("TableName", ""))
    target = with_tags(asked, table_arn(asked, table))
    context = {
        **target.context,
        **item_context(asked, part, table=table),
        "dynamodb:EnclosingOperation": asked.operation.name,
    }
    return lambda _asked: [Target(target.arn, context=context)]


def _statements(asked: Asked) -> Rules:
    """The PartiQL operations: an action for each statement, on the table it names."""
    listed = asked.items("Statements") + asked.items("TransactStatements")
    texts = [asked.text("Statement")] if asked.text("Statement") else []
    texts += [str(entry.get("Statement", "")) for entry in listed if isinstance(entry, Mapping)]
    rules = []
    for text in texts:
        statement = partiql.read(text)
        arn = table_arn(asked, statement.table, statement.index)
        context = {**with_tags(asked, arn).context, **statement.context}
        if asked.operation.name == "ExecuteTransaction":
            context["dynamodb:EnclosingOperation"] = "ExecuteTransaction"
        rules.append(Rule(f"dynamodb:{statement.action}", _fixed(Target(arn, context=context))))
    return tuple(rules)


def _fixed(target: Target) -> Targets:
    return lambda _asked: [target]


_table = named("dynamodb", "table/", "TableName")
_source = named("dynamodb", "table/", "SourceTableName")
_restored = named("dynamodb", "table/", "TargetTableName")
_backup = by_arn("BackupArn")


def _global_table(asked: Asked) -> Iterator[Target]:
    yield Target(f"arn:aws:dynamodb::{asked.account}:global-table/{asked.text('GlobalTableName')}")


def _restore_source(asked: Asked) -> Iterator[Target]:
    yield from (by_arn("SourceTableArn") if asked.text("SourceTableArn") else _source)(asked)


_RESTORE_WRITES = tuple(
    Rule(f"dynamodb:{action}", _restored)
    for action in (
        "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem",
    )
)  # fmt: skip
"""What restoring a table needs on the table it makes."""

_ITEMS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")

RULES: dict[str, Rules] = {
    **{name: (Rule(f"dynamodb:{name}", _items),) for name in _ITEMS},
    "BatchGetItem": (Rule("dynamodb:BatchGetItem", _batch),),
    "BatchWriteItem": (Rule("dynamodb:BatchWriteItem", _batch),),
    "CreateGlobalTable": (
        Rule("dynamodb:CreateGlobalTable", both(_global_table, named(
            "dynamodb", "table/", "GlobalTableName"))),
    ),
    "CreateTable": (
        Rule("dynamodb:CreateTable", _table, (request_tags,)),
        Rule("dynamodb:TagResource", _table, (request_tags,), lambda asked: asked.items("Tags")),
        Rule("dynamodb:PutResourcePolicy", _table, (), lambda asked: asked.get("ResourcePolicy")),
    ),
    "ImportTable": (
        Rule(
            "dynamodb:ImportTable", named("dynamodb", "table/", "TableCreationParameters.TableName")
        ),
    ),
    "RestoreTableFromBackup": (
        Rule("dynamodb:RestoreTableFromBackup", both(_backup, _restored)),
        *_RESTORE_WRITES,
    ),
    "RestoreTableToPointInTime": (
        Rule("dynamodb:RestoreTableToPointInTime", both(_restore_source, _restored)),
        *_RESTORE_WRITES,
    ),
    "UpdateContributorInsights": (Rule("dynamodb:UpdateContributorInsights", _items),),
    "DescribeContributorInsights": (Rule("dynamodb:DescribeContributorInsights", _items),),
}  # fmt: skip

_PER_ITEM = {
    "TransactWriteItems": _transaction,
    "TransactGetItems": _transaction,
    "ExecuteStatement": _statements,
    "BatchExecuteStatement": _statements,
    "ExecuteTransaction": _statements,
}

_BY_PARAMETER = (
    # First: beside a table, StreamArn is the Kinesis stream it writes to.
    ("TableName", _table),
    ("BackupArn", _backup),
    ("StreamArn", by_arn("StreamArn")),
    ("ExportArn", by_arn("ExportArn")),
    ("ImportArn", by_arn("ImportArn")),
    ("ResourceArn", by_arn("ResourceArn")),
    ("TableArn", by_arn("TableArn")),
    ("GlobalTableName", _global_table),
)

_NO_RESOURCE = frozenset(
    {
        "DescribeEndpoints", "DescribeLimits", "ListBackups", "ListContributorInsights",
        "ListExports", "ListGlobalTables", "ListImports", "ListStreams", "ListTables",
    }
)  # fmt: skip
"""Listings that take a table only as a filter."""


def rules(asked: Asked) -> Rules:
    """The rules of a DynamoDB or DynamoDB Streams operation."""
    name = asked.operation.name
    if name in RULES:
        return RULES[name]
    if name in _PER_ITEM:
        return _PER_ITEM[name](asked) or (Rule(f"dynamodb:{name}"),)
    if name in _NO_RESOURCE:
        return (Rule(f"dynamodb:{name}"),)
    return (Rule(f"dynamodb:{name}", first_named(asked, _BY_PARAMETER), (request_tags,)),)
