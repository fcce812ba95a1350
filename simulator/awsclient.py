"""botocore sessions that know nothing of the user: no profile, file or variable is read."""

from __future__ import annotations

from functools import lru_cache

import botocore.session
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigValueStore,
    ConstantProvider,
)
from botocore.credentials import CredentialResolver

from simulator.models import client_models


class _IsolatedSession(botocore.session.Session):
    """A session in which every setting is the default that botocore ships."""

    def _register_config_store(self) -> None:
        defaults = {
            name: ConstantProvider(default)
            for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
        }
        self.register_component("config_store", ConfigValueStore(mapping=defaults))

    def _register_credential_provider(self) -> None:
        self.register_component("credential_provider", CredentialResolver(providers=[]))

    def _register_data_loader(self) -> None:
        self.register_component("data_loader", client_models())

    @property
    def full_config(self) -> dict[str, dict[str, str]]:
        return {"profiles": {}}

    @property
    def profile(self) -> None:
        return None


@lru_cache(maxsize=1)
def isolated_session() -> botocore.session.Session:
    """The process's shared session for lab clients; it caches botocore's service models."""
    return _IsolatedSession()
