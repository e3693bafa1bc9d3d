"""Many contenders on many problems: do their ranks differ, and which do?

J. Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, section 3.2. Of k contenders
on n problems, rᵢⱼ the rank of contender j on problem i, Rⱼ its mean (1 is best, equals share the mean rank):

- Friedman's χ² with k − 1 degrees of freedom, corrected for ties: (k − 1) n² Σⱼ (Rⱼ − (k + 1)/2)² / (Σᵢⱼ rᵢⱼ² −
  n k (k + 1)²/4) (Conover, Practical Nonparametric Statistics, 3rd ed., section 5.8);
- Iman & Davenport's F = (n − 1) χ² / (n (k − 1) − χ²), with k − 1 and (k − 1)(n − 1) degrees of freedom (Commun. Stat.
  A9(6), 1980), which is less timid;
- Nemenyi's critical difference of mean ranks, q √(k (k + 1) / 6n), q the studentized range's quantile over √2;
- against a control: z = (Rⱼ − R_c) / √(k (k + 1) / 6n), two-sided, Holm-corrected.

How to read it: if F's p is small, ranks differ more than chance has them; if not, stop there. Two whose mean ranks lie
within the critical difference are not shown to differ; ``groups`` are the bars of a critical difference diagram.
Problems are the observations, so this speaks of problems like these. Ranks depend on who else is ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import factorial, sqrt

import numpy as np

from hpobench_tui.analysis.equality import ranked
from hpobench_tui.analysis.statistics.holm import holm
from hpobench_tui.core.columns import Floats


@dataclass(frozen=True, slots=True)
class Friedman:
    """Attributes:
    n: Problems on which all contenders have a value; all others are left out.
    ranks: Mean rank of each contender, in the order given; empty where n is 0.
    chi2, chi2_p: Friedman's. None below two contenders or without a problem; 0 and 1 where all tie.
    f, f_p: Iman & Davenport's; also None with a single problem. Where all problems agree entirely, ``f`` is infinite
        and ``f_p`` the chance of that, k!^(1 − n).
    critical_difference: Nemenyi's, at ``alpha``.
    groups: Places of contenders, best first, none of which differ from each other; only the largest such groups,
        of at least two.
    """

    n: int
    alpha: float
    ranks: tuple[float, ...]
    chi2: float | None
    chi2_p: float | None
    f: float | None
    f_p: float | None
    critical_difference: float | None
    groups: tuple[tuple[int, ...], ...]

    def against(self, control: int) -> tuple[float, ...]:
        """Holm-corrected p of each contender against the one at the place ``control``, whose own is 1.

        >>> friedman(np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])).against(0)
        (1.0, 0.2672288050754323, 0.2672288050754323)
        """
        from scipy.special import ndtr

        if not self.ranks:
            return ()
        mean = np.array(self.ranks)
        k = len(mean)
        z = (mean - mean[control]) / sqrt(k * (k + 1) / (6 * self.n))
        others = np.arange(k) != control
        p = np.ones(k)
        p[others] = holm(2 * ndtr(-np.abs(z[others])))
        return tuple(p.tolist())


def friedman(values: Floats, tolerances: float | Floats = 0.0, alpha: float = 0.05, corrected: bool = True) -> Friedman:
    """The tests, and who is alike.

    Args:
        values: What each contender reaches on each problem (a median, say), shape (problems, contenders). NaN where
            there is nothing: the problem is left out.
        tolerances: Of each problem, shape (problems,), or of all: values that differ by no more share a rank.
        corrected: χ² for ties; without, it is too small where there are some (as in Demšar's example).
    """
    complete = ~np.isnan(values).any(axis=1)
    each = np.broadcast_to(np.asarray(tolerances, dtype=np.float64), len(values))[complete]
    block = values[complete]
    n, k = block.shape
    if not n or not k:
        return Friedman(0, alpha, (), None, None, None, None, None, ())
    ranks = np.array([ranked(row, tolerance) for row, tolerance in zip(block, each.tolist(), strict=True)])
    mean = ranks.mean(axis=0)
    if k == 1:
        return Friedman(n, alpha, (1.0,), None, None, None, None, None, ())
    chi2, chi2_p, f, f_p = _tests(ranks, corrected)
    difference = critical_difference(k, n, alpha)
    return Friedman(n, alpha, tuple(mean.tolist()), chi2, chi2_p, f, f_p, difference, alike(mean.tolist(), difference))


def _tests(ranks: Floats, corrected: bool) -> tuple[float, float, float | None, float | None]:
    from scipy.special import chdtrc, fdtrc

    n, k = ranks.shape
    untied = n * k * (k + 1) * (k - 1) / 12
    within = float((ranks**2).sum()) - n * k * (k + 1) ** 2 / 4 if corrected else untied
    if within <= 0:  # all tie on all problems
        return 0.0, 1.0, *((0.0, 1.0) if n > 1 else (None, None))
    chi2 = (k - 1) * float(((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum()) / within
    chi2_p = float(chdtrc(k - 1, chi2))
    if n == 1:
        return chi2, chi2_p, None, None
    left = n * (k - 1) - chi2
    if left <= 1e-9 * chi2:
        return chi2, chi2_p, float("inf"), float(factorial(k)) ** (1 - n) if k < 100 else 0.0
    f = (n - 1) * chi2 / left
    return chi2, chi2_p, f, float(fdtrc(k - 1, (k - 1) * (n - 1), f))


def critical_difference(contenders: int, problems: int, alpha: float = 0.05) -> float:
    """By how much mean ranks must differ, by Nemenyi; at least two contenders and one problem.

    >>> round(critical_difference(4, 14, 0.10), 2)
    1.12
    """
    return studentized_range(contenders, alpha) * sqrt(contenders * (contenders + 1) / (12 * problems))


@lru_cache(maxsize=256)
def studentized_range(contenders: int, alpha: float) -> float:
    """What the range of so many standard normal numbers exceeds with probability ``alpha``.

    P(range ≤ q) = k ∫ φ(z) (Φ(z) − Φ(z − q))^(k − 1) dz: H. L. Harter, Ann. Math. Stat. 31(4), 1960, with
    infinitely many degrees of freedom.
    """
    from scipy.special import ndtr

    z = np.linspace(-9.0, 9.0, 4001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    low, high = 0.0, 20.0
    for _ in range(60):
        q = (low + high) / 2
        inside = contenders * float((density * (ndtr(z) - ndtr(z - q)) ** (contenders - 1)).sum())
        low, high = (q, high) if inside < 1 - alpha else (low, q)
    return (low + high) / 2


def alike(ranks: Sequence[float], difference: float) -> tuple[tuple[int, ...], ...]:
    """The largest groups, of at least two, whose ranks span no more than ``difference``: places, best first.

    >>> alike([3.0, 1.0, 1.5], 1.6)
    ((1, 2), (2, 0))
    """
    order = sorted(range(len(ranks)), key=lambda place: ranks[place])
    groups: list[tuple[int, ...]] = []
    reached = 0
    for begin, first in enumerate(order):
        end = begin
        while end < len(order) and ranks[order[end]] - ranks[first] <= difference:
            end += 1
        if end > reached and end - begin > 1:
            groups.append(tuple(order[begin:end]))
        reached = max(reached, end)
    return tuple(groups)
