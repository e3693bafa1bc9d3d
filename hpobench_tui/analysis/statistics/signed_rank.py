"""Signed ranks of paired differences, and their exact distribution when each sign is as likely as the other.

Frank Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1(6), 1945. Pairs that tie take part in
the ranking and then drop out: J. W. Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank procedures", JASA
54(287), 1959. So V = Σ sign(dᵢ) rank(|dᵢ|) = Σ_{i ≤ j} sign(dᵢ + dⱼ). Given the ranks, V is a sum of ±rankᵢ with fair
signs: its distribution is counted (ranks are whole or half numbers), ties or not, up to ``EXACT`` pairs that differ; a
normal one with variance Σ rankᵢ² and continuity correction beyond.

Ranks are all that enters, so an infinite difference (one of the two failed) is one more rank.
"""

from functools import lru_cache
from math import erfc, sqrt

import numpy as np

from hpobench_tui.core.columns import Floats, Integers
from hpobench_tui.core.equality import ROUND_OFF

SQRT_2 = sqrt(2.0)
EXACT = 50
"""Up to so many pairs that differ, the distribution is counted."""


def differences(one: Floats, other: Floats, tolerance: float | Floats = 0.0) -> Floats:
    """``one`` − ``other``, pair by pair: below 0 where ``one`` is better, 0 where they tie, NaN where one is missing.

    Args:
        one, other: Shape (..., pairs), or shapes that go together.
        tolerance: What still is a tie, a number or shape (...,).

    >>> differences(np.array([1.0, 2.0, np.inf]), np.array([1.5, 2.1, np.inf]), 0.2).tolist()
    [-0.5, 0.0, 0.0]
    """
    with np.errstate(invalid="ignore", over="ignore"):
        apart: Floats = one - other
        slack = np.maximum(np.asarray(tolerance)[..., None], ROUND_OFF * np.maximum(np.abs(one), np.abs(other)))
        tied = (one == other) | ((np.abs(apart) <= slack) & np.isfinite(slack))
    return np.where(tied, 0.0, apart)


def round_off(one: Floats, other: Floats) -> Floats:
    """What the differences may be off by, for being differences of floats."""
    largest = np.maximum(np.abs(one), np.abs(other))
    return np.where(np.isfinite(largest), ROUND_OFF * largest, 0.0)


def signed_ranks(differences: Floats, slack: Floats | float = 0.0) -> Floats:
    """Ranks of the sizes, from 1, with the signs: shape (m, pairs), a row a comparison. 0 for ties and missing pairs.

    Args:
        slack: Sizes that are no further apart are equal and share their mean rank, as ``differences``.

    >>> signed_ranks(np.array([[0.0, -0.5, 0.5, 2.0, np.nan]])).tolist()
    [[0.0, -2.5, 2.5, 4.0, 0.0]]
    """
    rows, pairs = differences.shape
    if not differences.size:
        return np.zeros((rows, pairs))
    sizes = np.abs(differences)
    order = np.argsort(sizes, axis=1)  # NaN last; equal ones share a rank, whatever their order
    ordered = np.take_along_axis(sizes, order, axis=1)
    off = np.take_along_axis(np.broadcast_to(np.asarray(slack), sizes.shape), order, axis=1)
    off = np.maximum(off, ROUND_OFF * np.where(np.isfinite(ordered), ordered, 0.0))
    begins = np.ones((rows, pairs), dtype=bool)
    lower, upper = ordered[:, :-1], ordered[:, 1:]
    with np.errstate(invalid="ignore"):  # inf − inf and NaN begin no group by size
        begins[:, 1:] = (upper - lower > np.maximum(off[:, :-1], off[:, 1:])) | ((upper == np.inf) & (lower < np.inf))
    begins[:, 1:] |= ((lower == 0.0) & (upper > 0.0)) | (np.isnan(upper) & ~np.isnan(lower))
    places = np.arange(pairs)
    first = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    ends = np.roll(begins, -1, axis=1)
    ends[:, -1] = True
    last = np.minimum.accumulate(np.where(ends, places, pairs)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty((rows, pairs))
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return np.where(np.isnan(differences), 0.0, np.sign(differences) * ranks)


def upper_tails(signed: Floats) -> Floats:
    """How likely fair signs give a sum at least as high: small where the differences lie above 0. Shape (m,).

    Args:
        signed: Signed ranks, shape (m, pairs).
    """
    twice = np.rint(2 * signed).astype(np.int64)
    return tails_of(twice, np.full(len(signed), 4.0))


def two_sided(signed: Floats) -> Floats:
    """How likely fair signs give a sum as far from 0, either way. Shape (m,); 1 where all tie or nothing is there."""
    high = np.where(signed.sum(axis=1) < 0, -1.0, 1.0)
    return np.minimum(1.0, 2 * upper_tails(signed * high[:, None]))


def least_p(differing: int) -> float:
    """The smallest two-sided p that so many pairs that differ can have: all signs alike."""
    return min(1.0, 2.0 ** (1 - differing))


def tails_of(scores: Integers, step: Floats) -> Floats:
    """P(Σ ±|score| ≥ Σ score) for fair signs, a row each.

    Args:
        scores: Whole numbers, shape (m, pairs); 0 for what takes no part.
        step: From one sum to the next, for the continuity correction of the normal distribution; shape (m,).
    """
    tails = np.ones(len(scores))
    if not scores.size:
        return tails
    sizes = np.sort(np.abs(scores), axis=1)
    many = (sizes > 0).sum(axis=1) > EXACT
    if many.any():
        spread = np.sqrt((sizes[many].astype(np.float64) ** 2).sum(axis=1))
        z = (scores[many].sum(axis=1) - step[many] / 2) / spread
        tails[many] = [erfc(each / SQRT_2) / 2 for each in z.tolist()]  # importing SciPy's takes a tenth of a second
    few = np.flatnonzero(~many)
    if len(few):
        alike, which = np.unique(sizes[few], axis=0, return_inverse=True)
        high = np.maximum(scores[few], 0).sum(axis=1)
        by_row = np.argsort(which.ravel(), kind="stable")
        bounds = np.searchsorted(which.ravel()[by_row], np.arange(len(alike) + 1))
        for number, row in enumerate(alike):
            members = by_row[bounds[number] : bounds[number + 1]]
            present = row[row > 0]
            if len(present):
                unit = int(np.gcd.reduce(present))
                chances = counted(tuple((present // unit).tolist()))
                tails[few[members]] = chances[high[members] // unit]
    return tails


@lru_cache(maxsize=128)
def counted(sizes: tuple[int, ...]) -> Floats:
    """P(sum ≥ s) for s from 0 to the sum of all, where each size is in the sum or not, as likely as not."""
    ways = 1  # how many choices of signs give the sum s, in bits 64 s to 64 s + 63: at most 2^50
    for size in sizes:
        ways += ways << 64 * size
    counts = np.frombuffer(ways.to_bytes(8 * (sum(sizes) + 1), "little"), dtype="<u8")
    tails: Floats = np.cumsum(counts[::-1])[::-1] / 2.0 ** len(sizes)
    return tails
