"""A new store of runs that were not made here: trials as they come, and what is known of a run once all are there.

Budgets, and with them the positions at which it is written down where a run stood (``core.progress``), are known only
when the last trial was read; so trials are written first, and progress is worked out from them as they are stored.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias

from hpobench_tui.core.columns import Cell, Row, names
from hpobench_tui.core.records import Progress, Reports
from hpobench_tui.store import schema, seals, writer
from hpobench_tui.store.writer import Cells

CHUNK = 10_000

TrialRows: TypeAlias = Iterable[tuple[Row, Iterable[Row]]]
"""Rows of trials as ``core.records.trial_row`` makes them, each with those of its reports."""


class StoredTrial(NamedTuple):
    """What progress is worked out from, of a trial as it is stored."""

    number: int
    status: str
    configuration: str
    fidelity: int | None
    loss: float | None
    truth: float | None
    cost: int
    clock_end: float


class Described(NamedTuple):
    """What is written once all trials are: rows by column.

    Attributes:
        progress: Of a run's row, and its trials: its rows of progress; what they come to is put into its row.
    """

    manifest: Mapping[str, str]
    experiment: Cells
    runs: list[dict[str, Cell]]
    landmarks: Iterable[Cells]
    events: Iterable[Cells]
    progress: Callable[[dict[str, Cell], Iterator[StoredTrial]], Iterator[Row]]


def make(folder: Path, trials: Iterable[TrialRows], described: Callable[[], Described]) -> None:
    """Make a store in ``folder``; all or nothing.

    Args:
        trials: Run by run, from run 0 on.
        described: Asked when all of them were read.

    Raises:
        HpobenchError: the folder cannot be written, or already has a store; or what the others raise.
    """
    with writer.making(folder) as connection:
        for rows in trials:
            _add_trials(connection, iter(rows))
        found = described()
        for run in found.runs:
            rows_of_progress = found.progress(run, _trials(connection, run["id"]))
            statement = schema.insert(schema.PROGRESS, names(Progress))
            connection.executemany(statement, list(rows_of_progress))
        writer.add(connection, found.manifest, found.experiment, found.runs, found.landmarks, found.events)


def _add_trials(connection: sqlite3.Connection, rows: Iterator[tuple[Row, Iterable[Row]]]) -> None:
    listed = seals.LISTED[schema.TRIAL]
    add_report = schema.insert(schema.REPORT, names(Reports))
    while chunk := list(islice(rows, CHUNK)):
        for length in {len(trial) for trial, _ in chunk}:
            statement = schema.insert(schema.TRIAL, listed[:length])
            connection.executemany(statement, [trial for trial, _ in chunk if len(trial) == length])
        connection.executemany(add_report, [report for _, reports in chunk for report in reports])


def _trials(connection: sqlite3.Connection, run: Cell) -> Iterator[StoredTrial]:
    query = f"SELECT {', '.join(StoredTrial._fields)} FROM trial WHERE run = ? ORDER BY number"
    return map(StoredTrial._make, connection.execute(query, (run,)))
