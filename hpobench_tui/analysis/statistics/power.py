"""How many seeds would decide? Power of the signed-rank test, for differences like those that were observed.

The observed pairs stand for all that there could be: n of them are drawn with replacement, as often as ``draws``, and
tested (``paired``; of several problems ``over_problems``, n pairs of each). The share of draws with p ≤ α is the power:
J. Collings & M. Hamilton, "Estimating the power of the two-sample Wilcoxon test for location shift", Biometrics 44(3),
1988, for pairs. Only counts are drawn (how often each observed pair comes up), and ranks follow from sums of counts, so
that ten thousand seeds cost what ten do.

How to read it: "power 0.8 at 25 seeds" says that an experiment of 25 repetitions would tell the two apart four times in
five, if the difference is what it looks XX"""

from dataclasses import dataclass
from math import ceil, log2, pi, sqrt
from statistics import NormalDist

import numpy as np

from hpobench_tui.analysis.statistics.signed_rank import counted
from hpobench_tui.core.columns import Floats, Integers

CAP = 10_000
WANTED = 0.8
DRAWS = 2000
LEVEL = 0.8
_COARSE, _FINE = 120_000, 1_500_000
"""So many counts are drawn to try a number of seeds, and for a power that is told; ``_FEWEST`` draws at least."""
_FEWEST = 400
_FEW, _FEW_TIED = 9, 20
"""With fewer pairs that differ, the distribution of signs is counted for each draw: an approximation would be off, most
of all where ties make it lumpy."""
_MANY = 100
"""With more pairs that differ, rank sums are as good as normal."""


@dataclass(frozen=True, slots=True)
class Needed:
    """How many seeds would decide.

    Attributes:
        n: Pairs that were observed, over all problems.
        seeds: The fewest pairs (of each problem) with ``wanted`` power; None where it is more than ``cap``, and where
            nothing tells: fewer than two pairs, or no two that differ.
        power: At ``seeds``, or at ``cap``; None where nothing tells.
        lower, upper: Seeds that it may be as well, an interval of level ``level``; None where ``seeds`` is, and
            ``upper`` also where it is beyond the cap.
    """

    n: int
    seeds: int | None
    power: float | None
    lower: int | None
    upper: int | None
    level: float
    wanted: float
    alpha: float
    cap: int

    @property
    def words(self) -> str:
        """The seeds, for a table.

        >>> needed_seeds(np.array([-1.0, 1.0, -2.0, 2.0])).words
        '>10,000'
        """
        if self.power is None:
            return "?"
        return f">{self.cap:,}" if self.seeds is None else f"{self.seeds:,}"


@dataclass(frozen=True, slots=True)
class _Pilot:
    """Observed pairs of one problem, smallest differences first: their signs, and where those of equal size begin."""

    signs: Floats
    begins: Integers
    toward: Floats
    """The mean of sign(d + d'), over all d'."""
    beside: Floats
    """How often d + d' is 0."""
    below: Floats
    tied: Floats
    """Shares of the pairs that are smaller, and as large."""


def power(apart: Floats, seeds: int, alpha: float = 0.05, draws: int = DRAWS, seed: int = 0) -> float | None:
    """Share of experiments of so many repetitions that would tell the two apart. None below two pairs.

    Args:
        apart: Differences as ``signed_rank.differences`` gives them, shape (pairs,) or (problems, pairs): 0 is a tie,
            NaN no pair.
        seeds: Pairs in such an experiment, of each problem that has any now.
    """
    pilots = _pilots(apart)
    return _power(pilots, seeds, alpha, _rows(pilots, draws, _FINE), seed) if _tell(pilots) else None


def needed_seeds(
    apart: Floats,
    alpha: float = 0.05,
    wanted: float = WANTED,
    cap: int = CAP,
    draws: int = DRAWS,
    seed: int = 0,
) -> Needed:
    """The fewest seeds with the wanted power; arguments as above."""
    pilots = _pilots(apart)
    n = sum(len(pilot.signs) for pilot in pilots)
    if not _tell(pilots):
        return Needed(n, None, None, None, None, LEVEL, wanted, alpha, cap)
    rows = _rows(pilots, min(draws, 800), _COARSE)
    fine = _rows(pilots, draws, _FINE)
    if _power(pilots, cap, alpha, rows, seed) < wanted:
        told = _power(pilots, cap, alpha, fine, seed)
        return Needed(n, None, told, None, None, LEVEL, wanted, alpha, cap)
    low, high = 0, cap
    while high - low > 1:
        middle = min(high - 1, max(low + 1, int(sqrt(max(1, low) * high))))
        if _power(pilots, middle, alpha, rows, seed) < wanted:
            low = middle
        else:
            high = middle
    lower, upper = _about(high, pilots, alpha)
    upper = None if upper is None or upper > cap else upper
    told = _power(pilots, high, alpha, fine, seed)
    return Needed(n, high, told, lower, upper, LEVEL, wanted, alpha, cap)


def _about(seeds: int, pilots: list[_Pilot], alpha: float) -> tuple[int, int | None]:
    """Seeds that it may be, were the effect larger or smaller by as much as it is unknown."""
    once = [(pilot, np.diff(pilot.begins, append=len(pilot.signs))) for pilot in pilots]
    ranks = [np.repeat(np.cumsum(alike) - (alike - 1) / 2, alike) * pilot.signs for pilot, alike in once]
    weights = [1 / (len(each) + 1) for each in ranks]
    total = sum(weight * float(each.sum()) for weight, each in zip(weights, ranks, strict=True))
    spread = sqrt(sum(weight**2 * float((each**2).sum()) for weight, each in zip(weights, ranks, strict=True)))
    z = abs(total) / spread
    unknown = NormalDist().inv_cdf((1 + LEVEL) / 2)
    fewest = ceil(1 - log2(alpha)) if len(pilots) == 1 else 1
    lower = max(min(seeds, fewest), int(seeds * (z / (z + unknown)) ** 2))
    return lower, ceil(seeds * (z / (z - unknown)) ** 2) if z > unknown else None


def _rows(pilots: list[_Pilot], draws: int, numbers: int) -> int:
    return min(draws, max(_FEWEST, numbers // sum(len(pilot.signs) for pilot in pilots)))


def _pilots(apart: Floats) -> list[_Pilot]:
    found = []
    for row in np.atleast_2d(apart):
        row = row[~np.isnan(row)]
        if len(row):
            row = row[np.argsort(np.abs(row), kind="stable")]
            _, begins, alike = np.unique(np.abs(row), return_index=True, return_counts=True)
            ordered = np.sort(row)
            less, upto = np.searchsorted(ordered, -row, "left"), np.searchsorted(ordered, -row, "right")
            n = len(row)
            toward, beside = (n - upto - less) / n, (upto - less) / n
            below, tied = np.repeat(begins, alike) / n, np.repeat(alike, alike) / n
            found.append(_Pilot(np.sign(row), begins, toward, beside, below, tied))
    return found


def _tell(pilots: list[_Pilot]) -> bool:
    return sum(int(np.count_nonzero(pilot.signs)) for pilot in pilots) > 1


def _power(pilots: list[_Pilot], seeds: int, alpha: float, draws: int, seed: int) -> float:
    differ = seeds * sum(float(np.mean(pilot.signs != 0)) for pilot in pilots)
    return _of_many(pilots, seeds, alpha) if differ >= _MANY else _simulated(pilots, seeds, alpha, draws, seed)


def _of_many(pilots: list[_Pilot], seeds: int, alpha: float) -> float:
    """Power where the rank sum V is as good as normal, from its moments.

    V = Σᵢ s(dᵢ) + Σ_{i < j} s(dᵢ + dⱼ), s the sign, is a sum of U-statistics. With g = s(d + d'), h(d) its mean over
    d': E V = n E s + n(n − 1)/2 E h, and Var V = n Var s + 2 n (n − 1) Cov(s, h)
    + n (n − 1)/2 (Var g + 2 (n − 2) Var h). A pair's rank is 1 + Σ over the n − 1 others of 1 (smaller) or ½ (as
    large), which gives E Σ rank².
    """
    from scipy.special import ndtr

    n = seeds
    mean = variance = second = 0.0
    for pilot in pilots:
        signs, toward = pilot.signs, pilot.toward
        together = float(np.mean((signs - signs.mean()) * (toward - toward.mean())))
        of_two = 1 - float(pilot.beside.mean()) - float(toward.mean()) ** 2
        mean += n * float(signs.mean()) + n * (n - 1) / 2 * float(toward.mean())
        variance += n * float(signs.var()) + 2 * n * (n - 1) * together
        variance += n * (n - 1) / 2 * (of_two + 2 * (n - 2) * float(toward.var()))
        chance = pilot.below + pilot.tied / 2
        rank, off = 1 + (n - 1) * chance, (n - 1) * (pilot.below + pilot.tied / 4 - chance**2)
        second += n * float(np.mean((signs != 0) * (rank**2 + off)))
    needed = -NormalDist().inv_cdf(alpha / 2) * sqrt(second) + 1
    if variance < 1e-9 * second:  # all on one side
        return float(abs(mean) >= needed)
    return float(ndtr(np.array([mean - needed, -mean - needed]) / sqrt(variance)).sum())


def _simulated(pilots: list[_Pilot], seeds: int, alpha: float, draws: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    total, second, fourth, differ = np.zeros((4, draws))
    exact: list[tuple[Floats, Floats]] = []
    for pilot in pilots:
        drawn = _drawn(rng, len(pilot.signs), seeds, draws)
        alike = np.add.reduceat(drawn, pilot.begins, axis=1)
        apart = np.abs(pilot.signs[pilot.begins])
        ranks = (np.cumsum(alike, axis=1) - (alike - 1) / 2) * apart
        total += (np.add.reduceat(drawn * pilot.signs, pilot.begins, axis=1) * ranks).sum(axis=1)
        second += (alike * ranks**2).sum(axis=1)
        fourth += (alike * ranks**4).sum(axis=1)
        differ += (alike * apart).sum(axis=1)
        exact.append((alike, ranks))
    p = _two_sided(np.abs(total), second, fourth)
    tied = any(len(pilot.begins) < len(pilot.signs) or not pilot.signs.all() for pilot in pilots)
    for draw in np.flatnonzero(differ < (_FEW_TIED if tied else _FEW)):
        sizes = np.concatenate([np.repeat(ranks[draw], alike[draw].astype(int)) for alike, ranks in exact])
        p[draw] = _counted_p(sizes, abs(total[draw]))
    return float((p <= alpha).mean())


def _drawn(rng: np.random.Generator, pairs: int, seeds: int, draws: int) -> Floats:
    """How often each pair comes up, shape (draws, pairs)."""
    if seeds > 4 * pairs:
        return rng.multinomial(seeds, np.full(pairs, 1 / pairs), size=draws).astype(np.float64)
    chosen = rng.integers(pairs, size=(draws, seeds)) + np.arange(draws)[:, None] * pairs
    return np.bincount(chosen.ravel(), minlength=draws * pairs).reshape(draws, pairs).astype(np.float64)


def _two_sided(total: Floats, second: Floats, fourth: Floats) -> Floats:
    """p of rank sums from 0 on: the normal distribution with Edgeworth's term for the tails.

    The sum of ±rᵢ has variance Σ rᵢ² and excess kurtosis −2 Σ rᵢ⁴ / (Σ rᵢ²)².
    """
    from scipy.special import ndtr

    spread = np.sqrt(np.maximum(second, 1.0))
    z = np.maximum(0.0, total - 1) / spread
    kurtosis = -2 * fourth / spread**4
    tail = ndtr(-z) + np.exp(-(z**2) / 2) / sqrt(2 * pi) * kurtosis / 24 * (z**3 - 3 * z)
    return np.where(total == 0, 1.0, 2 * tail)


def _counted_p(sizes: Floats, total: float) -> float:
    """p of a rank sum from 0 on, counted."""
    twice = np.sort(np.rint(2 * sizes[sizes > 0])).astype(np.int64)
    if not len(twice) or total == 0:
        return 1.0
    unit = int(np.gcd.reduce(twice))
    high = (int(twice.sum()) + round(2 * total)) // 2
    return min(1.0, 2 * float(counted(tuple((twice // unit).tolist()))[high // unit]))
