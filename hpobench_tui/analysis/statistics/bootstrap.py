"""Means, medians and interquartile means of runs, with stratified bootstrap intervals.

The interquartile mean (IQM) is the mean of what is left without the lowest and the highest quarter (⌊n/4⌋ of n numbers
each): nearly as robust as the median, nearly as sure as the mean. Runs of several problems are drawn anew within each
problem, as many as it has: R. Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice",
NeurIPS 2021, arXiv:2108.13264, sections 4.1 and 4.3 (who show runs on one scale: normalised by what the problems pin).

Few runs, drawn again and again, spread too little, and have lighter tails than the world. So the interval takes
quantiles further out, at Φ(± t √(n / (n − 1))), t Student's quantile with as many degrees of freedom as there are runs
less problems: the expanded percentile interval of T. Hesterberg, "What teachers should know about the bootstrap", The
American Statistician 69(4), 2015, arXiv:1411.5279. (The plain one, of five runs, covers 83 % where it says 95.) Below
six runs its level is no more than 1 − 2^(1 − runs). Of means of very skewed losses it still covers less than it says
(0.9 instead of 0.95, of 30 lognormal ones); medians and IQMs do not mind.

How to read it: were the whole experiment repeated with other seeds and the same problems, its number would as often as
``level`` says lie in such an interval around the true one. It says nothing of other problems. Equal data give equal
intervals: the draws come from a seed.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.core.columns import Floats, Integers

RESAMPLES = 1000
Counts = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Centre(StrEnum):
    """What is worked out of the numbers: each is a mean, of all that is left in the middle."""

    MEAN = "mean"
    MEDIAN = "median"
    IQM = "interquartile mean"

    def left_out(self, n: int) -> int:
        """How many of n numbers are left out on each side."""
        return {"mean": 0, "median": max(0, (n - 1) // 2), "interquartile mean": n // 4}[self.value]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates along an axis, each array of shape (points,), named as in ``Estimate``; NaN where ``n`` is 0."""

    value: Floats
    lower: Floats
    upper: Floats
    level: Floats
    n: Integers


def bootstrap(
    values: Floats, centre: Centre = Centre.IQM, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate | None:
    """The centre of all numbers together, with its interval; None where there is no number.

    A single run a problem says nothing of its spread: where no problem has two, the interval is without ends.

    Args:
        values: Shape (problems, repetitions) or (repetitions,); NaN where there is no run, inf for the worst.

    >>> bootstrap(np.array([1.0, 2.0, 3.0, 10.0]), Centre.MEDIAN).value
    2.5
    """
    stacked = np.atleast_2d(values)
    found = bootstrap_along(stacked[:, :, None], centre, level, resamples, seed)
    numbers = (float(found.value[0]), float(found.lower[0]), float(found.upper[0]))
    return Estimate(*numbers, float(found.level[0]), int(found.n[0])) if found.n[0] else None


def bootstrap_along(
    values: Floats, centre: Centre = Centre.IQM, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Estimates:
    """The same at many points of curves; whole runs are drawn, so that a run stays one run.

    Args:
        values: Shape (problems, repetitions, points); a run may lack some points (NaN).
    """
    there = ~np.isnan(values).all(axis=2)
    sizes = there.sum(axis=1)
    runs = values[there]
    counts = draws(tuple(sizes[sizes > 0].tolist()), resamples, seed)
    points = values.shape[2]
    found = np.full((3, points), np.nan)
    n = (~np.isnan(runs)).sum(axis=0)
    for point in np.flatnonzero(n):
        order = np.argsort(runs[:, point], kind="stable")[: n[point]]
        ordered = runs[order, point]
        value = _middle(np.ones((1, len(order)), dtype=np.float32), ordered, centre)
        drawn = _middle(counts[:, order], ordered, centre)
        problems = int(np.count_nonzero((~np.isnan(values[:, :, point])).any(axis=1)))
        found[:, point] = value[0], *ends(drawn, int(n[point]), problems, level)
    value, lower, upper = found
    return Estimates(value, lower, upper, np.minimum(level, kept(n)), n)


@lru_cache(maxsize=4)
def draws(sizes: tuple[int, ...], resamples: int, seed: int) -> Counts:
    """How often each run is drawn, shape (resamples, runs): from each problem as many as it has."""
    total = sum(sizes)
    of = np.repeat(np.array(sizes, dtype=np.int64), sizes)
    begin = np.repeat(np.cumsum((0, *sizes[:-1])), sizes) if sizes else of
    chosen = (np.random.default_rng(seed).random((resamples, total)) * of).astype(np.int64) + begin
    chosen += np.arange(resamples)[:, None] * total
    return np.bincount(chosen.ravel(), minlength=resamples * total).astype(np.float32).reshape(resamples, total)


def ends(drawn: Floats, runs: int, problems: int, level: float) -> tuple[float, float]:
    """Ends of the interval, from what was found in each resample, shape (resamples,)."""
    from scipy.special import ndtr, stdtrit

    freedom = runs - problems
    drawn = drawn[~np.isnan(drawn)]
    if freedom < 1 or not len(drawn):
        return -np.inf, np.inf
    outside = float(ndtr(stdtrit(freedom, (1 - level) / 2) * np.sqrt(runs / freedom)))
    ordered = np.sort(drawn)
    place = int(outside * (len(ordered) - 1))
    return float(ordered[place]), float(ordered[len(ordered) - 1 - place])


def kept(runs: Integers) -> Floats:
    """The most that an interval can keep which ends at the lowest and the highest of the runs: that they do not all lie
    on one side of the truth."""
    return 1 - 2.0 ** (1 - np.asarray(runs, dtype=np.float64))


def _middle(counts: Counts, ordered: Floats, centre: Centre) -> Floats:
    """Centres of resamples, shape (resamples,).

    Args:
        counts: How often each number is in each, shape (resamples, numbers).
        ordered: The numbers, lowest first.
    """
    if centre is Centre.MEAN:
        return _mean(counts, ordered, counts.sum(axis=1))
    upto = np.cumsum(counts, axis=1, dtype=np.float32)
    total = upto[:, -1]
    out = np.array([centre.left_out(int(n)) for n in range(int(total.max()) + 1)], dtype=np.float32)[total.astype(int)]
    upto = np.clip(upto, out[:, None], (total - out)[:, None])
    weights = np.diff(upto, axis=1, prepend=out[:, None])
    return _mean(weights, ordered, total - 2 * out)


def _mean(weights: Counts, ordered: Floats, total: Counts) -> Floats:
    """Weighted means; with infinite numbers among them, infinite (with both kinds, the worse)."""
    shrink = 2.0**-64  # nothing overflows
    finite = np.where(np.isfinite(ordered), ordered, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.clip((weights @ (finite * shrink)) / total / shrink, finite.min(), finite.max())
    for infinite in (-np.inf, np.inf):
        if (there := ordered == infinite).any():
            found = np.where(weights[:, there].any(axis=1), infinite, found)
    return found
