"""Intervals by the bootstrap: percentiles over resamples of the runs (Efron & Tibshirani 1993, chapter 13).

All draws are of fixed seeds, so that equal data have equal intervals. Runs are drawn with replacement within their
problem (a stratum): the problems are those that were chosen, not a sample.

How to read it: were all seeds drawn anew, about 95 of 100 such intervals would hold the true value; of fewer than ten
runs rather fewer, as the bootstrap cannot know what it has not seen. n is what tells. One run has no interval.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hpobench_tui.core.columns import Floats, Integers

LEVEL = 0.95
DRAWS = 1000
_KEPT = 50_000
"""Counts of up to so many numbers are kept: they are the same for all labels."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, its interval (None where one run, or none, is behind it) and the runs that it is over.

    ``value`` None: not defined for these runs. Infinite: never reached.

    >>> Estimate(2.0, 1.0, 4.0, n=10).interval
    (1.0, 4.0)
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    level: float = LEVEL

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)


def resamples(n: int, draws: int = DRAWS, seed: int = 0) -> Integers:
    """Positions of the runs in each resample, shape (draws, n)."""
    return np.random.default_rng([seed, n, draws]).integers(0, max(n, 1), (draws, n))


def counts(n: int, draws: int = DRAWS, seed: int = 0) -> Floats:
    """How often each run is in each resample, shape (draws, n); read-only. Sums over runs are products with it."""
    return _kept(n, draws, seed) if n * draws <= _KEPT else _counts(n, draws, seed)


def _counts(n: int, draws: int, seed: int) -> Floats:
    flat = np.bincount((resamples(n, draws, seed) + n * np.arange(draws)[:, None]).ravel(), minlength=n * draws)
    made: Floats = flat.reshape(draws, n).astype(np.float64)
    made.flags.writeable = False
    return made


_kept = lru_cache(128)(_counts)


def interval(drawn: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """The percentiles of resampled statistics (draws, ...) that hold ``level`` between them; infinities allowed.

    Order statistics, not interpolations, the outer ones where a percentile lies between two.
    """
    ordered = np.sort(np.ascontiguousarray(np.moveaxis(drawn, 0, -1)), axis=-1)  # ten times as fast as along axis 0
    last = len(drawn) - 1
    # the round-off of 1 - level must not move a rank
    low, high = np.floor((1 - level) / 2 * last + 1e-9), np.ceil((1 + level) / 2 * last - 1e-9)
    return ordered[..., int(low)], ordered[..., int(high)]


def estimate(value: float, drawn: Floats, n: int, level: float = LEVEL) -> Estimate:
    """A number with the interval of its resampled values, shape (draws,)."""
    if n < 2:
        return Estimate(value, None, None, n, level)
    low, high = interval(drawn, level)
    return Estimate(value, float(low), float(high), n, level)


def mean(values: Floats, level: float = LEVEL, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """The mean over runs, shape (n,), with its interval; None of no runs."""
    n = len(values)
    if not n:
        return Estimate(None, None, None, 0, level)
    return estimate(float(values.mean()), counts(n, draws, seed) @ values / n, n, level)


def mean_of_means(strata: list[Floats], level: float = LEVEL, draws: int = DRAWS) -> Estimate:
    """The mean over problems of the means over their runs; runs are resampled within problems. Problems have (n,) each.

    n counts runs; there is no interval where no problem has two.
    """
    strata = [values for values in strata if len(values)]
    if not strata:
        return Estimate(None, None, None, 0, level)
    value = float(np.mean([values.mean() for values in strata]))
    drawn = sum(counts(len(v), draws, seed) @ v / len(v) for seed, v in enumerate(strata)) / len(strata)
    runs = sum(map(len, strata))
    if max(map(len, strata)) < 2:
        return Estimate(value, None, None, runs, level)
    low, high = interval(np.asarray(drawn), level)
    return Estimate(value, float(low), float(high), runs, level)
