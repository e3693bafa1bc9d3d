"""What a store must still hold: digests of all that was written, kept beside it in the same transactions.

* ``run.digests``: of the run's rows of ``trial``, ``progress`` and ``report``, each in the order of their keys.
* ``run.seal``: of the run's row itself (its digests too) with its last row of progress: what tables show, checked
  without a look at the trials.
* ``experiment.digests``: of what never changes: the description, the manifest, the landmarks, and which runs there are.
* ``experiment.seal``: of the experiment's row (its digests too) and the log. ``command.seal``: of a command.

A digest is BLAKE2b of the cells as ``marshal`` writes them in its version 2, in which equal cells give equal bytes: one
call for thousands of rows, floats to the last bit. The rows of a run are hashed as they come, so that their digest
does not depend on the batches. Digests say how many columns the rows had: a column of them that is thought of later
comes last, and leaves those of older rows right; so does one of runs or experiments that is in its default.

They tell accidents and careless hands, not a forger: whoever can write the file can write digests too.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from hpobench_tui.core.columns import Cell, Row, columns, groups, marshalled, names
from hpobench_tui.core.describe import brief, message
from hpobench_tui.core.records import TRIAL_CELLS
from hpobench_tui.store import schema, trouble

OF_RUNS = (schema.TRIAL, schema.PROGRESS, schema.REPORT)
"""The tables whose rows belong to runs."""
LISTED = {
    schema.TRIAL: [column.name for column in TRIAL_CELLS],
    **{table: names(table.columns) for table in (schema.PROGRESS, schema.REPORT)},
}
"""Their columns, in the order of a row."""
IDENTITY = (
    "id", "problem", "optimizer", "label", "repetition", "problem_seed", "optimizer_seed", "unit", "budget",
    "quanta_per_unit", "fidelity", "minimum_fidelity", "resumable", "reference", "tolerance", "measure", "noisy",
)  # fmt: skip
"""What a run is, from the beginning."""
OF_PROBLEM = (
    "unit", "quanta_per_unit", "fidelity", "minimum_fidelity", "resumable", "reference", "tolerance", "measure",
    "noisy",
)  # fmt: skip
"""Of that, what is equal for all runs on a problem, and is its description's."""
WORDS = {
    "description": "its description (name, spec, moment) is",
    "manifest": "its manifest is",
    "landmarks": "its landmarks are",
    "runs": "its list of runs (problems, optimizers, seeds, budgets) is",
}
"""What never changes of an experiment unless it is extended, by part."""
PARTS = {
    "description": "SELECT id, name, spec, created FROM experiment",
    "manifest": "SELECT key, value FROM manifest ORDER BY key",
    "landmarks": "SELECT problem, name, loss, source FROM landmark ORDER BY problem, name",
    "runs": f"SELECT {', '.join(IDENTITY)} FROM run ORDER BY id",
}
_SHORTER = [sum(map(len, groups(schema.TRIAL.columns)[: n + 1])) for n in range(len(groups(schema.TRIAL.columns)))]
"""The lengths that a trial's row may have."""
ROW_CHANGED = "its row, or the end of its progress, is not what was written"
_CHUNK = 20_000
_SIZE = 16
_HEAD = 5
"""Bytes that ``marshal`` puts before the elements of a list."""
_ZERO, _NEGATIVE = marshalled(0.0), marshalled(-0.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is no longer as it was written; ``run``: the id of the run that it costs, None where it costs all."""

    run: int | None
    text: str


def digest(*cells: object) -> str:
    """Of plain values, in hexadecimal."""
    return blake2b(marshalled(cells), digest_size=_SIZE).hexdigest()


@dataclass(slots=True)
class Chain:
    """The digests of a run's rows, as they are added in the order of their keys.

    >>> rows = [(0, 0, 1.5), (0, 1, None)]
    >>> whole, pieces = Chain((3, 0, 0)), Chain((3, 0, 0))
    >>> whole.add(0, rows)
    >>> for row in rows: pieces.add(0, [row])
    >>> whole.digests == pieces.digests
    True
    """

    widths: tuple[int, ...] = tuple(map(len, LISTED.values()))
    last: list[Row] = field(default_factory=lambda: [()] * len(OF_RUNS))
    """The last row of each table."""
    _hashes: list[Any] = field(default_factory=lambda: [blake2b(digest_size=_SIZE) for _ in OF_RUNS])

    def add(self, table: int, rows: Sequence[Row], written: bytes | None = None) -> None:
        """``written``: the list of rows, marshalled, where that was done already."""
        if rows:
            # A store does not keep the sign of zero.
            self._hashes[table].update((written or marshalled(rows))[_HEAD:].replace(_NEGATIVE, _ZERO))
            self.last[table] = rows[-1]

    @property
    def digests(self) -> str:
        """For the run's row: how wide the rows are, and the digest of each table's."""
        return " ".join([".".join(map(str, self.widths)), *(each.hexdigest() for each in self._hashes)])

    def disagrees(self, digests: str) -> bool:
        """Whether digests of rows as wide as these are others."""
        own = self.digests.partition(" ")[0]
        return digests.partition(" ")[0] == own and digests != self.digests

    @classmethod
    def of(cls, connection: sqlite3.Connection, run: int, digests: str | None = None) -> "Chain":
        """From what the store holds of a run; ``digests``: those that its rows should have.

        Raises:
            ValueError: such digests there are not.
        """
        chain = cls(_widths(digests)) if digests else cls()
        for place, (table, width) in enumerate(zip(OF_RUNS, chain.widths, strict=True)):
            listed = ", ".join(LISTED[table][:width])
            cursor = connection.execute(f"SELECT {listed} FROM {table.name} WHERE run = ? ORDER BY {table.key}", (run,))
            while rows := cursor.fetchmany(_CHUNK):
                chain.add(place, rows if place else _shortened(rows, width))
        return chain


def _widths(digests: str) -> tuple[int, ...]:
    widths = tuple(map(int, digests.partition(" ")[0].split(".")))
    if not all(0 < width <= len(LISTED[table]) for table, width in zip(OF_RUNS, widths, strict=True)):
        raise ValueError(f"no digests: {digests!r}")
    return widths


def _shortened(rows: Sequence[Row], width: int) -> list[Row]:
    """Rows of trials as they were given: without the groups of columns at their end that say nothing."""
    usual, marked = _SHORTER[:2]
    no_marks, nothing_rare = (None,) * (marked - usual), (None,) * (width - marked)
    return [
        row if row[marked:] != nothing_rare else row[:marked] if row[usual:marked] != no_marks else row[:usual]
        for row in rows
    ]


def ordered(rows: Sequence[Row], table: schema.Table) -> list[Row]:
    """Rows in the order of their keys; of those with one key the last, as the store keeps it."""
    length = len(table.key.split(","))
    if table is not schema.TRIAL and len(by_key := {row[:length]: row for row in rows}) < len(rows):
        rows = list(by_key.values())
    return sorted(rows)  # keys differ, so that nothing beyond them is compared


def follows(table: schema.Table, last: Row, rows: Sequence[Row]) -> bool:
    """Whether rows come after the last one."""
    length = len(table.key.split(","))
    return not rows or rows[0][:length] > last[:length]


def seal_run(connection: sqlite3.Connection, run: int) -> None:
    """Note what a run's row, and its last row of progress, hold by now."""
    ((_, seal),) = _run_seals(connection, "WHERE run.id = ?", run)
    connection.execute("UPDATE run SET seal = ? WHERE id = ?", (seal, run))


def _run_seals(connection: sqlite3.Connection, where: str = "", *values: Cell) -> Iterator[tuple[dict[str, Cell], str]]:
    """Each run's row by name, and the seal that it should have."""
    progress = names(schema.PROGRESS.columns)
    cursor = connection.execute(
        f"SELECT run.*, {', '.join(f'progress.{name}' for name in progress)} FROM run LEFT JOIN progress"
        " ON progress.run = run.id AND"
        f" number = (SELECT max(number) FROM progress AS latest WHERE latest.run = run.id) {where} ORDER BY run.id",
        values,
    )
    listed = [description[0] for description in cursor.description[: -len(progress)]]
    for row in cursor:
        cells = dict(zip(listed, row, strict=False))
        yield cells, digest(_stated(cells, _RUN_DEFAULTS), row[len(listed) :])


_RUN_DEFAULTS = {column.name: column.default for column in columns(schema.RUN.columns)}
_EXPERIMENT_DEFAULTS = {column.name: column.default for column in columns(schema.EXPERIMENT.columns)}


def _stated(cells: Mapping[str, Cell], defaults: Mapping[str, Cell]) -> tuple[object, ...]:
    """The cells of a row that say something, by name, but its seal."""
    return tuple(sorted((name, cell) for name, cell in cells.items() if cell != defaults[name] and name != "seal"))


def seal_experiment(connection: sqlite3.Connection, log: Any) -> None:
    """Note what the experiment's row holds by now; ``log``: the hash of the log (:func:`log_of`)."""
    connection.execute("UPDATE experiment SET seal = ?", (_experiment_seal(connection, log),))


def _experiment_seal(connection: sqlite3.Connection, log: Any) -> str:
    return digest(_stated(_row(connection, "experiment"), _EXPERIMENT_DEFAULTS), log.hexdigest())


def _row(connection: sqlite3.Connection, table: str) -> dict[str, Cell]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    row = cursor.fetchone()
    return dict(zip([description[0] for description in cursor.description], row, strict=True)) if row else {}


def log_of(connection: sqlite3.Connection) -> Any:
    """A hash of the log, to which :func:`log_line` adds a line."""
    log = blake2b(digest_size=_SIZE)
    for row in connection.execute("SELECT id, time, level, run, message FROM event ORDER BY id"):
        log_line(log, row)
    return log


def log_line(log: Any, row: Row) -> None:
    log.update(marshalled(row))


def command_seal(connection: sqlite3.Connection, command: int) -> str:
    """The seal that a command should have."""
    (row,) = connection.execute("SELECT id, verb, created, handled FROM command WHERE id = ?", (command,))
    return digest(row)


def part_digest(connection: sqlite3.Connection, part: str) -> str:
    """Of one part of what never changes."""
    return digest(connection.execute(PARTS[part]).fetchall())


def seal_parts(connection: sqlite3.Connection) -> None:
    """Note what never changes: in a new store, or when it is extended, or its code is another from now on."""
    parts = [part_digest(connection, part) for part in PARTS]
    connection.execute("UPDATE experiment SET digests = ?", (" ".join(parts),))


def seal_new_run(connection: sqlite3.Connection, run: int) -> None:
    """Note what a run holds that nobody has worked on."""
    connection.execute("UPDATE run SET digests = ? WHERE id = ?", (Chain().digests, run))
    seal_run(connection, run)


def seal_all(connection: sqlite3.Connection) -> None:
    """Note what a whole store holds: a new one, or one of an earlier version that is gone on with."""
    seal_parts(connection)
    for (run,) in connection.execute("SELECT id FROM run ORDER BY id").fetchall():
        connection.execute("UPDATE run SET digests = ? WHERE id = ?", (Chain.of(connection, run).digests, run))
        seal_run(connection, run)
    for (command,) in connection.execute("SELECT id FROM command").fetchall():
        seal_command(connection, command)
    seal_experiment(connection, log_of(connection))


def seal_command(connection: sqlite3.Connection, command: int) -> None:
    connection.execute("UPDATE command SET seal = ? WHERE id = ?", (command_seal(connection, command), command))


def sealed(connection: sqlite3.Connection) -> bool:
    """Whether a store has digests: one of an earlier version has none at all."""
    ((count,),) = connection.execute(
        "SELECT (SELECT count(*) FROM experiment WHERE digests IS NOT NULL OR seal IS NOT NULL)"
        " + (SELECT count(*) FROM run WHERE digests IS NOT NULL OR seal IS NOT NULL)"
    )
    return bool(count)


def faults(connection: sqlite3.Connection, whole: bool) -> Iterator[Fault]:
    """What a sealed store no longer holds as it was written; one without digests has at most damaged pages.

    Args:
        whole: Look at every row, in time linear in them; else at runs and the ends of their progress, and at what all
            builds on.
    """
    if whole:
        yield from _of_all(_integrity, connection)
    try:
        if not sealed(connection):
            return
    except trouble.ERRORS:
        pass  # what cannot be read is said below
    yield from _of_all(_of_experiment, connection, whole)
    digests: dict[int, str | None] = {}
    try:
        for cells, right in _run_seals(connection):
            run: Any = cells["id"]
            digests[run] = cells["digests"]  # type: ignore[assignment]
            if cells["seal"] != right:
                yield Fault(run, ROW_CHANGED)
    except trouble.ERRORS as error:
        yield Fault(None, f"its runs cannot be read: {message(error)}")
    if whole:
        for run, own in digests.items():
            if wrong := rows_fault(connection, run, own):
                yield Fault(run, wrong)
        yield from _of_all(_strays, connection, digests)


def run_fault(connection: sqlite3.Connection, run: int) -> str | None:
    """What of one run is no longer as it was written."""
    try:
        for cells, right in _run_seals(connection, "WHERE run.id = ?", run):
            if cells["seal"] != right:
                return ROW_CHANGED
            return rows_fault(connection, run, cells["digests"])  # type: ignore[arg-type]
    except trouble.ERRORS as error:
        return f"it cannot be read: {message(error)}"
    return "its row is missing"


def rows_fault(connection: sqlite3.Connection, run: int, digests: str | None) -> str | None:
    """What is wrong with a run's rows of trials, progress and reports, which should have these digests."""
    if digests is None:
        return "it has lost its digests"
    try:
        there = Chain.of(connection, run, digests).digests
    except ValueError:
        return "its digests are damaged"
    except trouble.ERRORS as error:
        return f"its rows cannot be read: {message(error)}"
    if there == digests:
        return None
    pairs = zip(OF_RUNS, there.split()[1:], digests.split()[1:], strict=False)
    changed = [table.name for table, one, other in pairs if one != other]
    return f"its rows of {' and '.join(changed) or 'trial'} are not those that were written"


def parts_lost(connection: sqlite3.Connection) -> set[str]:
    """Which parts of what never changes are not what was written (``experiment.digests``)."""
    try:
        stated = str(_row(connection, "experiment").get("digests")).split()
    except trouble.ERRORS:
        stated = []
    return {part for place, part in enumerate(PARTS) if stated[place : place + 1] != [_part_there(connection, part)]}


def _part_there(connection: sqlite3.Connection, part: str) -> str | None:
    try:
        return part_digest(connection, part)
    except trouble.ERRORS:
        return None


def log_kept(connection: sqlite3.Connection) -> bool:
    """Whether the log, and where the experiment stands, are what was written."""
    try:
        return bool(_row(connection, "experiment").get("seal") == _experiment_seal(connection, log_of(connection)))
    except trouble.ERRORS:
        return False


def _integrity(connection: sqlite3.Connection) -> Iterator[str]:
    ((text,),) = connection.execute("PRAGMA integrity_check(1)")
    if text != "ok":
        yield f"the file is damaged: {' '.join(str(text).split())}"


def _of_experiment(connection: sqlite3.Connection, whole: bool) -> Iterator[str]:
    for part in sorted(parts_lost(connection)):
        yield f"{WORDS[part]} not what was written"
    if not whole:
        return
    if not log_kept(connection):
        yield "where it stands, or its log, is not what was written"
    for command, seal in connection.execute("SELECT id, seal FROM command").fetchall():
        if seal != command_seal(connection, command):
            yield f"command {command} is not what was written"


def _strays(connection: sqlite3.Connection, runs: Collection[int]) -> Iterator[str]:
    """Rows of runs that there are not."""
    for table in OF_RUNS:
        after: object = -(2**63)
        # the next run each time, instead of a look at every row
        query = f"SELECT run FROM {table.name} WHERE run > ? ORDER BY run LIMIT 1"
        while row := connection.execute(query, (after,)).fetchone():
            (after,) = row
            if after not in runs:
                yield f"there are rows of {table.name} of a run {brief(after)}, which it does not have"
                break


def _of_all(look: Callable[..., Iterator[str]], *arguments: object) -> Iterator[Fault]:
    """What is wrong with what all runs build on; also where that cannot be read."""
    try:
        yield from (Fault(None, text) for text in look(*arguments))
    except trouble.ERRORS as error:
        yield Fault(None, f"it cannot be read: {message(error)}")
