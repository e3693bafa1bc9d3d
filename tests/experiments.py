"""Running experiments in tests: through the real front end, supervisor and workers."""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Experiment
from hpobench_tui.core.problem import is_measured
from hpobench_tui.core.progress import position
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store import lock
from hpobench_tui.store.reader import FILE, Reader, RunRow, TrialRow

Found = TypeVar("Found")

# What has to be equal between two runs of one experiment: everything but times.
RESULTS = (
    "number, asked, status, configuration, fidelity, target, bracket, rung, continues, loss, truth, reference,"
    " repeatable(metrics), cost, worker, error"
)
STANDINGS = "number, spent, fidelity, incumbent, incumbent_value, losses, regret, pseudo_regret"


def experiment(problems: list[str], optimizers: list[str], amount: float, unit: str, **more: object) -> Experiment:
    return spec.build("test", problems, optimizers, Budget.of(amount, unit), **{"workers": 2, "repetitions": 1, **more})


def wait_until_ended(folder: Path, seconds: float = 120) -> str:
    """The final status."""
    deadline = time.monotonic() + seconds
    while lifecycle.supervised(folder):
        if time.monotonic() > deadline:
            raise AssertionError(f"still running after {seconds} s; {lifecycle.last_words(folder)}")
        time.sleep(0.05)
    with Reader(folder) as reader:
        return reader.experiment().status


def launched(experiment: Experiment, root: Path) -> Path:
    """The folder of an experiment that has been started."""
    folder = lifecycle.create(experiment, root)
    lifecycle.launch(folder)
    return folder


def run(experiment: Experiment, root: Path, seconds: float = 120) -> Path:
    """Run an experiment to its end; its folder."""
    folder = launched(experiment, root)
    status = wait_until_ended(folder, seconds)
    assert status == "finished", lifecycle.last_words(folder)
    return folder


def runs(folder: Path) -> list[RunRow]:
    with Reader(folder) as reader:
        return reader.runs()


def trials(folder: Path) -> int:
    """How many there are by now."""
    return sum(run.trials for run in runs(folder))


def trial_rows(folder: Path, run_id: int = 0) -> list[TrialRow]:
    with Reader(folder) as reader:
        return reader.trial_rows(run_id)


def _repeatable(metrics: str | None) -> str | None:
    if metrics is None:
        return None
    return json.dumps({name: value for name, value in json.loads(metrics).items() if not is_measured(name)})


def results(folder: Path) -> dict[tuple[str, str, int], list[tuple[object, ...]]]:
    """(problem, label, repetition) to its trials and where it stood after them, without times, also among the metrics.

    Where it stood: at the positions that trials are counted by; which others have a row depends on the clock.
    """
    connection = sqlite3.connect(folder / FILE)
    connection.create_function("repeatable", 1, _repeatable)
    found = {
        (r.problem, r.label, r.repetition): connection.execute(
            f"SELECT {RESULTS} FROM trial WHERE run = ? ORDER BY number", (r.id,)
        ).fetchall()
        + [
            row
            for row in connection.execute(f"SELECT {STANDINGS} FROM progress WHERE run = ? ORDER BY number", (r.id,))
            if position(row[0] + 1) == row[0] + 1
        ]
        for r in runs(folder)
    }
    connection.close()
    return found


def processes(folder: Path) -> tuple[int, list[int]]:
    """The supervisor's pid, and its workers'."""
    path = str(folder.resolve())
    supervisor, children = 0, []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode().split("\0")
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if "hpobench_tui.engine.supervision.supervisor" in command and path in command:
            supervisor = int(entry.name)
        elif "hpobench_tui.executors.process" in command:
            children.append((int(entry.name), parent))
    return supervisor, [pid for pid, parent in children if parent == supervisor]


def kill_all(folder: Path) -> None:
    supervisor, workers = processes(folder)
    for pid in (supervisor, *workers):
        if pid:
            os.kill(pid, signal.SIGKILL)
    while lock.held(folder):
        time.sleep(0.01)


def kill_and_resume(folder: Path, beyond: int) -> None:
    """Kill all of it as soon as there are more trials than these; then it goes on to its end."""
    wait_for(lambda: trials(folder) > beyond)
    kill_all(folder)
    lifecycle.resume(folder)
    assert wait_until_ended(folder) == "finished"


def wait_for(condition: Callable[[], Found], seconds: float = 30) -> Found:
    """What the condition comes to, once it holds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found
