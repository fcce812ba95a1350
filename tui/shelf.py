"""What the catalogue needs of each scenario; loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.scenario.catalogue import Entry
    from simulator.scenario.play import Play
    from simulator.scenario.progress import ProgressStore, ScenarioProgress
    from simulator.scenario.schema import Head
    from simulator.scenario.states import Score
    from tui.debrief.keeping import Keeper

Standing = Literal["new", "begun", "done"]


@dataclass(frozen=True, slots=True)
class Item:
    """One scenario in the catalogue.

    Attributes:
        id: ``leaked-session``.
        title: its title.
        chapter: ``II. The leak``.
        level: ``beginner``, ``intermediate`` or ``advanced``.
        minutes: how long it takes.
        summary: one line.
        teaches: what one knows afterwards.
        sources: URLs.
        path: its file.
        standing: how far the learner has come.
        at_step: where a begun one goes on, from 0.
        best: the best score so far, in words; ``""`` before the first.
        seed: what a begun one was varied by, where it is different each time.
    """

    id: str
    title: str
    chapter: str
    level: str
    minutes: int
    summary: str
    teaches: tuple[str, ...]
    sources: tuple[str, ...]
    path: Path
    standing: Standing = "new"
    at_step: int = 0
    best: str = ""
    seed: int | None = None


SANDBOX_ITEM = Item(
    "sandbox",
    "Sandbox",
    "",
    "beginner",
    0,
    "A small world to try things in.",
    (),
    (),
    Path(),
)
"""Free play, which is no scenario and not in the list."""


def matches(item: Item, search: str) -> bool:
    """Whether every word of the search is somewhere in the item."""
    text = " ".join(
        (item.id, item.title, item.chapter, item.level, item.summary, *item.teaches)
    ).casefold()
    return all(word in text for word in search.casefold().split())


def named(item: Item, search: str) -> bool:
    """Whether the search is, as it stands, part of the item's title or id."""
    phrase = " ".join(search.casefold().split())
    return phrase in item.title.casefold() or phrase in item.id


class Shelf:
    """The scenarios there are, and the learner's progress in them.

    Every method may be called from any thread; those that touch the progress file may wait
    for it and belong on a worker thread once the screen stands.
    """

    def __init__(self, progress: ProgressStore | None, directories: tuple[Path, ...]) -> None:
        self._progress = progress
        self._directories = directories
        self._entries: tuple[Entry, ...] | None = None

    @property
    def keeps(self) -> bool:
        """Whether progress survives quitting."""
        return self._progress is not None and self._progress.path is not None

    def items(self) -> tuple[Item, ...]:
        """The scenarios in teaching order, with the progress of now."""
        known = {each.scenario: each for each in self._progress.all()} if self._progress else {}
        return tuple(
            _item(entry.head, entry.path, known.get(entry.head.id))
            for entry in self._found()
            if entry.head is not None
        )

    def find(self, scenario: str) -> Item:
        """The scenario of an id, or of a path to a scenario file.

        Raises:
            UnknownScenarioError: there is none; the text names the nearest.
            ScenarioError: the file is broken; the text says where.
        """
        if scenario == SANDBOX_ITEM.id:
            return SANDBOX_ITEM
        known = {item.id: item for item in self.items()}
        if scenario in known:
            return known[scenario]
        from simulator.scenario.catalogue import find
        from simulator.scenario.loading import load_head

        entry = find(scenario, self._directories)
        return _item(entry.head or load_head(entry.path), entry.path, None)

    def problems(self) -> tuple[str, ...]:
        """A line for each thing that cannot be used: a broken file, a damaged progress file."""
        warning = self.warning
        broken = tuple(entry.error for entry in self._found() if entry.head is None)
        return (*broken, warning) if warning else broken

    @property
    def warning(self) -> str:
        """What is wrong with keeping progress, one line; it may come at any time (a full disk)."""
        return self._progress.warning if self._progress is not None else ""

    def open(self, item: Item, *, live: bool, seed: int | None = None) -> Play:
        """Load a scenario and open it where it was left (blocking).

        One that is different each time goes on with the seed it was begun with; with another
        seed it begins anew.
        """
        if item is SANDBOX_ITEM:
            from simulator.sandbox import Sandbox

            sandbox = Sandbox()
            sandbox.open()
            return sandbox
        from simulator.scenario.catalogue import load_to_play
        from simulator.scenario.play import Play

        play = Play(load_to_play(item.path), live=live, seed=item.seed if seed is None else seed)
        another = play.seed is not None and play.seed != item.seed
        play.open(at_step=0 if another else item.at_step)
        return play

    @cached_property
    def debriefs(self) -> Keeper:
        """The last debrief of each scenario, beside the progress file."""
        from tui.debrief.keeping import Keeper

        path = self._progress.path if self._progress is not None else None
        return Keeper(path.parent / "debriefs" if path is not None else None)

    def leave_at(self, scenario: str, step: int, seed: int | None = None) -> None:
        """Keep the step at which the learner is, and what varied the scenario."""
        if self._progress is not None:
            self._progress.leave_at(scenario, step, seed)

    def finish(self, scenario: str, score: Score) -> None:
        """Keep that a scenario was played to its end, and how well."""
        if self._progress is not None:
            self._progress.finish(scenario, score)

    def _found(self) -> tuple[Entry, ...]:
        if self._entries is None:
            from simulator.scenario.catalogue import entries

            self._entries = entries(self._directories)
        return self._entries


def _item(head: Head, path: Path, progress: ScenarioProgress | None) -> Item:
    standing: Standing = "new"
    at_step, best, seed = 0, "", None
    if progress is not None:
        at_step = progress.at_step or 0
        seed = progress.seed if at_step else None
        standing = "begun" if at_step else "done" if progress.times else "new"
        best = f"{progress.points} of {progress.out_of} points" if progress.times else ""
    return Item(
        head.id,
        head.title,
        head.chapter,
        head.level,
        head.minutes,
        head.summary,
        tuple(head.teaches),
        tuple(head.sources),
        path,
        standing,
        at_step,
        best,
        seed,
    )
