"""Trials per second of random search on Branin: the whole engine with its durable store, against Optuna.

Ours is one run of a million trials, timed from the creation of the experiment to its settled store, processes and
imports included; besides, its supervisor's memory, and how long `hpobench show` takes on the store. Optuna's is a study
with its RandomSampler in a process of its own, imports left out: in memory, and on its own SQLite storage. One worker,
one thread each, all pinned to one core, in turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from hpobench_tui.core import Budget
from hpobench_tui.core.experiment import Limits
from hpobench_tui.engine.front import lifecycle, spec
from hpobench_tui.store.reader import FILE, Reader

OURS, IN_MEMORY, ON_SQLITE = 1_000_000, 20_000, 300

PEER = """
import sys, time, optuna
from hpobench_suites.synthetic.branin import branin
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage, trials = sys.argv[1] or None, int(sys.argv[2])
study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=1))
started = time.perf_counter()
study.optimize(lambda t: branin((t.suggest_float("x1", -5, 10), t.suggest_float("x2", 0, 15))), n_trials=trials)
print(trials / (time.perf_counter() - started))
"""


def run(trials: int, root: Path) -> tuple[Path, float, int]:
    """Folder, seconds and the supervisor's peak memory in MB of an experiment of one run."""
    budget = Budget.of(trials, "evaluations")
    experiment = spec.build(
        "throughput", ["synthetic/branin"], ["random"], budget, repetitions=1, workers=1, limits=Limits(memory_mb=4096)
    )
    started = time.perf_counter()
    folder = lifecycle.create(experiment, root)
    lifecycle.launch(folder)
    peak = 0
    while lifecycle.supervised(folder):
        time.sleep(0.02)
        peak = max(peak, supervisor_mb(folder))
    seconds = time.perf_counter() - started
    with Reader(folder) as reader:
        (row,) = reader.runs()
        if row.trials != trials or row.status != "done":
            raise RuntimeError(f"{row.trials} of {trials} trials, {row.status}: {row.error}")
        if sum(reader.recorded().values()) != trials:
            raise RuntimeError("not every trial is recorded")
    return folder, seconds, peak


def supervisor_mb(folder: Path) -> int:
    """Resident memory of the experiment's supervisor in MB, 0 when it is gone."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")
            if "hpobench_tui.engine.supervision.supervisor" in command and str(folder.resolve()) in command:
                status = (process / "status").read_text()
                return int(status.split("VmRSS:")[1].split()[0]) // 1024
        except (OSError, IndexError):
            continue
    return 0


def optuna_rate(storage: str, trials: int) -> float:
    """Trials per second of an Optuna study."""
    command = [sys.executable, "-W", "ignore", "-c", PEER, storage, str(trials)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    columns: dict[str, list[float]] = defaultdict(list)
    for _ in range(arguments.pairs):
        with tempfile.TemporaryDirectory() as temporary:
            root = Path(temporary)
            folder, seconds, peak = run(OURS, root)
            started = time.perf_counter()
            subprocess.run(
                [Path(sys.executable).with_name("hpobench"), "show", folder], check=True, capture_output=True
            )
            shown = time.perf_counter() - started
            memory = optuna_rate("", IN_MEMORY)
            sqlite = optuna_rate(f"sqlite:///{root}/optuna.sqlite", ON_SQLITE)
            figures = {
                "hpobench, durable (trials/s)": OURS / seconds,
                "Optuna, in memory (trials/s)": memory,
                "Optuna, on SQLite (trials/s)": sqlite,
                "ratio to Optuna in memory": OURS / seconds / memory,
                "ratio to Optuna on SQLite": OURS / seconds / sqlite,
                "supervisor's peak memory (MB)": peak,
                "store (MB)": (folder / FILE).stat().st_size / 1e6,
                "hpobench show (s)": shown,
            }
        for name, value in figures.items():
            columns[name].append(value)
    if arguments.json:
        print(json.dumps(columns))
        return
    print(f"{'':30}{'median':>10}{'lowest':>10}{'highest':>10}")
    for name, column in columns.items():
        print(f"{name:30}{statistics.median(column):>10.4g}{min(column):>10.4g}{max(column):>10.4g}")


if __name__ == "__main__":
    main()
