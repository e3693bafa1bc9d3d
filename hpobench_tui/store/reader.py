"""Reading a store: any number of processes, while the supervisor writes."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.brackets import Bracket, Rung
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.store import schema
from hpobench_tui.store.experiment_json import experiment_from_json

FILE = "experiment.sqlite"
ENDED = ("done", "complete", "failed")

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """The experiment and where it stands. ``status``: waiting, running, paused, finished, cancelled."""

    experiment: Experiment
    status: str
    created: float
    seconds: float


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run and where it stands; the columns of ``schema.TABLES``. ``budget`` and ``spent`` are in quanta."""

    id: int
    problem: str
    optimizer: str
    label: str
    repetition: int
    problem_seed: int
    optimizer_seed: int
    unit: str
    budget: int
    quanta_per_unit: int
    spent: int
    trials: int
    failed_trials: int
    fidelity: str | None
    minimum_fidelity: int
    resumable: bool
    reference: float
    status: str
    attempts: int
    clock: float
    optimizer_seconds: float
    plan: tuple[Bracket, ...] | None
    activity: str | None
    device: str | None
    error: str | None

    @property
    def progress(self) -> float:
        """Spent share of the budget, 0 to 1; a run that ended by itself is at 1."""
        return 1.0 if self.ended else self.spent / self.budget

    @property
    def ended(self) -> bool:
        """Whether it came to its own end; a cancelled run did not, and can go on."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class TrialTable:
    """Trials of one run by column, in order; NaN where a float, -1 where an integer is absent.

    ``cost`` is in quanta. See ``schema.TABLES`` for the columns.
    """

    number: Integers
    asked: Integers
    status: tuple[str, ...]
    fidelity: Integers
    asked_fidelity: Integers
    bracket: Integers
    rung: Integers
    continues: Integers
    loss: Floats
    truth: Floats
    cost: Integers
    clock_start: Floats
    clock_end: Floats
    ask_seconds: Floats
    tell_seconds: Floats
    evaluate_seconds: Floats
    worker: Integers

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True)
class ProgressTable:
    """Where one run stood after some of its trials, by column, in order; NaN or -1 as in :class:`TrialTable`.

    Every row is exact: it sums up all trials before it, recorded or not. ``spent`` is in quanta. Rows are dense where a
    run begins and thin out; none is missing where the incumbent changes, nor after the last trial.
    """

    number: Integers
    spent: Integers
    fidelity: Integers
    clock: Floats
    incumbent: Integers
    incumbent_value: Floats
    losses: Integers
    total_loss: Floats
    total_truth: Floats
    total_reference: Floats

    def __len__(self) -> int:
        return len(self.number)


_TEXT = ("status",)
_INTEGERS = (
    "number", "asked", "fidelity", "asked_fidelity", "bracket", "rung", "continues", "cost", "worker", "incumbent",
    "losses", "spent",
)  # fmt: skip
_COLUMNS = tuple(TrialTable.__dataclass_fields__)
_PROGRESS = tuple(ProgressTable.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class EventRow:
    """A line of the log; ``level``: info, warning, error."""

    id: int
    time: float
    level: str
    run: int | None
    message: str


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One trial in full, for people who look closely."""

    run: int
    number: int
    status: str
    configuration: Mapping[str, Any]
    fidelity: int | None
    bracket: int | None
    rung: int | None
    continues: int | None
    loss: float | None
    metrics: Mapping[str, float]
    cost: int
    error: str | None


class Reader:
    """An open store. Closing it is the caller's task (``with Reader(folder) as reader:``).

    Raises:
        HpobenchError: no store there, not a store, or one of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE if folder.is_dir() else folder
        if not self.path.is_file():
            raise HpobenchError(f"no experiment at {folder}: {FILE} is missing. `hpobench list` shows what there is.")
        try:
            version = self._open("mode=ro")
        except sqlite3.OperationalError as error:
            if not self._settled():
                raise HpobenchError(f"{self.path} cannot be read as an experiment: {error}.") from None
            version = self._open("immutable=1")  # nobody may write there, not even a reader's own lock
        except sqlite3.Error as error:
            raise HpobenchError(f"{self.path} cannot be read as an experiment: {error}.") from None
        check_version(version, self.path)

    def _open(self, how: str) -> int:
        self._connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?{how}", uri=True, timeout=30)
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return int(version)

    def _settled(self) -> bool:
        log = self.path.with_name(f"{self.path.name}-wal")
        return not log.exists() or log.stat().st_size == 0

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def manifest(self) -> dict[str, str]:
        """Versions, hardware, threads, checksums: what the results were made with."""
        return dict(self._rows("SELECT key, value FROM manifest ORDER BY key"))

    def experiment(self) -> ExperimentRow:
        try:
            spec, status, created, seconds = self._rows("SELECT spec, status, created, seconds FROM experiment")[0]
            return ExperimentRow(experiment_from_json(spec), status, created, seconds)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise self._damaged(error) from None

    def runs(self) -> list[RunRow]:
        """Every run of the matrix, in order."""
        names = tuple(RunRow.__dataclass_fields__)
        rows = self._rows(f"SELECT {', '.join(names)} FROM run ORDER BY id")
        columns = [dict(zip(names, row, strict=True)) for row in rows]
        try:
            return [RunRow(**{**v, "unit": Unit(v["unit"]).value, "plan": _plan(v["plan"])}) for v in columns]
        except (TypeError, ValueError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> HpobenchError:
        return HpobenchError(f"{self.path} is damaged: {type(error).__name__}: {error}.")

    def trials(self, run: int, after: int = -1) -> TrialTable:
        """The recorded trials of a run with a number above ``after``."""
        return TrialTable(*self._columns("trial", _COLUMNS, run, after))  # type: ignore[arg-type]

    def progress(self, run: int, after: int = -1) -> ProgressTable:
        """Where a run stood after its trials with a number above ``after``."""
        return ProgressTable(*self._columns("progress", _PROGRESS, run, after))  # type: ignore[arg-type]

    def recorded(self) -> dict[int, int]:
        """Run id to how many of its trials are recorded one by one."""
        return dict(self._rows("SELECT run, count(*) FROM trial GROUP BY run"))

    def _columns(self, table: str, names: Sequence[str], run: int, after: int) -> Iterable[object]:
        rows = self._rows(
            f"SELECT {', '.join(names)} FROM {table} WHERE run = ? AND number > ? ORDER BY number", run, after
        )
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return (_column(name, values) for name, values in zip(names, columns, strict=True))

    def trial_rows(self, run: int, after: int = -1, limit: int = -1) -> list[TrialRow]:
        """The trials of a run in full, with their configurations."""
        rows = self._rows(
            "SELECT run, number, status, configuration, fidelity, bracket, rung, continues, loss, metrics, cost, error"
            " FROM trial WHERE run = ? AND number > ? ORDER BY number LIMIT ?", run, after, limit,
        )  # fmt: skip
        return [
            TrialRow(
                r[0], r[1], r[2], json.loads(r[3]), r[4], r[5], r[6], r[7], r[8], json.loads(r[9] or "{}"), r[10], r[11]
            )
            for r in rows
        ]

    def first_errors(self) -> dict[int, str]:
        """Run id to the reason of its first failed trial, for the runs that have one."""
        return dict(
            self._rows(
                "SELECT id, first FROM (SELECT id, (SELECT error FROM trial WHERE run = run.id AND error IS NOT NULL"
                " ORDER BY number LIMIT 1) AS first FROM run WHERE failed_trials > 0)"
                " WHERE first IS NOT NULL ORDER BY id"
            )
        )

    def events(self, after: int = 0, limit: int = 1000) -> list[EventRow]:
        """The latest ``limit`` lines of the log with an id above ``after``, oldest first."""
        rows = self._rows(
            "SELECT id, time, level, run, message FROM event WHERE id > ? ORDER BY id DESC LIMIT ?", after, limit
        )
        return [EventRow(*row) for row in reversed(rows)]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise HpobenchError(f"{self.path} cannot be read: {error}.") from None


def check_version(version: int, path: Path) -> None:
    """Refuse a store that this program cannot read."""
    if version > schema.VERSION:
        raise HpobenchError(
            f"{path} was written by a newer hpobench (store version {version}; this one reads up to {schema.VERSION})."
            " Update with: pip install --upgrade hpobench-tui."
        )
    if 1 <= version < schema.VERSION:
        raise HpobenchError(
            f"{path} was written by an older hpobench (store version {version}; this one reads {schema.VERSION})."
            " Run the experiment again, or read it with the version that its manifest names."
        )
    if version < 1:
        raise HpobenchError(f"{path} is not an hpobench experiment (or was never finished being created).")


def experiments(root: Path) -> list[Path]:
    """The experiment folders below ``root``, newest first."""
    found: Iterable[Path] = root.glob(f"*/{FILE}")
    return [path.parent for path in sorted(found, key=_created, reverse=True)]


def _created(path: Path) -> float:
    """When the experiment was created; of an unreadable one, when its file was changed."""
    try:
        with Reader(path.parent) as reader:
            return float(reader._rows("SELECT created FROM experiment")[0][0])
    except (HpobenchError, IndexError):
        return path.stat().st_mtime


def _plan(text: str | None) -> tuple[Bracket, ...] | None:
    if text is None:
        return None
    return tuple(Bracket(s, tuple(Rung(*rung) for rung in rungs)) for s, rungs in json.loads(text))


def _column(name: str, values: tuple[Any, ...]) -> tuple[str, ...] | Floats | Integers:
    if name in _TEXT:
        return values
    if name in _INTEGERS:
        return np.array([-1 if v is None else v for v in values], dtype=np.int64)
    return np.array(values, dtype=np.float64)
