"""IAM's lists in pages: at most `MaxItems` elements, and a `Marker` to go on from.

moto does so for some lists and gives the others whole, so it is asked for all of every list and
the pages are cut here.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from functools import cache
from urllib.parse import urlencode
from xml.etree import ElementTree

from simulator.awsclient import isolated_session
from simulator.gateway.recognition.scope import form_of
from simulator.gateway.stages import AwsError, Operation, WireRequest, WireResponse
from simulator.sts.responses import IAM_NAMESPACE

_USUAL = 100
_ALL = 1_000_000
_PAGING = frozenset({"Marker", "MaxItems"})
_MEMBER = b"<member>"


def is_paged(operation: Operation) -> bool:
    """Whether the answer is a list that comes in pages."""
    return operation.service == "iam" and bool(_lists(operation.name))


def asking_for_all(wire: WireRequest) -> WireRequest:
    """The request, for all there is."""
    form = [pair for pair in form_of(wire) if pair[0] not in _PAGING]
    headers = {**wire.headers, "content-type": "application/x-www-form-urlencoded"}
    body = urlencode([*form, ("MaxItems", str(_ALL))]).encode()
    return replace(wire, method="POST", target="/", headers=headers, body=body)


def page(operation: Operation, response: WireResponse) -> WireResponse:
    """The part of a whole list that was asked for.

    Args:
        operation: with `Marker` and `MaxItems` as asked.
        response: the answer with all there is.

    Raises:
        AwsError: 400 `ValidationError`: the marker is none of this list's.
    """
    if response.status >= 400:
        return response
    marker = operation.parameters.get("Marker")
    limit = int(operation.parameters.get("MaxItems") or _USUAL)
    if marker is None and response.body.count(_MEMBER) <= limit:
        return _saying_that_it_is_whole(operation, response)
    start = _start(operation.name, marker)
    root = ElementTree.fromstring(response.body)
    result = root[0]
    lists = [found for name in _lists(operation.name) for found in result.findall(_tag(name))]
    members = [(each, member) for each in lists for member in each]
    if start and start >= len(members):
        raise _no_such_marker()
    for number, (each, member) in enumerate(members):
        if not start <= number < start + limit:
            each.remove(member)
    more = start + limit < len(members)
    _set(result, "IsTruncated", "true" if more else "false")
    _set(result, "Marker", _marker(operation.name, start + limit) if more else None)
    return response.with_body(ElementTree.tostring(root))


def _saying_that_it_is_whole(operation: Operation, response: WireResponse) -> WireResponse:
    if b"<IsTruncated>" in response.body:
        return response
    end = f"</{operation.name}Result>".encode()
    told = response.body.replace(end, b"<IsTruncated>false</IsTruncated>" + end)
    return response.with_body(told)


@cache
def _lists(name: str) -> tuple[str, ...]:
    """The elements that hold a list's members, as botocore's paginators have them."""
    try:
        found = isolated_session().get_paginator_model("iam").get_paginator(name)["result_key"]
    except ValueError:
        return ()
    return (found,) if isinstance(found, str) else tuple(found)


def _marker(name: str, start: int) -> str:
    return base64.b64encode(f"{name} {start}".encode()).decode()


def _start(name: str, marker: object) -> int:
    if marker is None:
        return 0
    try:
        kind, _, start = base64.b64decode(str(marker), validate=True).decode().partition(" ")
        if kind == name and int(start) > 0:
            return int(start)
    except (binascii.Error, ValueError):
        pass
    raise _no_such_marker()


def _no_such_marker() -> AwsError:
    return AwsError("ValidationError", "Invalid Marker.")


def _set(result: ElementTree.Element, name: str, text: str | None) -> None:
    found = result.find(_tag(name))
    if text is None:
        if found is not None:
            result.remove(found)
        return
    if found is None:
        found = ElementTree.SubElement(result, _tag(name))
    found.text = text


def _tag(name: str) -> str:
    return f"{{{IAM_NAMESPACE}}}{name}"


ElementTree.register_namespace("", IAM_NAMESPACE)
