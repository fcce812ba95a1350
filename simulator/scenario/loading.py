"""From a YAML file to a :class:`Scenario`, with every error at its line and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.scenario.placeholders import near
from simulator.scenario.schema import Head, Scenario

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_MOST_NODES = 50_000
_HEAD_ENDS = re.compile(r"^(actors|world|steps|incident|remedies|debrief)\s*:", re.MULTILINE)

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a scenario file.

    Attributes:
        path: the file.
        line: from 1.
        column: from 1.
        message: what is wrong, one line.
        severity: ``error``, or ``warning`` for what works but will hardly be meant.
    """

    path: Path
    line: int
    column: int
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.path}:{self.line}:{self.column}: {mark}{self.message}"


class ScenarioError(Exception):
    """A scenario file that cannot be used; ``str()`` is ``file:line:column: reason`` lines.

    Attributes:
        problems: every one found, in the order of the file.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: (each.line, each.column)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed YAML file that still knows where everything stood.

    Attributes:
        path: the file.
        value: its content as plain values.
        node: the tree of YAML nodes, with marks.
    """

    path: Path
    value: Any
    node: yaml.Node | None

    def problem(self, location: Path_, message: str, severity: str = "error") -> Problem:
        """A problem at a place in the file.

        Args:
            location: keys and indexes from the top; a part in ``<…>`` is skipped; where the
                path ends early, the nearest thing above is taken.
            message: what is wrong.
            severity: ``error`` or ``warning``.
        """
        mark = _find(self.node, location)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(self.path, line, column, message, severity)


def load(path: Path | str) -> Scenario:
    """The scenario in a file.

    Raises:
        ScenarioError: it cannot be read, isn't YAML, or isn't a scenario.
    """
    return load_source(path)[0]


def load_source(path: Path | str) -> tuple[Scenario, Source]:
    """The scenario in a file and the places of everything in it, for `validate`.

    Raises:
        ScenarioError: it cannot be read, isn't YAML, or isn't a scenario.
    """
    path = Path(path)
    source = parse(path, read(path))
    try:
        return Scenario.model_validate(source.value), source
    except ValidationError as error:
        raise ScenarioError(_problems(error, source)) from None


def load_head(path: Path | str) -> Head:
    """Only what the catalogue shows; reads no more of the YAML than it must.

    Raises:
        ScenarioError: the file cannot be read, or its head isn't one.
    """
    path = Path(path)
    text = read(path)
    end = _HEAD_ENDS.search(text)
    source = parse(path, text[: end.start()] if end else text)
    value = source.value if isinstance(source.value, dict) else {}
    try:
        return Head.model_validate({k: v for k, v in value.items() if k in Head.model_fields})
    except ValidationError as error:
        raise ScenarioError(_problems(error, source)) from None


def read(path: Path) -> str:
    """The text of a file.

    Raises:
        ScenarioError: it cannot be read, or isn't UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError([Problem(path, 1, 1, "isn't UTF-8 text")]) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ScenarioError([Problem(path, 1, 1, f"cannot be read: {reason}")]) from None


def parse(path: Path, text: str) -> Source:
    """YAML text as plain values: mappings, lists, text, numbers, true, false, null.

    Dates stay text, and so do ``yes`` and ``no``: policies are full of both.

    Raises:
        ScenarioError: it isn't YAML, or a key comes twice.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reason = error.problem or error.context or "not YAML"
        raise ScenarioError([Problem(path, line, column, f"not YAML: {reason}")]) from None
    except yaml.YAMLError as error:
        reason = str(error).splitlines()[0]
        raise ScenarioError([Problem(path, 1, 1, f"not YAML: {reason}")]) from None
    if node is None:
        raise ScenarioError([Problem(path, 1, 1, "the file is empty")])
    return Source(path, _Plain(path).value(node), node)


class _Plain:
    """Turns nodes into plain values; refuses loops, doubled keys and YAML bombs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = 0
        self._open: set[int] = set()

    def value(self, node: yaml.Node) -> Any:
        self._made += 1
        if self._made > _MOST_NODES or id(node) in self._open:
            raise self._error(node, "an alias that goes too far")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item) for item in node.value]
            return self._mapping(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "a key must be text")
            if key.value in found:
                raise self._error(key, f"the key {key.value!r} comes twice")
            found[key.value] = self.value(item)
        return found

    def _error(self, node: yaml.Node, message: str) -> ScenarioError:
        mark = node.start_mark
        return ScenarioError([Problem(self._path, mark.line + 1, mark.column + 1, message)])


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _find(node: yaml.Node | None, location: Path_) -> yaml.Mark | None:
    mark = node.start_mark if node else None
    for part in location:
        if isinstance(part, str) and part.startswith("<"):
            continue
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            mark = node.start_mark
        elif isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == part]
            if not pairs:
                break
            mark, node = pairs[0][0].start_mark, pairs[0][1]
        else:
            break
    return mark


def _problems(error: ValidationError, source: Source) -> list[Problem]:
    found = []
    for each in error.errors(include_url=False):
        location = each["loc"]
        found.append(source.problem(location, _reason(each)))
    return found


def _reason(error: ErrorDetails) -> str:
    """One line in plain words, with the nearest name where a key is unknown."""
    where = [part for part in error["loc"] if not str(part).startswith("<")]
    name = str(where[-1]) if where else "the file"
    if error["type"] == "extra_forbidden":
        return f"{name!r} means nothing here" + near(name, _known_fields(error["loc"]))
    if error["type"] == "missing":
        return f"{name!r} is missing"
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message[:1].lower()}{message[1:]}"


def _known_fields(location: Path_) -> list[str]:
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
