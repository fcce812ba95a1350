"""What the learner has finished, when, and how well: a small SQLite file.

Every write is a transaction of its own (write-ahead log), so that a crash loses nothing and
two labs can be open at once. Where no file can be written, from the start or from some moment
on (a full disk), memory does, with a warning.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from platformdirs import user_data_dir

from simulator.clock import iso, wall
from simulator.scenario.states import Score

_FILE = "progress.sqlite3"
_WAIT_SECONDS = 5.0
_Result = TypeVar("_Result")
_TABLES = (
    """
CREATE TABLE IF NOT EXISTS finished (
    scenario TEXT NOT NULL,
    at TEXT NOT NULL,
    points INTEGER NOT NULL,
    out_of INTEGER NOT NULL,
    hints INTEGER NOT NULL,
    solved INTEGER NOT NULL,
    wrong INTEGER NOT NULL
)""",
    """
CREATE TABLE IF NOT EXISTS place (
    scenario TEXT PRIMARY KEY, step INTEGER NOT NULL, at TEXT, seed INTEGER
)""",
)


@dataclass(frozen=True, slots=True)
class ScenarioProgress:
    """What is known of one scenario.

    Attributes:
        scenario: its id.
        finished_at: when it was last finished, ISO 8601, real UTC; ``None``: never.
        times: how often it was finished.
        points: the best score.
        out_of: what that score was out of.
        hints: hints opened in the best run.
        at_step: index of the step the learner left it at; ``None``: not under way.
        seed: what it was varied by, where it is different each time and under way.
    """

    scenario: str
    finished_at: str | None
    times: int
    points: int
    out_of: int
    hints: int
    at_step: int | None
    seed: int | None = None


class ProgressStore:
    """The learner's progress; every method may be called from any thread.

    Args:
        path: the file; ``None`` for the usual place in the user's data folder.

    Attributes:
        path: the file, or ``None`` when only memory is used.
        warning: one line for the learner when something is wrong, else ``""``.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path: Path | None = path or default_path()
        self.warning = ""
        self._lock = threading.Lock()
        self._memory: sqlite3.Connection | None = None
        self._open()

    def finish(self, scenario: str, score: Score) -> None:
        """Remember that a scenario was finished now, and forget the place in it."""
        row = (
            scenario,
            iso(wall()),
            score.points,
            score.out_of,
            score.hints_used,
            score.solved_for_you,
            score.wrong_answers,
        )
        self._write(
            ("INSERT INTO finished VALUES (?, ?, ?, ?, ?, ?, ?)", row),
            ("DELETE FROM place WHERE scenario = ?", (scenario,)),
        )

    def leave_at(self, scenario: str, step: int, seed: int | None = None) -> None:
        """Remember the step the learner is at, and what varied the scenario, to come back to."""
        row = (scenario, step, iso(wall()), seed)
        self._write(("INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)", row))

    def of(self, scenario: str) -> ScenarioProgress:
        """What is known of one scenario, even if nothing is."""
        found = {each.scenario: each for each in self.all()}
        return found.get(scenario, ScenarioProgress(scenario, None, 0, 0, 0, 0, None))

    def all(self) -> tuple[ScenarioProgress, ...]:
        """Every scenario finished or under way, by id."""
        rows, places = self._do(_everything)
        runs: dict[str, list[Any]] = {scenario: [] for scenario in places}
        for scenario, *run in rows:
            runs.setdefault(scenario, []).append(run)
        return tuple(
            _summary(scenario, runs[scenario], *places.get(scenario, (None, None)))
            for scenario in sorted(runs)
        )

    def reset(self, scenario: str | None = None) -> None:
        """Forget one scenario, or everything."""
        where, values = ("", ()) if scenario is None else (" WHERE scenario = ?", (scenario,))
        self._write((f"DELETE FROM finished{where}", values), (f"DELETE FROM place{where}", values))

    # -- inside -------------------------------------------------------------------------
    def _open(self) -> None:
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                self._use_memory(str(error))
            else:
                self._set_aside()
        except OSError as error:
            self._use_memory((error.strerror or str(error)).lower())

    def _prepare(self) -> None:
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as db:
            # Where another lab opens the file at this moment, SQLite refuses instead of waiting;
            # who comes next does it. Whatever else is wrong, the next statement says.
            with contextlib.suppress(sqlite3.OperationalError):
                db.execute("PRAGMA journal_mode = WAL")
            # A read-only file opens without complaint; find out now.
            db.execute("BEGIN IMMEDIATE")
            for table in _TABLES:
                db.execute(table)
            columns = {name for _, name, *_ in db.execute("PRAGMA table_info(place)")}
            if "seed" not in columns:  # a file from before seeds were kept
                db.execute("ALTER TABLE place ADD COLUMN seed INTEGER")
            db.execute("COMMIT")

    def _set_aside(self) -> None:
        """The file is no database: keep it under another name and begin anew."""
        assert self.path is not None
        broken = self.path.with_suffix(".broken")
        try:
            self.path.replace(broken)
            self._prepare()
            self.warning = f"the progress file was damaged; it is kept as {broken.name}"
        except (OSError, sqlite3.Error) as error:
            self._use_memory(str(error))

    def _use_memory(self, reason: str) -> sqlite3.Connection:
        self.warning = f"progress will not be kept: {self.path}: {reason}"
        self.path = None
        self._memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        for table in _TABLES:
            self._memory.execute(table)
        return self._memory

    def _connect(self) -> sqlite3.Connection:
        assert self.path is not None
        return sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)

    def _write(self, *statements: tuple[str, Sequence[Any]]) -> None:
        def work(db: sqlite3.Connection) -> None:
            for statement, values in statements:
                db.execute(statement, values)

        self._do(work)

    def _do(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Work inside a transaction; where the file fails midway (a full disk), memory does."""
        with self._lock:
            if self._memory is not None:
                return _within(self._memory, work)
            try:
                with closing(self._connect()) as db:
                    return _within(db, work)
            except sqlite3.DatabaseError as error:
                kept = self._whatever_is_readable()
                memory = self._use_memory(str(error))
                for table, rows in kept.items():
                    marks = ", ".join("?" * len(rows[0]))
                    memory.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
                return _within(memory, work)

    def _whatever_is_readable(self) -> dict[str, list[Any]]:
        """The rows of the tables of a file that could not be written."""
        assert self.path is not None
        # Immutable: else even a reader writes, for SQLite keeps its locks in a file beside.
        uri = f"{self.path.absolute().as_uri()}?immutable=1"
        found: dict[str, list[Any]] = {}
        with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True)) as db:
            for table in ("finished", "place"):
                rows = db.execute(f"SELECT * FROM {table}").fetchall()
                if rows:
                    found[table] = rows
        return found


def _within(db: sqlite3.Connection, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
    try:
        db.execute("BEGIN IMMEDIATE")
        result = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def _everything(db: sqlite3.Connection) -> tuple[list[Any], dict[str, tuple[int, int | None]]]:
    rows = db.execute(
        "SELECT scenario, at, points, out_of, hints FROM finished ORDER BY at, rowid"
    ).fetchall()
    places = db.execute("SELECT scenario, step, seed FROM place").fetchall()
    return rows, {scenario: (step, seed) for scenario, step, seed in places}


def default_path() -> Path:
    """Where progress is kept: the user's data folder, as the system has it."""
    return Path(user_data_dir("stslab", appauthor=False)) / _FILE


def as_json(progress: Sequence[ScenarioProgress]) -> list[dict[str, Any]]:
    """What ``stslab progress --format json`` prints."""
    return [asdict(each) for each in progress]


def as_markdown(progress: Sequence[ScenarioProgress]) -> str:
    """A table of what was finished."""
    lines = ["| scenario | finished | times | score | hints |", "|---|---|---|---|---|"]
    for each in progress:
        at = each.finished_at or (
            f"at step {each.at_step + 1}" if each.at_step is not None else "-"
        )
        score = f"{each.points}/{each.out_of}" if each.times else "-"
        lines.append(f"| `{each.scenario}` | {at} | {each.times} | {score} | {each.hints} |")
    return "\n".join(lines) + "\n"


def _summary(
    scenario: str, runs: list[Any], at_step: int | None, seed: int | None
) -> ScenarioProgress:
    if not runs:
        return ScenarioProgress(scenario, None, 0, 0, 0, 0, at_step, seed)
    # The best run: most points, then fewest hints.
    _, points, out_of, hints = max(runs, key=lambda run: (run[1], -run[3]))
    return ScenarioProgress(scenario, runs[-1][0], len(runs), points, out_of, hints, at_step, seed)
