"""Writing a store. Only the supervisor writes results; front ends add rows to ``command``."""

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Literal, TypeAlias

from hpobench_tui.core.brackets import Bracket
from hpobench_tui.core.equality import tolerance
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment, left_out
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store import schema, trouble
from hpobench_tui.store.experiment_json import experiment_to_json
from hpobench_tui.store.reader import FILE
from hpobench_tui.store.verbs import Verb

Level: TypeAlias = Literal["info", "warning", "error"]
Cell: TypeAlias = str | int | float | None


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


# A run that failed, is tried again and fails at the same trial says a second time where it stood after that trial.
PROGRESS_INSERT = _insert("progress", schema.PROGRESS_COLUMNS).replace("INSERT", "INSERT OR REPLACE", 1)
REPORT_INSERT = _insert("report", schema.REPORT_COLUMNS)

RUN_COLUMNS = (
    "id", "problem", "optimizer", "label", "repetition", "problem_seed", "optimizer_seed", "unit", "budget",
    "quanta_per_unit", "fidelity", "minimum_fidelity", "resumable", "reference", "tolerance", "measure", "noisy",
    "status",
)  # fmt: skip


def create(
    folder: Path, experiment: Experiment, problems: Mapping[str, ProblemInfo], manifest: Mapping[str, str]
) -> None:
    """Make the store of a new experiment in ``folder``, which must exist. All or nothing: written aside, then renamed.

    Raises:
        HpobenchError: the folder cannot be written, or already has a store.
    """
    path, aside = folder / FILE, folder / f"{FILE}.new"
    if path.exists():
        raise HpobenchError(f"{path} already exists; `hpobench resume {folder}` goes on with it.")
    try:
        connection = sqlite3.connect(aside)
        with connection:
            connection.execute(f"PRAGMA page_size = {schema.PAGE_SIZE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(schema.TABLES)
            connection.executemany("INSERT INTO manifest VALUES (?, ?)", manifest.items())
            connection.execute(
                "INSERT INTO experiment (id, name, spec, status, created) VALUES (0, ?, ?, ?, ?)",
                (experiment.name, experiment_to_json(experiment), ExperimentStatus.WAITING, time.time()),
            )
            connection.executemany(
                f"INSERT INTO run ({', '.join(RUN_COLUMNS)}) VALUES ({', '.join('?' * len(RUN_COLUMNS))})",
                _run_rows(experiment, problems),
            )
            connection.executemany(
                "INSERT INTO landmark VALUES (?, ?, ?, ?)",
                [(name, *astuple(mark)) for name, info in problems.items() for mark in info.landmarks],
            )
            connection.executemany(
                "INSERT INTO event (time, level, message) VALUES (?, 'warning', ?)",
                [(time.time(), line) for line in (*experiment.notes, *left_out(experiment.skipped))],
            )
            connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        aside.rename(path)
    except (sqlite3.Error, OSError) as error:
        raise HpobenchError(f"cannot create the experiment in {folder}: {error}.") from error


def _run_rows(experiment: Experiment, problems: Mapping[str, ProblemInfo]) -> Iterable[tuple[Cell, ...]]:
    for number, key in enumerate(experiment.runs()):
        problem, budget = problems[key.problem], experiment.budgets[key.problem]
        fidelity = problem.fidelity
        yield (
            number, key.problem, key.contender.optimizer, key.contender.label, key.repetition, *experiment.seeds(key),
            budget.unit, budget.quanta(problem.fidelity), budget.quanta_per_unit(problem.fidelity),
            fidelity.name if fidelity else None, fidelity.minimum if fidelity else 1,
            fidelity.resumable if fidelity else False, problem.reference.loss, tolerance(problem),
            problem.measure.value, problem.noisy, RunStatus.WAITING,
        )  # fmt: skip


def send(folder: Path, verb: Verb) -> None:
    """Leave a command for the supervisor."""
    with Writer(folder) as writer:
        writer.execute("INSERT INTO command (verb, created) VALUES (?, ?)", verb, time.time())


class Writer:
    """An open store with the right to write. Changes become visible, together, with :meth:`commit`.

    Raises:
        HpobenchError: no store there, or one of another version; in a ``with`` block also: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = path = folder / FILE
        if not path.is_file():
            raise trouble.unreadable(path)
        try:
            self._connection = sqlite3.connect(path, timeout=60)
            trouble.check(self._connection, path)
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                f"PRAGMA user_version = {schema.VERSION}"
            )  # says at once whether it may be written
            self._connection.rollback()
        except (*trouble.ERRORS, OSError) as error:
            raise trouble.unreadable(path, error) from error

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        try:
            self.commit()
            if isinstance(error, trouble.ERRORS):
                raise error
        except trouble.ERRORS as failed:
            raise trouble.unreadable(self._path, failed) from failed
        finally:
            self.close()

    def close(self) -> None:
        self._connection.close()

    def begin(self) -> None:
        """Prepare for a supervisor's many small transactions, with readers beside them."""
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA wal_autocheckpoint = 2000")

    def settle(self) -> None:
        """Bring everything into the one file, so that it can be copied, or read where nobody may write."""
        self.commit()
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with suppress(sqlite3.OperationalError):  # somebody still reads; the log that stays behind is empty
            self._connection.execute("PRAGMA busy_timeout = 500")
            self._connection.execute("PRAGMA journal_mode = DELETE")

    def commit(self) -> None:
        """Make everything since the last commit durable, in one transaction."""
        self._connection.commit()

    def execute(self, statement: str, *values: Cell) -> list[tuple[Cell, ...]]:
        """Run one statement inside the open transaction."""
        return self._connection.execute(statement, values).fetchall()

    def add_trials(
        self,
        trials: Sequence[tuple[Cell, ...]],
        progress: Sequence[tuple[Cell, ...]],
        reports: Sequence[tuple[Cell, ...]],
    ) -> None:
        """Rows as ``schema.TRIAL_COLUMNS``, ``PROGRESS_COLUMNS`` and ``REPORT_COLUMNS`` name them.

        A row of a trial may be shorter: what it lacks is null.
        """
        lengths = set(map(len, trials))
        for length in lengths:
            alike = trials if len(lengths) == 1 else [row for row in trials if len(row) == length]
            self._connection.executemany(_insert("trial", schema.TRIAL_COLUMNS[:length]), alike)
        self._connection.executemany(PROGRESS_INSERT, progress)
        self._connection.executemany(REPORT_INSERT, reports)

    def set_run(self, run: int, **columns: Cell) -> None:
        """Change columns of a run."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE run SET {assignments} WHERE id = ?", (*columns.values(), run))

    def reopen(self, failed: bool) -> int:
        """Set all open runs (and ``failed`` ones) waiting, forget what an earlier supervisor was told; their number."""
        self.commands()
        again = [status for status in RunStatus if status.open or (failed and status is RunStatus.FAILED)]
        marks = ", ".join("?" * len(again))
        self.execute(f"UPDATE run SET status = ?, error = NULL WHERE status IN ({marks})", RunStatus.WAITING, *again)
        ((count,),) = self.execute("SELECT count(*) FROM run WHERE status = ?", RunStatus.WAITING)
        if count:
            self.set_status(ExperimentStatus.WAITING)
        return int(count or 0)

    def begin_run(self, run: int, device: str) -> None:
        """A run is handed to a worker, once more."""
        self.execute("UPDATE run SET attempts = attempts + 1 WHERE id = ?", run)
        self.set_run(run, status=RunStatus.RUNNING, device=device)

    def seconds_of(self, run: int) -> float:
        """The real seconds that a run took so far."""
        ((seconds,),) = self.execute("SELECT seconds FROM run WHERE id = ?", run)
        return float(seconds or 0.0)

    def set_plan(self, run: int, plan: Sequence[Bracket]) -> None:
        """Keep the brackets that a run's optimizer plans."""
        text = json.dumps([[b.s, [[r.configurations, r.fidelity] for r in b.rungs]] for b in plan])
        self.set_run(run, plan=text)

    def set_status(self, status: ExperimentStatus, seconds: float | None = None) -> None:
        """The experiment's status, and the seconds it was supervised."""
        self.execute("UPDATE experiment SET status = ?, seconds = coalesce(?, seconds)", status, seconds)

    def forget_trials(self, run: int) -> None:
        """Drop what a run recorded, because it has to start over."""
        for table in ("trial", "progress", "report"):
            self.execute(f"DELETE FROM {table} WHERE run = ?", run)
        self.set_run(run, spent=0, trials=0, failed_trials=0, clock=0.0, seconds=0.0, optimizer_seconds=0.0)

    def log(self, level: Level, message: str, run: int | None = None) -> None:
        """Add a line to the experiment's log."""
        self.execute(
            "INSERT INTO event (time, level, run, message) VALUES (?, ?, ?, ?)", time.time(), level, run, message
        )

    def commands(self) -> list[Verb]:
        """The verbs that front ends left since the last call, oldest first; they count as handled."""
        rows = self.execute("SELECT id, verb FROM command WHERE handled IS NULL ORDER BY id")
        if rows:
            self.execute("UPDATE command SET handled = ? WHERE handled IS NULL", time.time())
        return [verb for _, verb in rows]  # type: ignore[misc]
