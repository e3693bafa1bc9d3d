"""With which probability a regression would be caught, were all values worse by so much: the power of the rule.

The observed differences, freed of their typical size and mirrored (under the null hypothesis both signs are as likely),
stand for what repeating the experiment would give; ``statistics.power`` resamples them, moved by the effect. A check
fails only where the typical change counts, too: what is caught by both is taken as what the harder of the two catches.
"""

from collections.abc import Callable
from functools import lru_cache
from math import inf, sqrt
from statistics import NormalDist

import numpy as np

from hpobench_tui.analysis.statistics.paired import walsh_estimates
from hpobench_tui.analysis.statistics.power import power
from hpobench_tui.core.columns import Floats

WANTED = 0.8
STEPS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Effects that are tried for the smallest that is caught."""
_DRAWS = 400
_LEVEL = 0.95
_FREED = 3
"""From so many pairs on, differences are freed of their typical size: of fewer that would leave no spread."""


def chance(apart: Floats, shifts: Floats, level: float, least: Floats | float = -inf) -> float | None:
    """Power of the stratified one-sided test. None where nothing tells: no spread was seen, or no effect is known.

    Args:
        apart: Differences, shape (problems, pairs); NaN is no pair.
        shifts: The effect on each problem, shape (problems,); NaN: it has none there.
        level: What p must not exceed.
        least: What the typical difference must be on most problems for a change to count, as ``shifts``.
    """
    pairs = (~np.isnan(apart)).sum(axis=1)
    told = (pairs > 0) & ~np.isnan(shifts)
    if not told.any() or (pairs.sum() < 2 and np.count_nonzero(np.nan_to_num(apart)) < 2):
        return None
    rows = _freed(apart[told])
    mirrored = np.concatenate([rows, -rows], axis=1) + shifts[told, None]
    mirrored[np.isinf(mirrored)] = np.nan
    shown = power(mirrored, max(1, round(float(pairs[told].mean()))), min(1.0, 2 * level), _DRAWS)
    above = (shifts - least)[told]
    return shown if shown is None or (above == inf).all() else min(shown, _counts(rows, above))


def _counts(rows: Floats, above: Floats) -> float:
    """How likely the median over problems of typical differences is large enough, were each greater by ``above`` than
    it must be: the estimates are as good as normal, and problems independent."""
    of = np.ones(1)  # how likely it is so on that many problems
    for row, size, typical in zip(rows, above.tolist(), walsh_estimates(rows, _LEVEL), strict=True):
        values = row[np.isfinite(row)]
        error = sqrt(float(np.mean(np.square(values))) / len(values)) if len(values) else 0.0
        if typical is not None and np.isfinite(width := typical.upper - typical.lower):
            error = width / 2 / NormalDist().inv_cdf((1 + typical.level) / 2)
        likely = NormalDist().cdf(size / error) if error else (1 + np.sign(size)) / 2
        of = np.convolve(of, [1 - likely, likely])
    half = len(rows) // 2
    return float(of[half + 1 :].sum()) + (float(of[half]) / 2 if len(rows) % 2 == 0 else 0.0)


def _freed(apart: Floats) -> Floats:
    rows = apart.copy()
    for place, typical in enumerate(walsh_estimates(apart, _LEVEL)):
        if typical is not None and typical.n >= _FREED and np.isfinite(typical.value):
            rows[place] = (apart[place] - typical.value) * np.sqrt(typical.n / (typical.n - 1))
    return rows


def smallest(power_of: Callable[[float], float | None]) -> float | None:
    """The smallest effect of :data:`STEPS` that is caught with the wanted power; None if none is."""
    low, high = -1, len(STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if (power_of(STEPS[middle]) or 0.0) >= WANTED else (middle, high)
    return STEPS[high] if high < len(STEPS) else None


@lru_cache(1024)
def chance_of_failures(pairs: int, share: float, more: float, level: float) -> float:
    """Power of the sign test for failed runs, where a share of them fails anyway, and ``more`` from now on.

    >>> round(chance_of_failures(60, 0.0, 0.1, 0.01), 2)
    0.39
    """
    from scipy.special import bdtr, bdtrc

    then = min(1.0, share + more)
    worse, better = then * (1 - share), share * (1 - then)
    if not worse:
        return 0.0
    differ = np.arange(1, pairs + 1)
    chances = bdtr(differ, pairs, worse + better) - bdtr(differ - 1, pairs, worse + better)
    differ, chances = differ[chances > 1e-12], chances[chances > 1e-12]
    low, high = np.zeros(len(differ)), differ + 1.0  # the fewest worse ones that are enough lie above the one
    while (open_ := high - low > 1).any():
        middle = np.where(open_, np.floor((low + high) / 2), high)
        enough = bdtrc(middle - 1, differ, 0.5) <= level
        low, high = np.where(open_ & ~enough, middle, low), np.where(open_ & enough, middle, high)
    return float((chances * np.where(high > differ, 0.0, bdtrc(high - 1, differ, worse / (worse + better)))).sum())
