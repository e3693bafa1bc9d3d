"""condPED-ANOVA: what the best trials have that the others have not.

Let γ be the share of the trials that count as the best, and r(x) = P(best | the hyperparameter is x). PED-ANOVA's local
importance is the variance of r over the trials, γ² D(p_best ‖ p_all) with the Pearson divergence D (Watanabe et al.,
IJCAI 2023, arXiv 2304.10255, eq. 6), because r = γ p_best / p_all. Where a hyperparameter is active in a share β of the
trials only, of the best in a share α, its importance is γ² (α² / β) D within these (Baba et al., KDD 2026, arXiv
2601.20800, Theorem 4.2), which is β times the variance of r within these: that it is active at all is the doing of
those that it depends on.

Both densities are estimated by one kernel, whose width is from the best trials, so that r is a Nadaraya-Watson
estimate and shrinks to γ where hardly any trial is. Any selection of trials, also one by chance, shows some variance;
what chance shows on average is known exactly (a multivariate hypergeometric distribution), and taken off.

Units: of a variance of shares. The largest that is possible is γ (1 - γ).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpobench_tui.analysis.importance.factors import Factor
from hpobench_tui.core.columns import Floats

SHARE, FEWEST = 0.1, 5
"""Of the trials, that are the best, and how many these are at least (but never more than half of all)."""
FEW_CELLS = 10
"""So few values of a number are looked at one by one, as choices are."""
SCOTT = 1.059
"""Of Scott's rule (1992) for a normal density. Half of it is taken: what a narrow kernel shows by chance is taken off
anyway, what a wide one blurs (two peaks, an edge) is lost."""
NARROWEST = 0.5 / 1.64
"""Width of a kernel, in cells, below which nine tenths of it are in its own cell."""
PRIOR = 1.0
"""Trials, over all cells, that are added as if they were like the average."""


def best_share(trials: int) -> float:
    """The share of trials that are to count as the best."""
    return max(ceil(SHARE * trials), min(FEWEST, trials // 2)) / trials


def best_of(losses: Floats, share: float, weights: Floats | None = None, order: NDArray[Any] | None = None) -> Floats:
    """Which trials are the best: 1 for each up to the loss below which that share of them lies (and ties with it).

    Args:
        losses: Shape (n,).
        weights: How often each trial counts; once by default.
        order: ``argsort`` of the losses, if it is known.
    """
    order = np.argsort(losses, kind="stable") if order is None else order
    counted = np.cumsum(np.ones(len(losses)) if weights is None else weights[order])
    last = int(np.searchsorted(counted, share * counted[-1] * (1 - 1e-12)))
    chosen: Floats = (losses <= losses[order[last]]).astype(np.float64)
    return chosen


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """A factor, and how far what is seen in one cell speaks for others.

    Attributes:
        kernel: Shape (cells, cells): a column is what a trial of that cell adds to all; it sums to 1. None: to its own
            alone.
    """

    factor: Factor
    kernel: Floats | None


def smoothed(factor: Factor, best: Floats) -> Smoothed:
    """``best``: shape (trials,), 1 for those that count as the best."""
    if not factor.ordered or factor.cells <= FEW_CELLS:
        return Smoothed(factor, None)
    places = factor.places[(factor.places >= 0) & (best > 0)].astype(np.float64)
    width = NARROWEST
    if len(places) > 1:
        quarters = np.quantile(places, (0.25, 0.75))
        spread = min(float(places.std(ddof=1)), float(quarters[1] - quarters[0]) / 1.34)
        width = max(SCOTT / 2 * spread * len(places) ** -0.2, NARROWEST)
    edges = np.arange(factor.cells + 1)[:, None] - np.arange(factor.cells)[None, :] - 0.5
    below = np.vectorize(erf)(edges / (width * sqrt(2)))
    kernel = np.diff(below, axis=0)
    return Smoothed(factor, kernel / kernel.sum(axis=0))


def variance(of: Smoothed, best: Floats, weights: Floats) -> float:
    """β times the variance of r, less what chance shows; at least 0.

    Args:
        best: Shape (trials,): 1 for those that count as the best.
        weights: Shape (trials,): how often each counts.
    """
    active = of.factor.places >= 0
    places, own = of.factor.places[active], weights[active]
    counts = np.bincount(places, own, of.factor.cells).astype(np.float64)
    tops = np.bincount(places, own * best[active], of.factor.cells).astype(np.float64)
    return float(counts.sum() / weights.sum() * max(_within(of, counts, tops[None])[0], 0.0))


def by_chance(of: Smoothed, best: Floats, rng: np.random.Generator, draws: int) -> float:
    """How often so many trials, chosen at random, are as far from all others as the best are: a p-value, at least
    1 / (draws + 1)."""
    active = of.factor.places >= 0
    counts = np.bincount(of.factor.places[active], minlength=of.factor.cells)
    tops = np.bincount(of.factor.places[active], best[active], of.factor.cells)
    random = rng.multivariate_hypergeometric(counts, int(tops.sum()), size=draws)
    seen, *others = _within(of, counts.astype(np.float64), np.vstack([tops, random]).astype(np.float64))
    return float((1 + sum(other >= seen - 1e-12 for other in others)) / (draws + 1))


def _within(of: Smoothed, counts: Floats, tops: Floats) -> Floats:
    """The variance of r over the trials of a factor's cells, less what chance shows; 0 where r cannot vary.

    Args:
        counts: Shape (cells,): trials.
        tops: Shape (selections, cells): of the best, as many in each selection.

    Returns:
        Shape (selections,).
    """
    n, m = counts.sum(), tops[0].sum()
    if n < 2 or not 0 < m < n or of.factor.cells < 2:
        return np.zeros(len(tops))
    squares = counts
    if of.kernel is not None:
        counts, tops, squares = of.kernel @ counts, tops @ of.kernel.T, (of.kernel**2) @ counts
    share, prior = m / n, PRIOR / of.factor.cells
    r = (tops + share * prior) / (counts + prior)
    seen = counts / n
    chance = m * (n - m) / (n - 1) * np.maximum(squares / n - seen**2, 0) / (counts + prior) ** 2
    found: Floats = (seen * ((r - share) ** 2 - chance)).sum(axis=1)
    return found


def variances(of: Sequence[Smoothed], best: Floats, weights: Floats) -> Floats:
    """:func:`variance` of each, shape (factors,)."""
    return np.array([variance(each, best, weights) for each in of])
