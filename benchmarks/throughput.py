"""Trials per second of random search on Branin: the whole engine with its durable store, against Optuna in memory.

Ours is timed from the creation of the experiment to its settled store, processes and imports included; Optuna's is an
in-memory study with its RandomSampler in this process, imports left out. One worker, one thread each, in turn.
"""

import statistics
import tempfile
import time
from pathlib import Path

import optuna

from hpobench_suites.synthetic.branin import branin
from hpobench_tui.core import Budget
from hpobench_tui.engine import frontend, spec
from hpobench_tui.store.reader import Reader

PAIRS = 3
OURS, THEIRS = 200_000, 10_000


def ours(root: Path) -> float:
    """Trials per second through front end, supervisor, worker and store."""
    budget = Budget.of(OURS, "evaluations")
    experiment = spec.build("throughput", ["synthetic/branin"], ["random"], budget, repetitions=1, workers=1)
    started = time.perf_counter()
    folder = frontend.create(experiment, root)
    frontend.launch(folder)
    while frontend.supervised(folder):
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    with Reader(folder) as reader:
        (run,) = reader.runs()
        if run.trials != OURS or run.status != "done":
            raise RuntimeError(f"{run.trials} of {OURS} trials, {run.status}: {run.error}")
    return OURS / seconds


def theirs() -> float:
    """Trials per second of an in-memory Optuna study."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    started = time.perf_counter()
    study.optimize(lambda t: branin((t.suggest_float("x1", -5, 10), t.suggest_float("x2", 0, 15))), n_trials=THEIRS)
    return THEIRS / (time.perf_counter() - started)


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rates = []
    for _ in range(PAIRS):
        with tempfile.TemporaryDirectory() as folder:
            rates.append((ours(Path(folder)), theirs()))
    print(f"{'':28}{'median':>10}{'lowest':>10}{'highest':>10}")
    for name, column in (
        ("hpobench, durable (trials/s)", [a for a, _ in rates]),
        ("Optuna, in memory (trials/s)", [b for _, b in rates]),
        ("ratio, pair by pair", [a / b for a, b in rates]),
    ):
        print(f"{name:28}{statistics.median(column):>10.4g}{min(column):>10.4g}{max(column):>10.4g}")


if __name__ == "__main__":
    main()
