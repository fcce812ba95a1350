"""``{{ … }}`` in scenario files: values looked up by name. Nothing is evaluated as code.

Inside the braces stands a JMESPath expression over the saved values and the built-in names,
optionally with ``+`` or ``-`` a duration behind a moment: ``{{ now }}``,
``{{ app.Credentials.AccessKeyId }}``, ``{{ now - 2h }}``. IAM's own ``${aws:username}`` is
left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from simulator.scenario.nearest import near
from simulator.scenario.values import parse_duration, spell_moment

BUILT_IN = ("now", "account", "accounts", "region", "users", "roles", "instances", "secrets",
            "keys", "mfa", "oidc", "saml", "trail", "case")  # fmt: skip
"""Names that exist without being saved.

``now``: lab time as a moment, to the millisecond, as a cut-off is. ``account`` and ``region``:
the world's own. ``accounts.<name>``: another account's ``id``, ``users``, ``roles`` and so on.
``users.<name>``: IAM's answer to `CreateUser` (`Arn`, `UserId`) with `AccessKeyId`;
``roles.<name>``: `CreateRole`'s (`Arn`, `RoleId`); ``instances.<name>``: `InstanceId`;
``secrets.<name>``: `ARN`; ``keys.<name>``: `Arn`, `KeyId`; ``mfa.<user>``: `SerialNumber`,
`Code`; ``oidc.<name>`` and ``saml.<name>``: `Arn`. ``trail``: the story's calls so far, oldest
first, each with ``at``, ``action``, ``operation``, ``resource``, ``outcome``, ``error_code``,
``principal``, ``user`` (what stands behind its last ``/``), ``access_key_id``, ``issued_key``,
``source_ip``, ``user_agent`` and ``parameters``: what an investigator can read, and not who it
was. ``case``, in an investigation: ``seed``, ``alarm``, and, once closed, its score.
"""

_HOLE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_SHIFT = re.compile(r"(?P<path>.+?)\s+(?P<sign>[+-])\s*(?P<by>[0-9][0-9.msdh]*)")
_FIRST_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\"[^\"]*\"")


class PlaceholderError(ValueError):
    """A ``{{ … }}`` that names nothing, or isn't well formed."""


def fill(value: Any, names: Mapping[str, Any]) -> Any:
    """`value` with every placeholder in it filled in, at any depth.

    A string that is nothing but one placeholder becomes the value itself (a moment becomes
    text); inside longer text, values are spelt as text and mappings as JSON.

    Raises:
        PlaceholderError: a placeholder names nothing.
    """
    if isinstance(value, str):
        return _fill_text(value, names)
    if isinstance(value, Mapping):
        return {fill(key, names): fill(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, names) for item in value]
    return value


def fill_known(value: Any, names: Mapping[str, Any]) -> Any:
    """`value` with what is known filled in; what isn't yet becomes ``<Id>``, by its last name."""
    if isinstance(value, Mapping):
        return {fill_known(key, names): fill_known(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill_known(item, names) for item in value]
    try:
        return fill(value, names)
    except PlaceholderError:
        return _HOLE.sub(lambda hole: _known(hole, names), value)


def placeholders(value: Any) -> Iterator[str]:
    """Every expression between braces in `value`, at any depth."""
    if isinstance(value, str):
        yield from _HOLE.findall(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from placeholders(key)
            yield from placeholders(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from placeholders(item)


def first_name(expression: str) -> str:
    """The name an expression begins with: ``app`` of ``app.Credentials.Expiration``."""
    match = _FIRST_NAME.match(expression)
    return match.group().strip('"') if match else ""


def look_up(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Raises:
        PlaceholderError: it names nothing, or isn't well formed.
    """
    path, by = split_shift(expression)
    name = first_name(path)
    if name not in names:
        raise PlaceholderError(
            f"{{{{ {expression} }}}}: nothing is called {name!r}" + near(name, names)
        )
    try:
        found = jmespath.search(path, names)
    except JMESPathError as error:
        raise PlaceholderError(f"{{{{ {expression} }}}}: {str(error).splitlines()[0]}") from None
    if found is None:
        raise PlaceholderError(f"{{{{ {expression} }}}}: there is no such value")
    if not by:
        return found
    moment = _moment(found, expression)
    try:
        delta = parse_duration(by[1:])
        return moment + (delta if by[0] == "+" else -delta)
    except (ValueError, OverflowError) as error:
        raise PlaceholderError(f"{{{{ {expression} }}}}: {error}") from None


def split_shift(expression: str) -> tuple[str, str]:
    """The path of an expression, and what is added behind it: ``now`` and ``-2h``, or ``""``."""
    shift = _SHIFT.fullmatch(expression)
    return (shift["path"], shift["sign"] + shift["by"]) if shift else (expression, "")


def spell(value: Any) -> str:
    """A value as text: moments in ISO 8601, mappings as JSON."""
    if isinstance(value, datetime):
        return spell_moment(value)
    if isinstance(value, Mapping | list | bool):
        return json.dumps(value, default=spell)
    return str(value)


def _fill_text(text: str, names: Mapping[str, Any]) -> Any:
    if "{{" not in text:
        return text
    whole = _HOLE.fullmatch(text)
    if whole and "{{" not in whole[1]:
        value = look_up(whole[1], names)
        return spell(value) if isinstance(value, datetime | timedelta) else value
    return _HOLE.sub(lambda hole: spell(look_up(hole[1], names)), text)


def _known(hole: re.Match[str], names: Mapping[str, Any]) -> str:
    try:
        return spell(look_up(hole[1], names))
    except PlaceholderError:
        return f"<{re.findall(r'[A-Za-z_]+', split_shift(hole[1])[0])[-1]}>"


def _moment(value: Any, expression: str) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise PlaceholderError(f"{{{{ {expression} }}}}: {value!r} is no moment") from None
