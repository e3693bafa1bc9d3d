"""Writing a store. Only the supervisor writes results; front ends add rows to ``command``."""

import json
import marshal
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

from hpobench_tui.core.brackets import Bracket
from hpobench_tui.core.columns import Cell, Row, names
from hpobench_tui.core.describe import message
from hpobench_tui.core.equality import tolerance
from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.experiment import Experiment, told_of
from hpobench_tui.core.problem import ProblemInfo
from hpobench_tui.core.records import Progress, ReportRow, Reports, TrialRow
from hpobench_tui.core.status import ExperimentStatus, RunStatus
from hpobench_tui.store import disks, failure, opening, schema, seals, trouble
from hpobench_tui.store.experiment_json import experiment_from_json, experiment_to_json
from hpobench_tui.store.presence import Presence, TakenError
from hpobench_tui.store.reader import FILE
from hpobench_tui.store.verbs import Command

ASIDE = f"{FILE}.new"
"""A store that is being made: the names of all files that belong to it begin so."""
Level: TypeAlias = Literal["info", "warning", "error"]

# A run that failed, is tried again and fails at the same trial says a second time where it stood after that trial.
_ADD_PROGRESS = schema.insert(schema.PROGRESS, names(Progress)).replace("INSERT", "INSERT OR REPLACE", 1)
_ADD_REPORT = schema.insert(schema.REPORT, names(Reports))


def create(
    folder: Path, experiment: Experiment, problems: Mapping[str, ProblemInfo], manifest: Mapping[str, str]
) -> None:
    """Make the store of a new experiment in ``folder``, which must exist; all or nothing.

    Raises:
        HpobenchError: the folder cannot be written, or already has a store.
    """
    make(
        folder,
        {
            "id": 0, "name": experiment.name, "spec": experiment_to_json(experiment),
            "status": ExperimentStatus.WAITING, "created": time.time(),
        },
        run_rows(experiment, problems),
        manifest=manifest,
        landmarks=landmark_rows(problems),
        events=[
            {"time": time.time(), "level": "warning", "message": line}
            for line in told_of(experiment)
        ],
    )  # fmt: skip


def landmark_rows(problems: Mapping[str, ProblemInfo]) -> list[dict[str, Cell]]:
    """The rows of the known solutions of these problems."""
    return [
        dict(zip(names(schema.Landmarks), (name, *astuple(mark)), strict=True))
        for name, info in problems.items()
        for mark in info.landmarks
    ]


Cells: TypeAlias = Mapping[str, Cell]
"""Of a row, by column."""


def make(
    folder: Path,
    experiment: Cells,
    runs: Iterable[Cells],
    *,
    manifest: Mapping[str, str],
    landmarks: Iterable[Cells],
    events: Iterable[Cells],
    fill: Callable[[sqlite3.Connection], None] = lambda _: None,
) -> None:
    """Make a store of rows; ``fill`` adds those of its runs. All or nothing: written aside, then renamed.

    Raises:
        HpobenchError: the folder cannot be written, or already has a store.
    """
    with making(folder) as connection:
        add(connection, manifest, experiment, runs, landmarks, events)
        fill(connection)


@contextmanager
def making(folder: Path) -> Iterator[sqlite3.Connection]:
    """A new store in ``folder``, with empty tables, that becomes one at the end: written aside, then renamed.

    Raises:
        HpobenchError: the folder cannot be written, or already has a store.
    """
    with ExitStack() as stack:
        local = folder
        if disks.network(folder):  # made where SQLite can work, and put there whole
            local = Path(stack.enter_context(TemporaryDirectory(prefix="hpobench-")))
        with _making(local, folder) as connection:
            yield connection


@contextmanager
def _making(local: Path, folder: Path) -> Iterator[sqlite3.Connection]:
    path, aside = folder / FILE, local / ASIDE
    if path.exists():
        raise HpobenchError(f"{path} already exists; `hpobench resume {folder}` goes on with it.")
    try:
        with _cleared_away(local):
            with closing(sqlite3.connect(aside)) as connection:
                with connection:
                    connection.execute(f"PRAGMA page_size = {schema.PAGE_SIZE}")
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.executescript(schema.CREATE)
                    yield connection
                    seals.seal_all(connection)
                    connection.execute(f"PRAGMA user_version = {schema.VERSION}")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if local == folder:
                aside.rename(path)
            else:
                disks.put(aside, path)
    except (sqlite3.Error, OSError) as error:
        raise HpobenchError(f"cannot create the experiment in {folder}: {failure.told(error, folder)}.") from error


@contextmanager
def _cleared_away(local: Path) -> Iterator[None]:
    """Leave nothing of a store that did not become one, whatever kept it from that."""
    try:
        yield
    except BaseException:
        for part in local.glob(f"{ASIDE}*"):
            with suppress(OSError):
                part.unlink()
        raise


def add(
    connection: sqlite3.Connection, manifest: Mapping[str, str], experiment: Cells, runs: Iterable[Cells],
    landmarks: Iterable[Cells], events: Iterable[Cells],
) -> None:  # fmt: skip
    """Add these rows to a store that is being made."""
    connection.executemany("INSERT INTO manifest VALUES (?, ?)", manifest.items())
    for table, rows in (
        (schema.EXPERIMENT, [experiment]),
        (schema.RUN, runs),
        (schema.LANDMARK, landmarks),
        (schema.EVENT, events),
    ):
        for row in rows:
            connection.execute(schema.insert(table, row.keys()), tuple(row.values()))


def run_rows(experiment: Experiment, problems: Mapping[str, ProblemInfo]) -> Iterator[dict[str, Cell]]:
    """The rows of the runs of an experiment on these problems."""
    for run_id, key in enumerate(experiment.runs()):
        if key.problem not in problems:
            continue
        problem, budget = problems[key.problem], experiment.budgets[key.problem]
        fidelity = problem.fidelity
        problem_seed, optimizer_seed = experiment.seeds(key)
        yield {
            "id": run_id,
            "problem": key.problem,
            "optimizer": key.contender.optimizer,
            "label": key.contender.label,
            "repetition": key.repetition,
            "problem_seed": problem_seed,
            "optimizer_seed": optimizer_seed,
            "unit": budget.unit,
            "budget": budget.quanta(fidelity),
            "quanta_per_unit": budget.quanta_per_unit(fidelity),
            "fidelity": fidelity.name if fidelity else None,
            "minimum_fidelity": fidelity.minimum if fidelity else 1,
            "resumable": fidelity is not None and fidelity.resumable,
            "reference": problem.reference.loss,
            "tolerance": tolerance(problem),
            "measure": problem.measure,
            "noisy": problem.noisy,
            "targets": json.dumps(problem.targets) if problem.targets else None,
            "status": RunStatus.WAITING,
        }


def send(folder: Path, command: Command) -> None:
    """Leave a command for the supervisor."""
    with Writer(folder) as writer:
        writer.add_command(command)


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
            self._connection = opening.connect(path, timeout=60)
            trouble.check(self._connection, path)
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            # Says at once whether it may be written.
            self._connection.execute(f"PRAGMA user_version = {schema.VERSION}")
            if schema.add(self._connection):
                self._connection.commit()
            self._connection.rollback()
            self._sealed = seals.sealed(self._connection)
            ((self._revision,),) = self._connection.execute("SELECT ifnull(max(revision), 0) FROM run")
        except (*trouble.ERRORS, OSError) as error:
            raise trouble.unreadable(path, error) from error
        self._presence: Presence | None = None
        self._chains: dict[int, seals.Chain] = {}
        self._changed: set[int] = set()
        self._log: Any = None

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

    def watch(self) -> None:
        """Take the files as they are, to know it when one is taken away (:meth:`check`): after the first commit."""
        self._presence = Presence(self._path, logs=True, writable=True)

    def check(self) -> None:
        """Whether what was committed is still where others find it. If only the log is gone, it is saved first.

        Raises:
            TakenError: it is not: it was removed, replaced or cut off, or may not be written any more.
        """
        if self._presence is None:
            return
        try:
            self._presence.check()
        except TakenError:
            if self._presence.whole():
                with suppress(sqlite3.Error):  # we still have the log open, and alone can bring it into the database
                    self.commit()
                    self._connection.execute("PRAGMA busy_timeout = 2000")
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raise

    def settle(self) -> None:
        """Bring everything into the one file, so that it can be copied, or read where nobody may write."""
        self.commit()
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with suppress(sqlite3.OperationalError):  # somebody still reads; the log that stays behind is empty
            self._connection.execute("PRAGMA busy_timeout = 500")
            self._connection.execute("PRAGMA journal_mode = DELETE")

    def commit(self) -> None:
        """Make everything since the last commit durable, in one transaction, with its digests (``store.seals``)."""
        if self._changed:
            self._revision += 1
        for run in self._changed:
            self._connection.execute("UPDATE run SET revision = ? WHERE id = ?", (self._revision, run))
            if self._sealed:
                seals.seal_run(self._connection, run)
        if self._sealed and self._log is not None:
            seals.seal_experiment(self._connection, self._log)
        self._changed.clear()
        self._connection.commit()

    def _execute(self, statement: str, *values: Cell) -> list[tuple[Cell, ...]]:
        """Run one statement inside the open transaction."""
        return self._connection.execute(statement, values).fetchall()

    def add_trials(self, *written: bytes) -> None:
        """Rows of one run as ``core.records`` makes them: the lists of trials, progress and reports, marshalled
        (``core.columns``). A row of a trial may be shorter: what it lacks is null.
        """
        tables: list[list[Row]] = [marshal.loads(table) for table in written]
        trials, progress, reports = tables
        run = next((int(rows[0][0] or 0) for rows in (trials, progress, reports) if rows), None)
        if run is None:
            return
        chain = self._chain(run)
        lengths = set(map(len, trials))
        for length in lengths:
            alike = trials if len(lengths) == 1 else [row for row in trials if len(row) == length]
            self._connection.executemany(schema.insert(schema.TRIAL, seals.LISTED[schema.TRIAL][:length]), alike)
        self._connection.executemany(_ADD_PROGRESS, progress)
        self._connection.executemany(_ADD_REPORT, reports)
        if chain is None:
            return
        given = [seals.ordered(rows, table) for rows, table in zip(tables, seals.OF_RUNS, strict=True)]
        if all(map(seals.follows, seals.OF_RUNS, chain.last, given)):
            for table, rows in enumerate(given):
                chain.add(table, rows, written[table] if rows == tables[table] else None)
        else:  # some took the place of others
            self._chains[run] = chain = seals.Chain.of(self._connection, run)
        self.set_run(run, digests=chain.digests)

    def _chain(self, run: int) -> seals.Chain | None:
        """The digests of what a run has recorded so far; None in a store without digests."""
        if self._sealed and run not in self._chains:
            ((digests,),) = self._execute("SELECT digests FROM run WHERE id = ?", run)
            chain = seals.Chain.of(self._connection, run)
            if chain.disagrees(str(digests)):
                raise trouble.changed(self._path, [f"the rows of run {run} are not those that were written"])
            self._chains[run] = chain
        return self._chains.get(run)

    def set_run(self, run: int, **columns: Cell) -> None:
        """Change columns of a run."""
        assignments = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE run SET {assignments} WHERE id = ?", (*columns.values(), run))
        self._changed.add(run)
        if "status" in columns and RunStatus(str(columns["status"])).ended:
            self._chains.pop(run, None)

    def set_activity(self, run: int, activity: str) -> None:
        """What a run's worker does at this moment. Where that is what it did before, nothing is written."""
        query = "UPDATE run SET activity = ? WHERE id = ? AND activity IS NOT ?"
        if self._connection.execute(query, (activity, run, activity)).rowcount:
            self._changed.add(run)

    def reopen(self, failed: bool, unfinished: bool = True, only: Collection[int] | None = None) -> int:
        """Set runs waiting, forget what an earlier supervisor was told; their number.

        A store of an earlier version, which has no digests, gets them.

        Args:
            failed: Those that failed, from their start: what they recorded is forgotten.
            unfinished: Those that are open; else they count as cancelled.
            only: Of those that failed, these.
        """
        self.commands()
        runs = []
        for cell, status in self._execute("SELECT id, status FROM run ORDER BY id"):
            run, was = int(cell or 0), RunStatus(str(status))
            if failed and was is RunStatus.FAILED and (only is None or run in only):
                self.forget_trials(run)
                self.set_run(run, plan=None)
            elif not was.open:
                continue
            elif not unfinished:
                if was is not RunStatus.CANCELLED:
                    self.set_run(run, status=RunStatus.CANCELLED, activity=None)
                continue
            runs.append(run)
            self.set_run(run, status=RunStatus.WAITING, error=None)
        if runs:
            self.set_status(ExperimentStatus.WAITING)
            if not self._sealed:
                self.log("info", "it has digests from now on: an earlier version wrote it, without any")
                seals.seal_all(self._connection)
                self._sealed = True
        return len(runs)

    def extend(
        self,
        before: Experiment,
        after: Experiment,
        problems: Mapping[str, ProblemInfo],
        manifest: Mapping[str, str],
        tell: bool,
    ) -> int:
        """Add the runs that an extended experiment has more, waiting; how many. One transaction, and all or nothing.

        A supervisor may be at work: of what it writes nothing is touched.

        Args:
            before, after: The experiment as it is described by now, and as it shall be.
            problems: The descriptions of all its problems.
            manifest: What was not known before is added.
            tell: Tell a supervisor, who notes it in the log; else it is noted here.

        Raises:
            HpobenchError: somebody else has changed it, or a problem is not described as it was.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            count = self._extend(before, after, problems, manifest)
            if tell:
                self._know_log()
                self.add_command(Command("extend"))
            else:
                self.log_extension(before, after, count)
        except BaseException:
            self._connection.rollback()
            self._log = None
            raise
        self.commit()
        return count

    def _extend(
        self,
        before: Experiment,
        after: Experiment,
        problems: Mapping[str, ProblemInfo],
        manifest: Mapping[str, str],
    ) -> int:
        ((text, count),) = self._execute("SELECT spec, (SELECT count(*) FROM run) FROM experiment")
        there = experiment_from_json(str(text))
        if there != before or there.earlier != before.earlier or count != len(before.runs()):
            raise HpobenchError(f"{self._path.parent} was changed by somebody else at this moment; try again.")
        rows = list(run_rows(after, problems))[int(count) :]
        for row in rows:
            self._refuse_other(row)
            self._connection.execute(schema.insert(schema.RUN, row.keys()), tuple(row.values()))
        for table, more in (
            (schema.LANDMARK, landmark_rows(problems)),
            (schema.MANIFEST, [{"key": key, "value": value} for key, value in manifest.items()]),
        ):
            for own in more:
                statement = schema.insert(table, own.keys()).replace("INSERT", "INSERT OR IGNORE", 1)
                self._connection.execute(statement, tuple(own.values()))
        for run, status, amount in self._raised(before, after, problems):
            self.set_run(run, budget=amount)
            if status is RunStatus.DONE:
                self._uncut(run)
                self.set_run(run, status=RunStatus.WAITING)
        self._execute("UPDATE experiment SET spec = ?", experiment_to_json(after))
        if self._sealed:
            seals.seal_parts(self._connection)
            for row in rows:
                seals.seal_new_run(self._connection, int(row["id"] or 0))
        return len(rows)

    def _raised(
        self, before: Experiment, after: Experiment, problems: Mapping[str, ProblemInfo]
    ) -> Iterator[tuple[int, RunStatus, int]]:
        """(id, status, new budget in quanta) of the runs whose budget is raised."""
        for problem in before.problems:
            if (budget := after.budgets[problem]) != before.budgets[problem]:
                quanta = budget.quanta(problems[problem].fidelity)
                for run, status in self._execute("SELECT id, status FROM run WHERE problem = ? ORDER BY id", problem):
                    yield int(run or 0), RunStatus(str(status)), quanta

    def _uncut(self, run: int) -> None:
        """Forget the trials of a run from the first that its budget cut short: under a larger one it goes further."""
        ((first,),) = self._execute("SELECT min(number) FROM trial WHERE run = ? AND status = 'cut'", run)
        if first is None:
            return
        for table, number in (("trial", "number"), ("progress", "number"), ("report", "trial")):
            self._execute(f"DELETE FROM {table} WHERE run = ? AND {number} >= ?", run, first)
        ((trials, failed, spent),) = self._execute(
            "SELECT count(*), ifnull(sum(status = 'failed'), 0), ifnull(sum(cost), 0) FROM trial WHERE run = ?", run
        )
        last = self._execute(
            "SELECT clock_end + tell_seconds FROM trial WHERE run = ? ORDER BY number DESC LIMIT 1", run
        )
        self.set_run(run, trials=trials, failed_trials=failed, spent=spent, clock=last[0][0] if last else 0.0)
        if self._sealed:
            self._chains.pop(run, None)
            self.set_run(run, digests=seals.Chain.of(self._connection, run).digests)

    def _refuse_other(self, row: Cells) -> None:
        """Raises :class:`HpobenchError` where what the store knows of a new run's problem is not what is known now."""
        own = [name for name in seals.OF_PROBLEM if name in row]
        query = f"SELECT {', '.join(own)} FROM run WHERE problem = ? ORDER BY id LIMIT 1"
        for found in self._execute(query, row["problem"]):
            for name, was in zip(own, found, strict=True):
                if was != row[name]:
                    raise HpobenchError(
                        f"{row['problem']} is not what it was: {name} {was}, and now {row[name]}. Runs of both cannot"
                        " be in one experiment; `hpobench run` starts a new one."
                    )

    def log_extension(self, before: Experiment, after: Experiment, runs: int) -> None:
        """Note in the log that there are more runs, and what a person must know of them."""
        self.log("info", f"extended by {runs} runs")
        for line in told_of(after, before):
            self.log("warning", line)

    def change_code(self, experiment: Experiment, manifest: Mapping[str, str], message: str) -> None:
        """From now on the code is another.

        Args:
            experiment: As it was, with its own code as it is now.
            manifest: What is to be added.
            message: For the log.
        """
        self._execute("UPDATE experiment SET spec = ?", experiment_to_json(experiment))
        self._connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", manifest.items())
        if self._sealed:
            seals.seal_parts(self._connection)
        self.log("warning", message)

    def begin_run(self, run: int, device: str, code: int = 1) -> None:
        """A run is handed to a worker, once more; it goes on with the code of that number."""
        self._execute("UPDATE run SET attempts = attempts + 1 WHERE id = ?", run)
        self.set_run(run, status=RunStatus.RUNNING, device=device)
        ((cell, trials),) = self._execute("SELECT code, trials FROM run WHERE id = ?", run)
        codes = [(number, first) for number, first in json.loads(str(cell or "[]")) if first < int(trials or 0)]
        if (codes[-1][0] if codes else 1) != code:
            self.set_run(run, code=json.dumps([*codes, (code, trials)]))

    def seconds_of(self, run: int) -> float:
        """The real seconds that a run took so far."""
        ((seconds,),) = self._execute("SELECT seconds FROM run WHERE id = ?", run)
        return float(seconds or 0.0)

    def recorded(self, run: int) -> tuple[list[TrialRow], list[ReportRow]]:
        """Everything recorded of a run, in order: its trials, and their reports.

        Raises:
            HpobenchError: a row is damaged.
        """
        try:
            return (
                schema.records(self._connection, schema.TRIAL, TrialRow, "WHERE run = ? ORDER BY number", run),
                schema.records(
                    self._connection, schema.REPORT, ReportRow, "WHERE run = ? ORDER BY trial, fidelity", run
                ),
            )
        except (TypeError, ValueError) as error:
            raise HpobenchError(
                f"the trials of run {run} are damaged: {type(error).__name__}: {message(error)}"
            ) from error

    def standings(self, run: int) -> frozenset[int]:
        """The numbers of the trials of a run after which there is a row of progress."""
        return frozenset(int(n or 0) for (n,) in self._execute("SELECT number FROM progress WHERE run = ?", run))

    def set_plan(self, run: int, plan: Sequence[Bracket]) -> None:
        """Keep the brackets that a run's optimizer plans."""
        text = json.dumps([[b.s, [[r.configurations, r.fidelity] for r in b.rungs]] for b in plan])
        self.set_run(run, plan=text)

    def set_status(self, status: ExperimentStatus, seconds: float | None = None) -> None:
        """The experiment's status, and the seconds it was supervised."""
        self._execute("UPDATE experiment SET status = ?, seconds = coalesce(?, seconds)", status, seconds)
        self._know_log()

    def forget_trials(self, run: int) -> None:
        """Drop what a run recorded, because it has to start over."""
        for table in ("trial", "progress", "report"):
            self._execute(f"DELETE FROM {table} WHERE run = ?", run)
        self.set_run(run, spent=0, trials=0, failed_trials=0, clock=0.0, seconds=0.0, optimizer_seconds=0.0, code=None)
        if self._sealed:
            self._chains[run] = seals.Chain()
            self.set_run(run, digests=self._chains[run].digests)

    def log(self, level: Level, message: str, run: int | None = None) -> None:
        """Add a line to the experiment's log."""
        self._know_log()
        line = (time.time(), level, run, str(message))  # not a status that passes for one
        cursor = self._connection.execute("INSERT INTO event (time, level, run, message) VALUES (?, ?, ?, ?)", line)
        seals.log_line(self._log, (cursor.lastrowid, *line))

    def _know_log(self) -> None:
        """From now on the experiment's row is sealed with each commit."""
        if self._log is None:
            self._log = seals.log_of(self._connection)

    def add_command(self, command: Command) -> None:
        """Leave a command for the supervisor."""
        cursor = self._connection.execute(
            "INSERT INTO command (verb, created) VALUES (?, ?)", (str(command), time.time())
        )
        seals.seal_command(self._connection, int(cursor.lastrowid or 0))

    def commands(self) -> list[Command]:
        """What front ends left since the last call, oldest first; it counts as handled."""
        rows = self._execute("SELECT id, verb FROM command WHERE handled IS NULL ORDER BY id")
        if rows:
            self._execute("UPDATE command SET handled = ? WHERE handled IS NULL", time.time())
        for command, _ in rows:
            seals.seal_command(self._connection, int(command or 0))
        return [Command.read(str(text)) for _, text in rows]
