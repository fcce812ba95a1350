"""Policy variables: ``${aws:username}``, defaults, and the escapes ``${*}`` ``${?}`` ``${$}``.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from simulator.iam.matching import Part

ContextValue = str | Sequence[str]
"""A condition key's value: one string, or several for a multivalued key."""

_ESCAPES = frozenset("*?$")


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a condition key.

    Attributes:
        key: the key in lower case.
        default: what stands in where the key is absent; ``None``: nothing does.
    """

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """A policy value with variables in it: stretches of pattern and references."""

    parts: tuple[Part | Variable, ...]

    def resolve(self, context: Mapping[str, ContextValue]) -> tuple[Part, ...] | None:
        """Fill the variables in; their values are literal whatever characters they have.

        Args:
            context: condition keys in lower case.

        Returns:
            The parts of the pattern, or ``None`` where a key is absent and has no default:
            such a value matches nothing.
        """
        filled: list[Part] = []
        for part in self.parts:
            if isinstance(part, Variable):
                value = single(context.get(part.key))
                if value is None:
                    value = part.default
                if value is None:
                    return None
                filled.append((value, False))
            else:
                filled.append(part)
        return tuple(filled)


def single(value: ContextValue | None) -> str | None:
    """The value of a key that has exactly one; a variable cannot stand for several."""
    if value is None or isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else None


@lru_cache(maxsize=4096)
def template(text: str) -> Template | None:
    """Compile a policy value; ``None`` where there is no variable in it."""
    if "${" not in text:
        return None
    parts: list[Part | Variable] = []
    at = 0
    while (start := text.find("${", at)) >= 0 and (end := text.find("}", start)) >= 0:
        if start > at:
            parts.append((text[at:start], True))
        inside = text[start + 2 : end]
        parts.append((inside, False) if inside in _ESCAPES else _variable(inside))
        at = end + 1
    if not parts:
        return None
    if at < len(text):
        parts.append((text[at:], True))
    return Template(tuple(parts))


def _variable(inside: str) -> Variable:
    name, comma, default = inside.partition(",")
    default = default.strip()
    quoted = len(default) > 1 and default[0] == default[-1] == "'"
    return Variable(name.strip().lower(), default[1:-1] if comma and quoted else None)
