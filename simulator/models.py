"""botocore's service models as the lab loads them: those it ships, without their prose."""

from __future__ import annotations

from typing import Any

from botocore.loaders import Loader, instance_cache


class _LeanLoader(Loader):
    """Loads service models without their prose, which is most of them and stays in memory."""

    @instance_cache
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        plain = Loader(self.search_paths, include_default_search_paths=False)
        return without_prose(plain.load_service_model(service_name, type_name, api_version))


def without_prose(model: Any) -> Any:
    """A service model with every documentation text left empty."""
    if isinstance(model, dict):
        return {
            key: "" if key == "documentation" and isinstance(value, str) else without_prose(value)
            for key, value in model.items()
        }
    return [without_prose(item) for item in model] if isinstance(model, list) else model


def shipped_models() -> Loader:
    """A loader of the service models botocore ships, and of no other.

    The default search paths include ``~/.aws/models``.
    """
    return _LeanLoader(
        extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False
    )
