"""The form of the action tables: a rule says which action is checked on which resources.

A service's table has one entry for each operation that differs from the general rule: a tuple
of `Rule`. A rule's ``targets`` turn the request into resources, its ``keys`` add condition
keys, and ``when`` leaves the rule out of requests it does not concern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.gateway.actions.lookup import Lookup
from simulator.gateway.stages import Check, ContextValue, Operation, WireRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, its caller, and where to ask about the world.

    Attributes:
        operation: what identify found.
        wire: the request itself, for headers that are condition keys.
        lookup: the state of the world.
        account: the caller's account, 12 digits.
        username: the caller's IAM user name, ``None`` for anything but a user.
        source_identity: the source identity the caller's session already carries.
    """

    operation: Operation
    wire: WireRequest
    lookup: Lookup
    account: str
    username: str | None = None
    source_identity: str | None = None

    @property
    def region(self) -> str:
        """The region the request is for."""
        return self.operation.region

    def get(self, path: str) -> Any:
        """A parameter by name, ``Delete.Objects`` reaching into structures; else ``None``."""
        value: Any = self.operation.parameters
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def text(self, path: str, default: str = "") -> str:
        """A parameter as text, ``default`` where it is absent or no scalar."""
        value = self.get(path)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int | float) and value != "" else default

    def items(self, path: str) -> list[Any]:
        """A parameter as a list, empty where it is absent or no list."""
        value = self.get(path)
        return list(value) if isinstance(value, list | tuple) else []


Context = Mapping[str, ContextValue]


@dataclass(frozen=True, slots=True)
class Target:
    """A resource an action is checked on.

    Attributes:
        arn: its ARN, or ``*``.
        account: its owner; ``None``: as the ARN says, else the caller's.
        context: condition keys of this resource alone.
    """

    arn: str
    account: str | None = None
    context: Context = field(default_factory=dict)


Targets = Callable[[Asked], Iterable[Target]]
Keys = Callable[[Asked], Context]
When = Callable[[Asked], object]


def everything(_asked: Asked) -> Iterator[Target]:
    """``*``: the action has no resource type."""
    yield Target("*")


@dataclass(frozen=True, slots=True)
class Rule:
    """An IAM action that must be allowed on each of some resources.

    Attributes:
        action: ``s3:GetObject``.
        targets: the resources; ``*`` unless said otherwise.
        keys: condition keys of the request, added to each target's own.
        when: whether the rule concerns this request.
    """

    action: str
    targets: Targets = everything
    keys: tuple[Keys, ...] = ()
    when: When | None = None

    def checks(self, asked: Asked) -> Iterator[Check]:
        """The checks this rule makes of a request."""
        if self.when is not None and not self.when(asked):
            return
        shared: dict[str, ContextValue] = {}
        for keys in self.keys:
            shared |= keys(asked)
        for target in self.targets(asked):
            context = {**shared, **target.context} if target.context else shared
            owner = target.account or account_of(target.arn)
            yield Check(self.action, target.arn, context, None if owner == asked.account else owner)


Rules = tuple[Rule, ...]
Table = Mapping[str, Rules]


def account_of(arn: str) -> str | None:
    """The account in an ARN, ``None`` where it has none (``arn:aws:s3:::bucket``)."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4].isascii() and parts[4].isdigit() and len(parts[4]) == 12:
        return parts[4]
    return None


def is_arn(text: str) -> bool:
    """Whether a parameter value is an ARN."""
    return text.startswith("arn:") and text.count(":") >= 5


def tag_context(prefixes: tuple[str, ...], tags: Mapping[str, str]) -> Context:
    """Tags as condition keys, ``aws:ResourceTag/team`` and the service's own spelling."""
    return {f"{prefix}/{key}": value for prefix in prefixes for key, value in tags.items()}
