"""The world a gateway serves: moto's state, the ledger, the clock, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from simulator.backend import Backend, RoleView, UserView
from simulator.clock import Clock
from simulator.iam import AttachedPolicy
from simulator.identity_providers import IdentityProviders
from simulator.sts.ledger import Credential, Ledger

if TYPE_CHECKING:
    from simulator.gateway.actions.lookup import Lookup

_V = TypeVar("_V", UserView, RoleView)
_Views = Mapping[tuple[str, str], UserView | RoleView]
Levels = tuple[tuple[AttachedPolicy, ...], ...]
"""SCPs or RCPs, from the root of the organization down."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """The policies of a moment: users and roles by account and ARN, SCPs and RCPs by account."""

    views: _Views
    organization: Mapping[tuple[str, str], Levels]


@dataclass
class World:
    """Everything the stages ask about; one a lab.

    Attributes:
        backend: moto's state.
        lookup: what telling a request's checks asks of that state.
        ledger: issued temporary credentials.
        clock: lab time.
        account: the default account, 12 digits.
        region: the default region.
        propagation: how long a policy change takes to bite. IAM is eventually consistent;
            zero unless a scenario asks for it.
        identity_providers: the OIDC and SAML providers the lab runs itself.
        codes_used: of each virtual MFA device, by its seed, the half minutes whose codes were
            given and are good no more.
    """

    backend: Backend
    lookup: Lookup
    clock: Clock
    account: str
    region: str
    ledger: Ledger = field(default_factory=Ledger)
    propagation: timedelta = timedelta(0)
    identity_providers: IdentityProviders = field(default_factory=IdentityProviders)
    codes_used: dict[str, set[int]] = field(default_factory=dict)
    _history: list[tuple[datetime, _Picture]] = field(default_factory=list)

    def find(self, access_key_id: str) -> Credential | None:
        """The live credential with this id.

        An unknown, deleted or inactive key gives ``None``; so does a session of a user who
        was deleted (a deleted *role's* session still authenticates and is denied).
        """
        credential = self.ledger.find(access_key_id)
        if credential is None:
            return self.backend.user_key(access_key_id)
        if credential.issuer is not None:
            user = self.backend.user(credential.account, credential.issuer.name)
            if user is None or user.unique_id != credential.issuer.unique_id:
                return None
        return credential

    def user(self, account: str, name: str, unique_id: str) -> UserView | None:
        """The user with this name *and* unique id, as policy evaluation sees it now."""
        view = self.backend.user(account, name)
        if view is None or view.unique_id != unique_id:
            return None
        return self._settled(view)

    def role(self, account: str, name: str, unique_id: str | None = None) -> RoleView | None:
        """The role with this name (and unique id, where given) as evaluation sees it now."""
        view = self.backend.role(account, name)
        if view is None or (unique_id is not None and view.unique_id != unique_id):
            return None
        return self._settled(view)

    def organization_policies(self, account: str, policy_type: str) -> Levels:
        """An account's SCPs or RCPs as evaluation sees them now."""
        now = self.backend.organization_policies(account, policy_type)
        settled = self._settled_picture()
        return settled.organization.get((account, policy_type), now) if settled else now

    def policies_changed(self, at: datetime) -> None:
        """Note that a call may have changed IAM's state at `at`."""
        self.backend.changed()
        if self.propagation:
            # Of the pictures that have settled, only the newest is asked for again.
            settled = sum(then <= at - self.propagation for then, _ in self._history)
            del self._history[: max(settled - 1, 0)]
            self._history.append((at, self._snapshot()))

    def set_propagation(self, delay: timedelta) -> None:
        """Let policy changes from now on take `delay` of lab time to bite."""
        self.propagation = delay
        self._history = [(self.clock.now(), self._snapshot())] if delay else []

    def reset(self) -> None:
        """Empty the world."""
        self.backend.reset()
        self.ledger.clear()
        self.identity_providers.clear()
        self.codes_used.clear()
        self._history.clear()
        self.propagation = timedelta(0)

    def _settled(self, view: _V) -> _V:
        settled = self._settled_picture()
        then = settled.views.get((view.account, view.arn)) if settled else None
        same = then is not None and then.unique_id == view.unique_id
        return then if same else view  # type: ignore[return-value]

    def _settled_picture(self) -> _Picture | None:
        """The newest picture that has settled by now; ``None`` where nothing takes time."""
        if not self._history:
            return None
        by = self.clock.now() - self.propagation
        settled = [picture for at, picture in self._history if at <= by]
        return settled[-1] if settled else self._history[0][1]

    def _snapshot(self) -> _Picture:
        accounts = self.backend.accounts()
        views: list[UserView | RoleView] = []
        for account in accounts:
            views += [*self.backend.users(account), *self.backend.roles(account)]
        return _Picture(
            {(view.account, view.arn): view for view in views},
            {
                (account, kind): self.backend.organization_policies(account, kind)
                for account in accounts
                for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
            },
        )
