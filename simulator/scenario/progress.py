"""What the learner has finished, when, and how well: a small SQLite file.

Every write is a transaction of its own (write-ahead log), so that a crash loses nothing and
two labs can be open at once. Where no file can be written, memory does, with a warning.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_dir

from simulator.clock import iso, wall
from simulator.scenario.states import Score

_FILE = "progress.sqlite3"
_WAIT_SECONDS = 5.0
_TABLES = """
CREATE TABLE IF NOT EXISTS finished (
    scenario TEXT NOT NULL,
    at TEXT NOT NULL,
    points INTEGER NOT NULL,
    out_of INTEGER NOT NULL,
    hints INTEGER NOT NULL,
    solved INTEGER NOT NULL,
    wrong INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS place (scenario TEXT PRIMARY KEY, step INTEGER NOT NULL, at TEXT);
"""


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
    """

    scenario: str
    finished_at: str | None
    times: int
    points: int
    out_of: int
    hints: int
    at_step: int | None


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
        with self._connection() as db:
            db.execute(
                "INSERT INTO finished VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    scenario,
                    iso(wall()),
                    score.points,
                    score.out_of,
                    score.hints_used,
                    score.solved_for_you,
                    score.wrong_answers,
                ),
            )
            db.execute("DELETE FROM place WHERE scenario = ?", (scenario,))

    def leave_at(self, scenario: str, step: int) -> None:
        """Remember the step the learner is at, to come back to."""
        with self._connection() as db:
            db.execute(
                "INSERT OR REPLACE INTO place VALUES (?, ?, ?)", (scenario, step, iso(wall()))
            )

    def of(self, scenario: str) -> ScenarioProgress:
        """What is known of one scenario, even if nothing is."""
        found = {each.scenario: each for each in self.all()}
        return found.get(scenario, ScenarioProgress(scenario, None, 0, 0, 0, 0, None))

    def all(self) -> tuple[ScenarioProgress, ...]:
        """Every scenario finished or under way, by id."""
        with self._connection() as db:
            rows = db.execute(
                "SELECT scenario, at, points, out_of, hints FROM finished ORDER BY at, rowid"
            ).fetchall()
            places = dict(db.execute("SELECT scenario, step FROM place").fetchall())
        runs: dict[str, list[Any]] = {scenario: [] for scenario in places}
        for scenario, *run in rows:
            runs.setdefault(scenario, []).append(run)
        return tuple(
            _summary(scenario, runs[scenario], places.get(scenario)) for scenario in sorted(runs)
        )

    def reset(self, scenario: str | None = None) -> None:
        """Forget one scenario, or everything."""
        where, values = ("", ()) if scenario is None else (" WHERE scenario = ?", (scenario,))
        with self._connection() as db:
            db.execute(f"DELETE FROM finished{where}", values)
            db.execute(f"DELETE FROM place{where}", values)

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
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(_TABLES)
            # A read-only file opens without complaint; find out now.
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")

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

    def _use_memory(self, reason: str) -> None:
        self.warning = f"progress will not be kept: {self.path}: {reason}"
        self.path = None
        self._memory = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._memory.executescript(_TABLES)

    def _connect(self) -> sqlite3.Connection:
        assert self.path is not None
        return sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction; where writing fails midway, memory takes over."""
        with self._lock:
            db = self._memory or self._connect()
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            finally:
                if db is not self._memory:
                    db.close()


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


def _summary(scenario: str, runs: list[Any], at_step: int | None) -> ScenarioProgress:
    if not runs:
        return ScenarioProgress(scenario, None, 0, 0, 0, 0, at_step)
    # The best run: most points, then fewest hints.
    _, points, out_of, hints = max(runs, key=lambda run: (run[1], -run[3]))
    return ScenarioProgress(scenario, runs[-1][0], len(runs), points, out_of, hints, at_step)
