"""How the width of the trail is shared among its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.formatting import ELLIPSIS

if TYPE_CHECKING:
    from tui.trail_calls import Calls

TIME, OUTCOME = 9, 11
_ACTOR, _LEAST_ACTOR = 11, 6
_LONG_ACTOR, _ROOMY = 20, 96
"""``ec2.amazonaws.com`` whole, from so many cells on."""
_LONGEST_ACTION = 40
_ENOUGH_RESOURCE = 24
_ERROR = 22
_ADDRESS, _LEAST_ADDRESS = 16, 10
_KEY, _SHORT_KEY = 21, 6
_ENDING = 4
"""Of an access key id, where it is shortened."""
_WIDE, _WIDE_ALONE, _VERY_WIDE = 112, 92, 140
"""Cells from which where and with which key is shown: beside others, alone, the id in full."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells, each with the space after it; 0 for what is not shown."""

    actor: int
    address: int
    key: int
    action: int
    resource: int
    code: int


def columns(calls: Calls, width: int, *, alone: bool) -> Columns:
    """The columns for a width.

    Args:
        calls: what is shown in them.
        width: cells there are.
        alone: whether the trail has the screen's whole width.
    """
    longest_actor = _LONG_ACTOR if width >= _ROOMY else _ACTOR
    actor = min(max(calls.actor + 1, _LEAST_ACTOR), longest_actor)
    rest = width - TIME - actor - OUTCOME
    address = key = 0
    if width >= (_WIDE_ALONE if alone else _WIDE):
        address = min(max(calls.address + 1, _LEAST_ADDRESS), _ADDRESS)
        key = _KEY if width >= _VERY_WIDE else _SHORT_KEY
        rest -= address + key
    longest = min(max(calls.action + 1, 16), _LONGEST_ACTION)
    # Not at the cost of the others, where there are more of them; Why has the code as well.
    needed = _ERROR + longest + _ENOUGH_RESOURCE if address else _ERROR + 50
    code = _ERROR if rest >= needed else 0
    rest -= code
    # As wide as the longest needs, while the resource has enough.
    action = min(longest, max(rest // 2, rest - _ENOUGH_RESOURCE, 16))
    return Columns(actor, address, key, action, max(rest - action, 0), code)


def key_shown(access_key_id: str | None, width: int) -> str:
    """An access key id as its column has room for it: in full, or ``…7Q2X``; ``-`` for none."""
    if not access_key_id:
        return "-"
    short = len(access_key_id) >= width
    return ELLIPSIS + access_key_id[-_ENDING:] if short else access_key_id
