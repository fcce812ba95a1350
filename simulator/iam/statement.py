"""A compiled policy: its statements, each ready to be matched against a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from simulator.iam.conditions import Condition
from simulator.iam.matching import Matcher, glob, resource_parts, resource_pattern
from simulator.iam.principals import DIRECT, NO_MATCH, Principals
from simulator.iam.variables import Template, template

if TYPE_CHECKING:
    from simulator.iam.request import Facts

Effect = Literal["Allow", "Deny"]

DocumentKind = Literal[
    "identity",
    "resource",
    "trust",
    "session",
    "boundary",
    "service-control",
    "resource-control",
]
"""What a document is meant for; it decides which elements it must and may have."""


class Statement:
    """One statement. Matchers are compiled when first needed.

    Attributes:
        index: its place in the document, from 0.
        sid: its `Sid`, or empty.
        effect: ``Allow`` or ``Deny``.
        denies: whether the effect is ``Deny``.
        principals: of `Principal` or `NotPrincipal`; ``None`` where the kind has neither.
        not_principal: whether they are the ones left out.
        actions: values of `Action` or `NotAction`, as written.
        not_action: whether they are the ones left out.
        resources: values of `Resource` or `NotResource`, as written; empty: every resource.
        not_resource: whether they are the ones left out.
        conditions: all must hold.
        variables: whether the document's `Version` has policy variables.
    """

    __slots__ = (
        "_action_names",
        "_action_patterns",
        "_resource_patterns",
        "_resource_templates",
        "actions",
        "conditions",
        "denies",
        "effect",
        "index",
        "not_action",
        "not_principal",
        "not_resource",
        "principals",
        "resources",
        "sid",
        "variables",
    )

    def __init__(
        self,
        index: int,
        sid: str,
        effect: Effect,
        principals: Principals | None,
        actions: tuple[str, ...],
        resources: tuple[str, ...],
        conditions: tuple[Condition, ...],
        *,
        not_principal: bool,
        not_action: bool,
        not_resource: bool,
        variables: bool,
    ) -> None:
        self.index = index
        self.sid = sid
        self.effect = effect
        self.denies = effect == "Deny"
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
        self.not_principal = not_principal
        self.not_action = not_action
        self.not_resource = not_resource
        self.variables = variables
        self._action_names: frozenset[str] = frozenset()
        self._action_patterns: tuple[Matcher, ...] | None = None
        self._resource_patterns: tuple[Matcher, ...] | None = None
        self._resource_templates: tuple[Template, ...] = ()

    def applies(self, facts: Facts) -> bool:
        """Whether action, resource and conditions match; the principal is not looked at."""
        if not self.matches_action(facts.action) or not self.matches_resource(facts):
            return False
        for condition in self.conditions:  # noqa: SIM110 - twice as fast as all() here
            if not condition.holds(facts.context):
                return False
        return True

    def matches_action(self, action: str) -> bool:
        """Whether the action (in lower case) is one the statement is about."""
        if self._action_patterns is None:
            self._compile_actions()
        if action in self._action_names:
            return not self.not_action
        for pattern in self._action_patterns or ():
            if pattern(action):
                return not self.not_action
        return self.not_action

    def matches_resource(self, facts: Facts) -> bool:
        """Whether the resource is one the statement is about."""
        if not self.resources:
            return True
        if self._resource_patterns is None:
            self._compile_resources()
        resource = facts.resource
        for pattern in self._resource_patterns or ():
            if pattern(resource):
                return not self.not_resource
        for dynamic in self._resource_templates:
            # A variable without a value matches no resource, in NotResource too.
            filled = dynamic.resolve(facts.context)
            if filled is not None and resource_parts(filled)(resource):
                return not self.not_resource
        return self.not_resource

    def matches_principal(self, facts: Facts) -> int:
        """How directly the statement is about the caller; see `simulator.iam.principals`.

        A Deny with `NotPrincipal` always catches a caller that has a permissions boundary:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
        """
        if self.principals is None:
            return DIRECT
        if not self.not_principal:
            return self.principals.match(facts)
        if self.denies and facts.bounded:
            return DIRECT
        return NO_MATCH if self.principals.leaves_out(facts) else DIRECT

    def _compile_actions(self) -> None:
        lowered = [action.lower() for action in self.actions]
        wild = [action for action in lowered if "*" in action or "?" in action]
        self._action_names = frozenset(lowered) if not wild else frozenset(lowered).difference(wild)
        self._action_patterns = tuple(glob(action) for action in wild)

    def _compile_resources(self) -> None:
        patterns: list[Matcher] = []
        templates: list[Template] = []
        for value in self.resources:
            dynamic = template(value) if self.variables else None
            if dynamic is None:
                patterns.append(resource_pattern(value))
            else:
                templates.append(dynamic)
        self._resource_templates = tuple(templates)
        self._resource_patterns = tuple(patterns)


class Policy:
    """A policy document, checked and compiled; never changed after.

    Attributes:
        document: the document as a mapping.
        kind: what it was checked for.
        statements: in the document's order.
    """

    __slots__ = ("_text", "document", "kind", "statements")

    def __init__(
        self,
        document: Mapping[str, Any],
        text: str | None,
        kind: DocumentKind,
        statements: tuple[Statement, ...],
    ) -> None:
        self.document = document
        self._text = text
        self.kind = kind
        self.statements = statements

    @property
    def text(self) -> str:
        """The JSON text it was given as, or its canonical one."""
        if self._text is None:
            self._text = json.dumps(self.document, separators=(",", ":"))
        return self._text

    def __repr__(self) -> str:
        return f"Policy({self.text!r}, kind={self.kind!r})"
