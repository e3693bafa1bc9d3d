"""Reading a store: any number of processes, while the supervisor writes."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.core.brackets import Bracket, Rung
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.configuration import from_json
from hpobench_tui.core.describe import first_line
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.problem import Landmark
from hpobench_tui.core.status import ExperimentStatus, RunStatus, TrialStatus
from hpobench_tui.store import trouble
from hpobench_tui.store.experiment_json import experiment_from_json

FILE = "experiment.sqlite"

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
_Column: TypeAlias = tuple[TrialStatus, ...] | Floats | Integers


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """The experiment and where it stands."""

    experiment: Experiment
    status: ExperimentStatus
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
    tolerance: float
    measure: Measure
    noisy: bool
    status: RunStatus
    attempts: int
    clock: float
    seconds: float
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
        """``RunStatus.ended``."""
        return self.status.ended


@dataclass(frozen=True, slots=True)
class TrialTable:
    """Trials of one run by column, in order; NaN where a float, -1 where an integer, "" where a text is absent.

    ``cost`` is in quanta. See ``schema.TABLES`` for the columns.
    """

    number: Integers
    asked: Integers
    status: tuple[TrialStatus, ...]
    fidelity: Integers
    target: Integers
    bracket: Integers
    rung: Integers
    continues: Integers
    loss: Floats
    truth: Floats
    reference: Floats
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

    Every row is exact: it sums up all trials before it, recorded or not. ``spent`` is in quanta. What holds at a
    position of ``core.progress`` is the last row that is not beyond it. There is also a row wherever the incumbent
    changes, and after the last trial.
    """

    number: Integers
    spent: Integers
    fidelity: Integers
    clock: Floats
    incumbent: Integers
    incumbent_value: Floats
    losses: Integers
    regret: Floats
    pseudo_regret: Floats

    def __len__(self) -> int:
        return len(self.number)


_INTEGERS = (
    "number", "asked", "fidelity", "target", "bracket", "rung", "continues", "cost", "worker", "incumbent",
    "losses", "spent",
)  # fmt: skip
_TRIAL = tuple(TrialTable.__dataclass_fields__)
_PROGRESS = tuple(ProgressTable.__dataclass_fields__)
FIRST_ERRORS = (
    "SELECT id, first FROM (SELECT id, (SELECT error FROM trial INDEXED BY trial_error"
    " WHERE run = run.id AND error IS NOT NULL ORDER BY number LIMIT 1) AS first FROM run WHERE failed_trials > 0)"
    " WHERE first IS NOT NULL ORDER BY id"
)
_Kinds: TypeAlias = tuple[tuple[str, frozenset[type]], ...]
_WHOLE: frozenset[type] = frozenset({int})
_NUMBER: frozenset[type] = frozenset({int, float})
_TEXT: frozenset[type] = frozenset({str})
_MAYBE: frozenset[type] = frozenset({str, type(None)})
_OF: Mapping[object, frozenset[type]] = {
    int: _WHOLE, bool: _WHOLE, float: _NUMBER, str: _TEXT, Measure: _TEXT, RunStatus: _TEXT, str | None: _MAYBE,
    tuple[Bracket, ...] | None: _MAYBE,
}  # fmt: skip
"""What SQLite gives for a column of such a type."""
_RUN: _Kinds = tuple((field.name, _OF[field.type]) for field in fields(RunRow))
_EXPERIMENT: _Kinds = (("spec", _TEXT), ("status", _TEXT), ("created", _NUMBER), ("seconds", _NUMBER))
_LANDMARK: _Kinds = (("problem", _TEXT), ("name", _TEXT), ("loss", _NUMBER), ("source", _TEXT))
_TRIAL_STATUS = {status.value: status for status in TrialStatus}
_CHUNK = 20_000
"""Rows held as Python objects at a time: a million would take ten times the memory of the arrays they become."""


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
    status: TrialStatus
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
        HpobenchError: no store there, not a store, a damaged one, or one of another version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        try:
            if folder.is_file():
                self.path = folder
            if not self.path.is_file():
                raise trouble.unreadable(self.path)
            try:
                self._open("mode=ro")
            except sqlite3.OperationalError:
                if not trouble.settled(self.path):
                    raise
                self._open("immutable=1")  # nobody may write there, not even a reader's own lock
        except (*trouble.ERRORS, OSError) as error:
            raise trouble.unreadable(self.path, error) from error

    def _open(self, how: str) -> None:
        self._connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?{how}", uri=True, timeout=30)
        try:
            trouble.check(self._connection, self.path)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def version(self) -> int:
        """Another number whenever somebody else has written to the store since the last call."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def manifest(self) -> dict[str, str]:
        """Versions, hardware, threads, checksums: what the results were made with."""
        return dict(self._rows("SELECT key, value FROM manifest ORDER BY key"))

    def experiment(self) -> ExperimentRow:
        rows = self._rows("SELECT spec, status, created, seconds FROM experiment")
        try:
            _check(_EXPERIMENT, rows[0])
            spec, status, created, seconds = rows[0]
            time.localtime(created)  # or complain, if that is no time
            return ExperimentRow(experiment_from_json(spec), ExperimentStatus(status), created, seconds)
        except (
            IndexError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            OSError,
            HpobenchError,
        ) as error:
            raise self._damaged(error) from error

    def runs(self) -> list[RunRow]:
        """Every run of the matrix, in order."""
        names = tuple(RunRow.__dataclass_fields__)
        rows = self._rows(f"SELECT {', '.join(names)} FROM run ORDER BY id")
        try:
            return [_run(names, row) for row in rows]
        except (TypeError, ValueError) as error:
            raise self._damaged(error) from error

    def landmarks(self) -> dict[str, list[Landmark]]:
        """Losses to orient by, by problem."""
        found: dict[str, list[Landmark]] = {}
        rows = self._rows("SELECT problem, name, loss, source FROM landmark")
        try:
            for row in rows:
                _check(_LANDMARK, row)
                found.setdefault(row[0], []).append(Landmark(*row[1:]))
        except (TypeError, ValueError) as error:
            raise self._damaged(error) from error
        return found

    def _damaged(self, error: Exception) -> HpobenchError:
        return trouble.unreadable(self.path, ValueError(f"{type(error).__name__}: {error}"))

    def trials(self, run: int, after: int = -1, columns: Collection[str] = _TRIAL, limit: int = -1) -> TrialTable:
        """The (first ``limit``) recorded trials of a run with a number above ``after``.

        Args:
            columns: Which ones to read; the others are filled with what stands for absent.
        """
        return TrialTable(**self._columns("trial", _TRIAL, columns, run, after, limit))  # type: ignore[arg-type]

    def progress(self, run: int, after: int = -1, columns: Collection[str] = _PROGRESS) -> ProgressTable:
        """Where a run stood after its trials with a number above ``after``; ``columns`` as in :meth:`trials`."""
        return ProgressTable(**self._columns("progress", _PROGRESS, columns, run, after))  # type: ignore[arg-type]

    def ends(self) -> dict[int, ProgressTable]:
        """Run id to its latest row of progress, for the runs that have one."""
        names = ", ".join(_selected(name, "progress.") for name in _PROGRESS)
        rows = self._rows(
            f"SELECT run.id, {names} FROM run CROSS JOIN progress ON progress.run = run.id"
            # a cross join looks each run's last row up, instead of looking at every row
            " AND number = (SELECT max(number) FROM progress AS latest WHERE latest.run = run.id)"
        )
        ends = {}
        for run, *cells in rows:
            columns = {name: self._column(name, (cell,)) for name, cell in zip(_PROGRESS, cells, strict=True)}
            ends[run] = ProgressTable(**columns)  # type: ignore[arg-type]
        return ends

    def recorded(self) -> dict[int, int]:
        """Run id to how many of its trials are recorded one by one."""
        return dict(self._rows("SELECT run, count(*) FROM trial GROUP BY run"))

    def _columns(
        self, table: str, names: Sequence[str], wanted: Collection[str], run: int, after: int, limit: int = -1
    ) -> dict[str, _Column]:
        read = [name for name in names if name in wanted or name == "number"]
        parts: dict[str, list[Any]] = {name: [] for name in read}
        query = (
            f"SELECT {', '.join(map(_selected, read))} FROM {table}"
            " WHERE run = ? AND number > ? ORDER BY number LIMIT ?"
        )
        try:
            cursor = self._connection.execute(query, (run, after, limit))
            while rows := cursor.fetchmany(_CHUNK):
                for name, values in zip(read, zip(*rows, strict=True), strict=True):
                    parts[name].append(self._column(name, values))
        except trouble.ERRORS as error:
            raise trouble.unreadable(self.path, error) from error
        columns = {name: _joined(name, chunks) for name, chunks in parts.items()}
        length = len(columns["number"])
        return {name: columns[name] if name in columns else _absent(name, length) for name in names}

    def _column(self, name: str, values: tuple[Any, ...]) -> _Column:
        try:
            if name == "status":
                return tuple(map(_TRIAL_STATUS.__getitem__, values))
            return np.array(values, dtype=np.int64) if name in _INTEGERS else np.array(values, dtype=np.float64)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise self._damaged(error) from error

    def trial_rows(self, run: int, after: int = -1, limit: int = -1) -> list[TrialRow]:
        """The trials of a run in full, with their configurations."""
        rows = self._rows(
            "SELECT run, number, status, configuration, fidelity, bracket, rung, continues, loss, metrics, cost, error"
            " FROM trial WHERE run = ? AND number > ? ORDER BY number LIMIT ?", run, after, limit,
        )  # fmt: skip
        try:
            return [TrialRow(*_read(row)) for row in rows]
        except (TypeError, ValueError) as error:
            raise self._damaged(error) from error

    def configurations(self, run: int, limit: int) -> Iterator[str]:
        """The configurations of the first ``limit`` recorded trials of a run, as JSON objects, in order."""
        query = "SELECT configuration FROM trial WHERE run = ? ORDER BY number LIMIT ?"
        try:
            for (text,) in self._connection.execute(query, (run, limit)):
                yield text
        except trouble.ERRORS as error:
            raise trouble.unreadable(self.path, error) from error

    def first_errors(self) -> dict[int, str]:
        """Run id to the reason of its first failed trial, for the runs that have one."""
        return {run: str(text).partition("\n")[0] for run, text in self._rows(FIRST_ERRORS)}

    def failures(self) -> Iterator[tuple[int, int | None, str]]:
        """(run, trial or None, whole reason) of everything that failed; the reason's first line says it in short."""
        try:
            for run, trial, text in self._connection.execute(
                "SELECT id, NULL, error FROM run WHERE error IS NOT NULL"
                " UNION ALL SELECT run, number, error FROM trial INDEXED BY trial_error WHERE error IS NOT NULL"
            ):
                yield run, trial, str(text)
        except trouble.ERRORS as error:
            raise trouble.unreadable(self.path, error) from error

    def events(self, after: int = 0, limit: int = 1000) -> list[EventRow]:
        """The latest ``limit`` lines of the log with an id above ``after``, oldest first."""
        rows = self._rows(
            "SELECT id, time, level, run, message FROM event WHERE id > ? ORDER BY id DESC LIMIT ?", after, limit
        )
        return [EventRow(*row) for row in reversed(rows)]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except trouble.ERRORS as error:
            raise trouble.unreadable(self.path, error) from error


def experiments(root: Path) -> list[Path]:
    """The experiment folders below ``root``, newest first."""
    found: Iterable[Path] = root.glob(f"*/{FILE}")
    return [path.parent for path in sorted(found, key=_created, reverse=True)]


def _created(path: Path) -> float:
    """When the experiment was created; of an unreadable one, when its file was changed."""
    try:
        with Reader(path.parent) as reader:
            return float(reader._rows("SELECT created FROM experiment")[0][0])
    except (HpobenchError, IndexError, TypeError, ValueError):
        return path.stat().st_mtime


def _run(names: Sequence[str], row: tuple[Any, ...]) -> RunRow:
    _check(_RUN, row)
    columns = dict(zip(names, row, strict=True))
    for name in ("budget", "quanta_per_unit"):
        if columns[name] < 1:
            raise ValueError(f"column {name} holds {columns[name]}")
    columns["unit"] = Unit(columns["unit"]).value
    columns["status"] = RunStatus(columns["status"])
    columns["measure"] = Measure(columns["measure"])
    columns["plan"] = _plan(columns["plan"])
    columns["error"] = first_line(columns["error"])
    return RunRow(**columns)


def _check(kinds: "_Kinds", row: Sequence[object]) -> None:
    """Complain about a cell that holds what its column cannot: SQLite itself takes anything."""
    for (name, kind), cell in zip(kinds, row, strict=True):
        if type(cell) not in kind or (type(cell) is float and not isfinite(cell)):
            raise ValueError(f"column {name} holds {cell!r}")


def _read(row: tuple[Any, ...]) -> list[Any]:
    """The columns of a trial as :class:`TrialRow` has them."""
    values = list(row)
    if type(values[4]) not in (int, type(None)):
        raise ValueError(f"column fidelity holds {values[4]!r}")
    values[2] = TrialStatus(row[2])
    values[3], values[9], values[11] = from_json(row[3]), json.loads(row[9] or "{}"), first_line(row[11])
    return values


def _plan(text: str | None) -> tuple[Bracket, ...] | None:
    if text is None:
        return None
    return tuple(Bracket(s, tuple(Rung(*rung) for rung in rungs)) for s, rungs in json.loads(text))


def _selected(name: str, table: str = "") -> str:
    return f"ifnull({table}{name}, -1)" if name in _INTEGERS else f"{table}{name}"


def _joined(name: str, chunks: list[Any]) -> _Column:
    if name == "status":
        return tuple(chain.from_iterable(chunks))
    kind: type[np.int64] | type[np.float64] = np.int64 if name in _INTEGERS else np.float64
    joined: NDArray[Any] = np.concatenate(chunks) if chunks else np.empty(0, kind)
    return joined


def _absent(name: str, length: int) -> _Column:
    if name == "status":
        return (TrialStatus.DONE,) * length
    absent: NDArray[Any] = np.broadcast_to(np.int64(-1) if name in _INTEGERS else np.float64(np.nan), length)
    return absent
