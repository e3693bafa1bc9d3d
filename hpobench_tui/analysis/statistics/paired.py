"""Two contenders on one problem, paired by repetition: who is lower, by how much, how sure.

- *Test*: Wilcoxon's signed-rank test, two-sided (``signed_rank``).
- *Difference*: the Hodges-Lehmann estimate, the median of all (dᵢ + dⱼ) / 2 with i ≤ j, with the interval that inverts
  the test: Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3rd ed., sections 3.2 and 3.3. In the
  problem's unit of loss.
- *A12*: the chance that a run of the one is lower than a run of the other, ties as halves (Vargha & Delaney, "A
  critique and improvement of the CL common language effect size statistics", J. Educ. Behav. Stat. 25(2), 2000),
  with Newcombe's interval, his method 5: "Confidence intervals for an effect size measure based on the Mann-Whitney
  statistic. Part 2", Statistics in Medicine 25(4), 2006. No unit, 0 to 1.

Why pairs: a repetition's seeds are common to all contenders, so what makes it hard makes it hard for both.

How to read it: a small p says that a difference as consistent as this one is rare between equals; it says nothing about
its size, which the difference and its interval are for. A12 of 0.5 is a coin toss, 0.56, 0.64 and 0.71 are called
small, medium and large. ``least_p`` is the lowest p that so many pairs can have: with five pairs it is 0.0625, and
nothing could be shown at 0.05. The interval counts on differences that spread alike to both sides of their middle; with
many ties it may end at 0 although the test is decided: the typical difference is none, but where there is one it is
always on the same side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from hpobench_tui.analysis.statistics.estimate import Estimate
from hpobench_tui.analysis.statistics.signed_rank import (
    EXACT,
    counted,
    differences,
    least_p,
    round_off,
    signed_ranks,
    two_sided,
)
from hpobench_tui.core.columns import Floats, Integers

LEVEL = 0.95
_AT_ONCE = 2**15
"""So many numbers are held at a time."""


@dataclass(frozen=True, slots=True)
class Paired:
    """``one`` against ``other``.

    Attributes:
        n: Pairs: repetitions that both have.
        wins, ties, losses: Of ``one``.
        p: Of the signed-rank test, two-sided; 1 without a pair that differs.
        least_p: The lowest p that as many pairs that differ can have.
        side: −1 where ``one`` is on the better, lower side by its rank sum, 1 on the worse, 0 on neither.
        difference: Hodges-Lehmann estimate of one − other, below 0 where ``one`` is better, with its interval; infinite
            where failed runs outweigh the others. None below two pairs.
        a12: Chance that ``one`` is the lower. None without a pair.

    >>> found = paired(np.array([1.0, 2.0, 4.0]), np.array([1.5, 3.0, 3.9]))
    >>> (found.n, found.wins, found.p, found.difference.value)
    (3, 2, 0.5, -0.475)
    """

    n: int
    wins: int
    ties: int
    losses: int
    p: float
    least_p: float
    side: int
    difference: Estimate | None
    a12: Estimate | None


def paired(one: Floats, other: Floats, tolerance: float = 0.0, level: float = LEVEL) -> Paired:
    """One comparison.

    Args:
        one, other: A number a repetition, shape (repetitions,); NaN where there is none.
        tolerance: Values that differ by no more tie.
        level: Of both intervals.
    """
    return paired_rows(one[None], other[None], np.array([tolerance]), level)[0]


def paired_rows(one: Floats, other: Floats, tolerances: Floats, level: float = LEVEL) -> list[Paired]:
    """Many comparisons at once.

    Args:
        one, other: Shape (m, repetitions), a row a comparison.
        tolerances: Shape (m,).
    """
    apart = differences(one, other, tolerances)
    signed = signed_ranks(apart, round_off(one, other))
    p, sides = two_sided(signed), np.sign(signed.sum(axis=1)).astype(np.int64)
    there = (~np.isnan(apart)).sum(axis=1)
    wins, losses = (apart < 0).sum(axis=1), (apart > 0).sum(axis=1)
    hodges_lehmann = walsh_estimates(apart, level)
    a12 = a12_estimates(one, other, tolerances, level)
    return [
        Paired(n, won, n - won - lost, lost, chance, least_p(won + lost), side, difference, chances)
        for n, won, lost, chance, side, difference, chances in zip(
            there.tolist(), wins.tolist(), losses.tolist(), p.tolist(), sides.tolist(), hodges_lehmann, a12, strict=True
        )
    ]


def walsh_estimates(apart: Floats, level: float) -> list[Estimate | None]:
    """Medians of (dᵢ + dⱼ) / 2 with exact intervals, of rows of differences, shape (m, repetitions); NaN is no pair.

    The interval runs from the K-th lowest of them to the K-th highest, K the largest place for which the signed-rank
    distribution leaves at most (1 − level) / 2 below it; the lowest place of all where there is none.
    """
    there = (~np.isnan(apart)).sum(axis=1)
    compact = np.sort(apart, axis=1)
    found: list[Estimate | None] = [None] * len(apart)
    for n in map(int, np.unique(there[there > 1])):
        of, to = np.triu_indices(n)
        count = len(of)
        low, kept = _walsh_place(n, level)
        places = [low, (count - 1) // 2, count // 2, count - 1 - low]
        for rows in chunks(np.flatnonzero(there == n), count):
            halves = compact[rows, :n] / 2
            with np.errstate(invalid="ignore"):
                averages = halves[:, of] + halves[:, to]
            averages[np.isnan(averages)] = 0.0  # one failed here, the other there: they cancel
            averages.partition(sorted(set(places)), axis=1)
            lower, below, above, upper = averages[:, places].T
            values = np.where(below == above, below, below / 2 + above / 2)
            values[np.isnan(values)] = 0.0
            ends = zip(rows.tolist(), values.tolist(), lower.tolist(), upper.tolist(), strict=True)
            for row, value, start, end in ends:
                found[row] = Estimate(value, start, end, kept, n)
    return found


@lru_cache(maxsize=1024)
def _walsh_place(n: int, level: float) -> tuple[int, float]:
    """How many of the lowest averages lie outside of the interval, and the level that it really keeps."""
    if n > EXACT:
        spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        outside = n * (n + 1) / 4 + NormalDist().inv_cdf((1 - level) / 2) * spread - 0.5
        return max(0, int(outside)), level
    at_most = counted(tuple(range(1, n + 1)))[::-1]  # P(sum of positive ranks ≤ s): the distribution is symmetric
    low = max(0, int(np.searchsorted(at_most, (1 - level) / 2, side="right")) - 1)
    return low, 1 - 2 * float(at_most[low])


def a12_estimates(one: Floats, other: Floats, tolerances: Floats, level: float) -> list[Estimate | None]:
    """Chances that ``one`` is lower, ties as halves, over all combinations of the runs in pairs; shapes as above."""
    together = ~(np.isnan(one) | np.isnan(other))
    there = together.sum(axis=1)
    values = np.full(len(one), np.nan)
    for rows in chunks(np.arange(len(one)), one.shape[1] ** 2):
        better = preferences(one[rows], other[rows], tolerances[rows])
        both = together[rows, :, None] & together[rows, None, :]
        values[rows] = np.where(both, better, 0.0).sum(axis=(1, 2)) / np.maximum(there[rows], 1) ** 2
    lower, upper = newcombe(values, there, level)
    return [
        Estimate(value, below, above, level, n) if n else None
        for value, below, above, n in zip(values.tolist(), lower.tolist(), upper.tolist(), there.tolist(), strict=True)
    ]


def preferences(one: Floats, other: Floats, tolerances: Floats) -> Floats:
    """1 where a run of ``one`` (second axis) is below one of ``other`` (third axis), 0.5 where they tie, else 0."""
    return 0.5 - np.sign(differences(one[:, :, None], other[:, None, :], tolerances[:, None])) / 2


def newcombe(values: Floats, runs: Integers, level: float) -> tuple[Floats, Floats]:
    """Ends of the interval of A12 from as many runs of each: where |value − θ| = z √V(θ), with

    V(θ) = θ (1 − θ) (1 + (runs − 1) ((1 − θ) / (2 − θ) + θ / (1 + θ))) / runs².
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    counted_runs = np.maximum(runs, 1)

    def end(outermost: float) -> Floats:
        inside, outside = values.copy(), np.full(len(values), outermost)
        for _ in range(50):
            middle = (inside + outside) / 2
            shape = 1 + (counted_runs - 1) * ((1 - middle) / (2 - middle) + middle / (1 + middle))
            spread = z * np.sqrt(middle * (1 - middle) * shape) / counted_runs
            near = np.abs(values - middle) <= spread
            inside, outside = np.where(near, middle, inside), np.where(near, outside, middle)
        return outside

    return end(0.0), end(1.0)


def chunks(rows: Integers, each: int) -> Iterator[Integers]:
    """The rows in portions whose ``each`` numbers fit into memory together."""
    portion = max(1, _AT_ONCE // max(1, each))
    for begin in range(0, len(rows), portion):
        yield rows[begin : begin + portion]
