"""What the console writes: prompts, who holds what, commands and what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from simulator.awscli import Ran
from tui.console.holders import OWN, UNSIGNED, Holder
from tui.formatting import hms

_LONGEST_OUTPUT = 300


def prompt(holder: Holder, *, attacker: bool) -> Content:
    """Before the line that is being typed: ``alice app $``."""
    return Content.assemble(
        (holder.actor, f"bold {'$denied' if attacker else '$allowed'}"),
        (f" {holder.credentials}", "$quiet"),
        (" $ ", "$now"),
    )


def hint(holder: Holder) -> Content:
    """What an empty console says: what to type, and as whom; a line each."""
    lasting = holder.keys is not None and holder.keys.access_key_id.startswith("AKIA")
    own = "your own access key" if lasting else "the session that you are given"
    held = {OWN: own, UNSIGNED: "no credentials"}
    with_what = held.get(holder.credentials, f"the credentials {holder.credentials}")
    return Content.assemble(
        ("Type ", "$quiet"),
        "aws sts get-caller-identity",
        (", or any other command; Tab completes it.\n", "$quiet"),
        ("You are ", "$quiet"),
        (holder.name, "bold"),
        (f", with {with_what}; Ctrl+O: be somebody else.", "$quiet"),
    )


def told(holder: Holder) -> Content:
    """A holder in a list: who, with what, and its access key id."""
    key = holder.keys.access_key_id if holder.keys else "calls unsigned"
    return Content.assemble(
        (holder.actor, "bold"), (f" {holder.credentials}", ""), (f"  {key}", "$quiet")
    )


def begun(at: datetime, holder: Holder, line: str) -> Content:
    """A command that has begun."""
    return Content.assemble(
        (f"{hms(at)} ", "$quiet"),
        (f"{holder.actor} {holder.credentials} $ ", "$quiet"),
        (line, "bold"),
    )


def ended(head: Content, ran: Ran, new: Sequence[Holder]) -> Content:
    """A command that is over.

    Args:
        head: what :func:`begun` wrote.
        ran: what came of it.
        new: what it was issued: one can call with that now.
    """
    parts = [head]
    if out := _shown(ran.out):
        parts.append(Content(out))
    if err := _shown(ran.err):
        parts.append(Content.styled(err, "$denied"))
    if ran.cut:
        parts.append(Content.styled("… there was more; it is cut here", "$refused"))
    if ran.exit_code:
        parts.append(Content.styled(f"exit code {ran.exit_code}", "$quiet"))
    parts += [
        Content.assemble(
            ("→ call with it: ", "$quiet"),
            (f"as {holder.actor} {holder.credentials}", "bold $now"),
        )
        for holder in new
    ]
    return Content("\n").join(parts)


def _shown(text: str) -> str:
    """Output as a terminal leaves it: carriage returns obeyed, not too long."""
    lines = [line.rpartition("\r")[2].rstrip() for line in text.strip("\n").splitlines()]
    if len(lines) > _LONGEST_OUTPUT:
        left = len(lines) - _LONGEST_OUTPUT
        lines = [*lines[:_LONGEST_OUTPUT], f"… {left} more lines (Ctrl+Y copies everything)"]
    return "\n".join(lines)
