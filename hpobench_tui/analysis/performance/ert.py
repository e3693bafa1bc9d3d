"""Expected running time to a target (ERT), success rates, and simulated restarts.

    ERT = (sum over runs of what each spent until it hit the target, or in all if it did not) / (runs that hit it)

which estimates the expected budget of an optimizer that is restarted until it hits (Hansen et al., *COCO: a platform*,
arXiv 1603.08785; *performance assessment*, arXiv 1605.03560, section 5; Price 1997; Auger & Hansen 2005). With p the
share of successes it is mean(hits) + (1 - p)/p mean(spent by the others). Infinite where no run hits.

A *simulated restart* draws runs with replacement until one hits, and adds up what they spent: the distribution whose
mean ERT is. Its quantiles show how the running time scatters. The interval of ERT is that of the bootstrap over runs
(``resample``); resamples without a success make its upper end infinite. That of the success rate is Wilson's (1927).

How to read it: an ERT of 300 at target 0.01 says: on average 300 units of budget buy a configuration within 0.01 of the
reference, whatever the single run's budget was. Of few successes (n is beside it) it is rough. Units: the axis's.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log, log1p, sqrt

import numpy as np

from hpobench_tui.analysis.performance.hits import Hits
from hpobench_tui.analysis.performance.resample import DRAWS, LEVEL, Estimate, counts, interval
from hpobench_tui.core.columns import Floats

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Ert:
    """ERT of one label on one problem at one target.

    ``restarts``: the quantiles :data:`QUANTILES` of simulated restarts; infinite without a success.
    """

    target: float
    ert: Estimate
    successes: int
    rate: Estimate
    restarts: tuple[float, ...]


def expected(first: Floats, spent: Floats) -> Floats:
    """ERT at each target, shape (t,), from hits (r, t) and budgets (r,); infinite where no run hits.

    >>> expected(np.array([[1.0], [np.inf]]), np.array([5.0, 4.0])).tolist()
    [5.0]
    """
    hit = np.isfinite(first)
    total = np.where(hit, first, spent[:, None]).sum(axis=0)
    return _ratio(total, hit.sum(axis=0))


def resampled(hits: Hits, draws: int = DRAWS, seed: int = 0) -> Floats:
    """ERT of each resample of the runs, shape (draws, t)."""
    weights, hit = counts(hits.n, draws, seed), hits.reached
    total = weights @ np.where(hit, hits.first, hits.spent[:, None])
    return _ratio(total, weights @ hit)


def _ratio(total: Floats, successes: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(successes > 0, total / successes, np.inf)


def simulated_restarts(first: Floats, spent: Floats, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Running times of ``draws`` simulated restarts to each target, shape (draws, t); infinite where no run hits.

    The failures before the first success are a geometric number of draws among the runs that fail, and the success is
    one of those that hit.
    """
    rng = np.random.default_rng([seed, *first.shape])
    times = np.full((draws, first.shape[1]), np.inf)
    for place, column in enumerate(first.T):
        hit = np.isfinite(column)
        if not hit.any():
            continue
        won = column[hit]
        drawn = won[rng.integers(0, len(won), draws)]
        if len(won) < len(column):
            lost, failures = spent[~hit], rng.geometric(len(won) / len(column), draws) - 1
            if lost.min() == lost.max():  # as most often: all of one budget
                drawn += failures * lost[0]
            else:
                sums = np.append(0.0, np.cumsum(lost[rng.integers(0, len(lost), failures.sum())]))
                ends = np.cumsum(failures)
                drawn += sums[ends] - sums[ends - failures]
        times[:, place] = drawn
    return times


def restart_quantiles(first: Floats, spent: Floats, shares: tuple[float, ...], draws: int = DRAWS) -> Floats:
    """Quantiles of the running time with restarts to each target, shape (t, shares); infinite where no run hits.

    The least time that is not exceeded with the probability. Exact where all that fail spend one budget L and none that
    hits takes longer: k failures and a hit of u take k L + u, and more failures always take longer. Else simulated.
    """
    made = np.full((first.shape[1], len(shares)), np.inf)
    hit, ordered = np.isfinite(first.T), np.sort(np.ascontiguousarray(first.T), axis=1)
    hits = np.count_nonzero(hit, axis=1).tolist()
    for place, column in enumerate(first.T):
        won, lost, n = ordered[place, : hits[place]], spent[~hit[place]], len(column)
        if not len(won):
            continue
        if not len(lost):
            made[place] = won[[_rank(share, n) for share in shares]]
        elif lost.min() == lost.max() >= won[-1]:
            fails = len(lost) / n
            for k, share in enumerate(shares):
                # k failures at least happen with the probability fails^k; a share that ends with a try belongs to it
                failures = max(ceil(log1p(-share) / log(fails) - 1e-9) - 1, 0)
                rest = 1 - (1 - share) / fails**failures  # of the runs at the try after so many failures
                made[place, k] = failures * lost[0] + won[min(_rank(rest, n), len(won) - 1)]
        else:
            drawn = np.sort(simulated_restarts(column[:, None], spent, draws)[:, 0])
            made[place] = drawn[[_rank(share, draws) for share in shares]]
    return made


def _rank(share: float, n: int) -> int:
    """The place of a quantile among n ordered values: of the least that has the share at or below it."""
    return max(ceil(share * n - 1e-9) - 1, 0)


def table(hits: Hits, level: float = LEVEL, draws: int = DRAWS) -> list[Ert]:
    """ERT at each target, with all that belongs to it, the first target first; nothing of no runs."""
    if not hits.n:
        return []
    value = expected(hits.first, hits.spent)
    low, high = interval(resampled(hits, draws), level)
    scattered = restart_quantiles(hits.first, hits.spent, QUANTILES, draws)
    several, successes = hits.n > 1, hits.successes
    return [
        Ert(
            target,
            Estimate(
                float(value[k]),
                float(low[k]) if several else None,
                float(high[k]) if several else None,
                hits.n,
                level,
            ),
            int(successes[k]),
            success_rate(int(successes[k]), hits.n, level),
            tuple(scattered[k].tolist()),
        )
        for k, target in enumerate(hits.targets)
    ]


@lru_cache(4096)
def success_rate(successes: int, n: int, level: float = LEVEL) -> Estimate:
    """The share of runs that hit, with Wilson's interval (*Journal of the American Statistical Association* 22, 1927).

    >>> rate = success_rate(5, 10)
    >>> round(rate.low, 4), rate.value, round(rate.high, 4)
    (0.2366, 0.5, 0.7634)
    """
    from statistics import NormalDist

    if not n:
        return Estimate(None, None, None, 0, level)
    z, share = NormalDist().inv_cdf((1 + level) / 2), successes / n
    middle, scale = (share + z * z / (2 * n)), 1 + z * z / n
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(share, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale), n, level)
