"""Pairs and curves for the tests of anytime performance, and slow, plain ways to work out what is tested."""

from collections.abc import Iterator, Sequence

import numpy as np

from factories import run_of
from hpobench_tui.analysis.curve import Curve
from hpobench_tui.analysis.performance.counting import PairRuns, read_pairs
from hpobench_tui.core.axis import Axis
from hpobench_tui.store.reader import RunRow


def curve(*points: tuple[float, float]) -> Curve:
    """That of a run whose trials all have their point."""
    x, y = (np.array(column, dtype=float) for column in zip(*points, strict=True)) if points else np.empty((2, 0))
    return Curve(x, y, np.arange(1, len(points) + 1))


def random_runs(
    rng: np.random.Generator, labels: Sequence[str] = ("a", "b"), problems: Sequence[str] = ("toy/one", "toy/two"),
    repetitions: int = 6, budget: int = 40, **columns: object,
) -> list[tuple[RunRow, Curve]]:  # fmt: skip
    """Runs of random descents from about 100 to about 1e-8, each with a value after its first few trials."""
    made = []
    for problem in problems:
        for label in labels:
            for repetition in range(repetitions):
                first = int(rng.integers(1, 4))
                x = np.arange(first, budget + 1)
                y = 10 ** (2 - np.cumsum(rng.exponential(0.25, len(x)) * (rng.random(len(x)) < 0.4)))
                row = {"budget": budget, "spent": budget, "trials": budget, **columns}
                run = run_of(len(made), problem=problem, label=label, repetition=repetition, **row)
                made.append((run, Curve(x.astype(float), y, x)))
    return made


def random_pairs(rng: np.random.Generator, **columns: object) -> list[PairRuns]:
    return read_pairs(random_runs(rng, **columns), Axis.BUDGET)


def value_at(one: Curve, x: float) -> float:
    """Of the step function, looked for from its end; +inf before it begins."""
    return next((y for at, y in zip(one.x[::-1], one.y[::-1], strict=True) if at <= x), np.inf)


def hit(one: Curve, target: float) -> float:
    """The first position at which the last value there is within the target."""
    return next((float(x) for x in one.x if value_at(one, x) <= target), np.inf)


def by_pair(runs: Sequence[tuple[RunRow, Curve]]) -> Iterator[tuple[tuple[str, str], list[Curve]]]:
    groups: dict[tuple[str, str], list[Curve]] = {}
    for run, own in runs:
        groups.setdefault((run.problem, run.label), []).append(own)
    yield from groups.items()
