"""Policy documents of these tests, beyond the shared builders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.conftest import policy


def statement(action: Any, resource: Any = "*", effect: str = "Allow", **more: Any) -> Any:
    """One statement; `more` are further elements (`Condition`)."""
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def permit(action: Any, resource: Any = "*", **more: Any) -> str:
    """A document with one Allow."""
    return policy(statement(action, resource, **more))


def trusting(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy; a principal that is no mapping is an AWS one."""
    element = principal if isinstance(principal, Mapping) else {"AWS": principal}
    return policy({"Effect": "Allow", "Principal": element, "Action": action, **more})


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    """A `Condition` element, to be splatted into a statement."""
    return {"Condition": {operator: {key: value}}}
