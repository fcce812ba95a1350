"""What is found and where, and the texts of a scenario with their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulator.scenario.loading import Source
from simulator.scenario.values import Location

Finding = tuple[Location, str]
"""Where, below the thing checked, and what is wrong."""


def below(at: Location, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Findings about a thing that itself stands somewhere."""
    for place, message in findings:
        yield (*at, *place), message


def plain(value: Any) -> Any:
    """A model, or a list of them, as the plain values of a file."""
    dump: Callable[..., Any] | None = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json", by_alias=True)
    return [plain(item) for item in value] if isinstance(value, list) else value


def texts(value: Any, at: Location) -> Iterator[tuple[Location, str]]:
    """Every text in a plain value, keys too, with its place."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield (*at, name), str(name)
            yield from texts(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*at, index))


def as_written(at: Location, source: Source) -> Location:
    """A place in the model as a place in the file.

    They differ where the file has a shorthand: a list of statements for a whole policy
    document, one statement instead of a list, ``expect: denied``.
    """
    value: Any = source.value
    written: list[str | int] = []
    for part in at:
        if part == "Statement" and isinstance(value, list):
            continue
        if isinstance(part, int) and isinstance(value, Mapping):
            continue
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
        written.append(part)
    return tuple(written)
