"""`Principal` and `NotPrincipal`: whom a statement names, and how directly.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.iam.request import Facts

NO_MATCH: Final = 0
"""The statement is not about the caller."""
ACCOUNT: Final = 1
"""It names the caller's account, which only delegates to the account's own policies."""
ROLE: Final = 2
"""It names what stands behind the session: grants, within boundary and session policies."""
DIRECT: Final = 3
"""It names the caller itself: grants whatever boundary and session policies leave out."""

_ACCOUNT = re.compile(r"[0-9]{12}|arn:[a-z-]+:iam::[0-9]{12}:root")

PrincipalEntry = tuple[str, str]
"""Type and value of one principal: ``("AWS", "arn:…")``; ``("*", "*")`` for everybody."""


class Principals:
    """The principals of one statement, compiled.

    Attributes:
        entries: as written, flattened.
    """

    __slots__ = ("_accounts", "_everyone", "_federated", "_names", "_services", "entries")

    def __init__(self, entries: Iterable[PrincipalEntry]) -> None:
        self.entries = tuple(entries)
        self._everyone = False
        self._accounts: set[str] = set()
        self._names: set[str] = set()
        self._services: set[str] = set()
        self._federated: set[str] = set()
        for kind, value in self.entries:
            if value == "*" and kind in ("*", "AWS"):
                self._everyone = True
            elif kind == "AWS":
                account = account_named(value)
                if account:
                    self._accounts.add(account)
                else:
                    self._names.add(value)
            elif kind == "Service":
                self._services.add(value)
            elif kind == "Federated":
                self._federated.add(value)

    def match(self, facts: Facts) -> int:
        """How directly the caller is named: `NO_MATCH`, `ACCOUNT`, `ROLE` or `DIRECT`."""
        if self._everyone:
            return DIRECT
        caller = facts.caller
        if facts.federated is not None:
            return DIRECT if facts.federated in self._federated else NO_MATCH
        if self._names:
            named = self._match_names(facts)
            if named:
                return named
        if caller.account in self._accounts and caller.account:
            return DIRECT if caller.kind == "root" else ACCOUNT
        if self._services and caller.kind == "other" and caller.arn in self._services:
            return DIRECT
        if self._federated and facts.text("aws:federatedprovider") in self._federated:
            return ROLE
        return NO_MATCH

    def leaves_out(self, facts: Facts) -> bool:
        """Whether these, as `NotPrincipal`, keep the statement off the caller.

        An account beside one of its users or roles is there because AWS may look at the account
        first; only the user or role is left out. By itself it leaves out all its principals.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        named = self.match(facts)
        if named == ACCOUNT:
            return not any(_is_within(name, facts.caller.account) for name in self._names)
        return named != NO_MATCH

    def _match_names(self, facts: Facts) -> int:
        """Compare with the caller's ARN and unique id, and with those behind a session."""
        names = self._names
        caller = facts.caller
        user_id = facts.text("aws:userid")
        if caller.kind == "role-session" or caller.kind == "role":
            if caller.arn in names:
                return DIRECT if caller.kind == "role-session" else ROLE
            if user_id and user_id in names:
                return DIRECT
            if user_id and user_id.partition(":")[0] in names:
                return ROLE
            return ROLE if self._names_role(facts) else NO_MATCH
        if caller.arn in names:
            return DIRECT
        if caller.kind == "federated-user":
            return ROLE if facts.federated_by in names else NO_MATCH
        return DIRECT if user_id and user_id in names else NO_MATCH

    def _names_role(self, facts: Facts) -> bool:
        """Whether the session's role is named; its path is known from ``aws:PrincipalArn``."""
        role_arn = facts.text("aws:principalarn")
        if role_arn:
            return role_arn in self._names
        caller = facts.caller
        return any(
            f":iam::{caller.account}:role/" in name and name.rsplit("/", 1)[-1] == caller.name
            for name in self._names
        )


def _is_within(name: str, account: str) -> bool:
    """Whether an ARN is of this account; the unique id of a deleted principal may be."""
    return not name.startswith("arn:") or name.split(":")[4] == account


def account_named(value: str) -> str:
    """The account an AWS principal stands for (its id or root ARN); empty for another."""
    return value.removesuffix(":root")[-12:] if _ACCOUNT.fullmatch(value) else ""
