"""moto's answers written faster, byte for byte the same.

moto asks, for each member of each object in an answer, by which names the object may have it, and
writes XML through `xmltodict` and a SAX generator: together a third of an S3 listing of ten
objects. The names depend on classes and AWS's model alone, so they are kept; the XML is written
in one walk.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_MAX_KEPT = 50_000
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


class _Unusual(Exception):  # noqa: N818 - says that the ordinary way must be taken
    """A value that this writer leaves to `xmltodict`."""


def write_faster() -> None:
    """Once a process: make moto's serializers quick."""
    from moto.core import errors, serialize

    # moto makes a service's error shapes anew for each error it writes.
    shapes = errors.ErrorLookupFactory()
    errors.ErrorLookupFactory = lambda: shapes
    _keep_names(serialize.XFormedAttributePicker, serialize.DEFAULT_ALIAS_PROVIDERS)
    ordinary = serialize.xmltodict
    serialize.xmltodict = SimpleNamespace(unparse=unparse_by(ordinary))


def _keep_names(picker: Any, usual: Any) -> None:
    find = picker.get_possible_keys
    kept: dict[Any, tuple[str, ...]] = {}

    def names(self: Any, context: Any) -> tuple[str, ...]:
        if self.alias_providers is not usual:
            return tuple(find(self, context))
        shape = context.shape
        at = (context.obj.__class__, context.key, shape, getattr(shape, "parent", None))
        found = kept.get(at)
        if found is None:
            if len(kept) >= _MAX_KEPT:  # classes may be made anew for each answer
                kept.clear()
            found = kept[at] = tuple(dict.fromkeys(find(self, context)))
        return found

    picker.get_possible_keys = wraps(find)(names)


def unparse_by(ordinary: Any) -> Callable[..., Any]:
    """`xmltodict.unparse`, quick for what moto's serializers write.

    Args:
        ordinary: `xmltodict`, for everything else.
    """
    valid = lru_cache(maxsize=4096)(ordinary._validate_name)

    def unparse(content: Any, **options: Any) -> Any:
        full = options.get("full_document", True)
        usual = options == {
            "full_document": full,
            "short_empty_elements": True,
            "pretty": False,
        }
        if not usual or (full and len(content) != 1):
            return ordinary.unparse(content, **options)
        written = [_DECLARATION] if full else []
        try:
            for name, value in content.items():
                if full and isinstance(value, (list, tuple)):
                    raise _Unusual  # there may be no or several roots
                _write(name, value, written.append, valid)
        except _Unusual:
            return ordinary.unparse(content, **options)
        return "".join(written)

    return unparse


def _write(name: Any, value: Any, write: Any, valid: Callable[[str, str], None]) -> None:
    """An element, or one for each item of a list."""
    if type(name) is not str or name == "#comment":
        raise _Unusual
    valid(name, "element")
    for item in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(item, dict):
            _write_members(name, item, write, valid)
            continue
        text = "" if item is None else escape(_text(item))
        write(f"<{name}>{text}</{name}>" if text else f"<{name}/>")


def _write_members(
    name: str, members: dict[Any, Any], write: Any, valid: Callable[[str, str], None]
) -> None:
    attributes, text = "", ""
    children = []
    for key, value in members.items():
        if key == "#text":
            text = "" if value is None else escape(_text(value))
        elif type(key) is not str:
            raise _Unusual
        elif key.startswith("@"):
            valid(key[1:], "attribute")
            attributes += f" {key[1:]}={quoteattr('' if value is None else _text(value))}"
        elif value or not isinstance(value, list):  # an empty list is left out
            children.append((key, value))
    if not children and not text:
        write(f"<{name}{attributes}/>")
        return
    write(f"<{name}{attributes}>")
    for key, value in children:
        _write(key, value, write, valid)
    write(f"{text}</{name}>")


def _text(value: Any) -> str:
    """A value as `xmltodict` writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (int, float)):
        return str(value)
    raise _Unusual
