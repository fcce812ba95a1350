"""The value of an option as the CLI takes it: text, JSON, shorthand, or the content of a file."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.awscli.answers import UsageError

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


def value_of(option: str, shape: Any, given: Sequence[str]) -> Any:
    """What a parameter gets.

    Args:
        option: ``--tags``, for the error text.
        shape: botocore's shape of the parameter.
        given: the words after the option.

    Raises:
        UsageError: the words are no such value, or a file cannot be read.
    """
    if not given:
        raise UsageError(f"aws: error: argument {option}: expected at least one argument")
    words = [_content(option, word) for word in given]
    if shape.type_name == "list" and not _looks_like_json(words[0]):
        return [_item(option, shape.member, word) for word in words]
    if len(words) > 1:
        raise UsageError(f"Unknown options: {', '.join(str(word) for word in words[1:])}")
    return _item(option, shape, words[0])


def _item(option: str, shape: Any, word: str | bytes) -> Any:
    kind = shape.type_name
    if kind == "blob":
        return _blob(option, shape, word)
    text = word.decode("utf-8", "replace") if isinstance(word, bytes) else word
    if kind in ("structure", "map", "list"):
        return _parsed(option, shape, text)
    return _scalar(option, kind, text)


def _scalar(option: str, kind: str, text: str) -> Any:
    if kind == "boolean":
        return text.lower() == "true"
    if kind in _NUMBERS:
        try:
            return _NUMBERS[kind](text)
        except ValueError:
            raise UsageError(
                f"aws: error: argument {option}: invalid {kind} value: '{text}'"
            ) from None
    return text


def _blob(option: str, shape: Any, word: str | bytes) -> bytes:
    if isinstance(word, bytes):
        return word
    if shape.serialization.get("streaming"):
        return _read(option, word)
    try:
        return base64.b64decode(word, validate=True)
    except ValueError:
        raise UsageError(f'Invalid base64: "{word}"') from None


def _parsed(option: str, shape: Any, text: str) -> Any:
    if _looks_like_json(text):
        try:
            return json.loads(text)
        except ValueError as error:
            raise UsageError(
                f"Error parsing parameter '{option}': Invalid JSON: {error}\nJSON received: {text}"
            ) from None
    return _Shorthand(option, text).parsed(shape)


def _looks_like_json(word: str | bytes) -> bool:
    return isinstance(word, str) and word.lstrip()[:1] in ("{", "[")


def _content(option: str, word: str) -> str | bytes:
    if word.startswith("fileb://"):
        return _read(option, word.removeprefix("fileb://"))
    if word.startswith("file://"):
        return _read(option, word.removeprefix("file://")).decode("utf-8", "replace")
    return word


def _read(option: str, path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise UsageError(
            f"Error parsing parameter '{option}': Unable to load paramfile {path}: "
            f"{error.strerror or error}"
        ) from None


class _Shorthand:
    """``Key=a,Value=b``, with ``[…]`` and ``{…}`` inside.

    Source: AWS CLI User Guide, "Using shorthand syntax in the AWS CLI".
    """

    def __init__(self, option: str, text: str) -> None:
        self._option = option
        self._text = text
        self._at = 0

    def parsed(self, shape: Any) -> Any:
        """The value, shaped as the parameter wants it."""
        found = self._pairs("")
        if self._at < len(self._text):
            self._fail("','")
        return self._shaped(found, shape)

    def _pairs(self, end: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while True:
            name = self._word("=,]}")
            if not name or self._peek() != "=":
                self._fail("'='")
            self._at += 1
            found[name] = self._value()
            # A list may go on without its brackets: Values=a,b.
            while self._peek() == "," and not self._pair_follows():
                self._at += 1
                more = self._value()
                known = found[name]
                found[name] = [*known, more] if isinstance(known, list) else [known, more]
            if self._peek() != ",":
                break
            self._at += 1
        if end and self._peek() != end:
            self._fail(f"'{end}'")
        self._at += bool(end)
        return found

    def _pair_follows(self) -> bool:
        rest = self._text[self._at + 1 :]
        equals, comma = rest.find("="), rest.find(",")
        return equals >= 0 and (comma < 0 or equals < comma)

    def _value(self) -> Any:
        if self._peek() == "[":
            self._at += 1
            items = []
            while self._peek() not in ("]", ""):
                items.append(self._value())
                self._at += self._peek() == ","
            if self._peek() != "]":
                self._fail("']'")
            self._at += 1
            return items
        if self._peek() == "{":
            self._at += 1
            return self._pairs("}")
        return self._word(",]}")

    def _word(self, until: str) -> str:
        quote = self._peek()
        if quote in ("'", '"'):
            end = self._text.find(quote, self._at + 1)
            if end < 0:
                self._fail(quote)
            word = self._text[self._at + 1 : end]
            self._at = end + 1
            return word
        start = self._at
        while self._peek() and self._peek() not in until:
            self._at += 1
        return self._text[start : self._at]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _shaped(self, value: Any, shape: Any) -> Any:
        kind = shape.type_name
        if kind == "structure" and isinstance(value, dict):
            members = shape.members
            return {
                name: self._shaped(item, members[name]) if name in members else item
                for name, item in value.items()
            }
        if kind == "map" and isinstance(value, dict):
            return {name: self._shaped(item, shape.value) for name, item in value.items()}
        if kind == "list":
            items = value if isinstance(value, list) else [value]
            return [self._shaped(item, shape.member) for item in items]
        if isinstance(value, str):
            return value.encode() if kind == "blob" else _scalar(self._option, kind, value)
        return value

    def _fail(self, expected: str) -> None:
        received = self._peek() or "EOF"
        raise UsageError(
            f"Error parsing parameter '{self._option}': Expected: {expected}, received: "
            f"'{received}' for input:\n{self._text}\n{' ' * self._at}^"
        )
