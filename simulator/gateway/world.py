"""The world a gateway serves: moto's state, the ledger, the clock, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from simulator.backend import Backend, RoleView, UserView
from simulator.clock import Clock
from simulator.identity_providers import IdentityProviders
from simulator.sts.ledger import Credential, Ledger

if TYPE_CHECKING:
    from simulator.gateway.actions.lookup import Lookup

_V = TypeVar("_V", UserView, RoleView)
_Views = Mapping[tuple[str, str], UserView | RoleView]


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
    _history: list[tuple[datetime, _Views]] = field(default_factory=list)

    def find(self, access_key_id: str) -> Credential | None:
        """The live credential with this id.

        An unknown, deleted or inactive key gives ``None``; so does a session of a user who
        was deleted (a deleted *role's* session still authenticates and is denied).
        """
        credential = self.ledger.find(access_key_id)
        if credential is None:
            return self.backend.user_key(access_key_id)
        if credential.issuer is not None:
            name, unique_id = credential.issuer
            user = self.backend.user(credential.account, name)
            if user is None or user.unique_id != unique_id:
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

    def policies_changed(self, at: datetime) -> None:
        """Note that a call may have changed IAM's state at `at`."""
        self.backend.changed()
        if self.propagation:
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
        if not self._history:
            return view
        settled_by = self.clock.now() - self.propagation
        settled = [views for at, views in self._history if at <= settled_by]
        views = settled[-1] if settled else self._history[0][1]
        then = views.get((view.account, view.arn))
        same = then is not None and then.unique_id == view.unique_id
        return then if same else view  # type: ignore[return-value]

    def _snapshot(self) -> _Views:
        accounts = self.backend.accounts()
        views: list[UserView | RoleView] = []
        for account in accounts:
            views += [*self.backend.users(account), *self.backend.roles(account)]
        return {(view.account, view.arn): view for view in views}
