"""Median, mean and interquartile mean over runs at marks on the axis, many runs at once: one matrix (runs, marks).

    median; mean; IQM: the mean of the runs without the floor(r/4) lowest and highest (Agarwal et al., arXiv 2108.13264)

A run stands at its last value beyond its end, and at +inf before its first: it has found nothing yet. So medians and
IQMs are defined as soon as enough runs have a value; a mean is infinite until all have one. Intervals are those of the
percentile bootstrap over the runs of the problem (``resample``), at each mark for itself.

How to read it: the median is what half of the runs are better than; the IQM uses the middle half of the runs, and is
less jumpy where runs are few; the mean is what failures and outliers pull at. In units of the measure. Two optimizers
whose intervals are apart differ at that mark; whose intervals meet may differ all the same (runs are paired: compare
them with a paired test).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hpobench_tui.analysis.performance.counting import PairRuns
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, Estimate, interval, resamples
from hpobench_tui.core.columns import Floats, Integers
from hpobench_tui.core.errors import HpobenchError

MANY, FEWER = 500, 200
"""Of so many runs and more there are fewer resamples: their weights would not fit into memory."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Values of one label's runs on one problem at ``marks`` (m,): (r, m), +inf where there is none yet."""

    problem: str
    label: str
    marks: Floats
    values: Floats
    repetitions: Integers
    tolerance: float = 0.0
    failed: int = 0
    unfinished: int = 0
    out: int = 0

    @property
    def n(self) -> int:
        """The runs."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the runs of one label on one problem are like at each mark."""

    problem: str
    label: str
    marks: Floats
    median: tuple[Estimate, ...]
    mean: tuple[Estimate, ...]
    iqm: tuple[Estimate, ...]
    failed: int = 0
    unfinished: int = 0
    out: int = 0


def sample(pair: PairRuns, marks: Sequence[float] | Floats) -> Samples:
    """The values of a pair's runs at marks: exact at the positions of ``core.progress``, simple regret everywhere."""
    at = np.asarray(marks, dtype=np.float64)
    values = np.empty((pair.n, len(at)))
    for row, (x, y) in zip(values, pair.curves, strict=True):
        row[:] = np.append(y, np.inf)[np.searchsorted(x, at, side="right") - 1]  # -1, before all: inf
    if pair.measure.summed:
        values[~pair.finished[:, None] & (at > pair.spent[:, None])] = np.inf
    return Samples(
        pair.problem, pair.label, at, values, pair.repetitions, pair.tolerance, pair.failed, pair.unfinished, pair.out
    )


def statistics(samples: Samples, level: float = LEVEL, draws: int = DRAWS) -> Statistics:
    """All three at each mark.

    Raises:
        HpobenchError: no runs.
    """
    if not samples.n:
        raise HpobenchError(f"no runs of {samples.label} on {samples.problem} to take a median of.")
    ordered, n = np.sort(samples.values, axis=0), samples.n
    found = _over(_exact(n), ordered)
    if n > MANY:
        draws = min(draws, FEWER)
    drawn = _over(_kept(n, draws) if n <= MANY else _weights(n, draws), ordered).reshape(3, draws, -1)
    low, high = np.moveaxis(np.array([interval(each, level) for each in drawn]), 1, 0)
    median, mean, iqm = (
        tuple(
            Estimate(float(v), float(a) if n > 1 else None, float(b) if n > 1 else None, n, level)
            for v, a, b in zip(*rows, strict=True)
        )
        for rows in zip(found, low, high, strict=True)
    )
    return Statistics(
        samples.problem,
        samples.label,
        samples.marks,
        median,
        mean,
        iqm,
        samples.failed,
        samples.unfinished,
        samples.out,
    )


def median_of(values: Floats) -> Floats:
    """The median along the first axis; infinities allowed."""
    median: Floats = _over(_exact(len(values))[:1], np.sort(values, axis=0))[0]
    return median


def _over(weights: Floats, ordered: Floats) -> Floats:
    """Weighted sums (w, m) of ordered values (r, m); infinite where an infinite value has a weight."""
    infinite = np.isposinf(ordered)
    sums: Floats = weights @ np.where(infinite, 0.0, ordered)
    if infinite.any():
        sums[(weights @ infinite) > 0] = np.inf
    return sums


@lru_cache(64)
def _exact(n: int) -> Floats:
    """Weights of ordered values that give their median, mean and IQM, (3, n)."""
    return _combined(np.arange(n)[None, :], n)


def _weights(n: int, draws: int) -> Floats:
    """The same of resamples, (3 draws, n). An ordered resample of ordered values is what ordered positions pick."""
    return _combined(np.sort(resamples(n, draws), axis=1), n)


_kept = lru_cache(16)(_weights)


def _combined(positions: Integers, n: int) -> Floats:
    cut = n // 4
    parts = (positions[:, [(n - 1) // 2, n // 2]], positions, positions[:, cut : n - cut])
    made = []
    for part in parts:
        rows = np.arange(len(part))[:, None] * n
        made.append(np.bincount((part + rows).ravel(), minlength=n * len(part)).reshape(-1, n) / part.shape[1])
    weights: Floats = np.concatenate(made)
    weights.flags.writeable = False
    return weights
