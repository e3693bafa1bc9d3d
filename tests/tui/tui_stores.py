"""Fixed experiments for the tests of the app."""

import json
from pathlib import Path

import numpy as np

from factories import Row, account, add_landmark, history, insert, opened, run_row, store, trial_row

PLAN = json.dumps([[2, [[9, 1], [3, 3], [1, 9]]], [1, [[3, 3], [1, 9]]], [0, [[3, 9]]]])


def write_experiment(root: Path, name: str = "test-1", status: str = "finished") -> Path:
    """Two problems, three optimizers, three seeds; brackets, a failed run, a landmark, a problem without regret."""
    runs: list[Row] = []
    trials: list[Row] = []
    for problem, floor in (("toy/one", 0.001), ("toy/zero", 0.0)):
        for k, label in enumerate(("random", "hyperband", "bohb")):
            for repetition in range(3):
                number = len(runs)
                failed = (label, repetition, problem) == ("bohb", 2, "toy/one")
                plan = PLAN if label == "hyperband" else None
                runs.append(
                    run_row(
                        number, problem=problem, optimizer=label, label=label, repetition=repetition, budget=60,
                        spent=30 if failed else 60, trials=60, plan=plan, clock=12.0 + k, seconds=12.0 + k,
                        failed_trials=int(failed),
                        status="failed" if failed else "done", error="ValueError: no good" if failed else None,
                    )
                )  # fmt: skip
                rng = np.random.default_rng(number)
                losses = (np.linspace(2, 0.2, 60) * rng.random(60) + floor) * (floor > 0)
                rows = history(number, [float(v) for v in losses])
                if plan:
                    shape = [(b, r) for b, (_, rungs) in enumerate(json.loads(PLAN)) for r, (n, _) in enumerate(rungs)
                             for _ in range(n)]  # fmt: skip
                    rows = [row | {"bracket": b, "rung": r} for row, (b, r) in zip(rows[:18], shape, strict=False)]
                trials += rows
    events = [("info", None, "18 runs to go, 2 workers"), ("error", 8, "ValueError: no good"), ("info", None, status)]
    store(root / name, runs, trials, status=status, events=events).close()
    add_landmark(root / name, "textbook", 0.1)
    return root / name


def add_trial(folder: Path, run: int, number: int, loss: float) -> None:
    """What a supervisor does while the app looks on: a first incumbent, as far as its rows tell."""
    row = trial_row(run, number, loss=loss)
    with opened(folder) as connection:
        insert(connection, "trial", [row])
        insert(connection, "progress", account([row]))
