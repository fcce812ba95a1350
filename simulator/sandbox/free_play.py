"""Sandbox: a play without a story. Everybody can do what they can do, in any order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError
from pydantic import ValidationError

from simulator.awsclient import isolated_session
from simulator.sandbox.saving import Entry, SavedWorld, saved_world
from simulator.scenario.loading import load
from simulator.scenario.play import Play
from simulator.scenario.play.offers import GO_ON, go_on, task_actions
from simulator.scenario.schema import TaskStep
from simulator.scenario.schema.acts import Act, LeakAct
from simulator.scenario.schema.calls import CallAct
from simulator.scenario.states import Action, Restarted, StepState
from simulator.scenario.story.deeds import StoryError
from simulator.trail import Record

SANDBOX = "sandbox"
"""The id of the sandbox, where scenarios have theirs."""

_WORLD = Path(__file__).parent / "world.yaml"
_HIDDEN = ("HIDDEN_DUE_TO_SECURITY_REASONS", " bytes)", "…")
_CHOSEN_BY_AWS = ("AccessKeyId", "UserId", "RoleId", "InstanceId", "id")

# What takes something back is offered once it was done, and then instead of it.
_TAKES_BACK = {
    "dana-unrevoke-app": "dana-revoke-app",
    "dana-open-trust": "dana-close-trust",
    "dana-attach": "dana-detach",
    "dana-unbound": "dana-bound",
    "dana-create-role": "dana-delete-role",
    "dana-activate-alice": "dana-deactivate-alice",
    "dana-activate-bob": "dana-deactivate-bob",
    "dana-detach-scp": "dana-attach-scp",
    "dana-allow-imdsv1": "dana-require-imdsv2",
    "dana-start-instance": "dana-stop-instance",
    "sam-unrevoke-hop": "sam-revoke-hop",
    "sam-open-trust": "sam-close-trust",
}
_AGAIN = frozenset({"dana-revoke-app", "sam-revoke-hop"})
"""Worth doing again while it stands: a later cut-off."""


class Sandbox(Play):
    """A small world, everybody in it, every remedy, and the clock.

    What is done is remembered, so that a world can be saved, opened again, and the last
    thing be taken back.
    """

    def __init__(self) -> None:
        super().__init__(load(_WORLD))
        self._who = next(iter(self.scenario.actors))
        self._log: list[tuple[int, Entry]] = []
        self._on: set[str] = set()
        self._named = 0

    # -- what can be done ---------------------------------------------------------------
    @property
    def who(self) -> str:
        """Whose actions are offered: an actor's id."""
        return self._who

    def become(self, actor: str) -> None:
        """Offer another actor's actions.

        Raises:
            KeyError: there is no such actor.
        """
        if actor not in self.scenario.actors:
            raise KeyError(actor)
        with self._state:
            self._who = actor
            self._changed(self._at)
        self._events.flush()

    def actions(self) -> tuple[Action, ...]:
        """What the chosen actor can do now, and the way to the next of them."""
        story = self._story
        if story is None or self.finished:
            return ()
        step = self.scenario.steps[0]
        assert isinstance(step, TaskStep)
        now = [spec for spec in step.actions if self._possible(spec.id, spec.does)]
        offers = task_actions(step.model_copy(update={"actions": now}), story, ())
        following = self.scenario.actors[self._next_actor()].name
        return (*offers, go_on(f"Go on to {following}"))

    def _possible(self, action: str, does: list[Act]) -> bool:
        if action.partition("-")[0] != self._who:
            return False
        first = _TAKES_BACK.get(action)
        if first is not None and first not in self._on:
            return False
        if action in self._on and action not in _AGAIN:
            return False
        return all(self._holds(act) for act in does)

    def _holds(self, act: Act) -> bool:
        held = self.story.held
        if isinstance(act, LeakAct):
            return act.leak.credentials in held(act.leak.giver)
        return not isinstance(act, CallAct) or act.using is None or act.using in held(act.actor)

    def _next_actor(self) -> str:
        everybody = list(self.scenario.actors)
        return everybody[(everybody.index(self._who) + 1) % len(everybody)]

    def do(self, action_id: str, *, document: str | None = None) -> None:
        """Do one of `actions` (*blocking*); going on is only another list.

        Raises:
            KeyError: there is no such action now.
        """
        if action_id == GO_ON:
            self.become(self._next_actor())
            return
        with self._working():
            entry = Entry(at=self.lab.clock.now(), do=action_id, document=document)
            place = self.lab.trail.next_sequence
            super().do(action_id, document=document)
            self._log.append((place, entry))
            self._switch(action_id, done=not self._refused(place))

    def _refused(self, place: int) -> bool:
        """Whether the last of the actor's calls since this place of the trail was refused.

        Those before it may be: who deletes a role deletes first what may not be there.
        """
        calls = self.lab.trail.records(place - 1)
        own = [record for record in calls if record.actor == self._who]
        return bool(own and own[-1].error_code)

    def _switch(self, action: str, *, done: bool) -> None:
        if not done:  # the world is as it was, and so is what can be done
            self._changed(self._at)
            return
        if action in _TAKES_BACK:
            self._on.discard(_TAKES_BACK[action])
        elif action in _TAKES_BACK.values():
            self._on.add(action)
        if action in ("dana-delete-role", "dana-create-role"):
            # A new role has none of what stood on the old one.
            self._on -= {"dana-revoke-app", "dana-close-trust", "dana-detach", "dana-bound"}
        self._changed(self._at)

    def _step_state(self, index: int) -> StepState:
        spec = self.scenario.actors[self._who]
        state = super()._step_state(index)
        return replace(state, kind="tell", title=f"As {spec.name}: {spec.about}", goals=())

    def _listen(self) -> None:
        super()._listen()
        self._name_issued()

    def _name_issued(self) -> None:
        """What a call from the console or outside has issued gets a name in the sandbox."""
        if self._story is None or self._lab is None:
            return
        for record in self._lab.trail.records(self._named):
            self._named = record.sequence
            if record.issued_key and not self._story.made(record):
                self._story.adopt(self._name_for(record), record)

    def _name_for(self, record: Record) -> str:
        """``alice_app`` for a session of App that Alice asked for."""
        role = str(record.parameters.get("RoleArn", "")).rpartition("/")[2]
        name = f"{self._holder(record) or record.actor}_{role or record.operation}".lower()
        return "".join(letter if letter.isalnum() else "_" for letter in name)

    def _holder(self, record: Record) -> str | None:
        """The actor of the sandbox who made a call, or who holds what signed it."""
        if record.actor in self.scenario.actors:
            return record.actor
        return self.story.holdings().holder(record.access_key_id)

    # -- the world anew -----------------------------------------------------------------
    def open(self, *, at_step: int = 0) -> None:
        """Start the lab and build the small world (*blocking*)."""
        self._forget()
        super().open()

    def restart(self) -> None:
        """A new world (*blocking*)."""
        self._forget()
        super().restart()

    def back_to_checkpoint(self) -> None:
        """Take back the last thing that was done (*blocking*): all others are done again."""
        with self._working():
            world = self.saved()
            if world.entries:
                *before, last = world.entries
                self.restore(world.model_copy(update={"entries": before, "now": last.at}))

    def _forget(self) -> None:
        self._log = []
        self._on = set()
        self._named = 0

    # -- saving -------------------------------------------------------------------------
    @property
    def unsaved(self) -> bool:
        """Whether anything was done in this world."""
        return bool(self._log) or bool(self._story and self._story.records())

    @property
    def mark(self) -> tuple[int, int]:
        """Another one whenever something was done."""
        return len(self._log), len(self._story.records()) if self._story else 0

    def saved(self) -> SavedWorld:
        """What was done in this world, to be saved (*blocking*)."""
        with self._working():
            entries = list(self._log)
            left_out = 0
            for record in self.story.records():
                if self.story.made(record):
                    continue
                entry = self._entry_of(record)
                left_out += entry is None
                if entry is not None:
                    entries.append((record.sequence, entry))
            entries.sort(key=lambda pair: pair[0])
            now = self.lab.clock.now()
            return saved_world([entry for _, entry in entries], now, self._ids(), left_out)

    def _entry_of(self, record: Record) -> Entry | None:
        """A call from the console or outside as it can be made again; ``None``: it cannot."""
        holder = self._holder(record)
        text = json.dumps(record.parameters, default=str, ensure_ascii=False)
        if holder is None or any(hidden in text for hidden in _HIDDEN):
            return None
        names = {key: name for name, key in self.story.holdings().keys[holder].items()}
        if record.access_key_id not in names:
            return None
        try:
            service = isolated_session().get_service_model(record.service)
            if service.operation_model(record.operation).has_streaming_input:
                return None  # the trail keeps no body
            return Entry(
                at=record.at,
                call=f"{record.service}.{record.operation}",
                **{"as": holder},
                using=names[record.access_key_id],
                parameters=dict(record.parameters),
            )
        except (BotoCoreError, ValidationError):
            return None

    def restore(
        self, world: SavedWorld, *, on_entry: Callable[[int], None] = lambda number: None
    ) -> int:
        """A new world, and everything that was done in the saved one (*blocking*).

        Args:
            world: what was saved.
            on_entry: told of each entry's number when it is done, for progress.

        Returns:
            How many entries could not be done again.
        """
        with self._working():
            self._forget()
            self.lab.reset()
            self._tell(0)
            ids = self._ids()
            new = {old: ids[where] for where, old in world.names.items() if where in ids}
            failed = 0
            for number, entry in enumerate(world.entries):
                self._pass_to(entry.at)
                failed += not self._again(entry, new)
                on_entry(number)
            self._pass_to(world.now)
            self._events.post(Restarted())
        return failed

    def _pass_to(self, at: datetime) -> None:
        if at > self.lab.clock.now():
            self.lab.clock.move_to(at)

    def _again(self, entry: Entry, new: Mapping[str, str]) -> bool:
        """Do an entry once more; whether that was possible."""
        try:
            if entry.do is not None:
                self._who = entry.do.partition("-")[0]
                self.do(entry.do, document=_renamed(entry.document, new))
                return True
            place = self.lab.trail.next_sequence
            parameters = json.loads(_renamed(json.dumps(entry.parameters), new) or "{}")
            act = CallAct.model_validate(
                {"call": entry.call, "as": entry.actor, "using": entry.using, "after": "0s"}
            )
            result = self.story.call(act, parameters=parameters).result
        except (KeyError, StoryError, ValidationError, BotoCoreError):
            return False
        self._log.append((place, entry.model_copy(update={"parameters": parameters})))
        if result is not None and result.record.issued_key:
            self.story.adopt(self._name_for(result.record), result.record)
        return True

    def _ids(self) -> dict[str, str]:
        """The ids that AWS chose for this world: where it stands → the id."""
        return dict(_leaves("", {"account": self.lab.account_id, **self.story.names()}))


def _leaves(path: str, value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, Mapping):
        return []
    found = []
    for name, item in value.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(item, str) and name in _CHOSEN_BY_AWS:
            found.append((here, item))
        elif here not in ("trail", "case"):
            found += _leaves(here, item)
    return found


def _renamed(text: str | None, new: Mapping[str, str]) -> str | None:
    """A text with the old world's ids made the new one's."""
    for old, fresh in new.items():
        text = text.replace(old, fresh) if text else text
    return text
