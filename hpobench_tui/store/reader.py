"""Reading a store: any number of processes, while the supervisor writes."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from hpobench_tui.core.columns import Cell, Column, Floats, Frame, Integers, Record, columns
from hpobench_tui.core.describe import message
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import MAX_RUNS
from hpobench_tui.core.imported import Imported, from_manifest
from hpobench_tui.core.problem import Landmark
from hpobench_tui.core.records import ProgressTable, ReportRow, TrialRow, TrialTable
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store import opening, schema, seals, trouble
from hpobench_tui.store.ends import Ends
from hpobench_tui.store.schema import EventRow, ExperimentRow, RunRow
from hpobench_tui.store.seals import Fault

__all__ = [
    "FILE",
    "EventRow",
    "ExperimentRow",
    "Fault",
    "Floats",
    "Integers",
    "ProgressTable",
    "Reader",
    "RunRow",
    "TrialRow",
    "TrialTable",
    "experiments",
]

FILE = "experiment.sqlite"
_CHUNK = 20_000
"""Rows held as Python objects at a time: a million would take ten times the memory of the arrays they become."""
FIRST_ERRORS = (
    "SELECT id, first FROM (SELECT id, (SELECT error FROM main.trial INDEXED BY trial_error"
    " WHERE run = run.id AND error IS NOT NULL ORDER BY number LIMIT 1) AS first FROM run WHERE failed_trials > 0)"
    " WHERE first IS NOT NULL ORDER BY id"
)
_UNLIKELY = (
    TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, OSError, RecursionError,
    HpobenchError,
)  # fmt: skip
"""What reading cells that cannot be ends in."""

OneRecord = TypeVar("OneRecord", bound=Record)
OneFrame = TypeVar("OneFrame", bound=Frame)


class Reader:
    """An open store. Closing it is the caller's task (``with Reader(folder) as reader:``).

    Args:
        damaged: Open also what has lost its end, or has more in it than a store, for what can still be read of it.

    Raises:
        HpobenchError: no store there, not a store, a damaged one, or one of another version.
    """

    def __init__(self, folder: Path, damaged: bool = False) -> None:
        self._damaged = damaged
        self._runs: tuple[int, list[RunRow]] | None = None
        """As of which version of the store: ten thousand take a quarter of a second."""
        self.folder = folder
        self.path = folder / FILE
        try:
            if folder.is_file():
                self.path = folder
            if not self.path.is_file():
                raise trouble.unreadable(self.path)
            try:
                self._open("ro")
            except sqlite3.OperationalError:
                if trouble.settled(self.path):
                    self._open("immutable")  # nobody may write there, not even a reader's own lock
                else:
                    opening.recover(self.path)  # a journal that a kill has left needs somebody who may write
                    self._open("ro")
        except (*trouble.ERRORS, OSError) as error:
            raise trouble.unreadable(self.path, error) from error

    def _open(self, how: str) -> None:
        self._connection = opening.connect(self.path, how, damaged=self._damaged)
        try:
            trouble.check(self._connection, self.path, self._damaged)
            schema.fill_in(self._connection)
            self._connection.execute("PRAGMA query_only = ON")
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @property
    def sealed(self) -> bool:
        """Whether it has digests (``store.seals``), as all have but those of earlier versions."""
        with self.readable():
            return seals.sealed(self._connection)

    def faults(self, whole: bool = True) -> list[Fault]:
        """What is no longer as it was written; nothing of a store without digests but damaged pages.

        Args:
            whole: Look at every row (2 µs each); else at what tables show: runs, the ends of their progress, and what
                all builds on.

        Raises:
            HpobenchError: what it describes cannot be read at all.
        """
        experiment = self.experiment().experiment
        optimizers = {contender.label: contender.optimizer for contender in experiment.contenders}
        skipped = {(problem, label) for problem, label, _ in experiment.skipped}
        repetitions = set(experiment.repetitions_here())
        found, gaps = list[Fault](), False
        for place, run in enumerate(self.each_run()):
            gaps = gaps or run.id != place
            if (
                run.problem not in experiment.budgets
                or run.problem not in experiment.problems
                or optimizers.get(run.label) != run.optimizer
                or (run.problem, run.label) in skipped
                or run.repetition not in repetitions
            ):
                has_no = f"the experiment's description has no {run.label} ({run.optimizer}) on {run.problem}"
                found.append(Fault(run.id, f"{has_no} with a repetition {run.repetition}"))
        if gaps:
            found.append(Fault(None, "its runs are not numbered 0, 1, 2, …: some are missing"))
        with self.moment():
            return found + list(seals.faults(self._connection, whole))

    @contextmanager
    def moment(self) -> Iterator[None]:
        """What is read inside is as it was at one moment, also while it is written; not for long, as the log grows."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.rollback()

    def refuse_changed(self) -> None:
        """Raises :class:`HpobenchError` if anything is not as it was written, and names it."""
        if faults := self.faults():
            raise trouble.changed(self.path, self.in_words(faults))

    def remark(self, whole: bool) -> str | None:
        """A line for people who look at what is no longer as it was written; None if all is."""
        if not (faults := self.faults(whole)):
            return None
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return (
            f"NOT as it was written: {self.in_words(faults[:1])[0]}{more}. `hpobench audit {self.folder}` lists all,"
            f" `hpobench repair {self.folder}` saves what is sound."
        )

    def in_words(self, faults: Iterable[Fault]) -> list[str]:
        """Faults with the runs that they are of."""
        names = {run.id: f"{run.label} on {run.problem}, repetition {run.repetition}" for run in self.runs()}
        return [fault.text if fault.run is None else f"{names.get(fault.run)}: {fault.text}" for fault in faults]

    def changes(self) -> int:
        """Another number whenever somebody else has written to the store since the last call."""
        ((number,),) = self._rows("PRAGMA data_version")
        return int(number)

    def manifest(self) -> dict[str, str]:
        """Versions, hardware, threads, checksums: what the results were made with."""
        return dict(self.stored(schema.MANIFEST, ("key", "value"), "ORDER BY key"))

    @property
    def imported(self) -> Imported | None:
        """Where its results were imported from; None: they were made here."""
        return from_manifest(self.manifest())

    def refuse_imported(self, what: str) -> None:
        """Raise :class:`HpobenchError` if its results were imported, so that one cannot do ``what`` with it."""
        if (imported := self.imported) is not None:
            raise HpobenchError(
                f"{self.folder.name} was {imported}; so one cannot {what} it. `hpobench show` puts it beside others."
            )

    @property
    def name(self) -> str:
        """Of the experiment."""
        return str(self.experiment().name)

    @property
    def simulated(self) -> bool:
        """Whether the runs' clocks are simulated."""
        return self.experiment().experiment.simulation is not None

    def experiment(self) -> ExperimentRow:
        with self.readable():
            (row,) = schema.records(self._connection, schema.EXPERIMENT, ExperimentRow)
            return row

    def runs(self) -> list[RunRow]:
        """Every run of the matrix, in order."""
        version = self.changes()
        if self._runs is None or self._runs[0] != version:
            self._runs = version, self._records(schema.RUN, RunRow, "ORDER BY id")
        return list(self._runs[1])

    def each_run(self) -> Iterator[RunRow]:
        """The same one after another, which are not kept here: for who has them, or looks at each once."""
        if self._runs is not None and self._runs[0] == self.changes():
            yield from self._runs[1]
            return
        with self.readable():
            yield from schema.each_record(self._connection, schema.RUN, RunRow, "ORDER BY id")

    def run(self, run: int) -> RunRow:
        """One run.

        Raises:
            HpobenchError: there is none of that id.
        """
        for row in self._records(schema.RUN, RunRow, "WHERE id = ?", run):
            return row
        ((count,),) = self._rows("SELECT count(*) FROM run")
        raise HpobenchError(f"there is no run {run}: {self.folder.name} has {count}, numbered from 0.")

    def tally(self) -> tuple[Counter[RunStatus], int, int]:
        """How many runs stand where, and how many trials have ended, and failed: without reading each run."""
        rows = self._rows("SELECT status, count(*), sum(trials), sum(failed_trials) FROM run GROUP BY status")
        with self.readable():
            statuses = Counter({RunStatus(status): int(count) for status, count, _, _ in rows})
            return statuses, sum(int(trials) for _, _, trials, _ in rows), sum(int(failed) for *_, failed in rows)

    def runs_since(self, revision: int, known: int) -> list[RunRow]:
        """The runs that were changed by a later commit, and those beyond the ``known`` first ones."""
        where = "WHERE id IN (SELECT id FROM run WHERE revision > ? UNION SELECT id FROM run WHERE id >= ?) ORDER BY id"
        return self._records(schema.RUN, RunRow, where, revision, known)

    def standing(self) -> tuple[ExperimentStatus, float, str | None]:
        """Of the experiment, what changes: its status and seconds; and the digests of what should not."""
        ((status, seconds, digests),) = self._rows("SELECT status, seconds, digests FROM experiment")
        with self.readable():
            return ExperimentStatus(status), float(seconds), digests

    def asked(self) -> bool:
        """Whether a supervisor has been asked for something that it has not noticed yet."""
        return bool(self._rows("SELECT 1 FROM command WHERE handled IS NULL LIMIT 1"))

    def landmarks(self) -> dict[str, list[Landmark]]:
        """Losses to orient by, by problem."""
        found: dict[str, list[Landmark]] = {}
        for mark in self._records(schema.LANDMARK, schema.LandmarkRow):
            found.setdefault(mark.problem, []).append(Landmark(mark.name, mark.loss, mark.source))
        return found

    def trials(self, run: int, after: int = -1, columns: Collection[str] | None = None, limit: int = -1) -> TrialTable:
        """The (first ``limit``) recorded trials of a run with a number above ``after``.

        Args:
            columns: Which to read; None: all that go into arrays. ``number`` always is.
        """
        return self._frame(schema.TRIAL, TrialTable, columns, run, after, limit)

    def progress(self, run: int, after: int = -1, columns: Collection[str] | None = None) -> ProgressTable:
        """Where a run stood after its trials with a number above ``after``; ``columns`` as in :meth:`trials`."""
        return self._frame(schema.PROGRESS, ProgressTable, columns, run, after)

    def end(self, run: int, spent: int) -> ProgressTable:
        """The last row of progress of a run with no more than that many quanta spent; of length 0 if there is none."""
        of = ProgressTable.columns()
        query = (
            f"SELECT {', '.join(schema.selected(column, schema.PROGRESS) for column in of)} FROM progress"
            " WHERE run = ? AND spent <= ? ORDER BY number DESC LIMIT 1"
        )
        rows = self._rows(query, run, spent)
        with self.readable():
            return _arrays(ProgressTable, of, rows)

    def ends(self, first: int = 0, last: int = MAX_RUNS) -> Ends:
        """Run id to its latest row of progress, for the runs of these ids (both included) that have one."""
        of = ProgressTable.columns()
        rows = self._rows(
            f"SELECT run.id, {', '.join(schema.selected(column, schema.PROGRESS) for column in of)}"
            " FROM run CROSS JOIN progress ON progress.run = run.id"
            # a cross join looks each run's last row up, instead of looking at every row
            " AND number = (SELECT max(number) FROM progress AS latest WHERE latest.run = run.id)"
            " WHERE run.id BETWEEN ? AND ?",
            first,
            last,
        )
        with self.readable():
            table = _arrays(ProgressTable, of, [cells for _, *cells in rows])
            return Ends(np.array([run for run, *_ in rows], dtype=np.int64), table)

    def recorded(self) -> dict[int, int]:
        """Run id to how many of its trials are recorded one by one."""
        rows = self._rows("SELECT run, count(*) FROM trial GROUP BY run")
        with self.readable():
            RunRow.id.check([run for run, _ in rows])
        return dict(rows)

    def trial_rows(self, run: int, after: int = -1, limit: int = -1) -> list[TrialRow]:
        """The trials of a run in full, with their configurations."""
        where = "WHERE run = ? AND number > ? ORDER BY number LIMIT ?"
        return self._records(schema.TRIAL, TrialRow, where, run, after, limit)

    def cells(
        self, kind: type[TrialRow] | type[ReportRow], run: int, names: Sequence[str], before: int, after: int = -1
    ) -> Iterator[Sequence[Sequence[Cell]]]:
        """What is stored of the trials of a run with a number above ``after`` and below ``before`` (or of their
        reports), column by column, in pieces of some rows: texts and JSON as they are, for whoever takes a million."""
        table = schema.TRIAL if kind is TrialRow else schema.REPORT
        number = "number" if kind is TrialRow else "trial"
        read: list[Column[Any, Any]] = [getattr(kind, name) for name in names]
        query = (
            f"SELECT {', '.join(names)} FROM {table.name} WHERE run = ? AND {number} > ? AND {number} < ?"
            f" ORDER BY {table.key}"
        )
        with self.readable():
            cursor = self._connection.execute(query, (run, after, before))
            while rows := cursor.fetchmany(_CHUNK):
                piece = list(zip(*rows, strict=True))
                for column, cells in zip(read, piece, strict=True):
                    column.check(cells)
                yield piece

    def configurations(self, run: int, limit: int) -> Iterator[str]:
        """The configurations of the first ``limit`` recorded trials of a run, as JSON objects, in order."""
        query = "SELECT configuration FROM trial WHERE run = ? ORDER BY number LIMIT ?"
        return (text for (text,) in self._each(query, run, limit))

    def first_errors(self) -> dict[int, str]:
        """Run id to the reason of its first failed trial, for the runs that have one."""
        return {run: str(text).partition("\n")[0] for run, text in self._rows(FIRST_ERRORS)}

    def failures(self) -> Iterator[tuple[int, int | None, str]]:
        """(run, trial or None, whole reason) of everything that failed; the reason's first line says it in short."""
        for run, trial, text in self._each(
            "SELECT id, NULL, error FROM run WHERE error IS NOT NULL"
            " UNION ALL SELECT run, number, error FROM main.trial INDEXED BY trial_error WHERE error IS NOT NULL"
        ):
            with self.readable():
                RunRow.id.check((run,))
                TrialRow.number.check(() if trial is None else (trial,))
            yield run, trial, str(text)

    def events(self, after: int = 0, limit: int = 1000) -> list[EventRow]:
        """The latest ``limit`` lines of the log with an id above ``after``, oldest first."""
        return self._records(schema.EVENT, EventRow, "WHERE id > ? ORDER BY id DESC LIMIT ?", after, limit)[::-1]

    def _records(self, table: schema.Table, kind: type[OneRecord], rest: str = "", *values: Cell) -> list[OneRecord]:
        with self.readable():
            return schema.records(self._connection, table, kind, rest, *values)

    def _frame(
        self, table: schema.Table, kind: type[OneFrame], names: Collection[str] | None, run: int, after: int,
        limit: int = -1,
    ) -> OneFrame:  # fmt: skip
        every = kind.columns()
        if names is not None and (unknown := set(names) - {column.name for column in every}):
            raise KeyError(f"{table.name} has no column {', '.join(sorted(unknown))} that goes into arrays")
        read = [column for column in every if names is None or column.name in names or column.name == "number"]
        query = (
            f"SELECT {', '.join(schema.selected(column, table) for column in read)} FROM {table.name}"
            " WHERE run = ? AND number > ? ORDER BY number LIMIT ?"
        )
        parts = []
        with self.readable():
            cursor = self._connection.execute(query, (run, after, limit))
            while rows := cursor.fetchmany(_CHUNK):
                parts.append(_arrays(kind, read, rows))
            return kind.joined(parts) if parts else _arrays(kind, read, [])

    def stored(
        self, table: schema.Table, listed: Sequence[str], rest: str = "", *values: Cell
    ) -> Iterator[tuple[Any, ...]]:
        """Cells as they are, row by row, each one that its column can hold; ``rest`` as in ``schema.records``."""
        of = {column.name: column for column in columns(table.columns)}
        with self.readable():
            cursor = self._connection.execute(f"SELECT {', '.join(listed)} FROM {table.name} {rest}", values)
            while rows := cursor.fetchmany(_CHUNK):
                for name, cells in zip(listed, zip(*rows, strict=True), strict=True):
                    of[name].check(cells)
                yield from rows

    def _rows(self, query: str, *values: Cell) -> list[tuple[Any, ...]]:
        return list(self._each(query, *values))

    def _each(self, query: str, *values: Cell) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except trouble.ERRORS as error:
            raise trouble.unreadable(self.path, error) from error

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Says of a store that cannot be read what is wrong with it."""
        try:
            yield
        except trouble.ERRORS as error:
            raise trouble.unreadable(self.path, error) from error
        except _UNLIKELY as error:
            said = ValueError(f"{type(error).__name__}: {message(error)}")
            raise trouble.unreadable(self.path, said) from error


def _arrays(kind: type[OneFrame], read: Sequence[Column[Any, Any]], rows: Sequence[Sequence[Cell]]) -> OneFrame:
    cells: Iterable[Sequence[Cell]] = zip(*rows, strict=True) if rows else [()] * len(read)
    return kind(**{column.name: column.array(values) for column, values in zip(read, cells, strict=True)})


def experiments(root: Path) -> list[Path]:
    """The experiment folders below ``root``, newest first."""
    found: Iterable[Path] = root.glob(f"*/{FILE}")
    return [path.parent for path in sorted(found, key=_created, reverse=True)]


def _created(path: Path) -> float:
    """When the experiment was created; of an unreadable one, when its file was changed."""
    try:
        with Reader(path.parent) as reader:
            ((created,),) = reader._rows("SELECT created FROM experiment")
            return float(created)
    except (HpobenchError, TypeError, ValueError):
        pass
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
