"""Find scenarios: the project's own, other people's packs, and a folder of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from simulator.scenario.loading import ScenarioError, load, load_head, load_source
from simulator.scenario.schema import Head, Scenario

ENTRY_POINT_GROUP = "stslab.scenarios"
"""A pack names a package (or a function that returns a folder) in this group."""

OWN_PACK = "stslab"


@dataclass(frozen=True, slots=True)
class Entry:
    """One scenario of the catalogue, cheaply read.

    Attributes:
        path: its file.
        pack: who brings it: ``stslab``, a pack's entry point name, or a folder.
        head: id, title, chapter, level, minutes, teaches …; ``None`` for a broken file.
        error: why the file (or the whole pack) is broken, one line; else ``""``.
    """

    path: Path
    pack: str
    head: Head | None
    error: str = ""


class UnknownScenarioError(Exception):
    """No scenario has this id; ``str()`` names the nearest.

    Attributes:
        scenario_id: what was asked for.
        nearest: ids that look like it, best first.
    """

    def __init__(
        self, scenario_id: str, nearest: Sequence[str], hint: str = "`stslab list` shows them all"
    ) -> None:
        self.scenario_id = scenario_id
        self.nearest = tuple(nearest)
        meant = f"did you mean {nearest[0]!r}?" if nearest else hint
        super().__init__(f"there is no scenario {scenario_id!r}; {meant}")


def entries(folders: Iterable[Path | str] = ()) -> tuple[Entry, ...]:
    """The catalogue in teaching order: our own, then packs, then the folders given.

    A broken file or pack is an entry with its error and hurts nothing else. An id that was
    there before is an error too: the first one keeps it.

    Args:
        folders: more folders with ``*.yaml`` files.
    """
    found: list[Entry] = []
    seen: dict[str, Entry] = {}
    for pack, folder, error in _places(folders):
        if error:
            found.append(Entry(folder, pack, None, error))
            continue
        for path in sorted(folder.glob("*.yaml")):
            entry = _entry(path, pack)
            if entry.head and entry.head.id in seen:
                first = seen[entry.head.id].path
                entry = Entry(path, pack, None, f"{path}: the id {entry.head.id!r} is {first}'s")
            elif entry.head:
                seen[entry.head.id] = entry
            found.append(entry)
    return tuple(found)


def find(scenario_id: str, folders: Iterable[Path | str] = ()) -> Entry:
    """The entry of an id, or of a path to a scenario file.

    Raises:
        UnknownScenarioError: there is none; the nearest ids are named.
        ScenarioError: the path's file is broken.
    """
    as_path = Path(scenario_id)
    if as_path.suffix in (".yaml", ".yml"):
        return Entry(as_path, str(as_path.parent), load_head(as_path))
    known = {entry.head.id: entry for entry in entries(folders) if entry.head}
    if scenario_id not in known and as_path.is_dir():
        raise UnknownScenarioError(scenario_id, (), "that is a folder; --scenarios takes one")
    if scenario_id not in known:
        raise UnknownScenarioError(scenario_id, get_close_matches(scenario_id, known, cutoff=0.5))
    return known[scenario_id]


def load_by_id(scenario_id: str, folders: Iterable[Path | str] = ()) -> Scenario:
    """The whole scenario of an id, or of a path to a scenario file.

    Raises:
        UnknownScenarioError: there is none.
        ScenarioError: its file is broken.
    """
    return load_to_play(find(scenario_id, folders).path)


def load_to_play(path: Path) -> Scenario:
    """The scenario of a file; other people's are checked first, as ``stslab validate`` does.

    Raises:
        ScenarioError: it cannot be played; with every error, and no warning.
    """
    if path.parent == Path(str(resources.files("scenarios"))):
        return load(path)
    from simulator.scenario.checking import check  # botocore's models: not for every list

    scenario, source = load_source(path)
    errors = [each for each in check(scenario, source) if each.severity == "error"]
    if errors:
        raise ScenarioError(errors)
    return scenario


def _entry(path: Path, pack: str) -> Entry:
    try:
        return Entry(path, pack, load_head(path))
    except ScenarioError as error:
        return Entry(path, pack, None, str(error).splitlines()[0])


def _places(folders: Iterable[Path | str]) -> Iterator[tuple[str, Path, str]]:
    """Pack, folder, and why there is none (then the folder says where it should be)."""
    yield OWN_PACK, Path(str(resources.files("scenarios"))), ""
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda each: each.name):
        yield from _pack(point)
    for folder in folders:
        path = Path(folder)
        missing = "" if path.is_dir() else f"{path}: there is no such folder"
        yield str(path), path, missing


def _pack(point: EntryPoint) -> Iterator[tuple[str, Path, str]]:
    """The folders of an installed pack, or what is wrong with it."""
    try:
        found = _folders(point.load())
    except (Exception, SystemExit) as error:  # whatever a stranger's code raises is its problem
        text = " ".join(str(error).split())
        why = f"{type(error).__name__}: {text}" if text else type(error).__name__
        yield point.name, Path(point.value), f"the pack {point.name!r} is broken: {why}"
        return
    for folder in found:
        why = ""
        if not folder.is_dir():
            why = f"the pack {point.name!r} is broken: {folder}: there is no such folder"
        elif not any(folder.glob("*.yaml")):
            why = f"the pack {point.name!r} is broken: {folder} holds no *.yaml file"
        yield point.name, folder, why


def _folders(target: object) -> list[Path]:
    """Where a pack's files are: a package's own folders, or what its function returns."""
    if callable(target):
        return [Path(target())]
    # A package of nothing but data files has no `__init__.py`, and may lie in several folders.
    paths = getattr(target, "__path__", None)
    if paths is None:
        raise TypeError("names neither a package nor a function that returns a folder")
    return [Path(path) for path in dict.fromkeys(paths)]
