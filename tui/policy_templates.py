"""Policies to start from, each a key away: cut-offs, denies, and trust open or closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What the templates put in.

    Attributes:
        now: lab time.
        account: 12 digits, the account of the role.
        userid: ``aws:userid`` of whom to stop: ``AROA…:session``.
        source_identity: their ``aws:SourceIdentity``.
        source_ip: where their calls come from.
    """

    now: datetime
    account: str = "111122223333"
    userid: str = "AROAEXAMPLE:session"
    source_identity: str = "someone"
    source_ip: str = "203.0.113.66"


@dataclass(frozen=True, slots=True)
class Template:
    """A policy a key away.

    Attributes:
        key: as Textual names it.
        title: in a word or two.
        make: the document, from what is known.
    """

    key: str
    title: str
    make: Callable[[PolicyFacts], dict[str, Any]]


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _deny_if(operator: str, key: str, value: str) -> dict[str, Any]:
    everything = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}
    return _document({**everything, "Condition": {operator: {key: value}}})


def _revoke(facts: PolicyFacts) -> dict[str, Any]:
    """As the console's *Revoke active sessions* writes it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    now = facts.now.astimezone(UTC)
    cut_off = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
    return _deny_if("DateLessThan", "aws:TokenIssueTime", cut_off)


def _trust(facts: PolicyFacts, effect: str) -> dict[str, Any]:
    root = {"AWS": f"arn:aws:iam::{facts.account}:root"}
    return _document({"Effect": effect, "Principal": root, "Action": "sts:AssumeRole"})


PERMISSIONS = (
    Template("f2", "revoke, now", _revoke),
    Template("f3", "deny aws:userid", lambda f: _deny_if("StringEquals", "aws:userid", f.userid)),
    Template(
        "f4",
        "deny SourceIdentity",
        lambda f: _deny_if("StringEquals", "aws:SourceIdentity", f.source_identity),
    ),
    Template(
        "f6",
        "deny SourceIp",
        lambda f: _deny_if("IpAddress", "aws:SourceIp", f"{f.source_ip}/32"),
    ),
    Template(
        "f7",
        "deny all",
        lambda _: _document({"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}),
    ),
)
"""For a role or user. F5 is left out: in a browser it loads the page again."""

TRUST = (
    Template("f2", "open to the account", lambda f: _trust(f, "Allow")),
    Template("f3", "closed", lambda f: _trust(f, "Deny")),
)
"""For a role's trust policy."""


def template_text(template: Template, facts: PolicyFacts) -> str:
    """The document as JSON text."""
    return json.dumps(template.make(facts), indent=2)
