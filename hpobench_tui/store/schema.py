"""The store's tables. ``PRAGMA user_version`` is the schema's version.

``trial`` is what happened, ``progress`` where the run stood after a trial: sums and incumbent over *all* trials, kept
by the run loop, so that every row is exact whatever was left out (``core.records`` describes both, ``core.progress``
says which rows there are). What tables and their columns mean, docs/store.md lists.
"""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import groupby
from math import inf
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from hpobench_tui.core.brackets import Bracket, Rung
from hpobench_tui.core.budget import Unit
from hpobench_tui.core.columns import (
    ABSENT,
    Cell,
    Column,
    Record,
    choice,
    columns,
    flag,
    real,
    real_or_none,
    text,
    text_or_none,
    whole,
    whole_or_none,
)
from hpobench_tui.core.experiment import MAX_RUNS, Experiment
from hpobench_tui.core.measure import Measure
from hpobench_tui.core.records import Progress, Reports, Trials, reason
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.core.targets import COCO
from hpobench_tui.store.experiment_json import experiment_from_json

OneRecord = TypeVar("OneRecord", bound=Record)

VERSION = 5
CHUNK = 1000
"""Rows that are read in one go."""
PAGE_SIZE = 16384


class Manifest:
    """Versions, hardware, threads, the code of problems and optimizers: what the results were made with."""

    key = text("what")
    value = text("as text")


def _moment(seconds: float) -> float:
    time.localtime(seconds)  # or complain, if that is no time
    return seconds


class Experiments:
    """The experiment and where it stands: one row."""

    id = whole("0")
    name = text("of the experiment")
    spec: Column[None, Experiment] = Column("``core.experiment.Experiment``, as JSON", str, read=experiment_from_json)
    status = choice(ExperimentStatus, "where it stands", never=ExperimentStatus.INTERRUPTED)
    created: Column[None, float] = Column("Unix time", float, int, unit="s", read=_moment)
    seconds = real("of supervision so far", unit="s", default=0)
    digests = text_or_none("of what never changes: description, manifest, landmarks, list of runs")
    seal = text_or_none("digest of this row and the log")


def _plan(cell: str | None) -> tuple[Bracket, ...] | None:
    if cell is None:
        return None
    return tuple(Bracket(s, tuple(Rung(*rung) for rung in rungs)) for s, rungs in json.loads(cell))


@lru_cache(1024)
def _targets(cell: str | None) -> tuple[float, ...]:
    if cell is None:
        return COCO
    targets = tuple(map(float, json.loads(cell)))
    if not targets or not all(0 < target < inf for target in targets) or sorted({*targets}) != [*reversed(targets)]:
        raise ValueError(f"no targets: {cell!r}")
    return targets


def _codes(cell: str | None) -> tuple[tuple[int, int], ...]:
    return () if cell is None else tuple((int(number), int(first)) for number, first in json.loads(cell))


class Runs:
    """The runs and where they stand."""

    id = whole("position in the matrix, from 0", least=0, most=MAX_RUNS - 1)
    problem = text("its id")
    optimizer = text("its registered name")
    label = text("what tables show")
    repetition = whole("from 0")
    problem_seed = whole("common to all optimizers")
    optimizer_seed = whole("its own")
    unit = choice(Unit, "of the budget")
    budget = whole("what it may spend", unit="quanta", least=1)
    quanta_per_unit = whole("in a unit of the budget", least=1)
    spent = whole("the ledger, as the worker keeps it", unit="quanta", default=0)
    trials = whole("that have ended", default=0)
    failed_trials = whole("of them, those that failed", default=0)
    fidelity = text_or_none("what a unit of fidelity is; none for a problem without")
    minimum_fidelity = whole("the smallest a trial can have; 1 without fidelity")
    resumable = flag("whether a training can be continued")
    reference = real("the loss that regret is measured against")
    tolerance = real("losses that differ by no more are equal; 0: but for round-off")
    measure = choice(Measure, "what is shown of the problem by default")
    noisy = flag("whether equal configurations may have other losses")
    status = choice(RunStatus, "where it stands")
    attempts = whole("how often a worker was given it", default=0)
    clock = real("of the run, after its last trial", unit="s", default=0)
    seconds = real("real ones that workers spent on it, pauses left out", unit="s", default=0)
    optimizer_seconds = real("of ask and tell", unit="s", default=0)
    plan: Column[None, tuple[Bracket, ...] | None] = Column(
        "planned brackets, as JSON: [[s, [[configurations, fidelity], ...]], ...]", str, type(None), read=_plan
    )
    activity = text_or_none("what the worker does at this moment")
    device = text_or_none("where it runs, or ran last")
    error = reason()
    code: Column[None, tuple[tuple[int, int], ...]] = Column(
        "which code it is of, as JSON: [[number, first trial], ...]; null: number 1 (``manifest``) throughout",
        str, type(None), read=_codes,
    )  # fmt: skip
    digests = text_or_none("columns and digests of its rows of trials, progress and reports")
    seal = text_or_none("digest of this row and the last row of progress")
    revision = whole_or_none("of the store's commits the last that changed this row, so that readers find what is new")
    targets: Column[None, tuple[float, ...]] = Column(
        "regrets that its anytime performance is measured by, from high to low, as JSON; none: COCO's",
        str, type(None), read=_targets,
    )  # fmt: skip


class Landmarks:
    """Losses of known solutions, shown beside results."""

    problem = text("its id")
    name = text("of the solution")
    loss = real("noise-free")
    source = text("where it is from")


class Commands:
    """What front ends left for the supervisor."""

    id = whole("in the order in which they came")
    verb = text("pause, unpause, cancel, extend; the first three also of one run, as in `pause 12`")
    created = real("Unix time", unit="s")
    handled = real_or_none("Unix time", unit="s")
    seal = text_or_none("digest of this row")


class Events:
    """The log."""

    id = whole("in order, from 1")
    time = real("Unix time", unit="s")
    level = text("info, warning, error")
    run = whole_or_none("that it is about")
    message = text("for people")


class ExperimentRow(Experiments, Record):
    """The experiment and where it stands."""

    @property
    def experiment(self) -> Experiment:
        return self.spec


class RunRow(Runs, Record):
    """A run and where it stands."""

    @property
    def progress(self) -> float:
        """Spent share of the budget, 0 to 1; a run that ended by itself is at 1."""
        return 1.0 if self.ended else self.spent / self.budget

    @property
    def ended(self) -> bool:
        """``RunStatus.ended``."""
        return self.status.ended


class LandmarkRow(Landmarks, Record):
    """A known solution of a problem."""


class EventRow(Events, Record):
    """A line of the log."""


class Table(NamedTuple):
    """A table of the store. ``key``: its primary key; ``id`` is SQLite's own row id."""

    name: str
    columns: type
    key: str
    also: str = ""

    def place(self, column: str) -> int:
        """A column's place in the key, from 1; 0: it is not in it."""
        key = self.key.split(", ")
        return key.index(column) + 1 if column in key else 0

    def create(self) -> str:
        """The statement that makes it, with the columns' meanings for whoever opens the file."""
        lines = [f"{_declared(column)}, -- {column.meaning}" for column in columns(self.columns)]
        lines.append(f"PRIMARY KEY ({self.key}){self.also}")
        body = "\n  ".join(lines)
        return f"CREATE TABLE {self.name} (\n  {body}\n){'' if self.key == 'id' else ' WITHOUT ROWID'};\n"


def kind(column: Column[Any, Any]) -> str:
    """A column's type in SQLite."""
    return "TEXT" if str in column.cells else "REAL" if float in column.cells else "INTEGER"


def _declared(column: Column[Any, Any]) -> str:
    default = "" if column.default is None else f" DEFAULT {column.default}"
    return f"{column.name} {kind(column)}{'' if column.nullable else ' NOT NULL'}{default}"


EXPERIMENT = Table("experiment", Experiments, "id", ", CHECK (id = 0)")
RUN = Table("run", Runs, "id", ", UNIQUE (problem, label, repetition)")
TRIAL = Table("trial", Trials, "run, number")
PROGRESS = Table("progress", Progress, "run, number")
REPORT = Table("report", Reports, "run, trial, fidelity")
MANIFEST = Table("manifest", Manifest, "key")
LANDMARK = Table("landmark", Landmarks, "problem, name")
COMMAND = Table("command", Commands, "id")
EVENT = Table("event", Events, "id")
TABLES = (MANIFEST, EXPERIMENT, RUN, LANDMARK, TRIAL, PROGRESS, REPORT, COMMAND, EVENT)

INDEXES = {
    # first reasons, without a look at all trials
    "trial_error": "trial (run, number) WHERE error IS NOT NULL",
    # what is new, without a look at all runs
    "run_revision": "run (revision)",
}
CREATE = "".join(table.create() for table in TABLES) + "".join(
    f"CREATE INDEX {name} ON {on};\n" for name, on in INDEXES.items()
)


def lacking(connection: sqlite3.Connection) -> Iterator[tuple[Table, Column[Any, Any]]]:
    """The columns that a file has not, as it was written before they were thought of, but may do without."""
    for table in TABLES:
        there = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
        gone = [column for column in columns(table.columns) if there and column.name not in there]
        yield from ((table, column) for column in gone if column.nullable or column.default is not None)


def fill_in(connection: sqlite3.Connection) -> None:
    """Let a reader see them: as they are in a new row."""
    for table, pairs in groupby(lacking(connection), key=itemgetter(0)):
        more = ", ".join(f"{'NULL' if c.default is None else c.default} AS {c.name}" for _, c in pairs)
        connection.execute(f"CREATE TEMP VIEW {table.name} AS SELECT *, {more} FROM main.{table.name}")


def add(connection: sqlite3.Connection) -> bool:
    """Give the file what it lacks, if it lacks anything."""
    gone = list(lacking(connection))
    for table, column in gone:
        connection.execute(f"ALTER TABLE {table.name} ADD COLUMN {_declared(column)}")
    there = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'index'")}
    for name in INDEXES.keys() - there:
        connection.execute(f"CREATE INDEX {name} ON {INDEXES[name]}")
    return bool(gone) or not there >= INDEXES.keys()


def insert(table: Table, names: Collection[str]) -> str:
    """The statement that adds a row of cells in that order."""
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def selected(column: Column[Any, Any], table: Table) -> str:
    """A column as it goes into an array: SQLite is quicker than Python at telling what stands for absent."""
    name = f"{table.name}.{column.name}"
    return f"ifnull({name}, {ABSENT})" if column.sentinel else name


def records(
    connection: sqlite3.Connection, table: Table, kind: type[OneRecord], rest: str = "", *values: Cell
) -> list[OneRecord]:
    """Rows of a table in full; ``rest`` says which, and in which order.

    Raises:
        ValueError, TypeError, KeyError, OverflowError, OSError, HpobenchError: a cell cannot be.
    """
    return list(each_record(connection, table, kind, rest, *values))


def each_record(
    connection: sqlite3.Connection, table: Table, kind: type[OneRecord], rest: str = "", *values: Cell
) -> Iterator[OneRecord]:
    """The same, read as they are looked at: all cells at once would take as much room as all records."""
    of = columns(kind)
    query = f"SELECT {', '.join(column.name for column in of)} FROM {table.name} {rest}"
    cursor = connection.execute(query, values)
    known: dict[object, object] = {}
    while rows := cursor.fetchmany(CHUNK):
        yield from kind.read(rows, of, known)
