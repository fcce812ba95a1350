"""DynamoDB's condition keys: which items and attributes a request touches.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.gateway.actions.rules import Asked, Context
from simulator.gateway.stages import ContextValue

_EQUALS = re.compile(r"(#?[A-Za-z_][\w.-]*)\s*=\s*(:\w+)")
_NAME = re.compile(r"(?<![:\w.#])#?[A-Za-z_]\w*")
_WORDS = frozenset(
    {
        "add", "and", "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with",
        "between", "contains", "delete", "if_not_exists", "in", "list_append", "not", "or",
        "remove", "set", "size",
    }
)  # fmt: skip
_EXPRESSIONS = (
    "ProjectionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ConditionExpression",
    "UpdateExpression",
)


def item_context(
    asked: Asked, *requests: Mapping[str, Any], table: str = "", index: str = ""
) -> Context:
    """Condition keys of one or more item requests on the same table.

    Args:
        asked: the whole request.
        requests: single-item requests, or the parts of a batch in that form.
        table: name or ARN.
        index: name, empty for the table itself.
    """
    context: dict[str, ContextValue] = {}
    key = asked.lookup.partition_key(table, index or None, asked.account, asked.region)
    leading = [value for request in requests for value in _leading(request, key)]
    if leading:
        context["dynamodb:LeadingKeys"] = tuple(dict.fromkeys(leading))
    attributes = [name for request in requests for name in _attributes(request)]
    if attributes:
        context["dynamodb:Attributes"] = tuple(dict.fromkeys(attributes))
    for name in ("ReturnValues", "ReturnConsumedCapacity"):
        value = next((r[name] for r in requests if isinstance(r.get(name), str)), None)
        if value:
            context[f"dynamodb:{name}"] = value
    if asked.operation.name in ("Query", "Scan"):
        context["dynamodb:Select"] = _select(requests[0], index)
    return context


def _select(request: Mapping[str, Any], index: str) -> str:
    chosen = request.get("Select")
    if isinstance(chosen, str) and chosen:
        return chosen
    if request.get("ProjectionExpression") or request.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if index else "ALL_ATTRIBUTES"


def _leading(request: Mapping[str, Any], key: str | None) -> Iterator[str]:
    if key is None:
        return
    for part in (request.get("Key"), request.get("Item")):
        if isinstance(part, Mapping) and key in part:
            yield _plain(part[key])
    conditions = request.get("KeyConditions")
    if isinstance(conditions, Mapping) and isinstance(conditions.get(key), Mapping):
        for value in conditions[key].get("AttributeValueList") or ():
            yield _plain(value)
    expression = request.get("KeyConditionExpression")
    if isinstance(expression, str):
        names = _map(request.get("ExpressionAttributeNames"))
        values = _map(request.get("ExpressionAttributeValues"))
        for name, value in _EQUALS.findall(expression):
            if names.get(name, name) == key and value in values:
                yield _plain(values[value])


def _attributes(request: Mapping[str, Any]) -> Iterator[str]:
    for part in ("Key", "Item", "KeyConditions", "QueryFilter", "ScanFilter", "Expected",
                 "AttributeUpdates"):  # fmt: skip
        yield from map(str, _map(request.get(part)))
    listed = request.get("AttributesToGet")
    yield from map(str, listed if isinstance(listed, list) else ())
    names = _map(request.get("ExpressionAttributeNames"))
    for part in _EXPRESSIONS:
        expression = request.get(part)
        for name in _NAME.findall(expression) if isinstance(expression, str) else ():
            if name.lower() not in _WORDS:
                yield str(names.get(name, name))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _plain(value: Any) -> str:
    """An attribute value without its type: ``{"S": "alice"}`` → ``alice``."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()), "")
    return str(value)
