"""What of a damaged store is sound, and a new store with it: the rest is to be run again.

A run is sound if its rows are those that were written (``store.seals``); in a store of an earlier version, which has no
digests, if all of it can be read. Whether its books balance is for the caller to say, who has the last word.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hpobench_tui.core.columns import Cell, names
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.records import ReportRow
from hpobench_tui.core.status import ExperimentStatus
from hpobench_tui.store import schema, seals, trouble, writer
from hpobench_tui.store.reader import Reader, RunRow

LOST_MANIFEST = {"manifest": "lost: it was damaged in the store that this one was repaired from"}


@dataclass(frozen=True, slots=True)
class RunFound:
    """One run of the matrix as a damaged store has it.

    Attributes:
        row: None where it cannot be read.
        fault: What is wrong with it; None: it is sound.
    """

    id: int
    problem: str
    label: str
    repetition: int
    row: RunRow | None
    fault: str | None


class Remains:
    """What can be read of a store.

    Raises:
        HpobenchError: its description cannot be, or is not what was written: without it nothing can be saved.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader, self._connection = reader, reader._connection
        self.experiment = reader.experiment().experiment
        try:
            self.sealed = seals.sealed(self._connection)
        except trouble.ERRORS:
            self.sealed = True  # what cannot be read proves nothing
        self._lost = seals.parts_lost(self._connection) if self.sealed else set()
        if "description" in self._lost:
            raise HpobenchError(
                f"nothing of {reader.path} can be saved: the description of its experiment is not what was written, and"
                " all its runs follow from that. Restore it from a copy, or run the experiment again."
            )
        self._log_kept = not self.sealed or seals.log_kept(self._connection)

    @property
    def lost(self) -> list[str]:
        """What is damaged beside runs, in words."""
        parts = [part for part in ("manifest", "landmarks") if part in self._lost]
        return [f"its {part}" for part in parts] + ["its log"] * (not self._log_kept)

    def runs(self, books: Callable[[RunRow], str | None]) -> list[RunFound]:
        """The whole matrix; ``books`` says what is wrong with a run that can be read."""
        found = []
        for number, key in enumerate(self.experiment.runs()):
            row, fault = self._run(number)
            place = key.problem, key.contender.label, key.repetition
            if row is not None and (row.problem, row.label, row.repetition) != place:
                fault = fault or "its row is another run's"
            if row is not None and fault is None:
                try:
                    fault = books(row)
                except HpobenchError as error:
                    fault = str(error)
            found.append(RunFound(number, *place, row, fault))
        return found

    def _run(self, run: int) -> tuple[RunRow | None, str | None]:
        """A run's row and what is wrong with it."""
        try:
            rows = self._reader._records(schema.RUN, RunRow, "WHERE id = ?", run)
        except HpobenchError as error:
            return None, str(error)
        if not rows:
            return None, "its row is missing"
        return rows[0], seals.run_fault(self._connection, run) if self.sealed else self._unreadable(run)

    def _unreadable(self, run: int) -> str | None:
        try:
            self._reader.trial_rows(run)
            self._reader.progress(run)
            self._reader._records(schema.REPORT, ReportRow, "WHERE run = ?", run)
        except HpobenchError as error:
            return str(error)
        return None

    def write(self, folder: Path, runs: list[RunFound], problems: Callable[[str], ProblemInfo], note: str) -> None:
        """Make a store in ``folder``, which must exist, of the runs that are sound, with all others waiting.

        Args:
            problems: Looks a problem up, where a run has to be described anew.
            note: For the log.

        Raises:
            HpobenchError: the folder cannot be written, or a problem is not there.
        """
        again = [run for run in runs if run.fault]
        anew = {run.problem: problems(run.problem) for run in again if not self._described(run)}
        # not of the digests of what a run is from the beginning: those of a sound run of the problem
        targets = {run.problem: self._cells(run.id, None)["targets"] for run in runs if run.fault is None}
        made = {row["id"]: row for row in writer.run_rows(self.experiment, anew)} if anew else {}
        rows = [
            self._cells(run.id, None)
            if run.fault is None
            else self._cells(run.id, seals.IDENTITY) | {"targets": targets.get(run.problem)}
            if self._described(run)
            else made[run.id]
            for run in runs
        ]
        (before,) = self._reader._records(schema.EXPERIMENT, schema.ExperimentRow)
        open_runs = [run for run in runs if run.row is None or run.fault or not run.row.ended]
        status = before.status if not again and self._log_kept else ExperimentStatus.WAITING
        writer.make(
            folder,
            self._table(schema.EXPERIMENT)[0] | {"status": status if open_runs else ExperimentStatus.FINISHED},
            rows,
            manifest=LOST_MANIFEST if "manifest" in self._lost else self._reader.manifest(),
            landmarks=[] if "landmarks" in self._lost else self._table(schema.LANDMARK),
            events=[
                *(self._table(schema.EVENT) if self._log_kept else []),
                {"time": time.time(), "level": "warning", "message": note},
            ],
            fill=lambda connection: self._copy(connection, [run.id for run in runs if run.fault is None]),
        )

    def _described(self, run: RunFound) -> bool:
        """Whether what its row says of its problem, seeds and budget is what was written."""
        return run.row is not None and "runs" not in self._lost

    def _cells(self, run: int, only: tuple[str, ...] | None) -> dict[str, Cell]:
        cells = self._table(schema.RUN, "WHERE id = ?", run)[0]
        return cells if only is None else {name: cells[name] for name in only} | {"status": "waiting"}

    def _table(self, table: schema.Table, rest: str = "", *values: Cell) -> list[dict[str, Cell]]:
        listed = [name for name in names(table.columns) if name not in ("digests", "seal")]
        rows = self._connection.execute(f"SELECT {', '.join(listed)} FROM {table.name} {rest}", values)
        return [dict(zip(listed, row, strict=True)) for row in rows]

    def _copy(self, connection: sqlite3.Connection, runs: list[int]) -> None:
        for run in runs:
            for table in seals.OF_RUNS:
                listed = names(table.columns)
                rows = self._connection.execute(f"SELECT {', '.join(listed)} FROM {table.name} WHERE run = ?", (run,))
                connection.executemany(schema.insert(table, listed), rows)
