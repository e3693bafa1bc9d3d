"""Stores for tests, written as rows straight through the schema, so that readers are tested without the engine.

    with store(folder, [run_row(0), run_row(1, label="other")], [trial_row(0, 0, loss=0.5)]) as reader: ...

``tests`` is no package: import it as ``from factories import …`` (its ``conftest.py`` puts the folder on the path).
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hpobench_tui.core.budget import Budget
from hpobench_tui.core.experiment import Contender, Experiment
from hpobench_tui.store import schema
from hpobench_tui.store.experiment_json import experiment_to_json
from hpobench_tui.store.reader import FILE, Reader

Row = dict[str, Any]


def run_row(id: int = 0, **columns: Any) -> Row:
    """A row of the run table; a finished run of 10 evaluations by default."""
    row: Row = {
        "id": id, "problem": "toy/one", "optimizer": "random", "label": "random", "repetition": 0, "problem_seed": 1,
        "optimizer_seed": 2, "unit": "evaluations", "budget": 10, "quanta_per_unit": 1, "spent": 10, "trials": 10,
        "failed_trials": 0, "fidelity": None, "minimum_fidelity": 1, "resumable": True, "reference": 0.0,
        "status": "done", "attempts": 1, "clock": 10.0, "optimizer_seconds": 0.01,
        "plan": None, "activity": None, "device": "cpu", "error": None,
    }  # fmt: skip
    return row | columns


def trial_row(run: int = 0, number: int = 0, **columns: Any) -> Row:
    """A row of the trial table; done, without fidelity, cost 1 and one second long by default.

    ``incumbent_value``, ``total_loss`` and ``losses`` are as given; :func:`history` works them out.
    """
    row: Row = {
        "run": run, "number": number, "status": "done", "configuration": json.dumps({"x": number / 10}),
        "fidelity": None, "asked_fidelity": None, "bracket": None, "rung": None, "continues": None, "loss": 1.0,
        "truth": None, "metrics": None, "cost": 1, "clock_start": float(number), "clock_end": number + 1.0,
        "ask_seconds": 0.001, "tell_seconds": 0.0, "evaluate_seconds": 0.998, "incumbent": None,
        "incumbent_value": None, "total_loss": 0.0, "losses": 0, "error": None,
    }  # fmt: skip
    return row | columns


def history(run: int, losses: Sequence[float | None], **columns: Any) -> list[Row]:
    """Trials with these losses in order, None for a failed one; incumbent and sums are kept (no noise, no fidelity)."""
    rows: list[Row] = []
    best: tuple[float, int] | None = None
    total, count = 0.0, 0
    for number, loss in enumerate(losses):
        if loss is not None:
            total, count = total + loss, count + 1
            if best is None or loss < best[0]:
                best = (loss, number)
        rows.append(
            trial_row(
                run, number, loss=loss, total_loss=total, losses=count,
                status="done" if loss is not None else "failed",
                error=None if loss is not None else "ValueError: no good",
                incumbent=best[1] if best else None, incumbent_value=best[0] if best else None, **columns,
            )
        )  # fmt: skip
    return rows


def store(
    folder: Path, runs: Iterable[Row], trials: Iterable[Row] = (), *, status: str = "finished",
    manifest: Mapping[str, str] | None = None, events: Iterable[tuple[str, int | None, str]] = (),
) -> Reader:  # fmt: skip
    """Write a store into ``folder`` and open it. The experiment's description is made to match ``runs``."""
    runs = list(runs)
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / FILE)
    with connection:
        connection.executescript(schema.TABLES)
        connection.execute(
            "INSERT INTO experiment (id, name, spec, status, created) VALUES (0, 'test', ?, ?, 0.0)",
            (experiment_to_json(experiment_of(runs)), status),
        )
        connection.executemany("INSERT INTO manifest VALUES (?, ?)", (manifest or {"hpobench": "0"}).items())
        _insert(connection, "run", runs)
        _insert(connection, "trial", trials)
        connection.executemany("INSERT INTO event (time, level, run, message) VALUES (0.0, ?, ?, ?)", events)
        connection.execute(f"PRAGMA user_version = {schema.VERSION}")
    connection.close()
    return Reader(folder)


def experiment_of(runs: Sequence[Row]) -> Experiment:
    """An experiment with the matrix that the runs span."""
    contenders = {row["label"]: Contender(row["optimizer"], row["label"]) for row in runs}
    budgets = {row["problem"]: Budget.of(row["budget"] / row["quanta_per_unit"], "seconds") for row in runs}
    for row in runs:
        if row["unit"] not in ("seconds", "full-evaluations"):
            budgets[row["problem"]] = Budget.of(row["budget"], row["unit"])
    repetitions = max((row["repetition"] for row in runs), default=0) + 1
    return Experiment("test", tuple(budgets), tuple(contenders.values()), budgets, repetitions, seed=0)


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    for row in rows:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
