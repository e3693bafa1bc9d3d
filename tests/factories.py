"""Stores for tests, written as rows straight through the schema, so that readers are tested without the engine.

    with store(folder, [run_row(0), run_row(1, label="other")], [trial_row(0, 0, loss=0.5)]) as reader: ...

The rows of progress are worked out from the trials, unless they are given.

``tests`` is no package: import it as ``from factories import …`` (its ``conftest.py`` puts the folder on the path).
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from hpobench_tui.core.budget import Budget, Unit
from hpobench_tui.core.columns import Row as Cells
from hpobench_tui.core.columns import names
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.core.measure import Measure, within_floats
from hpobench_tui.core.records import Progress, ProgressTable
from hpobench_tui.core.simulation import Simulation
from hpobench_tui.store import schema, seals
from hpobench_tui.store.experiment_json import experiment_to_json
from hpobench_tui.store.reader import FILE, Reader, RunRow

Row = dict[str, Any]


def run_row(id: int = 0, **columns: Any) -> Row:
    """A row of the run table; a finished run of 10 evaluations by default."""
    row: Row = {
        "id": id, "problem": "toy/one", "optimizer": "random", "label": "random", "repetition": 0, "problem_seed": 1,
        "optimizer_seed": 2, "unit": "evaluations", "budget": 10, "quanta_per_unit": 1, "spent": 10, "trials": 10,
        "failed_trials": 0, "fidelity": None, "minimum_fidelity": 1, "resumable": 1, "reference": 0.0,
        "tolerance": 0.0, "measure": Measure.SIMPLE.value, "noisy": 0, "status": "done", "attempts": 1, "clock": 10.0,
        "seconds": 10.0, "optimizer_seconds": 0.01, "plan": None, "activity": None, "device": "cpu", "error": None,
        "targets": None,
    }  # fmt: skip
    return row | columns


def run_of(id: int = 0, **columns: Any) -> RunRow:
    """The same as readers see it."""
    row = run_row(id, **columns)
    cells = (c.value if isinstance(c, StrEnum) else int(c) if isinstance(c, bool) else c for c in row.values())
    return RunRow.read([tuple(cells)], [getattr(RunRow, name) for name in row])[0]


def progress_table(rows: Iterable[Cells]) -> ProgressTable:
    """Rows of progress as the recorder makes them, as readers see them."""
    cells = dict(zip(names(Progress), zip(*rows, strict=True), strict=True))
    return ProgressTable(**{column.name: column.array(cells[column.name]) for column in ProgressTable.columns()})


def trial_row(run: int = 0, number: int = 0, **columns: Any) -> Row:
    """A row of the trial table; done, without fidelity, on the real clock, cost 1 and one second long by default."""
    row: Row = {
        "run": run, "number": number, "asked": number, "status": "done",
        "configuration": json.dumps({"x": number / 10}), "fidelity": None, "target": None, "bracket": None,
        "rung": None, "continues": None, "loss": 1.0, "truth": None, "reference": None, "metrics": None, "cost": 1,
        "clock_start": float(number), "clock_end": number + 1.0, "ask_seconds": 0.001, "tell_seconds": 0.0,
        "evaluate_seconds": 0.998, "worker": None, "error": None,
    }  # fmt: skip
    return row | columns


def history(run: int, losses: Sequence[float | None], **columns: Any) -> list[Row]:
    """Trials with these losses in order, None for a failed one."""
    return [
        trial_row(
            run, number, loss=loss, status="done" if loss is not None else "failed",
            error=None if loss is not None else "ValueError: no good", **columns,
        )
        for number, loss in enumerate(losses)
    ]  # fmt: skip


def account(trials: Iterable[Row], reference: float = 0.0) -> list[Row]:
    """A row of progress after each of one run's trials; the incumbent is that of a problem without noise.

    Written plainly, apart from the engine's own way to keep these sums.
    """
    rows: list[Row] = []
    past: list[Row] = []
    for trial in trials:
        past.append(trial)
        lossy = [t for t in past if t["loss"] is not None]
        highest = max((t["fidelity"] or 1 for t in lossy), default=1)
        best = min((t for t in lossy if (t["fidelity"] or 1) == highest), key=lambda t: t["loss"], default=None)
        truths = [t["loss"] if t["truth"] is None else t["truth"] for t in lossy]
        last = rows[-1] if rows else {"regret": 0.0, "pseudo_regret": 0.0}
        comparator = reference if trial["reference"] is None else trial["reference"]
        has_loss = trial["loss"] is not None
        rows.append(
            {
                "run": trial["run"], "number": trial["number"], "spent": sum(t["cost"] for t in past),
                "fidelity": sum(t["fidelity"] or t["target"] or 1 for t in past), "clock": trial["clock_end"],
                "incumbent": best and best["number"],
                "incumbent_value": best and (best["loss"] if best["truth"] is None else best["truth"]),
                "losses": len(lossy),
                "regret": within_floats(last["regret"] + (trial["loss"] - comparator if has_loss else 0.0)),
                "pseudo_regret": within_floats(last["pseudo_regret"] + (truths[-1] - comparator if has_loss else 0.0)),
            }
        )  # fmt: skip
    return rows


def store(
    folder: Path, runs: Iterable[Row], trials: Iterable[Row] = (), progress: Iterable[Row] | None = None, *,
    status: str = "finished", manifest: Mapping[str, str] | None = None,
    events: Iterable[tuple[str, int | None, str]] = (), simulation: Simulation | None = None,
    record: int | None = None, landmarks: Iterable[Row] = (), reports: Iterable[Row] = (), commands: Iterable[Row] = (),
    sealed: bool = False, evaluations: int | None = None,
) -> Reader:  # fmt: skip
    """Write a store into ``folder`` and open it. The experiment's description is made to match ``runs``.

    Args:
        sealed: With digests, as all have but those of earlier versions.
        simulation, record, evaluations: The experiment's.
        progress: By default :func:`account` of each run's trials.
    """
    runs, trials = list(runs), list(trials)
    if progress is None:
        references = {row["id"]: row["reference"] for row in runs}
        own = {number: [t for t in trials if t["run"] == number] for number in dict.fromkeys(t["run"] for t in trials)}
        progress = [row for number, rows in own.items() for row in account(rows, references.get(number, 0.0))]
    folder.mkdir(parents=True, exist_ok=True)
    made = replace(experiment_of(runs), simulation=simulation, record=record, evaluations=evaluations)
    with opened(folder) as connection:
        connection.executescript(schema.CREATE)
        connection.execute(
            "INSERT INTO experiment (id, name, spec, status, created) VALUES (0, 'test', ?, ?, 0.0)",
            (experiment_to_json(made), status),
        )
        connection.executemany("INSERT INTO manifest VALUES (?, ?)", (manifest or {"hpobench": "0"}).items())
        insert(connection, "run", runs)
        insert(connection, "trial", trials)
        insert(connection, "progress", progress)
        connection.executemany("INSERT INTO event (time, level, run, message) VALUES (0.0, ?, ?, ?)", events)
        insert(connection, "landmark", landmarks)
        insert(connection, "report", reports)
        insert(connection, "command", commands)
        if sealed:
            seals.seal_all(connection)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    return Reader(folder)


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """An experiment's store; what is done to it is there afterwards."""
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        yield connection


def change(folder: Path, statement: str, *values: object) -> None:
    with opened(folder) as connection:
        connection.execute(statement, values)


def add_landmark(folder: Path, name: str, loss: float, problem: str = "toy/one") -> None:
    with opened(folder) as connection:
        insert(connection, "landmark", [{"problem": problem, "name": name, "loss": loss, "source": "a book"}])


def experiment_of(runs: Sequence[Row]) -> Experiment:
    """An experiment with the matrix that the runs span."""
    contenders = {row["label"]: Contender(row["optimizer"], row["label"]) for row in runs}
    budgets = {
        row["problem"]: Budget(Fraction(row["budget"], row["quanta_per_unit"]), Unit(row["unit"])) for row in runs
    }
    repetitions = max((row["repetition"] for row in runs), default=0) + 1
    return Experiment("test", tuple(budgets), tuple(contenders.values()), budgets, repetitions, seed=0)


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Add rows to a table of the store."""
    for row in rows:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
