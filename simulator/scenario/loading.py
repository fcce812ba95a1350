"""From a YAML file to a :class:`Scenario`, with every error at its line and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from simulator.scenario.reasons import reasons
from simulator.scenario.schema import Head, Scenario
from simulator.scenario.values import Location

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_MOST_DIGITS = 18
_MOST_BYTES = 1_000_000
_MOST_NODES = 50_000
_MOST_DEEP = 100
_HEAD_ENDS = re.compile(r"^(actors|world|steps|incident|remedies|debrief)\s*:", re.MULTILINE)


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

    def problem(self, location: Location, message: str, severity: str = "error") -> Problem:
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
        ScenarioError: it cannot be read, isn't UTF-8, or is larger than 1 MB.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ScenarioError([Problem(path, 1, 1, "is larger than 1 MB: hardly a scenario")])
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScenarioError([Problem(path, line, 1, "isn't UTF-8 text")]) from None
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
        reason = _yaml_reason(error, text)
        raise ScenarioError([Problem(path, line, column, f"not YAML: {reason}")]) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        bad = next((c for c in text if not _printable(c)), "")
        before = text[: text.index(bad)] if bad else before
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        why = f"not YAML: the control character {bad!r}" if bad else f"not YAML: {error.reason}"
        raise ScenarioError([Problem(path, line, column, why)]) from None
    except (yaml.YAMLError, RecursionError) as error:
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
        if id(node) in self._open:
            raise self._error(node, "an alias inside of what it stands for")
        if len(self._open) > _MOST_DEEP:
            raise self._error(node, f"nested more than {_MOST_DEEP} deep")
        if self._made > _MOST_NODES:
            raise self._error(node, f"more than {_MOST_NODES:,} values, each alias written out")
        if node.tag not in _TAGS:
            raise self._error(node, f"the tag {node.tag!r} means nothing here")
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
                raise self._error(key, "a key must be text; {{ … }} belongs in quotes")
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
    if len(text) <= _MOST_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if len(text) <= _MOST_DIGITS and _DECIMAL.fullmatch(text) else text


def _yaml_reason(error: yaml.MarkedYAMLError, text: str) -> str:
    """What the parser says, and in words what it mostly comes from."""
    mark = error.problem_mark or error.context_mark
    reason = error.problem or error.context or "not YAML"
    lines = text.split("\n")
    if mark and mark.line < len(lines) and lines[mark.line][: mark.column + 1].endswith("\t"):
        return "a tab; YAML indents with spaces"
    opened = error.context_mark
    begun = f", which begins in line {opened.line + 1}" if opened else ""
    if error.context and "flow node" in error.context:  # its mark is the problem's own
        return f"{reason}; a bracket is not closed, or there is a comma too many"
    if error.context and "flow" in error.context:
        return f"{reason}, to close the bracket{begun}"
    if error.context and "quoted scalar" in error.context:
        return f"{reason} in the quoted text{begun}"
    return reason + _MOSTLY.get(reason, "")


def _printable(character: str) -> bool:
    return character in "\t\n\r\x85" or (character >= " " and not "\x7f" <= character < "\xa0")


_MOSTLY = {
    "mapping values are not allowed in this context": "; put text with a colon in it in quotes",
    "could not find expected ':'": "; is there a `:` behind the name, and the indent right?",
    "did not find expected key": "; a quote inside quotes, or a line indented differently?",
    "did not find expected '-' indicator": "; is each item's dash indented the same?",
    "but found another document": "; one file is one scenario, without `---` in it",
    "found undefined alias": "; put text that begins with * in quotes",
    "found character that cannot start any token": "; put text that begins so in quotes",
}
"""What the parser's words mostly come from."""

_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in (
        "str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge", "value",
    )
)  # fmt: skip
"""The tags that plain YAML has without anybody writing one."""


def _find(node: yaml.Node | None, location: Location) -> yaml.Mark | None:
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
    return [source.problem(at, why) for at, why in reasons(error, source.value)]
