"""botocore's data as the lab loads it: what it ships, held once, without its prose."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader, instance_cache

_SHIPPED = [Loader.BUILTIN_DATA_PATH]


class _LeanFiles(JSONFileLoader):
    """Parses botocore's files into as little memory as they fit in.

    Documentation texts, which are most of them, are left empty as they are met. What is left
    are plain dictionaries in which equal strings, and equal references to a shape, are one object.
    """

    def _load_file(self, full_path: str, open_method: Callable[..., Any]) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return json.loads(file.read(), object_pairs_hook=_Lean().of)


class _Lean:
    """Makes the dictionaries of one file."""

    def __init__(self) -> None:
        self._references: dict[tuple[tuple[str, Any], ...], dict[str, Any]] = {}

    def of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """A JSON object's dictionary."""
        made: dict[str, Any] = {}
        words = True
        for name, value in pairs:
            if isinstance(value, str):
                made[name] = "" if name == "documentation" else sys.intern(value)
            else:
                made[name] = value
                words = False
        # Nobody changes a reference: botocore copies it to add what the shape says.
        if words and "shape" in made:
            return self._references.setdefault(tuple(made.items()), made)
        return made


class _PlainLoader(Loader):
    """Loads through `_LeanFiles`, and adds nothing to a model."""

    FILE_LOADER_CLASS = _LeanFiles


class _SharedLoader(Loader):
    """The plain models with what the SDK adds to them; nothing shared is changed for it."""

    @instance_cache
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        return extended_model(
            service_name,
            type_name,
            self._find_extras,  # type: ignore[attr-defined]
            api_version,
        )

    def load_data_with_path(self, name: str) -> Any:
        return _plain_models().load_data_with_path(name)


class _ClientLoader(_SharedLoader):
    """The same for clients: botocore's S3 client rewrites the paths of its operations in place."""

    @instance_cache
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        model = super().load_service_model(service_name, type_name, api_version)
        if "operations" not in model:
            return model
        return {**model, "operations": copy.deepcopy(model["operations"])}


@lru_cache(maxsize=1)
def _plain_models() -> Loader:
    return _PlainLoader(_SHIPPED, include_default_search_paths=False, include_default_extras=False)


def extended_model(
    service: str,
    kind: str,
    extras: Callable[[str, str, str], Iterable[Any]],
    version: str | None = None,
) -> Any:
    """A model that botocore ships, shared by all, with additions of one's own.

    Args:
        service: botocore's name of the service.
        kind: ``service-2``, ``paginators-1``, …
        extras: finds additions for service, kind and version, as `Loader._find_extras` does.
        version: of the API; ``None``: the latest.

    Returns:
        The model. Nobody may change it.

    Raises:
        UnknownServiceError: there is no such service.
        DataNotFoundError: there is no such model of it.
    """
    plain = _plain_models()
    model = plain.load_service_model(service, kind, version)
    version = version or plain.determine_latest_version(service, kind)
    for each in extras(service, kind, version):
        model = _merged(model, each.get("merge", {}))
    return model


def _merged(base: Any, addition: Any) -> Any:
    """Copies what it touches, and nothing else."""
    if not isinstance(base, dict) or not isinstance(addition, dict):
        return addition
    return {**base, **{name: _merged(base.get(name), each) for name, each in addition.items()}}


def shipped_models() -> Loader:
    """A loader of the data botocore ships, and of no other: nobody may change it.

    The default search paths include ``~/.aws/models``.
    """
    return _SharedLoader(_SHIPPED, include_default_search_paths=False)


def client_models() -> Loader:
    """The same, for botocore's clients."""
    return _ClientLoader(_SHIPPED, include_default_search_paths=False)
