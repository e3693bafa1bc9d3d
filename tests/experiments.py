"""Running experiments in tests: through the real front end, supervisor and workers."""

import sqlite3
import time
from pathlib import Path

from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.engine import frontend, spec
from hpobench_tui.store.reader import FILE, Reader, RunRow

# What has to be equal between two runs of one experiment: everything but times.
RESULTS = (
    "number, asked, status, configuration, fidelity, asked_fidelity, bracket, rung, continues, loss, truth, reference,"
    " metrics, cost, worker, error"
)
STANDINGS = (
    "number, spent, fidelity, incumbent, incumbent_value, losses, total_loss, total_truth, total_reference"
)


def experiment(problems: list[str], optimizers: list[str], amount: float, unit: str, **more: object) -> Experiment:
    settings = {"workers": 2, "repetitions": 1, **more}
    return spec.build("test", problems, optimizers, Budget.of(amount, unit), **settings)  # type: ignore[arg-type]


def wait_until_ended(folder: Path, seconds: float = 120) -> str:
    """The final status."""
    deadline = time.monotonic() + seconds
    while frontend.supervised(folder):
        if time.monotonic() > deadline:
            raise AssertionError(f"still running after {seconds} s; {frontend.last_words(folder)}")
        time.sleep(0.05)
    with Reader(folder) as reader:
        return reader.experiment().status


def run(experiment: Experiment, root: Path, seconds: float = 120) -> Path:
    """Run an experiment to its end; its folder."""
    folder = frontend.create(experiment, root)
    frontend.launch(folder)
    status = wait_until_ended(folder, seconds)
    assert status == "finished", frontend.last_words(folder)
    return folder


def runs(folder: Path) -> list[RunRow]:
    with Reader(folder) as reader:
        return reader.runs()


def results(folder: Path) -> dict[tuple[str, str, int], list[tuple[object, ...]]]:
    """(problem, label, repetition) to its trials and where it stood after them, without times."""
    connection = sqlite3.connect(folder / FILE)
    found = {
        (r.problem, r.label, r.repetition): connection.execute(
            f"SELECT {RESULTS} FROM trial WHERE run = ? ORDER BY number", (r.id,)
        ).fetchall()
        + connection.execute(f"SELECT {STANDINGS} FROM progress WHERE run = ? ORDER BY number", (r.id,)).fetchall()
        for r in runs(folder)
    }
    connection.close()
    return found
