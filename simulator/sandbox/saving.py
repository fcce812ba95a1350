"""A saved sandbox: what was done, in order; opening it does it all again.

What is not saved: the values of keys and sessions (new ones are issued, so outside tools need
the new ones), ids that AWS chose, and bodies and secrets the trail doesn't show (an object
that an outside tool put, a password). Calls that need those are left out, and counted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import yaml
from pydantic import Field, ValidationError

from simulator.clock import iso, wall
from simulator.scenario.schema.calls import OperationName
from simulator.scenario.values import Moment, Strict

_VERSION = 1
_HEAD = """\
# A sandbox of stslab. Opening it does all of this again, in a new world: the keys will be
# others, and so will ids that AWS chose.
"""
MOST_ENTRIES = 5000


class SavedWorldError(Exception):
    """A file holds no sandbox that can be opened; the text says why, in one line."""


class Entry(Strict):
    """One thing that was done: one of the sandbox's own, or a call from the console or outside.

    Exactly one of ``do`` and ``call`` is there.
    """

    at: Moment = Field(description="Lab time before it.")
    do: str | None = Field(default=None, description="Id of one of the sandbox's own actions.")
    document: str | None = Field(default=None, description="The policy document, as edited.")
    call: OperationName | None = Field(default=None, description="A call, by boto3's names.")
    actor: str | None = Field(default=None, alias="as", description="Who called.")
    using: str | None = Field(default=None, description="With which credentials they hold.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="AWS's parameters.")


class SavedWorld(Strict):
    """A sandbox that was saved."""

    sandbox: int = Field(description="Version of this format.")
    saved: Moment = Field(description="Real time of saving.")
    now: Moment = Field(description="Lab time at the end.")
    names: dict[str, str] = Field(
        default_factory=dict, description="Ids that the old world chose: where from → the id."
    )
    left_out: int = Field(default=0, description="Calls that could not be saved.")
    entries: list[Entry] = Field(max_length=MOST_ENTRIES, description="What was done, in order.")


def saved_world(
    entries: list[Entry], now: datetime, names: dict[str, str], left_out: int
) -> SavedWorld:
    """Put together what is saved, now."""
    return SavedWorld(
        sandbox=_VERSION, saved=wall(), now=now, names=names, left_out=left_out, entries=entries
    )


def as_yaml(world: SavedWorld) -> str:
    """A saved world as the text of a file."""
    told = world.model_dump(mode="python", by_alias=True, exclude_defaults=True)
    text: str = yaml.safe_dump(_spelt(told), sort_keys=False, allow_unicode=True, width=96)
    return _HEAD + text


def from_yaml(text: str) -> SavedWorld:
    """The saved world in the text of a file.

    Raises:
        SavedWorldError: it is no saved sandbox, or one of a later version.
    """
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where is not None else ""
        raise SavedWorldError(f"not YAML{line}") from None
    if not isinstance(told, dict) or "sandbox" not in told:
        raise SavedWorldError("this is no saved sandbox")
    if told["sandbox"] != _VERSION:
        raise SavedWorldError(f"saved by another version of the format: {told['sandbox']}")
    try:
        world = SavedWorld.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SavedWorldError(f"{where}: {first['msg']}") from None
    for number, entry in enumerate(world.entries):
        if (entry.do is None) == (entry.call is None) or (entry.call and not entry.actor):
            raise SavedWorldError(f"entries.{number}: one of `do` and `call` (with `as`) is needed")
    return world


def _spelt(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value) if not value.microsecond else value.isoformat()
    if isinstance(value, dict):
        return {name: _spelt(item) for name, item in value.items()}
    return [_spelt(item) for item in value] if isinstance(value, list) else value
