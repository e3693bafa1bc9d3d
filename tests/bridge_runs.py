"""An experiment of all kinds of runs for the tests of bridges, and what hpobench itself says of its performance."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from factories import Row, run_row, store, trial_row
from hpobench_tui.analysis.performance.counting import read_pairs, stream
from hpobench_tui.analysis.performance.hits import Hits, hits_of
from hpobench_tui.analysis.union import Union
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.columns import Floats
from hpobench_tui.core.targets import COCO
from hpobench_tui.export.bundle import Exported, export

SPHERE, SPHERE_2, RASTRIGIN = "bbob/f01-sphere[d=2]", "bbob/f01-sphere[d=2,instance=2]", "bbob/f15-rastrigin-rotated"
TOY, CURVES, SECONDS, EASY, BARE = "toy/one", "toy/curves", "toy/seconds", "toy/easy", "toy/bare"
PROBLEMS = (SPHERE, SPHERE_2, RASTRIGIN, TOY, CURVES, SECONDS, EASY)
"""Those with a reference."""
LABELS = ("tpe", "TPE", "a, 'b' = <c>\n{d}&|$%#~^\"\\", "最適 עברית", "=cmd()")
FULL = 27
BUDGET = 40


class Made:
    """Rows of runs and trials, run by run."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.runs: list[Row] = []
        self.trials: list[Row] = []

    def losses(self, n: int, best: float = 1e-9) -> list[float]:
        """Of a search whose losses fall by chance over many powers of ten."""
        return (10 ** self.rng.uniform(np.log10(best) * np.linspace(0, 1, n), 3)).tolist()

    def run(
        self, problem: str, label: str, losses: Sequence[float | None], fidelities: Sequence[int] | None = None,
        costs: Sequence[int] | None = None, **columns: Any,
    ) -> None:  # fmt: skip
        """A run with these trials; None for one that failed."""
        id = len(self.runs)
        costs = costs or fidelities or [1] * len(losses)
        same = [row for row in self.runs if (row["problem"], row["label"]) == (problem, label)]
        own = {
            "repetition": len(same), "budget": BUDGET, "spent": sum(costs), "trials": len(losses),
            "failed_trials": losses.count(None), "clock": 1.5 * len(losses),
        }  # fmt: skip
        self.runs.append(run_row(id, problem=problem, label=label, **own | columns))
        for number, loss in enumerate(losses):
            fidelity = fidelities[number] if fidelities else None
            self.trials.append(
                trial_row(
                    id, number, loss=loss, status="failed" if loss is None else "done", cost=costs[number],
                    fidelity=None if loss is None else fidelity, target=fidelity, clock_start=1.5 * number,
                    clock_end=1.5 * (number + 1), error=None if loss is not None else "ValueError: no",
                    configuration=json.dumps({"x": 0.5, "y": number}),
                )
            )  # fmt: skip


def make(folder: Path) -> None:
    """Problems of all kinds: what fails, stops early, is done at once, has a fidelity, is paid in seconds."""
    made = Made()
    for place, problem in enumerate((SPHERE, SPHERE_2, RASTRIGIN, TOY)):
        for label in LABELS[: 5 if place == 3 else 2]:
            for repetition in range(3):
                losses: list[float | None] = [*made.losses(BUDGET, best=10.0 ** -(3 * repetition + 3))]
                if repetition == 1:
                    losses[0] = losses[5] = None
                made.run(problem, label, losses)
    made.run(TOY, "tpe", [None] * BUDGET)
    made.run(TOY, "tpe", [*made.losses(17)], status="failed", error="ValueError: gone")
    made.run(TOY, "single", [1e5] * BUDGET)
    made.run(TOY, "broken", [None] * 3, status="failed", error="ValueError: never")
    for label in ("hyperband", "random"):
        for _ in range(4):
            fidelities = [1, 3, 9, 27] if label == "hyperband" else [27] * 4
            own = {
                "fidelity": "epochs", "unit": "full-evaluations", "quanta_per_unit": FULL, "budget": 4 * FULL,
                "targets": "[0.5, 0.01]",
            }  # fmt: skip
            made.run(CURVES, label, [*made.losses(4, best=1e-4)], fidelities, **own)
    for _ in range(3):
        costs = made.rng.integers(10**8, 10**10, 12).tolist()
        made.run(SECONDS, "tpe", [*made.losses(12)], costs=costs, unit="seconds", quanta_per_unit=10**9, budget=10**11)
    for label in ("tpe", "random"):
        for _ in range(3):
            made.run(EASY, label, [0.0, 1.0, 0.0])
    made.run(BARE, "tpe", [5.0, -3.0, -4.0], measure="incumbent loss")
    made.run(TOY, "waiting", [], status="waiting")
    store(folder, made.runs, made.trials).close()


@contextmanager
def exported(folder: Path, kind: str, to: Path, axis: Axis = Axis.BUDGET) -> Iterator[tuple[Union, Exported]]:
    """The experiment in the folder, and what its export was."""
    with Union([folder]) as union:
        yield union, export(union, to, [kind], axis)


def ours(union: Union, problem: str, axis: Axis = Axis.BUDGET, targets: Sequence[float] = COCO) -> dict[str, Hits]:
    """Hitting times by label."""
    runs = [run for run in union.runs() if run.problem == problem]
    pairs = read_pairs(stream(union, runs, axis), axis, targets={problem: targets})
    return {pair.label: hits_of(pair) for pair in pairs}


def ordered(first: Floats) -> Floats:
    """Hitting times of each target without the order of the runs, (t, r)."""
    made: Floats = np.sort(first.T, axis=1)
    return made
