"""botocore sessions that know nothing of the user: no profile, file or variable is read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigValueStore,
    ConstantProvider,
)
from botocore.credentials import CredentialResolver
from botocore.loaders import Loader, instance_cache


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
        self.register_component("data_loader", shipped_models())

    @property
    def full_config(self) -> dict[str, dict[str, str]]:
        return {"profiles": {}}

    @property
    def profile(self) -> None:
        return None


class _LeanLoader(Loader):
    """Loads service models without their prose, which is most of them and stays in memory."""

    @instance_cache
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        plain = Loader(self.search_paths, include_default_search_paths=False)
        return _without_prose(plain.load_service_model(service_name, type_name, api_version))


def _without_prose(model: Any) -> Any:
    if isinstance(model, dict):
        return {
            key: _without_prose(value)
            for key, value in model.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_without_prose(item) for item in model] if isinstance(model, list) else model


def shipped_models() -> Loader:
    """A loader of the service models botocore ships, and of no other.

    The default search paths include ``~/.aws/models``.
    """
    return _LeanLoader(
        extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False
    )


@lru_cache(maxsize=1)
def isolated_session() -> botocore.session.Session:
    """The process's shared session for lab clients; it caches botocore's service models."""
    return _IsolatedSession()
