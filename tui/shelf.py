"""What the catalogue needs of each scenario; loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulator.scenario.play import Play
    from tui.snapshot import Snapshot

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


def matches(item: Item, search: str) -> bool:
    """Whether every word of the search is somewhere in the item."""
    text = " ".join(
        (item.id, item.title, item.chapter, item.level, item.summary, *item.teaches)
    ).casefold()
    return all(word in text for word in search.casefold().split())


class Shelf:
    """The scenarios there are, and the learner's progress in them."""

    def __init__(self, progress: Any, directories: tuple[Path, ...]) -> None:
        self._progress = progress
        self._directories = directories

    @property
    def keeps(self) -> bool:
        """Whether progress is kept."""
        return self._progress is not None

    def items(self) -> tuple[tuple[Item, ...], tuple[str, ...]]:
        """The scenarios in teaching order, and a line for each file that cannot be read."""
        import scenarios
        from simulator.scenario.loading import ScenarioError, load_head

        found, problems = [], []
        directories = (Path(scenarios.__file__).parent, *self._directories)
        for directory in directories:
            for path in sorted(directory.glob("*.yaml")):
                try:
                    head = load_head(path)
                except ScenarioError as error:
                    problems.append(str(error.problems[0]))
                    continue
                found.append(
                    Item(
                        head.id,
                        head.title,
                        head.chapter,
                        head.level,
                        head.minutes,
                        head.summary,
                        tuple(head.teaches),
                        tuple(head.sources),
                        path,
                    )
                )
        return tuple(found), tuple(problems)

    def open(self, item: Item, *, live: bool) -> Play:
        """Load a scenario and open it where it was left (blocking)."""
        from simulator.scenario.loading import load
        from simulator.scenario.play import Play

        play = Play(load(item.path), live=live)
        play.open(at_step=item.at_step)
        return play

    def remember(self, item: Item, snapshot: Snapshot) -> None:
        """Keep how far the learner has come."""
