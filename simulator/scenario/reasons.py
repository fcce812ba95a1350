"""What is wrong with a scenario file, in plain words: pydantic's errors, one line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.scenario.nearest import near
from simulator.scenario.schema import STEP_KEYS, Scenario
from simulator.scenario.values import Location

Reason = tuple[Location, str]
"""Where, from the top of the file, and what is wrong."""

_NAMED = re.compile(r"(?P<field>[a-z_]+): (?P<why>.+)", re.DOTALL)
_PYTHONIC = re.compile(r"([a-z0-9-]+)[.:]([A-Za-z0-9_]+)")


def reasons(error: ValidationError, value: Any) -> Iterator[Reason]:
    """Every error of a validation, with its place and its words.

    Args:
        error: what pydantic found.
        value: the file's content as plain values.
    """
    found = error.errors(include_url=False)
    tried = {each["loc"][:-1] for each in found if _fits(each)}
    unknown = [each["loc"] for each in found if each["type"] == "extra_forbidden"]
    for each in found:
        if each["type"] == "missing" and _is_misspelt(each["loc"], unknown):
            continue
        # Where several shapes would do, only the one that was meant has something to say.
        if not _fits(each) and each["loc"][:-1] in tried and _is_choice(each, value):
            continue
        at = _in_file(each["loc"], value, each["type"])
        yield from _worded(each, at)


def _is_misspelt(missing: Location, unknown: Sequence[Location]) -> bool:
    """Whether a missing field is there under a name much like it, which is told already."""
    beside = [str(each[-1]) for each in unknown if each[:-1] == missing[:-1]]
    return any(near(name, [str(missing[-1])]) for name in beside)


def _fits(error: ErrorDetails) -> bool:
    """Whether the value is of the kind that this error's shape wants."""
    wants_mapping = error["type"] in ("model_type", "dict_type")
    if wants_mapping:
        return False
    return not (isinstance(error["input"], Mapping) and error["type"] != "extra_forbidden")


def _is_choice(error: ErrorDetails, value: Any) -> bool:
    """Whether the location ends in the name of a shape, which stands nowhere in the file."""
    return _in_file(error["loc"], value, error["type"]) != error["loc"]


def _in_file(location: Location, value: Any, kind: str) -> Location:
    """A location of pydantic's without the parts that name types, not places."""
    found: list[str | int] = []
    for number, part in enumerate(location):
        if isinstance(part, str) and part.startswith("<") and part.endswith(">"):
            continue
        last = number == len(location) - 1
        if kind == "missing" and last:
            found.append(part)
            break
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            continue
        found.append(part)
    return tuple(found)


def _worded(error: ErrorDetails, at: Location) -> Iterator[Reason]:
    words = _WORDS.get(error["type"])
    name = str(at[-1]) if at and not isinstance(at[-1], int) else _item(at)
    if words:
        yield at, words(error, name)
        return
    message = error["msg"].removeprefix("Value error, ")
    named = _NAMED.fullmatch(message)
    if named and isinstance(error["input"], Mapping) and named["field"] in error["input"]:
        yield (*at, named["field"]), message
        return
    yield at, f"{name}: {message[:1].lower()}{message[1:]}"


def _item(at: Location) -> str:
    """What an item of a list is called: ``steps[3]``; the whole file otherwise."""
    inside = [str(part) for part in at if not isinstance(part, int)]
    return f"an item of {inside[-1]}" if inside else "the file"


def _unknown(error: ErrorDetails, name: str) -> str:
    if name == "<<":
        return "merge keys (<<) are not read; write it out, or use an alias for the whole"
    parent = error["loc"][:-1]
    named = [part for part in parent if isinstance(part, str)]
    kind = str(parent[-1]).strip("<>") if parent else ""
    if kind in STEP_KEYS and name in STEP_KEYS and kind != name:
        return f"a step is one thing: this one is a {kind!r} already, so {name!r} is another step"
    if named[-1:] == ["actions"] and name in _GONE_FROM_ACTIONS:
        return f"{name!r} {_GONE_FROM_ACTIONS[name]}"
    return f"{name!r} means nothing here" + near(name, known_fields(error["loc"]))


def _no_kind(error: ErrorDetails, _: str) -> str:
    given = error["input"]
    keys = list(given) if isinstance(given, Mapping) else []
    known = str(error["msg"]).rpartition("keys ")[2].split(", ")
    for key in keys:
        meant = near(str(key), known)
        if meant:
            return f"{str(key)!r} is no kind of {error['type']}{meant}"
    return str(error["msg"])


def _one_of(error: ErrorDetails, name: str) -> str:
    expected = str((error.get("ctx") or {}).get("expected", ""))
    given = error["input"]
    meant = near(given, re.findall(r"'([^']+)'", expected)) if isinstance(given, str) else ""
    return f"{name}: must be {expected}, not {_shown(given)}{meant}"


def _pattern(error: ErrorDetails, name: str) -> str:
    pattern = str((error.get("ctx") or {}).get("pattern", ""))
    given = str(error["input"])
    wanted = _PATTERNS.get(pattern, f"must match {pattern}")
    return f"{name}: {_shown(given)} {wanted}{_operation_meant(given, pattern)}"


def _operation_meant(given: str, pattern: str) -> str:
    """``; did you mean 's3.GetObject'?`` for ``s3:GetObject`` and ``s3.get_object``."""
    found = _PYTHONIC.fullmatch(given)
    if not pattern.startswith(r"^[a-z0-9-]+\.") or not found:
        return ""
    operation = "".join(word[:1].upper() + word[1:] for word in found[2].split("_"))
    return f"; did you mean '{found[1]}.{operation}'?"


def _bound(words: str, key: str) -> Callable[[ErrorDetails, str], str]:
    return lambda error, name: f"{name}: must be {words} {(error.get('ctx') or {})[key]}"


def _fixed(words: str) -> Callable[[ErrorDetails, str], str]:
    return lambda error, name: f"{name}: {words}, not {_shown(error['input'])}"


def _short_list(error: ErrorDetails, name: str) -> str:
    least = (error.get("ctx") or {}).get("min_length")
    return f"{name}: needs at least {least} item{'' if least == 1 else 's'}"


def _long_list(error: ErrorDetails, name: str) -> str:
    return f"{name}: may have at most {(error.get('ctx') or {}).get('max_length')} items"


def _shown(value: Any) -> str:
    """A value as an author knows it, in a few characters."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


_PATTERNS: dict[str, str] = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "must be lower-case letters and digits with single dashes,"
    " like leaked-session",
    r"^[a-z0-9-]+\.[A-Z][A-Za-z0-9]+$": "must be a service and an operation, like s3.ListObjectsV2",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "must be letters, digits and _, like old_key",
    r"^([A-Za-z_][A-Za-z0-9_]*|\{\{\s*[A-Za-z_][A-Za-z0-9_]*\s*\}\})$": "must be letters,"
    " digits and _, like old_key",
    r"^\d{12}$": "must be 12 digits, in quotes",
    r"^[^\n]+$": "must be one line",
}
"""What the patterns of the schema ask for, in words."""

_GONE_FROM_ACTIONS: dict[str, str] = {
    "key": "is no longer chosen by the file: the screen numbers actions itself; take the line out",
}
"""What an action could have in earlier files, and what to do about it."""

_WORDS: dict[str, Callable[[ErrorDetails, str], str]] = {
    "extra_forbidden": _unknown,
    "missing": lambda _, name: f"{name!r} is missing",
    "step": _no_kind,
    "act": _no_kind,
    "literal_error": _one_of,
    "string_pattern_mismatch": _pattern,
    "string_too_short": lambda _, name: f"{name}: must not be empty",
    "string_type": _fixed("must be text (in quotes, if YAML takes it for something else)"),
    "int_parsing": _fixed("must be a whole number"),
    "int_parsing_size": _fixed("must be a whole number"),
    "int_type": _fixed("must be a whole number"),
    "int_from_float": _fixed("must be a whole number"),
    "bool_type": _fixed("must be true or false"),
    "bool_parsing": _fixed("must be true or false"),
    "list_type": _fixed("must be a list, each item after a dash"),
    "dict_type": _fixed("must be a mapping, `name: …` in each line"),
    "model_type": _fixed("must be a mapping, `name: …` in each line"),
    "model_attributes_type": _fixed("must be a mapping, `name: …` in each line"),
    "less_than_equal": _bound("at most", "le"),
    "greater_than_equal": _bound("at least", "ge"),
    "too_short": _short_list,
    "too_long": _long_list,
}
"""An error's words, by pydantic's type; the others say it themselves."""


def known_fields(location: Location) -> list[str]:
    """The fields that the mapping at a location may have, from the JSON Schema."""
    schema = Scenario.model_json_schema(by_alias=True)
    known: set[str] = set()
    places = [schema]
    for part in location[:-1]:
        if isinstance(part, str) and part.startswith("<"):
            key = part.strip("<>")
            places = [place for place in places if key in place.get("properties", {})]
            continue
        places = [step for place in places for step in _below(place, part, schema)]
    for place in places:
        known.update(place.get("properties", {}))
    return sorted(known)


def _below(place: dict[str, Any], part: str | int, schema: dict[str, Any]) -> list[dict[str, Any]]:
    if isinstance(part, int):
        inside = place.get("items")
    else:
        inside = place.get("properties", {}).get(part) or place.get("additionalProperties")
    return _alternatives(inside, schema) if isinstance(inside, dict) else []


def _alternatives(place: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in place:
        return _alternatives(schema["$defs"][place["$ref"].rpartition("/")[2]], schema)
    choices = place.get("anyOf") or place.get("oneOf") or []
    return [place, *(found for each in choices for found in _alternatives(each, schema))]
