"""What stands where an action puts a policy: to compare with, and to take away again.

A table: the calls that put a policy document, what they put it on, and the call that takes
it away. Those that are not in it cannot be compared or taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.scenario.schema import TaskStep
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.story.commands import command_line
from simulator.scenario.story.deeds import StoryError

if TYPE_CHECKING:
    from simulator.actors import CallResult
    from simulator.iam import AttachedPolicy
    from simulator.scenario.play import Play
    from simulator.scenario.story.story import Story


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a call puts its document.

    Attributes:
        holder: ``role``, ``user``, ``trust`` or ``bucket``.
        named: the parameter that names the holder.
        detach: the operation that takes the document away; empty: none does.
        keeps: the parameters it shares with the call.
    """

    holder: str
    named: str
    detach: str = ""
    keeps: tuple[str, ...] = ()


_PLACES: dict[str, _Place] = {
    "iam.PutRolePolicy": _Place("role", "RoleName", "DeleteRolePolicy", ("RoleName", "PolicyName")),
    "iam.PutUserPolicy": _Place("user", "UserName", "DeleteUserPolicy", ("UserName", "PolicyName")),
    "iam.UpdateAssumeRolePolicy": _Place("trust", "RoleName"),
    "s3.PutBucketPolicy": _Place("bucket", "Bucket", "DeleteBucketPolicy", ("Bucket",)),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where an action's document goes, and what is there now.

    Attributes:
        holder: ``role``, ``user``, ``trust`` or ``bucket``.
        name: of the role, user or bucket.
        document: JSON text of what is attached there now; ``None``: nothing is.
        detach: the command that takes it away; empty: nothing does.
    """

    holder: str
    name: str
    document: str | None
    detach: str


def attachment(play: Play, action_id: str) -> Attachment | None:
    """Where an action of the current task puts its document; ``None``: it is not known."""
    found = _put_of(play, action_id)
    if found is None:
        return None
    act, place = found
    try:
        parameters = play.story.filled(act.parameters)
    except StoryError:
        return None  # what it names is not known yet
    document = _attached(play.story, act, place, parameters)
    service = act.call.partition(".")[0]
    undo = command_line(service, place.detach, _kept(place, parameters)) if place.detach else ""
    return Attachment(place.holder, str(parameters[place.named]), document, undo)


def detach(play: Play, action_id: str) -> CallResult:
    """Take away what an action puts, as whoever does the action (*blocking*, a real call).

    Raises:
        KeyError: the action puts nothing that can be taken away.
    """
    found = _put_of(play, action_id)
    if found is None or not found[1].detach:
        raise KeyError(action_id)
    act, place = found
    kept = _kept(place, play.story.filled(act.parameters))
    actor = play.story.actor(act.actor, act.using)
    return actor.call(act.call.partition(".")[0], place.detach, kept)


def _kept(place: _Place, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in place.keeps}


def _put_of(play: Play, action_id: str) -> tuple[CallAct, _Place] | None:
    current = play.current
    step = current.step if current else None
    if not isinstance(step, TaskStep):
        return None
    for spec in step.actions:
        for act in spec.does if spec.id == action_id else ():
            if isinstance(act, CallAct) and act.call in _PLACES:
                return act, _PLACES[act.call]
    return None


def _attached(
    story: Story, act: CallAct, place: _Place, parameters: Mapping[str, Any]
) -> str | None:
    name = str(parameters[place.named])
    backend = story.lab.world.backend
    account = story.lab.account_id
    try:
        keys = story.keys(act.actor, act.using)
    except StoryError:
        keys = None
    if keys is not None:
        account = backend.key_account(keys.access_key_id) or account
    found: AttachedPolicy | None
    if place.holder == "bucket":
        found = backend.resource_policy(f"arn:aws:s3:::{name}")
    elif place.holder == "user":
        user = backend.user(account, name)
        found = _named(user.identity if user else (), parameters)
    else:
        role = backend.role(account, name)
        if place.holder == "trust":
            found = role.trust if role else None
        else:
            found = _named(role.identity if role else (), parameters)
    return found.policy.text if found else None


def _named(
    policies: tuple[AttachedPolicy, ...], parameters: Mapping[str, Any]
) -> AttachedPolicy | None:
    name = parameters.get("PolicyName")
    return next((each for each in policies if each.name == name and each.arn is None), None)
