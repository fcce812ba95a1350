"""Acts that aren't calls: leaks, time, what others sign, metadata, restarts; one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.scenario.schema.acts import Act, AdvanceAct, LeakAct, RestartAct, Until
from simulator.scenario.schema.outside import (
    AssertionAct,
    EnvironmentAct,
    FetchAct,
    MetadataAct,
    PresignAct,
    TokenAct,
)
from simulator.scenario.story.deeds import OWN, Performed, StoryError, unexpected
from simulator.scenario.story.outside import (
    presign,
    read_environment,
    read_metadata,
    sign_assertion,
    sign_token,
)

if TYPE_CHECKING:
    from simulator.scenario.story.story import Story


def perform(story: Story, act: Act) -> Performed:
    """Perform an act that is no call.

    Raises:
        StoryError: the scenario asks for something impossible.
    """
    return next(do(story, act) for kind, do in PERFORMERS.items() if isinstance(act, kind))


def _leak(story: Story, act: LeakAct) -> Performed:
    path = act.leak
    story.wait(path.after)
    keys = story.keys(path.giver, path.credentials)
    if keys is None:
        raise StoryError(f"{path.giver} has nothing that could leak")
    if path.without_token:
        keys = replace(keys, session_token=None)
    name = path.credentials if path.credentials != OWN else path.giver
    story.give(path.taker, name, keys)
    who = {name: spec.name for name, spec in story.scenario.actors.items()}
    how = f" ({path.how})" if path.how else ""
    label = "access key" if keys.session_token is None else "three values"
    if path.without_token:
        label = "access key id and secret, without the session token"
    # Among colleagues it isn't a leak but a favour; it comes to the same thing.
    thief = story.scenario.actors[path.taker].side == "attacker"
    verb = "leaked" if thief else "given"
    story.write(path.giver, f"# {verb} to {who[path.taker]}: the {label}{how}", "", None)
    story.write(path.taker, f"# now holds the {label} of {who[path.giver]}{how}", "", None)
    return Performed()


def _sign(story: Story, act: TokenAct | AssertionAct) -> Performed:
    asked = act.token if isinstance(act, TokenAct) else act.assertion
    signed = sign_token(story, act) if isinstance(act, TokenAct) else sign_assertion(story, act)
    remark, value = signed
    story.save(asked.save, value)
    story.remark(asked.actor, remark)
    return Performed()


def _presign(story: Story, act: PresignAct) -> Performed:
    command, url = presign(story, act)
    story.save(act.presign.save, url)
    story.write(act.presign.actor, command, url, None)
    return Performed()


def _metadata(story: Story, act: MetadataAct) -> Performed:
    asked = act.metadata
    command, output, status, keys = read_metadata(story, act)
    if keys and asked.save:
        story.hold(asked.actor, asked.save, keys)
    story.write(asked.actor, command, output, None)
    expected = f"expected {asked.status} from IMDS, was {status}"
    return Performed(failure="" if status == asked.status else expected)


def _environment(story: Story, act: EnvironmentAct) -> Performed:
    asked = act.environment
    command, output, keys = read_environment(story, act)
    story.hold(asked.actor, asked.save, keys)
    story.write(asked.actor, command, output, None)
    return Performed()


def _restart(story: Story, act: RestartAct) -> Performed:
    if not story.crew.restart(act.restart):
        raise StoryError(f"{act.restart!r} is no workload")
    story.remark(act.restart, "restarted")
    return Performed()


def _fetch(story: Story, act: FetchAct) -> Performed:
    story.wait(act.after if act.after is not None else story.scenario.pace)
    url = str(story.filled(act.fetch))
    try:
        result = story.actor(act.actor).fetch(url)
    except ValueError as error:
        raise StoryError(str(error)) from None
    story.claim(result.record)
    body = (result.response or {}).get("Body", b"").decode("utf-8", "replace")
    output = body.rstrip("\n") if result.ok else f"{result.error_code}: {result.error_message}"
    story.write(act.actor, f"curl '{url}'", output, result.record)
    return Performed(result, unexpected(act.expect, result, story.filled))


def _advance(story: Story, act: AdvanceAct) -> Performed:
    clock = story.lab.clock
    if isinstance(act.advance, timedelta):
        story.crew.pass_until(clock.now() + act.advance)
        return Performed()
    until: Until = act.advance
    target = story.filled(until.to)
    try:
        at = datetime.fromisoformat(str(target)) + until.plus
    except ValueError:
        raise StoryError(f"{target!r} is no moment to advance to") from None
    story.crew.pass_until(at)
    return Performed()


PERFORMERS: dict[type, Callable[[Story, Any], Performed]] = {
    LeakAct: _leak,
    AdvanceAct: _advance,
    TokenAct: _sign,
    AssertionAct: _sign,
    PresignAct: _presign,
    FetchAct: _fetch,
    MetadataAct: _metadata,
    EnvironmentAct: _environment,
    RestartAct: _restart,
}
