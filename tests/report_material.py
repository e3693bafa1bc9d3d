"""Stores for the tests of the report, and what exports make of them."""

from collections.abc import Sequence

import numpy as np

from factories import Row, history, run_row
from hpobench_tui.analysis.source import Source
from hpobench_tui.core.axis import Axis
from hpobench_tui.core.measure import Measure
from hpobench_tui.export.bundle import gather
from hpobench_tui.export.material import Material


def material_of(reader: Source, axis: Axis = Axis.BUDGET, measure: Measure | None = None) -> Material:
    return gather(reader, axis, measure, [])


def some_runs(
    labels: Sequence[str], problems: Sequence[str], repetitions: int, length: int = 40
) -> tuple[list[Row], list[Row]]:
    """Finished runs of random descents, the first label the best; and their trials, of two hyperparameters."""
    rng = np.random.default_rng(0)
    runs: list[Row] = []
    trials: list[Row] = []
    for repetition in range(repetitions):
        for problem in problems:
            for place, label in enumerate(labels):
                number = len(runs)
                draws = rng.random((length, 2))
                losses = (draws[:, 0] ** 2 + 0.1 * draws[:, 1]) * (1 + place)
                runs.append(
                    run_row(
                        number, problem=problem, optimizer=label, label=label, repetition=repetition,
                        problem_seed=repetition, budget=length, spent=length, trials=length,
                    )
                )  # fmt: skip
                rows = history(number, losses.tolist())
                for row, (x, y) in zip(rows, draws.tolist(), strict=True):
                    row["configuration"] = f'{{"x": {x}, "y": {y}}}'
                trials += rows
    return runs, trials
