"""An act as one line, as a terminal would show it: what a learner sees before it is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.scenario.placeholders import fill_known
from simulator.scenario.schema.acts import Act, AdvanceAct, LeakAct, RestartAct
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.schema.outside import (
    AssertionAct,
    EnvironmentAct,
    FetchAct,
    MetadataAct,
    PresignAct,
    TokenAct,
)
from simulator.scenario.story.outside import presign_command
from simulator.scenario.values import spell_duration

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story


def describe(act: Act, story: Story) -> str:
    """The command of an act, or a remark: the leak, the time that passes."""
    if isinstance(act, CallAct):
        return story.command(act)
    return next(words(act, story) for kind, words in WORDS.items() if isinstance(act, kind))


def _later(act: AdvanceAct, story: Story) -> str:
    by = act.advance
    return f"# {spell_duration(by)} later" if isinstance(by, timedelta) else "# later"


def _presigned(act: PresignAct, story: Story) -> str:
    return presign_command(act.presign, fill_known(act.presign.parameters, story.names()))


WORDS: dict[type, Callable[[Any, Story], str]] = {
    LeakAct: lambda act, _: f"# {act.leak.credentials}: {act.leak.giver} → {act.leak.taker}",
    AdvanceAct: _later,
    TokenAct: lambda act, _: f"# a token of {act.token.provider} for {act.token.subject}",
    AssertionAct: lambda act, _: (
        f"# an assertion of {act.assertion.provider} for {act.assertion.subject}"
    ),
    PresignAct: _presigned,
    FetchAct: lambda act, _: "curl <the URL>",
    MetadataAct: lambda act, _: f"curl http://169.254.169.254/…  # on {act.metadata.instance}",
    EnvironmentAct: lambda act, _: f"env | grep ^AWS_  # in {act.environment.function}",
    RestartAct: lambda act, _: f"# restart {act.restart}",
}
"""Each kind of act but calls, which have their AWS CLI command."""
